import { Problem } from '../platform/problem.ts'

export interface AdmissionBounds {
  /** Bytes of bodies read and not yet durable. */
  readonly inflightBytesMax: number
  /** Delay of the event loop, ms. */
  readonly loopDelayMsMax: number
  /** Submitted records not decided yet. */
  readonly lagMax: number
  readonly waitersMax: number
}
export interface AdmissionDeps {
  readonly waiters: () => number
  /** `undefined` when unknown: then it refuses nobody. */
  readonly lag: () => number | undefined
  readonly loopDelayMs: () => number
}
export interface Admission {
  /** Before a body is read. @throws Problem gateway.overloaded: nothing was stored */
  check(): void
  /** Counts bytes until they are durable or given up. @throws Problem gateway.overloaded */
  hold(bytes: number): void
  letGo(bytes: number): void
  inflightBytes(): number
}

/** What is refused at the door, cheapest check first, so that what was accepted is still answered in time. */
export function createAdmission({ waiters, lag, loopDelayMs }: AdmissionDeps, bounds: AdmissionBounds): Admission {
  let inflight = 0
  return {
    check() {
      if (
        waiters() >= bounds.waitersMax ||
        inflight >= bounds.inflightBytesMax ||
        loopDelayMs() > bounds.loopDelayMsMax ||
        (lag() ?? 0) > bounds.lagMax
      ) {
        throw new Problem('gateway.overloaded')
      }
    },
    hold(bytes) {
      if (inflight > 0 && inflight + bytes > bounds.inflightBytesMax) throw new Problem('gateway.overloaded')
      inflight += bytes
    },
    letGo(bytes) {
      inflight -= bytes
    },
    inflightBytes: () => inflight,
  }
}
