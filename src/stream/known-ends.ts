import type { Clock } from '../platform/clock.ts'

export interface LogRange {
  /** First offset that is there. */
  readonly low: number
  /** Next to be written. */
  readonly high: number
}
const READ_EVERY_MS = 1_000
/** Ends older than this are not known any more. */
const FRESH_MS = 10_000

export interface KnownEndsOptions {
  readonly clock: Clock
  /** The ranges of all partitions of the topic; may fail. */
  readonly read: () => Promise<ReadonlyMap<number, LogRange>>
  /** Nothing is read while it is false. */
  readonly isWanted: () => boolean
}

/** The ends of a topic's partitions as one consumer knows them, read once a second. */
export class KnownEnds {
  readonly #options: KnownEndsOptions
  readonly #timer: NodeJS.Timeout
  #ranges: ReadonlyMap<number, LogRange> = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #reading = false

  constructor(options: KnownEndsOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#read(), READ_EVERY_MS)
    this.#timer.unref()
  }

  /** Takes what was read elsewhere. */
  note(ranges: ReadonlyMap<number, LogRange>): void {
    this.#ranges = ranges
    this.#readAt = this.#options.clock.monotonic()
  }

  /** Records between where these partitions stand and their ends; `undefined` when the ends are not known. */
  beyond(positions: readonly { readonly partition: number; readonly expected: number }[]): number | undefined {
    if (positions.length === 0) return 0
    if (this.#options.clock.monotonic() - this.#readAt > FRESH_MS) return undefined
    const beyond = ({ partition, expected }: { partition: number; expected: number }) =>
      Math.max(0, (this.#ranges.get(partition)?.high ?? 0) - expected)
    return positions.reduce((sum, position) => sum + beyond(position), 0)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #read(): Promise<void> {
    if (this.#reading || !this.#options.isWanted()) return
    this.#reading = true
    try {
      this.note(await this.#options.read())
    } catch {
      // They grow stale and are then no longer given.
    } finally {
      this.#reading = false
    }
  }
}
