import { randomUUID } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { Listening, PostgresPool } from '../platform/postgres.ts'
import { type AppendBounds, appendBounds, appendTogether, checkSize, type Held, Lane } from './append-lane.ts'
import { EmbeddedConsumption } from './embedded-consume.ts'
import { groupNotice, lagOf } from './embedded-group.ts'
import { appendBatch, CHANNEL, fetchFrom, preparePartitions, rangesOf, trim } from './embedded-log.ts'
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
  type Subscription,
  TOPICS,
  type Topic,
} from './stream.ts'

export interface EmbeddedStreamOptions {
  /** A pool on a migrated database. */
  readonly pool: PostgresPool
  /** Where appends to a topic go by connections of their own, so that they wait for no other topic's. */
  readonly appendPools?: Partial<Record<Topic, PostgresPool>>
  readonly clock: Clock
  /** Of each topic, used only when its rows are made. */
  readonly partitions: number
  readonly onTrouble: (what: string, cause?: unknown) => void
  readonly appendBounds?: Partial<AppendBounds>
  readonly bounds?: Partial<EmbeddedBounds>
}
export interface EmbeddedBounds {
  readonly leaseMs: number
  readonly pollMs: number
  /** Records older than this go, once every group that reads their topic has them behind it. */
  readonly retentionMs: number
  readonly trimEveryMs: number
  readonly trimRecordsMax: number
  /** Of one read of a tail. */
  readonly tailRecordsMax: number
  readonly tailBytesMax: number
}
export const embeddedBounds: EmbeddedBounds = {
  leaseMs: 3_000,
  pollMs: 1_000,
  retentionMs: 24 * 3_600_000,
  trimEveryMs: 60_000,
  trimRecordsMax: 5_000,
  tailRecordsMax: 500,
  tailBytesMax: 8 * 1024 * 1024,
}
const LAG_EVERY_MS = 1_000
const LAG_FRESH_MS = 10_000

/** The durable log in the embedded Postgres: one commit for all appends that wait, readers woken by notices. @throws when Postgres fails */
export async function createEmbeddedStream(options: EmbeddedStreamOptions): Promise<Stream> {
  const partitions = await preparePartitions(options.pool, options.partitions)
  const stream = new EmbeddedStream(options, partitions)
  await stream.listen()
  return stream
}

class EmbeddedStream implements Stream {
  readonly #options: EmbeddedStreamOptions
  readonly #bounds: EmbeddedBounds
  readonly #appendBounds: AppendBounds
  readonly #partitions: ReadonlyMap<Topic, number>
  readonly #lanes: ReadonlyMap<Topic, Lane>
  /** Marks our own notices: our readers were woken before they come. */
  readonly #id = randomUUID()
  readonly #consumptions = new Map<EmbeddedConsumption, { topic: Topic; group: string }>()
  readonly #tails = new Map<EmbeddedTail, Topic>()
  readonly #lags = new Map<string, { topic: Topic; group: string; lag: number; readAt: number }>()
  readonly #timers: NodeJS.Timeout[]
  #listening: Listening | undefined

  constructor(options: EmbeddedStreamOptions, partitions: ReadonlyMap<Topic, number>) {
    this.#options = options
    this.#bounds = { ...embeddedBounds, ...options.bounds }
    this.#appendBounds = { ...appendBounds, batchBytesMax: 4 * 1024 * 1024, ...options.appendBounds }
    this.#partitions = partitions
    this.#lanes = new Map(TOPICS.map((topic) => [topic, this.#laneOf(topic)]))
    this.#timers = [
      setInterval(() => void this.#readLags(), LAG_EVERY_MS),
      setInterval(() => void this.#trim(), this.#bounds.trimEveryMs),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  #laneOf(topic: Topic): Lane {
    const held: Held = { records: 0, bytes: 0 }
    const { clock, onTrouble } = this.#options
    const pool = this.#options.appendPools?.[topic] ?? this.#options.pool
    const notice = `append ${topic} ${this.#id}`
    return new Lane(
      {
        send: async (batch, attempt) => {
          attempt.begun = true
          const first = await appendBatch(pool, topic, batch, notice)
          this.#wake(topic)
          return first
        },
        probe: async () => (await pool.trouble()) === undefined,
        clock,
        bounds: this.#appendBounds,
        onTrouble,
      },
      held,
    )
  }

  /** Hears of what other processes appended and of group members that left; after a lost connection looks at everything. */
  async listen(): Promise<void> {
    this.#listening = await this.#options.pool.listen(CHANNEL, (notice) => {
      if (notice === undefined) {
        for (const topic of TOPICS) this.#wake(topic)
        return
      }
      const [kind, topic, sender] = notice.split(' ')
      if (kind === 'append' && sender !== this.#id) this.#wake(topic as Topic)
      if (kind !== 'group') return
      for (const [consumption, of] of this.#consumptions) if (groupNotice(of.topic, of.group) === notice) consumption.tend()
    })
  }

  #wake(topic: Topic): void {
    for (const [consumption, of] of this.#consumptions) if (of.topic === topic) consumption.wake()
    for (const [tail, of] of this.#tails) if (of === topic) tail.wake()
  }

  async append(topic: Topic, record: OutgoingRecord): Promise<Position> {
    checkSize(record, this.#appendBounds.recordBytesMax)
    return this.#lanes.get(topic)!.append({ record, partition: partitionOf(record.key, this.#partitions.get(topic)!) })
  }

  appendAll(topic: Topic, records: readonly OutgoingRecord[]): Promise<readonly Position[]> {
    return appendTogether(records, this.#appendBounds, (record) => this.append(topic, record))
  }

  async consume(topic: Topic, consume: ConsumeOptions, handle: (slice: Slice) => Promise<SliceOutcome>): Promise<Consumption> {
    const { pool: sql, clock, onTrouble } = this.#options
    const { leaseMs, pollMs } = this.#bounds
    const consumption = new EmbeddedConsumption({ sql, topic, consume, clock, leaseMs, pollMs, onTrouble }, handle)
    this.#consumptions.set(consumption, { topic, group: consume.group })
    await consumption.start()
    return {
      stop: async (deadlineMs) => {
        await consumption.stop(deadlineMs)
        this.#consumptions.delete(consumption)
      },
      waiting: () => consumption.waiting(),
    }
  }

  async tail(topic: Topic, handle: (records: readonly StreamRecord[]) => void): Promise<Subscription> {
    const next = new Map(await this.ends(topic))
    const tail = new EmbeddedTail(this.#options, this.#bounds, topic, next, handle)
    this.#tails.set(tail, topic)
    return {
      stop: async () => {
        tail.stop()
        this.#tails.delete(tail)
      },
    }
  }

  async ends(topic: Topic): Promise<ReadonlyMap<number, number>> {
    const ranges = await rangesOf(this.#options.pool, topic)
    return new Map([...ranges].map(([partition, { high }]) => [partition, high]))
  }

  hint(topic: Topic, group: string, next: ReadonlyMap<number, number>): void {
    for (const [consumption, of] of this.#consumptions) if (of.topic === topic && of.group === group) consumption.hint(next)
  }

  lag(topic: Topic, group: string): number | undefined {
    const key = groupNotice(topic, group)
    const known = this.#lags.get(key)
    if (known) return this.#options.clock.monotonic() - known.readAt <= LAG_FRESH_MS ? known.lag : undefined
    this.#lags.set(key, { topic, group, lag: 0, readAt: Number.NEGATIVE_INFINITY })
    void this.#readLags()
    return undefined
  }

  async #readLags(): Promise<void> {
    for (const one of this.#lags.values()) {
      try {
        one.lag = await lagOf(this.#options.pool, one.topic, one.group)
        one.readAt = this.#options.clock.monotonic()
      } catch {
        // The figure grows stale and is then no longer given.
      }
    }
  }

  async #trim(): Promise<void> {
    const { retentionMs, trimRecordsMax } = this.#bounds
    await trim(this.#options.pool, retentionMs, trimRecordsMax).catch((cause) => this.#options.onTrouble('trim', cause))
  }

  trouble(): string | undefined {
    const reasons = [
      ...[...this.#lanes.values()].map((lane) => lane.trouble),
      ...[...this.#consumptions.keys()].map((consumption) => consumption.trouble),
    ]
    return reasons.find((reason) => reason !== undefined)
  }

  async close(deadlineMs: number): Promise<void> {
    const { clock } = this.#options
    const until = clock.monotonic() + deadlineMs
    const left = () => Math.max(0, until - clock.monotonic())
    const lanes = [...this.#lanes.values()]
    await Promise.race([Promise.all(lanes.map((lane) => lane.idle())), clock.sleep(left())])
    for (const lane of lanes) lane.close()
    for (const timer of this.#timers) clearInterval(timer)
    for (const tail of this.#tails.keys()) tail.stop()
    await Promise.all([...this.#consumptions.keys()].map((consumption) => consumption.stop(left())))
    await Promise.race([this.#listening?.stop(), clock.sleep(left())])
  }
}

/** Reads on from where the ends were when it was made. */
class EmbeddedTail {
  readonly #options: EmbeddedStreamOptions
  readonly #bounds: EmbeddedBounds
  readonly #topic: Topic
  readonly #next: Map<number, number>
  readonly #handle: (records: readonly StreamRecord[]) => void
  readonly #poll: NodeJS.Timeout
  #woken = false
  #reading = false
  #stopped = false

  constructor(
    options: EmbeddedStreamOptions,
    bounds: EmbeddedBounds,
    topic: Topic,
    next: Map<number, number>,
    handle: (records: readonly StreamRecord[]) => void,
  ) {
    this.#options = options
    this.#bounds = bounds
    this.#topic = topic
    this.#next = next
    this.#handle = handle
    this.#poll = setInterval(() => this.wake(), bounds.pollMs)
  }

  wake(): void {
    this.#woken = true
    if (this.#reading || this.#stopped) return
    this.#reading = true
    void this.#read()
      .catch((cause) => this.#options.onTrouble('tail', cause))
      .finally(() => {
        this.#reading = false
      })
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#poll)
  }

  async #read(): Promise<void> {
    const { tailRecordsMax, tailBytesMax } = this.#bounds
    while (this.#woken && !this.#stopped) {
      this.#woken = false
      const found = await fetchFrom(this.#options.pool, this.#topic, this.#next, tailRecordsMax, tailBytesMax)
      for (const [partition, records] of found) {
        if (this.#stopped) return
        this.#next.set(partition, records.at(-1)!.offset + 1)
        this.#woken = true
        this.#handle(records)
      }
    }
  }
}
