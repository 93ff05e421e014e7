import type { Clock } from '../platform/clock.ts'

/**
 * Lets through at once whoever comes alone; who comes within `everyMs` of the last opening waits for the next and goes with all others who wait.
 * What they ask of cache, ledger and stream is then asked in one turn, and so is one write to each. Who waits is bounded by who calls.
 */
export function createGate(clock: Clock, everyMs: number): () => Promise<void> {
  let openedAt = Number.NEGATIVE_INFINITY
  let opening: Promise<void> | undefined
  return function pass() {
    if (opening !== undefined) return opening
    const soonMs = openedAt + everyMs - clock.monotonic()
    if (soonMs > 0) {
      opening = clock.sleep(soonMs).then(() => {
        openedAt = clock.monotonic()
        opening = undefined
      })
      return opening
    }
    openedAt = clock.monotonic()
    return Promise.resolve()
  }
}
