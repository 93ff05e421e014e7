import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Decider } from '../../src/adjudication/decide-batch.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { createGatherFacts } from '../../src/adjudication/gather-facts.ts'
import { workerBounds } from '../../src/adjudication/process-batch.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { startWorker } from '../../src/adjudication/worker.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { StreamRecord } from '../../src/stream/stream.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { everybody, type Filed, keyedHash, makeRecord, makeVoidRecord, type Voided } from '../support/filed-claims.ts'
import { makeStream, placed } from '../support/one-partition-stream.ts'
import { sized } from '../support/size.ts'

let database: TestDatabase
let decider: Decider
beforeAll(async () => {
  database = await freshDatabase()
  decider = createDecider(await loadRulebook('rulebook'), await engineHash())
})
afterAll(() => database.drop())

async function emptied() {
  await database.pool.query('TRUNCATE stream_offset, member_state, claim, claim_version, publication, exam_table')
  const ledger = createLedger(database.pool)
  return { ledger, gatherFacts: createGatherFacts({ eligibility: everybody, ledger, keyedHash }) }
}

/** Everything that was stored but for when it was decided. */
async function stored() {
  const { rows } = await database.pool.query(
    `SELECT claim_id, version, content_sha256, member_ref, status, encode(decision, 'escape') AS decision, facts
     FROM claim_version ORDER BY claim_id, version`,
  )
  const { rows: chains } = await database.pool.query('SELECT claim_id, versions, current_version FROM claim ORDER BY claim_id')
  return { rows, chains }
}

async function decideInBatches(records: readonly StreamRecord[], size: number): Promise<void> {
  const { ledger, gatherFacts } = await emptied()
  const stream = makeStream(records, size)
  const bounds = { ...workerBounds, batchRecordsMax: records.length }
  const worker = await startWorker({ stream, ledger, gatherFacts, decider, clock: systemClock, bounds, events })
  await stream.drained
  await worker.stop(1000)
}
const events = { onBatch: () => {}, onTrouble: () => {} }

const filed = fc.record<Filed>({
  encounterId: fc.constantFrom('TN-1', 'TN-2', 'TN-3', 'TN-4', 'TN-5', 'TN-6'),
  person: fc.integer({ min: 1, max: 3 }),
  by: fc.constantFrom('personal', 'card'),
  day: fc.integer({ min: 1, max: 28 }),
  note: fc.constantFrom('', 'sửa lần 1', 'sửa lần 2'),
  receivedS: fc.integer({ min: 0, max: 50 }),
})

const voided = fc.record<Voided>({
  encounterId: fc.constantFrom('TN-1', 'TN-2', 'TN-3'),
  version: fc.integer({ min: 1, max: 3 }),
  receivedS: fc.integer({ min: 0, max: 50 }),
})
const filing = fc.oneof({ weight: 6, arbitrary: filed }, { weight: 1, arbitrary: voided })

test(
  'one batch of N claims of the same members decides exactly as N batches of one',
  async () => {
    let counted = 0
    await fc.assert(
      fc.asyncProperty(fc.array(filing, { minLength: 2, maxLength: 14 }), async (filings) => {
        const records = placed(filings.map((one) => ('version' in one ? makeVoidRecord(one) : makeRecord(one))))
        await decideInBatches(records, 1)
        const one = await stored()
        await decideInBatches(records, records.length)
        expect(await stored()).toEqual(one)
        if (new Set(one.rows.map(({ decision }) => decision)).size > 1) counted++
      }),
      { numRuns: sized(25, 1_000) },
    )
    expect(counted).toBeGreaterThan(5)
  },
  sized(120_000, 3_600_000),
)

test(
  'two workers that decide one member by two keys at once never lose a co-pay',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), async (sizeA, sizeB) => {
        const { ledger, gatherFacts } = await emptied()
        const of = (partition: number, by: Filed['by']) =>
          placed(
            Array.from({ length: 6 }, (_, index) =>
              makeRecord({ encounterId: `${by}-${index}`, person: 1, by, day: index + 1, receivedS: index }),
            ),
            partition,
          )
        const streams = [makeStream(of(0, 'personal'), sizeA), makeStream(of(1, 'card'), sizeB)]
        const workers = await Promise.all(
          streams.map((stream) =>
            startWorker({
              stream,
              ledger,
              gatherFacts,
              decider,
              clock: systemClock,
              bounds: { ...workerBounds, staleRetriesMax: 2 },
              events,
            }),
          ),
        )
        await Promise.all(streams.map(({ drained }) => drained))
        await Promise.all(workers.map((worker) => worker.stop(1000)))
        // Each decision counted every one that was committed before it: had two counted the same, both would pay the same gap.
        const { rows } = await database.pool.query<{ facts: string }>('SELECT facts FROM claim_version')
        const seen = rows.map(({ facts }) => (JSON.parse(facts) as { visits: unknown[] }).visits.length).sort((a, b) => a - b)
        expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index))
      }),
      { numRuns: sized(8, 200) },
    )
  },
  sized(120_000, 3_600_000),
)
