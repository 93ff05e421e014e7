import type { Ledger, StoredVersion } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Metrics } from '../platform/metrics.ts'
import { within } from './within.ts'

export interface KnownBounds {
  /** Keys of one query. */
  readonly keysMax: number
  readonly queriesMax: number
  /** A look that takes longer is given up: the claim goes on without it. */
  readonly budgetMs: number
  /** After a failure nobody asks for this long. */
  readonly pauseMs: number
}
export const knownBounds: KnownBounds = { keysMax: 500, queriesMax: 2, budgetMs: 250, pauseMs: 1_000 }

interface Asked {
  readonly claimId: string
  readonly contentSha256: string
  readonly answer: (stored: StoredVersion | undefined) => void
}

/**
 * The fast path: has this content been decided already? Whoever asks while a query is under way goes with the next one, so queries
 * grow with the load. A shortcut and no guard: with the ledger in trouble it says `undefined` and the claim goes on.
 */
export function createKnownDecisions(
  { ledger, clock, metrics }: { ledger: Pick<Ledger, 'findByContent'>; clock: Clock; metrics: Metrics },
  bounds: KnownBounds = knownBounds,
) {
  const queue: Asked[] = []
  let running = 0
  let scheduled = false
  let pausedUntil = Number.NEGATIVE_INFINITY

  async function ask(batch: readonly Asked[]): Promise<readonly (StoredVersion | undefined)[]> {
    const keys = batch.map(({ claimId, contentSha256 }) => ({ claimId, contentSha256 }))
    try {
      metrics.lookedUp('fast-path', batch.length)
      const found = await within(clock, bounds.budgetMs, ledger.findByContent(keys))
      if (found) return found
    } catch {
      // The pause below is the answer; the ledger's own trouble is reported by the ledger.
    }
    pausedUntil = clock.monotonic() + bounds.pauseMs
    return []
  }
  async function run(): Promise<void> {
    scheduled = false
    running += 1
    while (queue.length > 0) {
      const batch = queue.splice(0, bounds.keysMax)
      const found = await ask(batch)
      for (const [index, { answer }] of batch.entries()) answer(found[index])
    }
    running -= 1
  }
  return function find(claimId: string, contentSha256: string): Promise<StoredVersion | undefined> | undefined {
    if (clock.monotonic() < pausedUntil) return undefined
    return new Promise((answer) => {
      queue.push({ claimId, contentSha256, answer })
      if (scheduled || running >= bounds.queriesMax) return
      scheduled = true
      setImmediate(() => void run())
    })
  }
}
export type FindKnown = ReturnType<typeof createKnownDecisions>
