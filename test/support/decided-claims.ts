import { createDecider } from '../../src/adjudication/decider.ts'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { createGatherFacts } from '../../src/adjudication/gather-facts.ts'
import { workerBounds } from '../../src/adjudication/process-batch.ts'
import { loadAndKeepRulebook } from '../../src/adjudication/rulebook-store.ts'
import { startWorker } from '../../src/adjudication/worker.ts'
import type { Eligibility } from '../../src/eligibility/eligibility.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { OutgoingRecord } from '../../src/stream/stream.ts'
import type { TestDatabase } from './database.ts'
import { everybody, keyedHash } from './filed-claims.ts'
import { makeStream, placed } from './one-partition-stream.ts'

/** Decides filed records into a database as a gateway does, under the rulebook of a folder, which is kept; records before `from` were decided already. */
export async function decideInto(
  { pool }: TestDatabase,
  records: readonly OutgoingRecord[],
  {
    rulebook = 'rulebook',
    eligibility = everybody,
    from = 0,
  }: { rulebook?: string; eligibility?: Eligibility; from?: number } = {},
): Promise<void> {
  const ledger = createLedger(pool)
  const decider = createDecider(await loadAndKeepRulebook(rulebook, ledger), await engineHash())
  const gatherFacts = createGatherFacts({ eligibility, ledger, keyedHash })
  const stream = makeStream(placed(records).slice(from), 20)
  const worker = await startWorker({
    ...{ stream, ledger, gatherFacts, decider, clock: systemClock },
    bounds: workerBounds,
    events: { onBatch: () => {}, onTrouble: () => {} },
  })
  await stream.drained
  await worker.stop(1000)
}
