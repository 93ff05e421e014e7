import type { Admin, Producer } from 'kafkajs'
import type { Clock } from '../platform/clock.ts'
import { type Attempt, type PlacedRecord, SendFailed, type SendFailure } from './append-lane.ts'
import { createKafkaClient, type KafkaClientOptions, producingFor } from './kafka-client.ts'
import type { LogRange } from './known-ends.ts'
import { StreamUnavailable } from './stream.ts'

export interface LinkOptions {
  readonly client: KafkaClientOptions
  /** How long the leader may wait for the other replicas. */
  readonly ackTimeoutMs: number
  readonly clock: Clock
}
/** For what goes before and after the produce request itself. */
const SEND_SLACK_MS = 1_000
const ASK_ATTEMPTS = 4
const ASK_AGAIN_MS = 100
/** Of one try, with its connection: kafkajs bounds requests and connecting, not all that lies between them. */
const ASK_MS_MAX = 12_000

/** An admin connection and how many questions are under way on it. */
interface Asking {
  readonly admin: Promise<Admin>
  questions: number
}
const disconnect = ({ admin }: Asking): void => void admin.then((one) => one.disconnect()).catch(() => {})

/** One process's producer and admin connection, replaced when they are of no more use. Topics are named as Kafka names them. */
export class KafkaLink {
  readonly #options: LinkOptions
  #producer: Producer | undefined
  #asking: Asking | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** One try of one batch. @returns the first offset of every partition in it @throws SendFailed */
  async send(topic: string, batch: readonly PlacedRecord[], attempt: Attempt): Promise<ReadonlyMap<number, number>> {
    const messages = batch.map(({ record, partition }) => ({
      key: record.key,
      value: record.value,
      headers: record.headers,
      partition,
    }))
    const first = new Map<number, number>()
    try {
      this.#producer ??= await this.#connectedProducer()
      const producer = this.#producer
      const sent = producingFor(attempt, () => producer.send({ topic, messages, acks: -1, timeout: this.#options.ackTimeoutMs }))
      const response = await this.#inTime(sent, this.#options.ackTimeoutMs + SEND_SLACK_MS, 'a send did not end in time')
      for (const { partition, baseOffset } of response) if (baseOffset !== undefined) first.set(partition, Number(baseOffset))
    } catch (cause) {
      if (cause instanceof SendFailed) throw cause
      throw new SendFailed(cause instanceof Error ? cause.message : String(cause), whyOf(cause), cause)
    }
    const unnamed = batch.find(({ partition }) => !first.has(partition))
    if (unnamed) {
      const message = `the answer to an append to ${topic} does not name partition ${unnamed.partition}`
      throw new SendFailed(message, {}, undefined)
    }
    return first
  }

  /** kafkajs bounds each request, not the steps of a send together: looking for a leader among brokers that hang takes much longer. */
  async #inTime<Answer>(work: Promise<Answer>, msMax: number, what: string): Promise<Answer> {
    const answered = new AbortController()
    const late = this.#options.clock.sleep(msMax, answered.signal).then((): never => {
      throw new SendFailed(what, { unanswered: true }, undefined)
    })
    late.catch(() => {})
    try {
      return await Promise.race([work, late])
    } finally {
      work.catch(() => {})
      answered.abort()
    }
  }

  /** A new producer in place of the old one, whose sends under way may end. */
  async renewProducer(): Promise<void> {
    const old = this.#producer
    this.#producer = await this.#inTime(this.#connectedProducer(), ASK_MS_MAX, 'Kafka did not answer in time')
    void old?.disconnect().catch(() => {})
  }

  /** The guards: no retry inside a send, which could leave records out and still resolve, and no idempotence, which loses them. */
  async #connectedProducer(): Promise<Producer> {
    const producer = createKafkaClient(this.#options.client).producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      allowAutoTopicCreation: false,
      idempotent: false,
      metadataMaxAge: 60_000,
      retry: { retries: 0 },
    })
    await producer.connect()
    return producer
  }

  /**
   * Asks on a connection that is made anew after any fault, so that what was known of leaders is forgotten; what may pass by itself is
   * tried again for a moment.
   * @throws StreamUnavailable with the cause
   */
  async ask<Answer>(work: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#askOnce(work)
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        if (attempt >= ASK_ATTEMPTS || !isPassing(cause)) throw new StreamUnavailable(`Kafka cannot be asked: ${why}`, { cause })
        await this.#options.clock.sleep(ASK_AGAIN_MS * attempt)
      }
    }
  }

  /** A question that fails ends the connection for those to come, not for the others under way: they would fail with it, and theirs with them. */
  async #askOnce<Answer>(work: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    this.#asking ??= { admin: this.#connectedAdmin(), questions: 0 }
    const asking = this.#asking
    asking.questions++
    try {
      return await this.#inTime(asking.admin.then(work), ASK_MS_MAX, 'Kafka did not answer in time')
    } catch (cause) {
      if (this.#asking === asking) this.#asking = undefined
      throw cause
    } finally {
      asking.questions--
      if (asking.questions === 0 && this.#asking !== asking) disconnect(asking)
    }
  }

  async #connectedAdmin(): Promise<Admin> {
    const admin = createKafkaClient(this.#options.client).admin()
    await admin.connect()
    return admin
  }

  ranges(topic: string): Promise<ReadonlyMap<number, LogRange>> {
    return this.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
    })
  }

  /** Whether every one of these partitions has a leader. */
  async hasLeaders(topic: string, isAsked: (partition: number) => boolean): Promise<boolean> {
    const { topics } = await this.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
    return partitions.length > 0 && partitions.every(({ partitionId, leader }) => !isAsked(partitionId) || leader >= 0)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#producer?.disconnect(), this.#asking?.admin.then((admin) => admin.disconnect())])
  }
}

interface Fault {
  readonly name?: string
  readonly type?: string
  readonly retriable?: boolean
  readonly cause?: unknown
}
/** An answer of a broker that another one, or the same one a moment later, would not give. */
function isPassing(cause: unknown): boolean {
  const { name, retriable, cause: behind } = cause as Fault
  if (name === 'KafkaJSProtocolError') return retriable === true
  return behind ? isPassing(behind) : false
}

function whyOf(cause: unknown): SendFailure {
  const { name, type, cause: behind } = cause as Fault
  if (name === 'KafkaJSRequestTimeoutError' || type === 'REQUEST_TIMED_OUT') return { unanswered: true }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') return { tooLarge: true }
  return behind ? whyOf(behind) : {}
}
