import type { Clock } from './clock.ts'

/** The same trouble is one line in this time; what is down makes hundreds a second. */
const EVERY_MS = 5_000

/** Passes on the first call for each `what`, then at most one in 5 s. `what` is one of a few words, never a value. */
export function seldom(clock: Clock, say: (what: string, cause?: unknown) => void): typeof say {
  const saidAt = new Map<string, number>()
  return (what, cause) => {
    const now = clock.monotonic()
    if (now - (saidAt.get(what) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return
    saidAt.set(what, now)
    say(what, cause)
  }
}
