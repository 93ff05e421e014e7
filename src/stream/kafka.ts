import type { Clock } from '../platform/clock.ts'
import { type AppendBounds, appendBounds, appendTogether, checkSize, type Held, Lane } from './append-lane.ts'
import type { KafkaClientOptions } from './kafka-client.ts'
import { KafkaConsumption } from './kafka-consume.ts'
import { type ConsumerBounds, consumerBounds } from './kafka-consumer.ts'
import { LagMeter } from './kafka-lag.ts'
import { KafkaLink } from './kafka-link.ts'
import { startTail } from './kafka-tail.ts'
import { checkTopics, createTopics } from './kafka-topics.ts'
import { partitionOf } from './partition.ts'
import {
  type ConsumeOptions,
  type Consumption,
  type OutgoingRecord,
  type Position,
  type Slice,
  type SliceOutcome,
  type Stream,
  type StreamRecord,
  StreamUnavailable,
  type Subscription,
  TOPICS,
  type Topic,
} from './stream.ts'

export interface KafkaStreamOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Before every topic and group name, so that several gateways can share a cluster. */
  readonly topicPrefix?: string
  /** `development` makes missing topics; `production` refuses topics that could lose a record. */
  readonly profile: 'development' | 'production'
  /** Of a topic that is made. */
  readonly partitions: number
  readonly clock: Clock
  /** What went wrong and is being tried again, for the log. Never personal data. */
  readonly onTrouble: (what: string, cause?: unknown) => void
  /** A consumer stopped for good or stands still while Kafka answers: the process had better exit and be started again. */
  readonly onFatal: (reason: string) => void
  readonly appendBounds?: Partial<AppendBounds>
  readonly consumerBounds?: Partial<ConsumerBounds>
  /** How long the start may wait for Kafka. */
  readonly startMsMax?: number
}

/** A desk sends one record at a time, and each send costs broker and recorder as much as one of many. */
const CHECK_INS_EVERY_MS = 8
const CONNECT_MS = 1_000
const START_MS = 30_000
const LANES_MAX = 6

/** `kafka://host:port,host:port[/prefix]`. @throws Error on anything else */
export function parseKafkaUrl(url: string): { brokers: string[]; topicPrefix: string } {
  const parts = /^kafka:\/\/([^/?#]+)(?:\/([A-Za-z0-9._-]*))?$/.exec(url)
  const brokers = parts?.[1]?.split(',') ?? []
  if (brokers.length === 0 || !brokers.every((broker) => /^[^:\s]+:\d+$/.test(broker)))
    throw new Error('a Kafka address reads kafka://host:port,host:port')
  return { brokers, topicPrefix: parts?.[2] ?? '' }
}

/**
 * The durable log on Apache Kafka. Waits for Kafka, makes topics in development, checks them, and reads their partitions.
 * @throws StreamUnavailable when Kafka does not answer in time · Error naming every fault of the topics
 */
export async function createKafkaStream(options: KafkaStreamOptions): Promise<Stream> {
  const bounds = { ...appendBounds, ...options.appendBounds }
  const client: KafkaClientOptions = {
    brokers: options.brokers,
    clientId: options.clientId,
    connectionTimeoutMs: CONNECT_MS,
    requestTimeoutMs: bounds.deadlineMs,
    retries: 1,
    onTrouble: options.onTrouble,
  }
  const link = new KafkaLink({ client, ackTimeoutMs: bounds.deadlineMs, clock: options.clock })
  try {
    const { partitions, lanes } = await preparedTopics(link, options)
    await link.renewProducer()
    return new KafkaStream(options, { client, link, partitions, lanes, bounds })
  } catch (cause) {
    await link.close()
    throw cause
  }
}

class TopicsUnfit extends Error {
  override readonly name = 'TopicsUnfit'
}

interface Prepared {
  readonly partitions: ReadonlyMap<Topic, number>
  /** Appends that may be under way side by side per topic: one per broker, since leaders are dealt out in turn. */
  readonly lanes: number
}
async function preparedTopics(link: KafkaLink, options: KafkaStreamOptions): Promise<Prepared> {
  const { clock, profile, partitions, topicPrefix = '' } = options
  const until = clock.monotonic() + (options.startMsMax ?? START_MS)
  for (;;) {
    try {
      if (profile === 'development') await link.ask((admin) => createTopics(admin, { topicPrefix, partitions }))
      const faults = await link.ask((admin) => checkTopics(admin, topicPrefix, profile))
      if (faults.length > 0) throw new TopicsUnfit(`the topics are not fit for use: ${faults.join('; ')}`)
      const topics = TOPICS.map((topic) => topicPrefix + topic)
      const [metadata, { brokers }] = await link.ask((admin) =>
        Promise.all([admin.fetchTopicMetadata({ topics }), admin.describeCluster()]),
      )
      // A topic just made has leaders in the metadata before they answer.
      for (const topic of topics) await link.ranges(topic)
      const count = (topic: Topic) => metadata.topics.find(({ name }) => name === topicPrefix + topic)?.partitions.length ?? 0
      return {
        partitions: new Map(TOPICS.map((topic) => [topic, count(topic)])),
        lanes: Math.min(LANES_MAX, Math.max(1, brokers.length)),
      }
    } catch (cause) {
      // A broker may hear late of topics just made.
      const passes = cause instanceof StreamUnavailable || (cause instanceof TopicsUnfit && profile === 'development')
      if (!passes || clock.monotonic() > until) throw cause
      options.onTrouble('start', cause)
      await clock.sleep(500)
    }
  }
}

interface KafkaParts extends Prepared {
  readonly client: KafkaClientOptions
  readonly link: KafkaLink
  readonly bounds: AppendBounds
}

class KafkaStream implements Stream {
  readonly #options: KafkaStreamOptions
  readonly #parts: KafkaParts
  readonly #lanes: ReadonlyMap<Topic, readonly Lane[]>
  readonly #lag: LagMeter
  readonly #consumptions = new Map<KafkaConsumption, { topic: Topic; group: string }>()
  readonly #tails = new Map<Subscription, () => string | undefined>()

  constructor(options: KafkaStreamOptions, parts: KafkaParts) {
    this.#options = options
    this.#parts = parts
    this.#lag = new LagMeter(parts.link, options.clock)
    this.#lanes = new Map(TOPICS.map((topic) => [topic, this.#lanesOf(topic)]))
  }

  #lanesOf(topic: Topic): Lane[] {
    const held: Held = { records: 0, bytes: 0 }
    const { link, lanes } = this.#parts
    const bounds = { ...this.#parts.bounds, ...(topic === 'check-ins.recorded.v1' ? { sendEveryMs: CHECK_INS_EVERY_MS } : {}) }
    const { clock, onTrouble } = this.#options
    const name = this.#nameOf(topic)
    const probe = async (lane: number) => {
      if (!(await link.hasLeaders(name, (partition) => partition % lanes === lane))) return false
      await link.renewProducer()
      return true
    }
    const one = (_: unknown, lane: number) =>
      new Lane(
        {
          send: (batch, attempt) => link.send(name, batch, attempt),
          probe: () => probe(lane),
          clock,
          bounds,
          onTrouble,
        },
        held,
      )
    return Array.from({ length: lanes }, one)
  }

  #nameOf(topic: Topic): string {
    return (this.#options.topicPrefix ?? '') + topic
  }

  async append(topic: Topic, record: OutgoingRecord): Promise<Position> {
    checkSize(record, this.#parts.bounds.recordBytesMax)
    const partition = partitionOf(record.key, this.#parts.partitions.get(topic)!)
    const lanes = this.#lanes.get(topic)!
    return lanes[partition % lanes.length]!.append({ record, partition })
  }

  appendAll(topic: Topic, records: readonly OutgoingRecord[]): Promise<readonly Position[]> {
    return appendTogether(records, this.#parts.bounds, (record) => this.append(topic, record))
  }

  async consume(topic: Topic, consume: ConsumeOptions, handle: (slice: Slice) => Promise<SliceOutcome>): Promise<Consumption> {
    const consumption = new KafkaConsumption(
      {
        ...this.#memberOptions(topic),
        groupId: () => this.#groupOf(consume.group),
        consume,
        compacted: topic === 'registry.members.v1',
        available: () => this.#parts.link.ranges(this.#nameOf(topic)),
      },
      handle,
    )
    this.#consumptions.set(consumption, { topic, group: consume.group })
    return {
      stop: async (deadlineMs) => {
        await consumption.stop(deadlineMs)
        this.#consumptions.delete(consumption)
      },
      waiting: () => consumption.waiting(),
    }
  }

  async tail(topic: Topic, handle: (records: readonly StreamRecord[]) => void): Promise<Subscription> {
    const ends = await this.ends(topic)
    const tail = await startTail(
      { ...this.#memberOptions(topic), groupPrefix: this.#groupOf('tail-'), ends, readyMsMax: START_MS },
      handle,
    )
    const subscription: Subscription = {
      stop: async (deadlineMs) => {
        await tail.stop(deadlineMs)
        this.#tails.delete(subscription)
      },
    }
    this.#tails.set(subscription, tail.trouble)
    return subscription
  }

  #groupOf(group: string): string {
    return (this.#options.topicPrefix ?? '') + group
  }

  #memberOptions(topic: Topic) {
    const { clock, onTrouble, onFatal } = this.#options
    const { client, link } = this.#parts
    const name = this.#nameOf(topic)
    return {
      client,
      topic: name,
      bounds: { ...consumerBounds, ...this.#options.consumerBounds },
      clock,
      onTrouble,
      onFatal,
      answers: () =>
        link.ranges(name).then(
          () => true,
          () => false,
        ),
    }
  }

  async ends(topic: Topic): Promise<ReadonlyMap<number, number>> {
    const ranges = await this.#parts.link.ranges(this.#nameOf(topic))
    return new Map([...ranges].map(([partition, { high }]) => [partition, high]))
  }

  hint(topic: Topic, group: string, next: ReadonlyMap<number, number>): void {
    for (const [consumption, of] of this.#consumptions) if (of.topic === topic && of.group === group) consumption.hint(next)
  }

  lag(topic: Topic, group: string): number | undefined {
    return this.#lag.lag(this.#nameOf(topic), this.#groupOf(group))
  }

  trouble(): string | undefined {
    const reasons = [
      ...[...this.#lanes.values()].flat().map((lane) => lane.trouble),
      ...[...this.#consumptions.keys()].map((consumption) => consumption.trouble),
      ...[...this.#tails.values()].map((trouble) => trouble()),
    ]
    return reasons.find((reason) => reason !== undefined)
  }

  async close(deadlineMs: number): Promise<void> {
    const { clock } = this.#options
    const until = clock.monotonic() + deadlineMs
    const lanes = [...this.#lanes.values()].flat()
    const left = () => Math.max(0, until - clock.monotonic())
    await Promise.race([Promise.all(lanes.map((lane) => lane.idle())), clock.sleep(left())])
    for (const lane of lanes) lane.close()
    this.#lag.stop()
    await Promise.all([...this.#consumptions.keys(), ...this.#tails.keys()].map((subscription) => subscription.stop(left())))
    await Promise.race([this.#parts.link.close(), clock.sleep(left())])
  }
}
