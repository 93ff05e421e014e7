import { randomUUID } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import { type GroupMember, leave, openGroup, release, renew, saveHints, take } from './embedded-group.ts'
import { fetchFrom, rangesOf } from './embedded-log.ts'
import { KnownEnds, type LogRange } from './known-ends.ts'
import { PendingHints } from './pending-hints.ts'
import type { ConsumeOptions, Consumption, Slice, SliceOutcome, StreamRecord, Topic } from './stream.ts'

export interface EmbeddedConsumptionOptions {
  readonly sql: Sql
  readonly topic: Topic
  readonly consume: ConsumeOptions
  readonly clock: Clock
  /** A member that has not renewed for this long has lost its partitions; it renews every third of it. */
  readonly leaseMs: number
  /** Looks for records at least this often, should a notice be lost. */
  readonly pollMs: number
  readonly onTrouble: (what: string, cause?: unknown) => void
}

const RETRY_MS_MAX = 5_000

interface Progress {
  readonly partition: number
  expected: number
  /** `busy`: a slice is with the handler, or waits to be given again. */
  status: 'idle' | 'busy' | 'missing'
  failures: number
}

/** One group member: owns partitions by leases, goes on from the ledger's positions, stops where records are missing. */
export class EmbeddedConsumption implements Consumption {
  readonly #options: EmbeddedConsumptionOptions
  readonly #handle: (slice: Slice) => Promise<SliceOutcome>
  readonly #self: GroupMember
  readonly #stopping = new AbortController()
  readonly #owned = new Map<number, Progress>()
  /** By partition; also of one that was lost and taken again meanwhile, so that no two slices of it are handled side by side. */
  readonly #handling = new Map<number, Promise<void>>()
  readonly #ends: KnownEnds
  readonly #hints: PendingHints
  #failing: string | undefined = 'the consumer is starting'
  #tending: Promise<void> | undefined
  #fetching: Promise<void> | undefined
  #fetchAgain = false
  #timers: NodeJS.Timeout[] = []

  constructor(options: EmbeddedConsumptionOptions, handle: (slice: Slice) => Promise<SliceOutcome>) {
    this.#options = options
    this.#handle = handle
    this.#self = { topic: options.topic, group: options.consume.group, member: randomUUID() }
    this.#ends = new KnownEnds({
      clock: options.clock,
      read: () => rangesOf(options.sql, options.topic),
      isWanted: () => this.#owned.size > 0,
    })
    this.#hints = new PendingHints(
      (next) => saveHints(options.sql, this.#self, next).then(() => true),
      (cause) => options.onTrouble('hint', cause),
    )
  }

  async start(): Promise<void> {
    await openGroup(this.#options.sql, this.#self)
    this.#timers = [
      setInterval(() => this.tend(), this.#options.leaseMs / 3),
      setInterval(() => this.wake(), this.#options.pollMs),
    ]
    this.tend()
  }

  /** Why nothing, or not everything, is read. */
  get trouble(): string | undefined {
    const missing = [...this.#owned.values()].filter(({ status }) => status === 'missing')
    if (missing.length === 0) return this.#failing
    return `records are missing in ${this.#self.topic}, partition ${missing.map(({ partition }) => partition).join(', ')}`
  }

  waiting(): number | undefined {
    if (this.#stopping.signal.aborted) return 0
    return this.#ends.beyond([...this.#owned.values()].filter(({ status }) => status !== 'missing'))
  }

  /** Remembers how far the ledger is in what this member owns, for meters and for trimming. Never throws. */
  hint(next: ReadonlyMap<number, number>): void {
    this.#hints.give(new Map([...next].filter(([partition]) => this.#owned.has(partition))))
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort()
    this.#ends.stop()
    for (const timer of this.#timers) clearInterval(timer)
    const finished = Promise.all([this.#tending, this.#fetching, ...this.#handling.values()]).then(() => true)
    const late = this.#options.clock.sleep(deadlineMs)
    const isFinished = await Promise.race([finished, late])
    await Promise.race([this.#hints.close(), late])
    if (!isFinished) return
    this.#owned.clear()
    await leave(this.#options.sql, this.#self).catch((cause) => this.#options.onTrouble('leave', cause))
  }

  /** Renews the leases, gives surplus partitions back, takes free ones. Called on a timer and when another member left. */
  tend(): void {
    if (this.#stopping.signal.aborted) return
    this.#tending ??= this.#tend()
      .then(() => {
        this.#failing = undefined
      })
      .catch((cause) => {
        this.#failing = 'the embedded log does not answer'
        this.#options.onTrouble('group', cause)
      })
      .finally(() => {
        this.#tending = undefined
      })
  }

  async #tend(): Promise<void> {
    const { sql, leaseMs } = this.#options
    const { owned, share } = await renew(sql, this.#self, leaseMs)
    for (const partition of this.#owned.keys()) if (!owned.includes(partition)) this.#owned.delete(partition)
    this.#hints.forget((partition) => !owned.includes(partition))
    const unknown = owned.filter((partition) => !this.#owned.has(partition))
    if (unknown.length > 0) await this.#assign(unknown)
    const surplus = [...this.#owned.values()]
      .filter(({ status }) => status !== 'busy')
      .slice(0, Math.max(0, owned.length - share))
    if (surplus.length > 0) {
      for (const { partition } of surplus) this.#owned.delete(partition)
      await release(
        sql,
        this.#self,
        surplus.map(({ partition }) => partition),
      )
    }
    if (owned.length < share) {
      const taken = await take(sql, this.#self, leaseMs, share - owned.length)
      if (taken.length > 0) await this.#assign(taken)
    }
  }

  async #assign(partitions: readonly number[]): Promise<void> {
    const { sql, topic, consume } = this.#options
    const [positions, ranges] = await Promise.all([consume.positions(partitions), rangesOf(sql, topic)])
    this.#ends.note(ranges)
    for (const partition of partitions) {
      const expected = positions.get(partition) ?? 0
      const range = ranges.get(partition) ?? { low: 0, high: 0 }
      const progress: Progress = { partition, expected, status: 'idle', failures: 0 }
      this.#owned.set(partition, progress)
      this.#goOnWithin(range, progress)
    }
    this.wake()
  }

  /** What the ledger has said is passed on: its last hint may have been lost with the process that was to give it. */
  #goOnWithin(range: LogRange, progress: Progress): void {
    const { partition, expected } = progress
    if (expected < range.low || expected > range.high) this.#stopAsMissing(progress, range)
    else this.hint(new Map([[partition, expected]]))
  }

  #stopAsMissing(progress: Progress, range: LogRange): void {
    progress.status = 'missing'
    this.#options.consume.onMissing(progress.partition, progress.expected, range)
  }

  /** Looks for records now. */
  wake(): void {
    this.#fetchAgain = true
    if (this.#fetching || this.#stopping.signal.aborted) return
    this.#fetching = this.#fetchWhileWoken()
      .catch((cause) => this.#options.onTrouble('fetch', cause))
      .finally(() => {
        this.#fetching = undefined
        if (this.#fetchAgain && this.#failing === undefined) setImmediate(() => this.wake())
      })
  }

  async #fetchWhileWoken(): Promise<void> {
    const { sql, topic, consume } = this.#options
    while (this.#fetchAgain && !this.#stopping.signal.aborted) {
      this.#fetchAgain = false
      const idle = [...this.#owned.values()].filter(
        ({ partition, status }) => status === 'idle' && !this.#handling.has(partition),
      )
      if (idle.length === 0) return
      const from = new Map(idle.map(({ partition, expected }) => [partition, expected]))
      const found = await fetchFrom(sql, topic, from, consume.sliceRecordsMax, consume.sliceBytesMax)
      for (const progress of idle) {
        const records = found.get(progress.partition)
        if (records && this.#owned.get(progress.partition) === progress) this.#give(progress, records)
      }
    }
  }

  #give(progress: Progress, records: readonly StreamRecord[]): void {
    const first = records[0]!.offset
    if (first !== progress.expected) {
      this.#stopAsMissing(progress, { low: first, high: records.at(-1)!.offset + 1 })
      return
    }
    progress.status = 'busy'
    const running = this.#handleSlice(progress, { partition: progress.partition, records }).then(() => {
      if (progress.status === 'busy') progress.status = 'idle'
      this.#handling.delete(progress.partition)
      this.wake()
    })
    this.#handling.set(progress.partition, running)
  }

  /** Goes where the ledger says it is: ahead when another member was faster, back when it was restored to an earlier moment. */
  async #turnTo(progress: Progress, next: number): Promise<void> {
    const ranges = await rangesOf(this.#options.sql, this.#options.topic)
    if (this.#owned.get(progress.partition) !== progress) return
    progress.expected = next
    this.#goOnWithin(ranges.get(progress.partition) ?? { low: 0, high: 0 }, progress)
  }

  async #handleSlice(progress: Progress, slice: Slice): Promise<void> {
    const { clock, onTrouble } = this.#options
    try {
      const outcome = await this.#handle(slice)
      if (outcome.kind === 'done') {
        Object.assign(progress, { expected: slice.records.at(-1)!.offset + 1, failures: 0 })
        return
      }
      const isForward = outcome.next > progress.expected
      await this.#turnTo(progress, outcome.next)
      if (isForward) return
    } catch (cause) {
      onTrouble('handler', cause)
    }
    const ms = Math.min(100 * 2 ** progress.failures++, RETRY_MS_MAX) * (0.5 + clock.random() / 2)
    await clock.sleep(ms, this.#stopping.signal)
  }
}
