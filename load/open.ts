import { type Actions, arrivals } from './actions.ts'
import type { createSubmit } from './submit.ts'
import type { Tally } from './tally.ts'

export interface OpenOptions {
  readonly rate: number
  readonly seconds: number
  readonly arrivals: 'poisson' | 'uniform'
  readonly seed: number
  /** Requests under way at once; an arrival beyond is dropped and counted. */
  readonly inFlightMax: number
}
/** A send this long after its planned time counts as late (the harness was busy); its time still counts from the plan. */
const LATE_MS = 10

/**
 * Open loop: claims leave at planned times whatever the gateway does, and each answer is timed from the planned time, so a stall of
 * the gateway shows in every claim that was due meanwhile.
 */
export async function runOpen(
  options: OpenOptions,
  actions: Actions,
  submit: ReturnType<typeof createSubmit>,
  tally: Tally,
): Promise<void> {
  const times = arrivals({ ...options, kind: options.arrivals })
  const underway = new Set<Promise<void>>()
  const startedAt = performance.now()

  function arrive(plannedMs: number): void {
    if (underway.size >= options.inFlightMax) {
      tally.offered(plannedMs, 'dropped')
      return
    }
    tally.offered(plannedMs, performance.now() - startedAt - plannedMs > LATE_MS ? 'late' : 'sent')
    const sending = submit(actions.next()).then((told) => {
      tally.answered(plannedMs, performance.now() - startedAt - plannedMs, told)
      underway.delete(sending)
    })
    underway.add(sending)
  }

  for (let next = 0; next < times.length; ) {
    const now = performance.now() - startedAt
    while (next < times.length && times[next]! <= now) arrive(times[next++]!)
    if (next < times.length) {
      // At least a millisecond: a loop that turns without pause would take the core that the gateway needs.
      await new Promise((done) => setTimeout(done, Math.max(1, times[next]! - (performance.now() - startedAt))))
    }
  }
  await Promise.all(underway)
}
