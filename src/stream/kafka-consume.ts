import type { Consumer, EachBatchPayload } from 'kafkajs'
import { type Member, type MemberOptions, recordOf, startMember } from './kafka-consumer.ts'
import { KnownEnds, type LogRange } from './known-ends.ts'
import { PendingHints } from './pending-hints.ts'
import type { ConsumeOptions, Consumption, Slice, SliceOutcome, StreamRecord } from './stream.ts'

export interface ConsumptionOptions
  extends Omit<MemberOptions, 'groupId' | 'fromBeginning' | 'onJoin' | 'onFetch' | 'eachBatch'> {
  readonly groupId: () => string
  readonly consume: ConsumeOptions
  /** Whether offsets may be missing between records, as compaction leaves them. */
  readonly compacted: boolean
  /** First and next offset of each partition of the topic. */
  readonly available: () => Promise<ReadonlyMap<number, LogRange>>
}

/** Looks again at a log that seems to lack records this often: a new leader may know its end late. */
const MISSING_CHECKS = 5
const MISSING_CHECK_MS = 500
const RETRY_MS_MAX = 5_000
const HEARTBEAT_EVERY_MS = 1_000
const STALL_CHECKS = 4

interface Progress {
  readonly partition: number
  expected: number
  /**
   * `locating`: not yet at its position; `turned`: on the way to where the handler sent it; `retrying`: waits before a slice is given
   * again; `missing`: stopped for good.
   */
  status: 'locating' | 'flowing' | 'turned' | 'retrying' | 'missing'
  failures: number
  gaps: number
}
/** The partitions of one generation of the group. */
interface Assignment {
  readonly consumer: Consumer
  readonly partitions: ReadonlyMap<number, Progress>
}

/** One group member that goes on from the ledger's positions, never from Kafka's own, and stops where records are missing. */
export class KafkaConsumption implements Consumption {
  readonly #options: ConsumptionOptions
  readonly #handle: (slice: Slice) => Promise<SliceOutcome>
  readonly #stopping = new AbortController()
  readonly #member: Member
  readonly #watchdog: NodeJS.Timeout
  readonly #ends: KnownEnds
  readonly #hints: PendingHints
  #assignment: Assignment | undefined
  #progressAt: number
  #handling = 0

  constructor(options: ConsumptionOptions, handle: (slice: Slice) => Promise<SliceOutcome>) {
    this.#options = options
    this.#handle = handle
    this.#progressAt = options.clock.monotonic()
    this.#member = startMember({
      ...options,
      fromBeginning: true,
      onJoin: (consumer, partitions) => this.#onJoin(consumer, partitions),
      onFetch: () => {},
      eachBatch: (payload, consumer) => this.#eachBatch(payload, consumer),
    })
    this.#watchdog = setInterval(() => void this.#checkStall(), options.bounds.stallMs / STALL_CHECKS)
    this.#watchdog.unref()
    this.#hints = new PendingHints(
      (next) => this.#commitHints(next),
      (cause) => options.onTrouble('hint', cause),
    )
    this.#ends = new KnownEnds({ clock: options.clock, read: options.available, isWanted: () => this.#owned().length > 0 })
  }

  /** Why nothing, or not everything, is read; `undefined` when healthy. */
  get trouble(): string | undefined {
    const missing = this.#progresses().filter(({ status }) => status === 'missing')
    if (missing.length === 0) return this.#member.trouble()
    return `records are missing in ${this.#options.topic}, partition ${missing.map(({ partition }) => partition).join(', ')}`
  }

  waiting(): number | undefined {
    const owned = this.#owned()
    if (owned.some(({ status }) => status === 'locating')) return undefined
    return this.#ends.beyond(owned.filter(({ status }) => status !== 'missing'))
  }

  /** Remembers how far the ledger is in what this member owns, for lag meters. Never throws. */
  hint(next: ReadonlyMap<number, number>): void {
    this.#hints.give(new Map([...next].filter(([partition]) => this.#assignment?.partitions.has(partition))))
  }

  async #commitHints(next: ReadonlyMap<number, number>): Promise<boolean> {
    const { topic } = this.#options
    const consumer = this.#member.consumer()
    if (!consumer || this.#assignment?.consumer !== consumer) return false
    await consumer.commitOffsets([...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })))
    return true
  }

  async stop(deadlineMs: number): Promise<void> {
    const { clock } = this.#options
    const until = clock.monotonic() + deadlineMs
    clearInterval(this.#watchdog)
    this.#ends.stop()
    await Promise.race([this.#hints.close(), clock.sleep(deadlineMs / 4)])
    this.#stopping.abort()
    await this.#member.stop(Math.max(0, until - clock.monotonic()))
  }

  #progresses(): Progress[] {
    return [...(this.#assignment?.partitions.values() ?? [])]
  }
  #owned(): Progress[] {
    return this.#assignment !== undefined && this.#isCurrent(this.#assignment) ? this.#progresses() : []
  }
  /** A consumer that crashed has lost what it was assigned. */
  #isCurrent(one: Assignment): boolean {
    return one === this.#assignment && one.consumer === this.#member.consumer() && !this.#stopping.signal.aborted
  }
  #pause({ consumer }: Assignment, partitions: number[]): void {
    consumer.pause([{ topic: this.#options.topic, partitions }])
  }
  #sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#stopping.signal)
  }
  #retryMs(failures: number): number {
    return Math.min(100 * 2 ** failures, RETRY_MS_MAX) * (0.5 + this.#options.clock.random() / 2)
  }
  #flowFrom({ consumer }: Assignment, progress: Progress, expected: number): void {
    const { topic } = this.#options
    progress.expected = expected
    progress.status = 'flowing'
    consumer.seek({ topic, partition: progress.partition, offset: String(expected) })
    consumer.resume([{ topic, partitions: [progress.partition] }])
  }

  /** Nothing is fetched until the ledger has said where to go on. */
  #onJoin(consumer: Consumer, partitions: readonly number[]): void {
    const fresh = (partition: number): [number, Progress] => [
      partition,
      { partition, expected: 0, status: 'locating', failures: 0, gaps: 0 },
    ]
    const current = { consumer, partitions: new Map(partitions.map(fresh)) }
    this.#assignment = current
    this.#hints.forget((partition) => !current.partitions.has(partition))
    this.#progressAt = this.#options.clock.monotonic()
    if (partitions.length === 0) return
    this.#pause(current, [...partitions])
    void this.#locate(current, [...current.partitions.values()], this.#options.consume.positions)
  }

  async #locate(current: Assignment, some: readonly Progress[], positionsOf: ConsumeOptions['positions']): Promise<void> {
    const { available, onTrouble } = this.#options
    let check = 1
    let failures = 0
    for (let open = some; open.length > 0 && this.#isCurrent(current); ) {
      try {
        const asked = open.map(({ partition }) => partition)
        const [positions, ranges] = await Promise.all([positionsOf(asked), available()])
        if (!this.#isCurrent(current)) return
        this.#ends.note(ranges)
        for (const progress of open) {
          const expected = positions.get(progress.partition) ?? 0
          const range = ranges.get(progress.partition)
          if (range && range.low <= expected && expected <= range.high) {
            this.#flowFrom(current, progress, expected)
            // Its last hint may have been lost with the process that was to give it.
            this.hint(new Map([[progress.partition, expected]]))
          } else if (check >= MISSING_CHECKS) this.#stopAsMissing(current, progress, expected, range ?? { low: 0, high: 0 })
        }
        open = open.filter(({ status }) => status === 'locating' || status === 'turned')
        check++
        if (open.length > 0) await this.#sleep(MISSING_CHECK_MS)
      } catch (cause) {
        onTrouble('positions', cause)
        await this.#sleep(this.#retryMs(failures++))
      }
    }
  }

  #stopAsMissing(current: Assignment, progress: Progress, expected: number, range: LogRange): void {
    progress.status = 'missing'
    this.#pause(current, [progress.partition])
    this.#options.consume.onMissing(progress.partition, expected, range)
  }

  /**
   * Goes where the ledger says it is: ahead when another member was faster, back when it was restored to an earlier moment. When that is
   * no way forward, after a pause, so that nothing turns in circles.
   */
  #turnTo(current: Assignment, progress: Progress, next: number): void {
    const { partition } = progress
    const pauseMs = next > progress.expected ? 0 : this.#retryMs(progress.failures++)
    Object.assign(progress, { expected: next, status: 'turned' })
    this.#pause(current, [partition])
    void this.#sleep(pauseMs).then(() => this.#locate(current, [progress], async () => new Map([[partition, next]])))
  }

  /** Lets the other partitions flow while this one waits for its slice to be given again. */
  #retryLater(current: Assignment, progress: Progress): void {
    progress.status = 'retrying'
    this.#pause(current, [progress.partition])
    const flow = () => {
      if (this.#isCurrent(current) && progress.status === 'retrying') this.#flowFrom(current, progress, progress.expected)
    }
    // A consumer has ended a moment before it says that it crashed, and then refuses: the next one begins where the ledger is.
    void this.#sleep(this.#retryMs(progress.failures++))
      .then(flow)
      .catch((cause) => this.#options.onTrouble('resume', cause))
  }

  /** Records were skipped: go back for them, and stop the partition when they stay away. */
  #onGap(current: Assignment, progress: Progress, range: LogRange): void {
    if (++progress.gaps <= MISSING_CHECKS) this.#flowFrom(current, progress, progress.expected)
    else this.#stopAsMissing(current, progress, progress.expected, range)
  }

  async #eachBatch(payload: EachBatchPayload, consumer: Consumer): Promise<void> {
    const current = this.#assignment
    const progress = current?.consumer === consumer ? current.partitions.get(payload.batch.partition) : undefined
    if (!current || progress?.status !== 'flowing') return
    let lost: unknown
    const beat = setInterval(() => {
      payload.heartbeat().catch((cause) => {
        lost ??= cause
      })
    }, HEARTBEAT_EVERY_MS)
    try {
      await this.#handleBatch(current, progress, payload, () => lost !== undefined)
    } finally {
      clearInterval(beat)
    }
    if (lost !== undefined) throw lost
    await payload.heartbeat()
  }

  async #handleBatch(current: Assignment, progress: Progress, payload: EachBatchPayload, isLost: () => boolean): Promise<void> {
    const { batch } = payload
    const high = Number(batch.highWatermark)
    const all = batch.messages.map((message) => recordOf(batch.partition, message))
    const records = all.filter(({ offset }) => offset >= progress.expected)
    if (records.length === 0 && all.length > 0) return this.#onGap(current, progress, { low: 0, high })
    for (const slice of slicesOf(records, this.#options.consume)) {
      if (!this.#isCurrent(current) || isLost() || !payload.isRunning() || payload.isStale()) return
      const first = slice.records[0]!.offset
      const last = slice.records.at(-1)!.offset
      if (first > progress.expected && !this.#options.compacted) return this.#onGap(current, progress, { low: first, high })
      const outcome = await this.#give(slice)
      if (!this.#isCurrent(current)) return
      if (outcome === undefined) return this.#retryLater(current, progress)
      if (outcome.kind === 'again') return this.#turnTo(current, progress, outcome.next)
      Object.assign(progress, { expected: last + 1, failures: 0, gaps: 0 })
      payload.resolveOffset(String(last))
    }
  }

  /** `undefined` when the handler threw, which is no fault of this consumer; to be sent elsewhere, though, is not to get on. */
  async #give(slice: Slice): Promise<SliceOutcome | undefined> {
    let outcome: SliceOutcome | undefined
    this.#handling++
    try {
      outcome = await this.#handle(slice)
    } catch (cause) {
      this.#options.onTrouble('handler', cause)
    } finally {
      this.#handling--
    }
    if (outcome?.kind !== 'again') this.#progressAt = this.#options.clock.monotonic()
    return outcome
  }

  /** Silent while Kafka itself does not answer, while a handler works and while partitions wait for a retry after it threw. */
  async #checkStall(): Promise<void> {
    const { clock, bounds, topic, onFatal } = this.#options
    const reading = this.#progresses().filter(({ status }) => status === 'flowing' || status === 'turned')
    const lags = this.#handling === 0 && reading.length > 0 && (await this.#lagsBehind(reading).catch(() => false))
    if (!lags || this.#handling > 0) this.#progressAt = clock.monotonic()
    if (clock.monotonic() - this.#progressAt < bounds.stallMs) return
    onFatal(`the consumer of ${topic} has had records to read and has read none for ${bounds.stallMs} ms`)
  }
  async #lagsBehind(reading: readonly Progress[]): Promise<boolean> {
    const ranges = await this.#options.available()
    return reading.some(({ partition, expected }) => (ranges.get(partition)?.high ?? 0) > expected)
  }
}

/** Cuts consecutive records at the bounds; a record above the bytes goes alone, a hole in the offsets begins a new slice. */
export function slicesOf(
  records: readonly StreamRecord[],
  { sliceRecordsMax, sliceBytesMax }: Pick<ConsumeOptions, 'sliceRecordsMax' | 'sliceBytesMax'>,
): Slice[] {
  const slices: { partition: number; records: StreamRecord[] }[] = []
  let bytes = 0
  for (const record of records) {
    const slice = slices.at(-1)
    const size = record.value?.length ?? 0
    const follows = slice !== undefined && slice.records.at(-1)!.offset + 1 === record.offset
    bytes += size
    if (follows && slice.records.length < sliceRecordsMax && bytes <= sliceBytesMax) slice.records.push(record)
    else {
      slices.push({ partition: record.partition, records: [record] })
      bytes = size
    }
  }
  return slices
}
