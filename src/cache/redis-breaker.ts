import type { Clock } from '../platform/clock.ts'

const TIMEOUTS_MAX = 3
const OPEN_MS = 1_000

/** Spares callers the wait for a server that has gone silent: open after three silences in a row, then one caller a second probes. */
export interface Breaker {
  /** Whether a call may be made now. Whoever is let in must report with `answered` or `silent`. */
  admits(): boolean
  answered(): void
  silent(): void
  isOpen(): boolean
}

export function createBreaker(clock: Clock): Breaker {
  let silences = 0
  let probeAt = 0
  return {
    admits() {
      if (silences < TIMEOUTS_MAX) return true
      if (clock.monotonic() < probeAt) return false
      probeAt = clock.monotonic() + OPEN_MS
      return true
    },
    answered() {
      silences = 0
    },
    silent() {
      silences++
      if (silences >= TIMEOUTS_MAX) probeAt = clock.monotonic() + OPEN_MS
    },
    isOpen: () => silences >= TIMEOUTS_MAX,
  }
}
