import type { Clock } from '../platform/clock.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { type OutgoingRecord, type Position, RecordTooLarge, StreamUnavailable, StreamUnconfirmed } from './stream.ts'

/** Bounds of the micro-batcher. */
export interface AppendBounds {
  /** From the call of `append` to its answer. */
  readonly deadlineMs: number
  /** Of one send; a larger record goes alone. */
  readonly batchRecordsMax: number
  readonly batchBytesMax: number
  /** From the start of one send to that of the next at least, so that under load a send is of several. What comes alone does not wait. */
  readonly sendEveryMs: number
  /** Waiting and under way, all lanes of a topic together, so that a topic never waits for another; above it `append` answers `StreamUnavailable` at once. */
  readonly queueRecordsMax: number
  readonly queueBytesMax: number
  /** A record, headers and all, that no topic takes. */
  readonly recordBytesMax: number
  /** Failed sends in a row until the breaker opens, and how often it then probes. */
  readonly failuresMax: number
  readonly probeEveryMs: number
  /** A probe that takes longer has failed: one that hangs must not keep the breaker open for ever. */
  readonly probeMsMax: number
}
export const appendBounds: AppendBounds = {
  deadlineMs: 5_000,
  batchRecordsMax: 500,
  batchBytesMax: 1024 * 1024,
  sendEveryMs: 0,
  queueRecordsMax: 20_000,
  queueBytesMax: 128 * 1024 * 1024,
  recordBytesMax: 9 * 1024 * 1024 - 1024,
  failuresMax: 3,
  probeEveryMs: 500,
  probeMsMax: 15_000,
}

export interface PlacedRecord {
  readonly record: OutgoingRecord
  readonly partition: number
}
/** Why a send failed: it got no answer in time, the topic refused its size, it certainly stored nothing. */
export interface SendFailure {
  readonly unanswered?: boolean
  readonly tooLarge?: boolean
  readonly nothingStored?: boolean
}
export class SendFailed extends Error {
  override readonly name = 'SendFailed'
  readonly why: SendFailure
  constructor(message: string, why: SendFailure, cause: unknown) {
    super(message, { cause })
    this.why = why
  }
}
/** What the lane and its sender tell each other during one try, so that "nothing was stored" stays true once it was said. */
export interface Attempt {
  /** Set by the sender before the first byte of a write leaves. */
  begun: boolean
  /** Set by the lane, before it answers for the records: from then on the sender lets no further write leave. */
  calledOff: boolean
}
export interface AppendDeps {
  /** One try, no retry inside. Resolves with the first offset of every partition of the batch, or throws `SendFailed`. */
  readonly send: (batch: readonly PlacedRecord[], attempt: Attempt) => Promise<ReadonlyMap<number, number>>
  /** Whether a send has hope now. */
  readonly probe: () => Promise<boolean>
  readonly clock: Clock
  readonly bounds: AppendBounds
  readonly onTrouble: (what: string, cause?: unknown) => void
}

/** What all lanes of a topic hold together. */
export interface Held {
  records: number
  bytes: number
}
/** Upper bound of a record's size on the wire. */
export function bytesOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = 70 + Buffer.byteLength(key) + (value?.length ?? 0)
  for (const [name, text] of Object.entries(headers)) bytes += 10 + Buffer.byteLength(name) + Buffer.byteLength(text)
  return bytes
}

/** @throws RecordTooLarge before anything waits in a batch with it */
export function checkSize(record: OutgoingRecord, bytesMax: number): void {
  if (bytesOf(record) > bytesMax) throw new RecordTooLarge(`a record of ${bytesOf(record)} bytes is above ${bytesMax}`)
}

/** What `appendAll` promises, on top of an `append` that keeps the order of its calls. */
export async function appendTogether(
  records: readonly OutgoingRecord[],
  { recordBytesMax }: AppendBounds,
  append: (record: OutgoingRecord) => Promise<Position>,
): Promise<readonly Position[]> {
  for (const record of records) checkSize(record, recordBytesMax)
  const results = await Promise.allSettled(records.map(append))
  const positions = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (positions.length === records.length) return positions
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const tooLarge = reasons.find((reason) => reason instanceof RecordTooLarge)
  if (tooLarge) throw tooLarge
  if (positions.length === 0 && reasons.every((reason) => reason instanceof StreamUnavailable)) throw reasons[0]
  throw new StreamUnconfirmed(`${reasons.length} of ${records.length} appends were not acknowledged`, { cause: reasons[0] })
}

interface Waiting extends PlacedRecord {
  readonly bytes: number
  readonly deadlineAt: number
  begun: boolean
  settled: boolean
  readonly settle: (position: Position) => void
  readonly fail: (cause: Error) => void
}

/**
 * Appends of some partitions of one topic, in order: one send at a time, so a repeated send never overtakes and is never overtaken.
 * While a send is under way the next records gather, so batches grow with the load by themselves.
 */
export class Lane {
  readonly #deps: AppendDeps
  readonly #held: Held
  readonly #breaker: Breaker
  readonly #queue: Waiting[] = []
  readonly #inFlight = new Set<Waiting>()
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #sentAt = Number.NEGATIVE_INFINITY
  #expiry: NodeJS.Timeout | undefined
  #attempt: Attempt | undefined

  constructor(deps: AppendDeps, held: Held) {
    this.#deps = deps
    this.#held = held
    this.#breaker = createBreaker(deps.bounds.failuresMax)
  }

  append({ record, partition }: PlacedRecord): Promise<Position> {
    const { bounds, clock } = this.#deps
    const bytes = bytesOf(record)
    if (this.#closing.signal.aborted) return Promise.reject(unavailable('it is closing'))
    if (this.#breaker.open) return Promise.reject(unavailable(this.#breaker.reason ?? 'it failed'))
    if (this.#held.records >= bounds.queueRecordsMax || this.#held.bytes + bytes > bounds.queueBytesMax)
      return Promise.reject(unavailable('too many appends wait'))
    this.#held.records++
    this.#held.bytes += bytes
    return new Promise((settle, fail) => {
      const deadlineAt = clock.monotonic() + bounds.deadlineMs
      this.#queue.push({ record, partition, bytes, deadlineAt, begun: false, settled: false, settle, fail })
      this.#watchDeadlines()
      this.#running ??= this.#drain()
    })
  }

  /** Why it answers `StreamUnavailable` at once, if it does. */
  get trouble(): string | undefined {
    return this.#breaker.reason
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#expiry)
    this.#callOff()
    for (const one of [...this.#inFlight, ...this.#queue]) this.#giveUp(one, 'it is closing')
    this.#queue.length = 0
  }

  async #drain(): Promise<void> {
    await new Promise((turn) => setImmediate(turn))
    while (this.#queue.length > 0) {
      await this.#gather()
      const batch = this.#takeBatch()
      for (const one of batch) this.#inFlight.add(one)
      await this.#sendUntilSettled(batch)
      this.#inFlight.clear()
    }
    this.#running = undefined
  }

  async #gather(): Promise<void> {
    const { bounds, clock } = this.#deps
    const soonMs = this.#sentAt + bounds.sendEveryMs - clock.monotonic()
    if (soonMs > 0 && this.#queue.length < bounds.batchRecordsMax) await clock.sleep(soonMs, this.#closing.signal)
    this.#sentAt = clock.monotonic()
  }

  #takeBatch(): Waiting[] {
    const { batchRecordsMax, batchBytesMax } = this.#deps.bounds
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && count < batchRecordsMax) {
      bytes += this.#queue[count]!.bytes
      if (count > 0 && bytes > batchBytesMax) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  /** Sends the batch as a whole again and again until it is acknowledged or every record of it was answered (deadline, breaker). */
  async #sendUntilSettled(batch: readonly Waiting[]): Promise<void> {
    const { send, clock } = this.#deps
    for (let tries = 0; ; tries++) {
      const live = batch.filter(({ settled }) => !settled)
      if (live.length === 0) return
      const attempt: Attempt = { begun: false, calledOff: false }
      this.#attempt = attempt
      try {
        const first = await send(live, attempt)
        this.#breaker.succeeded()
        return this.#settleInOrder(live, first)
      } catch (cause) {
        const failure = cause instanceof SendFailed ? cause : sendFailed(cause)
        if (failure.why.nothingStored) attempt.begun = false
        this.#callOff()
        this.#failed(live, failure)
      }
      await clock.sleep(Math.min(50 * 2 ** tries, 500) * (0.5 + clock.random()), this.#closing.signal)
    }
  }

  #failed(live: readonly Waiting[], failure: SendFailed): void {
    if (failure.why.tooLarge && live.length === 1) {
      this.#finish(live[0]!, new RecordTooLarge(failure.message))
      return
    }
    this.#deps.onTrouble('append', failure)
    this.#breakOn(failure.message, failure.why.unanswered ?? false)
  }

  /** Tells the breaker; when that opens it, everything that never left is answered at once. */
  #breakOn(reason: string, decisive: boolean): void {
    const wasOpen = this.#breaker.open
    this.#breaker.failed(reason, decisive)
    if (wasOpen || !this.#breaker.open) return
    for (const one of [...this.#inFlight, ...this.#queue]) if (!one.begun) this.#giveUp(one, reason)
    this.#queue.length = 0
    void this.#probeUntilClosed()
  }

  async #probeUntilClosed(): Promise<void> {
    const { clock, bounds } = this.#deps
    while (this.#breaker.open && !this.#closing.signal.aborted) {
      await clock.sleep(bounds.probeEveryMs * (0.75 + clock.random() / 2), this.#closing.signal)
      if (this.#breaker.open && (await this.#probe())) this.#breaker.halfOpen()
    }
  }

  async #probe(): Promise<boolean> {
    const { probe, clock, bounds } = this.#deps
    const answered = new AbortController()
    const stop = AbortSignal.any([answered.signal, this.#closing.signal])
    try {
      return await Promise.race([probe().catch(() => false), clock.sleep(bounds.probeMsMax, stop).then(() => false)])
    } finally {
      answered.abort()
    }
  }

  #settleInOrder(batch: readonly Waiting[], first: ReadonlyMap<number, number>): void {
    const next = new Map(first)
    for (const one of batch) {
      const offset = next.get(one.partition)!
      next.set(one.partition, offset + 1)
      this.#finish(one, { partition: one.partition, offset })
    }
  }

  /** Nothing further of the try under way leaves; what has left of it, if anything, may be of any of its records. */
  #callOff(): void {
    if (!this.#attempt) return
    this.#attempt.calledOff = true
    if (this.#attempt.begun) for (const one of this.#inFlight) one.begun = true
  }

  #giveUp(one: Waiting, why: string): void {
    const unknown = `an append was begun and its outcome is not known: ${why}`
    this.#finish(one, one.begun ? new StreamUnconfirmed(unknown) : unavailable(why))
  }

  #finish(one: Waiting, answer: Position | Error): void {
    if (one.settled) return
    one.settled = true
    this.#held.records--
    this.#held.bytes -= one.bytes
    if (answer instanceof Error) one.fail(answer)
    else one.settle(answer)
  }

  /** Deadlines are in the order of arrival, so one timer on the oldest is enough. */
  #watchDeadlines(): void {
    if (this.#expiry) return
    const { clock, bounds } = this.#deps
    const waiting = () => [...this.#inFlight, ...this.#queue].filter(({ settled }) => !settled)
    const oldest = [...this.#inFlight].find(({ settled }) => !settled) ?? this.#queue[0]
    if (!oldest) return
    const expire = () => {
      this.#expiry = undefined
      const late = waiting().filter(({ deadlineAt }) => deadlineAt <= clock.monotonic())
      const isUnderWay = late.some((one) => this.#inFlight.has(one))
      if (isUnderWay) this.#callOff()
      const why = `no acknowledgement within ${bounds.deadlineMs} ms`
      for (const one of late) this.#giveUp(one, why)
      if (isUnderWay) this.#breakOn(why, true)
      this.#watchDeadlines()
    }
    this.#expiry = setTimeout(expire, Math.max(1, oldest.deadlineAt - clock.monotonic()))
  }
}

const unavailable = (why: string) => new StreamUnavailable(`the stream cannot be reached, nothing was stored: ${why}`)
const sendFailed = (cause: unknown) => new SendFailed(cause instanceof Error ? cause.message : String(cause), {}, cause)
