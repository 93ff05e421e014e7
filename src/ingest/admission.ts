import { Problem } from '../platform/problem.ts'

export interface AdmissionBounds {
  /** Bytes of bodies under way: announced or come, and not yet durable. */
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
  /** Room for one body, nothing of it counted yet. */
  hold(): HeldBytes
  inflightBytes(): number
}
/** What one body has of the in-flight bound, until it is durable or given up. */
export interface HeldBytes {
  /** Counts so many more of its bytes, before they are in memory. False when there is no room; a body alone always has it. */
  take(bytes: number): boolean
  letGo(): void
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
    hold() {
      let own = 0
      return {
        take(bytes) {
          if (inflight > own && inflight + bytes > bounds.inflightBytesMax) return false
          own += bytes
          inflight += bytes
          return true
        },
        letGo() {
          inflight -= own
          own = 0
        },
      }
    },
    inflightBytes: () => inflight,
  }
}
