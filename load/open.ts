import { arrivals } from './actions.ts'

export interface OpenOptions {
  readonly rate: number
  readonly seconds: number
  /** Exactly so many, in whatever time; `seconds` is not looked at then. */
  readonly count?: number
  readonly arrivals: 'poisson' | 'uniform'
  readonly seed: number
  /** Requests under way at once; an arrival beyond is dropped and counted. */
  readonly inFlightMax: number
}
/** A send this long after its planned time counts as late (the harness was busy); its time still counts from the plan. */
const LATE_MS = 10

/** Where sends and answers are counted. */
export interface Counted<T> {
  offered(atMs: number, what: 'sent' | 'late' | 'dropped'): void
  answered(atMs: number, ms: number, told: T): void
}

/**
 * Open loop: requests leave at planned times whatever the gateway does, and each answer is timed from the planned time, so a stall of
 * the gateway shows in every one that was due meanwhile. `send` never throws; `prepare` is called for each `aheadMs` before it is due.
 */
export async function runOpen<T>(
  options: OpenOptions,
  send: (index: number) => Promise<T>,
  tally: Counted<T>,
  { prepare, aheadMs }: { readonly prepare: (index: number) => void; readonly aheadMs: number } = {
    prepare: () => {},
    aheadMs: 0,
  },
): Promise<void> {
  const times = plannedTimes(options)
  const underway = new Set<Promise<void>>()
  const startedAt = performance.now() + aheadMs

  function arrive(index: number): void {
    const plannedMs = times[index]!
    if (underway.size >= options.inFlightMax) {
      tally.offered(plannedMs, 'dropped')
      return
    }
    tally.offered(plannedMs, performance.now() - startedAt - plannedMs > LATE_MS ? 'late' : 'sent')
    const sending = send(index).then((told) => {
      tally.answered(plannedMs, performance.now() - startedAt - plannedMs, told)
      underway.delete(sending)
    })
    underway.add(sending)
  }

  for (let next = 0, prepared = 0; next < times.length; ) {
    const now = performance.now() - startedAt
    while (prepared < times.length && times[prepared]! - aheadMs <= now) prepare(prepared++)
    while (next < times.length && times[next]! <= now) arrive(next++)
    if (next < times.length) {
      const due = Math.min(times[next]!, prepared < times.length ? times[prepared]! - aheadMs : Number.POSITIVE_INFINITY)
      // At least a millisecond: a loop that turns without pause would take the core that the gateway needs.
      await new Promise((done) => setTimeout(done, Math.max(1, due - (performance.now() - startedAt))))
    }
  }
  await Promise.all(underway)
}

function plannedTimes({ count, rate, seconds, seed, arrivals: kind }: OpenOptions): Float64Array {
  // Twice the time is more than chance ever needs for so many.
  const within = count === undefined ? seconds : (2 * count) / rate + 10
  return arrivals({ rate, seconds: within, seed, kind }).subarray(0, count)
}
