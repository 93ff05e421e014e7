import type { Clock } from '../platform/clock.ts'

const SILENCES_MAX = 3
const PROBE_EVERY_MS = 500

/** Spares callers the wait for a server that has gone silent: open after three silences in a row, until a probe is answered. */
export interface Breaker {
  isOpen(): boolean
  answered(): void
  silent(): void
  /** Ends the probing. */
  close(): void
}

/** @param probe settles in bounded time, and resolves only when the server answered; asked twice a second while open */
export function createBreaker(clock: Clock, probe: () => Promise<unknown>): Breaker {
  const closed = new AbortController()
  let silences = 0
  let isProbing = false

  async function probeUntilAnswered(): Promise<void> {
    isProbing = true
    while (silences >= SILENCES_MAX) {
      await clock.sleep(PROBE_EVERY_MS, closed.signal)
      if (closed.signal.aborted) return
      await probe().then(
        () => {
          silences = 0
        },
        () => {},
      )
    }
    isProbing = false
  }

  return {
    isOpen: () => silences >= SILENCES_MAX,
    answered() {
      silences = 0
    },
    silent() {
      silences++
      if (silences >= SILENCES_MAX && !isProbing) void probeUntilAnswered()
    },
    close: () => closed.abort(),
  }
}
