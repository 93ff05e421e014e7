import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Clock } from '../platform/clock.ts'
import { createKafkaClient, type KafkaClientOptions } from './kafka-client.ts'
import type { StreamRecord } from './stream.ts'

/** Bounds of a group member. The session may not be shorter than the broker's minimum of 6 s. */
export interface ConsumerBounds {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  /** A fetch waits this long for a record; also how late a resumed partition may be fetched. */
  readonly fetchWaitMs: number
  readonly partitionBytesMax: number
  /** Partitions handed over side by side: what is not waits for a whole batch of the others. */
  readonly partitionsConcurrently: number
  /** Pause before a crashed consumer is built again. */
  readonly rebuildAfterMs: number
  /** Lag without any progress while Kafka answers, after which the process had better stop. */
  readonly stallMs: number
}
export const consumerBounds: ConsumerBounds = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 1_500,
  rebalanceTimeoutMs: 15_000,
  fetchWaitMs: 200,
  partitionBytesMax: 1024 * 1024,
  partitionsConcurrently: 12,
  rebuildAfterMs: 500,
  stallMs: 20_000,
}

export interface MemberOptions {
  readonly client: KafkaClientOptions
  /** Asked each time a consumer is built. */
  readonly groupId: () => string
  /** As Kafka names it. */
  readonly topic: string
  readonly fromBeginning: boolean
  readonly bounds: ConsumerBounds
  readonly clock: Clock
  readonly onJoin: (consumer: Consumer, partitions: readonly number[]) => void
  readonly onFetch: () => void
  readonly eachBatch: (payload: EachBatchPayload, consumer: Consumer) => Promise<void>
  /** Whether Kafka answers now; a crash that no retry cures is fatal only then. */
  readonly answers: () => Promise<boolean>
  readonly onTrouble: (what: string, cause?: unknown) => void
  readonly onFatal: (reason: string) => void
}
export interface Member {
  /** The consumer of now; a crash replaces it. */
  consumer(): Consumer | undefined
  /** Why nothing is read, if so. */
  trouble(): string | undefined
  stop(deadlineMs: number): Promise<void>
}

/** Keeps one group member alive: kafkajs's own restart is off, a crashed consumer is thrown away and built anew. */
export function startMember(options: MemberOptions): Member {
  const { clock, bounds } = options
  const stopping = new AbortController()
  let consumer: Consumer | undefined
  let trouble: string | undefined = 'the consumer is starting'

  async function build(): Promise<void> {
    while (!stopping.signal.aborted) {
      const fresh = createConsumer(options)
      try {
        fresh.on(fresh.events.CRASH, ({ payload }) => void crashed(fresh, payload.error))
        fresh.on(fresh.events.GROUP_JOIN, ({ payload }) => {
          trouble = undefined
          options.onJoin(fresh, payload.memberAssignment[options.topic] ?? [])
        })
        fresh.on(fresh.events.FETCH, options.onFetch)
        await fresh.connect()
        await fresh.subscribe({ topics: [options.topic], fromBeginning: options.fromBeginning })
        consumer = fresh
        await fresh.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: bounds.partitionsConcurrently,
          eachBatch: (payload) => options.eachBatch(payload, fresh),
        })
        return
      } catch (cause) {
        trouble = `the consumer cannot connect: ${messageOf(cause)}`
        options.onTrouble('consumer', cause)
        void fresh.disconnect().catch(() => {})
        await clock.sleep(bounds.rebuildAfterMs, stopping.signal)
      }
    }
  }

  async function crashed(crashedOne: Consumer, cause: Error): Promise<void> {
    if (consumer !== crashedOne || stopping.signal.aborted) return
    consumer = undefined
    trouble = `the consumer stopped: ${cause.message}`
    options.onTrouble('consumer', cause)
    if (!isCurable(cause) && (await options.answers())) {
      options.onFatal(`a consumer of ${options.topic} stopped for good: ${cause.message}`)
      return
    }
    await clock.sleep(bounds.rebuildAfterMs, stopping.signal)
    building = build()
  }

  let building = build()
  return {
    consumer: () => consumer,
    trouble: () => trouble,
    stop: async (deadlineMs) => {
      stopping.abort()
      // Leaving in the midst of joining would leave the member behind, and its partitions with it, until its session ends.
      const leaving = building.then(() => consumer?.disconnect()).catch((cause) => options.onTrouble('consumer', cause))
      await Promise.race([leaving, clock.sleep(deadlineMs)])
    },
  }
}

function createConsumer({ client, groupId, bounds }: MemberOptions): Consumer {
  return createKafkaClient({ ...client, retries: 5 }).consumer({
    groupId: groupId(),
    sessionTimeout: bounds.sessionTimeoutMs,
    heartbeatInterval: bounds.heartbeatIntervalMs,
    rebalanceTimeout: bounds.rebalanceTimeoutMs,
    maxWaitTimeInMs: bounds.fetchWaitMs,
    maxBytesPerPartition: bounds.partitionBytesMax,
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 500, restartOnFailure: async () => false },
  })
}

interface KafkaFault {
  readonly name?: string
  readonly retriable?: boolean
  readonly cause?: unknown
}
/** What passes when brokers come back or elect, although kafkajs calls some of it final. */
const PASSING = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
])

/** Whether trying again can help. */
function isCurable(error: KafkaFault): boolean {
  if (PASSING.has(error.name ?? '')) return true
  return error.cause ? isCurable(error.cause as KafkaFault) : error.retriable === true
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export function recordOf(partition: number, message: KafkaMessage): StreamRecord {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) headers[name] = last.toString()
  }
  return {
    partition,
    offset: Number(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value,
    headers,
    appendedAt: Number(message.timestamp),
  }
}
