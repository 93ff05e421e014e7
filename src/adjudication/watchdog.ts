import type { Clock } from '../platform/clock.ts'

export interface WatchdogDeps {
  /** Records of this process's own partitions that are not done: those of others are theirs. `undefined` when unknown. */
  readonly waiting: () => number | undefined
  /** Monotonic ms at which a slice was last done. */
  readonly lastProgressAt: () => number
  /** Whether stream and ledger answer: while one is down, standing still is right. */
  readonly backEndsAnswer: () => Promise<boolean>
  readonly clock: Clock
  readonly onStall: (stalledMs: number) => void
  readonly stallMsMax?: number
}

/** How often the watchdog looks, ms. */
const LOOK_EVERY_MS = 2_000

/**
 * A consumer that never resumes is the one fault of the Kafka client that no error tells of: work waits, everything answers, nothing moves.
 * After 20 s of that the process should end; the next one goes on from the ledger.
 */
export function startWatchdog({ waiting, lastProgressAt, backEndsAnswer, clock, onStall, stallMsMax = 20_000 }: WatchdogDeps) {
  const stopped = new AbortController()
  let suspectSince: number | undefined
  async function look(): Promise<void> {
    const now = clock.monotonic()
    if ((waiting() ?? 0) === 0 || !(await backEndsAnswer())) {
      suspectSince = undefined
      return
    }
    suspectSince = Math.max(suspectSince ?? now, lastProgressAt())
    if (now - suspectSince >= stallMsMax) {
      stopped.abort()
      onStall(now - suspectSince)
    }
  }
  const done = (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopped.signal)
      if (!stopped.signal.aborted) await look()
    }
  })()
  return {
    stop: () => {
      stopped.abort()
      return done
    },
  }
}
