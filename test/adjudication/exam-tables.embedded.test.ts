import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Decider } from '../../src/adjudication/decide-batch.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { createGatherFacts } from '../../src/adjudication/gather-facts.ts'
import { workerBounds } from '../../src/adjudication/process-batch.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { startWorker } from '../../src/adjudication/worker.ts'
import { EXAMS_COUNTED_FROM, type Facts } from '../../src/domain/facts.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { StreamRecord } from '../../src/stream/stream.ts'
import { makeBatch, makeVersion } from '../ledger/make-batch.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { everybody, keyedHash, makeBody, makeRecord, makeVoidRecord } from '../support/filed-claims.ts'
import { makeStream, placed } from '../support/one-partition-stream.ts'
import { sized } from '../support/size.ts'

/** Exams at one table: who comes before whom, however claims are batched, corrected, withdrawn and decided at once. */
const FACILITY = '01999'
const ON = '2026-03-10'
let database: TestDatabase
let decider: Decider
beforeAll(async () => {
  database = await freshDatabase()
  decider = createDecider(await loadRulebook('rulebook'), await engineHash())
})
afterAll(() => database.drop())
beforeEach(() => emptied(0))

const BEFORE = 'c_before_'
const tableRef = (doctor: string) => keyedHash.digest('exam-table', [FACILITY, doctor, ON].join('\u0000')).slice(0, 32)

/** A ledger where each of these doctors has examined that many already, from seven in the morning, one a claim. */
async function emptied(exams: number, doctors: readonly string[] = ['D1', 'D2']) {
  const tables = 'stream_offset, member_state, claim, claim_version, publication, exam_table'
  await database.pool.query(`TRUNCATE ${tables}`)
  const ledger = createLedger(database.pool)
  for (const doctor of exams === 0 ? [] : doctors) {
    const table = tableRef(doctor)
    const before = Array.from({ length: exams }, (_, n) => {
      const claimId = `${BEFORE}${doctor}_${n}`
      const times = [`${ON}T07:${String(n % 60).padStart(2, '0')}`]
      return makeVersion({ claimId, memberRef: `m_${claimId}`, visit: null, exams: [{ tableRef: table, times }] })
    })
    const examChanges = [{ tableRef: table, expected: 0, isCounted: true, adding: exams, change: exams }]
    expect(await ledger.commit({ ...makeBatch(before, { examChanges }), offsets: [] })).toMatchObject({ kind: 'committed' })
  }
  return { ledger, gatherFacts: createGatherFacts({ eligibility: everybody, ledger, keyedHash }) }
}

interface Exam {
  readonly encounterId: string
  readonly person: number
  readonly doctor: string
  /** Minutes after eight of its two exams. */
  readonly minute: number
  readonly receivedS: number
}
function recordOf({ encounterId, person, doctor, minute, receivedS }: Exam) {
  const filed = { encounterId, person, by: 'personal', day: 10, receivedS } as const
  const wire = JSON.parse(makeBody(filed).toString()) as { XML3: Record<string, string>[] }
  wire.XML3.slice(0, 2).forEach((row, index) => {
    row['MA_BAC_SI'] = row['NGUOI_THUC_HIEN'] = doctor
    row['NGAY_TH_YL'] = `2026031008${String(minute + index * 20).padStart(2, '0')}`
  })
  return makeRecord(filed, Buffer.from(JSON.stringify(wire)))
}

async function decideIn(records: readonly StreamRecord[], size: number, exams: number): Promise<void> {
  const parts = await emptied(exams)
  const stream = makeStream(records, size)
  await drain([stream], parts)
}
async function drain(streams: readonly ReturnType<typeof makeStream>[], parts: Awaited<ReturnType<typeof emptied>>) {
  const bounds = { ...workerBounds, batchRecordsMax: 1_000 }
  const events = { onBatch: () => {}, onTrouble: () => {} }
  const workers = await Promise.all(
    streams.map((stream) => startWorker({ ...{ stream, decider, clock: systemClock, bounds, events }, ...parts })),
  )
  await Promise.all(streams.map(({ drained }) => drained))
  await Promise.all(workers.map((worker) => worker.stop(1_000)))
}

const COUNTING =
  'FROM claim_version v JOIN claim c USING (claim_id) WHERE v.version = c.current_version AND v.exam_refs IS NOT NULL'

async function stored() {
  const { rows } = await database.pool.query<{ facts: string | null }>(
    "SELECT claim_id, version, encode(decision, 'escape') AS decision, facts FROM claim_version WHERE NOT starts_with(claim_id, $1) ORDER BY claim_id, version",
    [BEFORE],
  )
  const counted = await database.pool.query('SELECT table_ref, exams FROM exam_table WHERE exams <> 0 ORDER BY table_ref')
  const at = await database.pool.query(`SELECT claim_id, exam_tables, exam_refs ${COUNTING} ORDER BY claim_id`)
  return { rows, counted: counted.rows, at: at.rows }
}
const factsIn = (rows: readonly { facts: string | null }[]) =>
  rows.flatMap(({ facts: text }) => (text?.includes('examTables') ? [(JSON.parse(text) as Facts).examTables] : []))

const exam = fc.record<Exam>({
  encounterId: fc.constantFrom('TN-1', 'TN-2', 'TN-3', 'TN-4', 'TN-5', 'TN-6'),
  person: fc.integer({ min: 1, max: 6 }),
  doctor: fc.constantFrom('D1', 'D1', 'D2', '(D1)'),
  minute: fc.integer({ min: 0, max: 30 }),
  receivedS: fc.integer({ min: 0, max: 50 }),
})
const voided = fc.record({
  encounterId: fc.constantFrom('TN-1', 'TN-2', 'TN-3'),
  version: fc.integer({ min: 1, max: 3 }),
  receivedS: fc.integer({ min: 0, max: 50 }),
})

test(
  'a batch of N at full tables decides exactly as N batches of one, corrections and voids included',
  async () => {
    let counted = 0
    const filings = fc.array(fc.oneof({ weight: 6, arbitrary: exam }, { weight: 1, arbitrary: voided }), {
      minLength: 2,
      maxLength: 14,
    })
    await fc.assert(
      fc.asyncProperty(filings, fc.integer({ min: EXAMS_COUNTED_FROM - 4, max: EXAMS_COUNTED_FROM + 6 }), async (all, exams) => {
        const records = placed(all.map((one) => ('version' in one ? makeVoidRecord(one) : recordOf(one))))
        await decideIn(records, 1, exams)
        const one = await stored()
        await decideIn(records, records.length, exams)
        expect(await stored()).toEqual(one)
        await countIsExact()
        if (factsIn(one.rows).some((tables) => tables.length > 0)) counted++
      }),
      { numRuns: sized(20, 1_000) },
    )
    expect(counted).toBeGreaterThan(5)
  },
  sized(120_000, 3_600_000),
)

/** The count of each table is that of the exams of current versions. */
async function countIsExact(): Promise<void> {
  const { rows } = await database.pool.query(
    `SELECT t.table_ref FROM exam_table t WHERE t.exams <>
       (SELECT coalesce(sum(jsonb_array_length(at->'times')), 0)
        FROM (SELECT jsonb_array_elements(exam_tables::jsonb) AS at ${COUNTING}) AS e WHERE at->>'tableRef' = t.table_ref)`,
  )
  expect(rows).toEqual([])
}

test(
  'two workers at one table never give two exams the same place',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), async (sizeA, sizeB) => {
        const parts = await emptied(EXAMS_COUNTED_FROM, ['D1'])
        const claims = [0, 1].map((partition) =>
          Array.from({ length: 8 }, (_, index) => ({
            ...{ encounterId: `${partition}-${index}`, person: 1 + partition * 8 + index, doctor: 'D1' },
            ...{ minute: 0, receivedS: index },
          })),
        )
        const streams = [sizeA, sizeB].map((size, partition) =>
          makeStream(placed(claims[partition]!.map(recordOf), partition), size),
        )
        await drain(streams, parts)
        await countIsExact()
        const { rows } = await database.pool.query<{ facts: string; encounterId: string }>(
          'SELECT facts, encounter_id AS "encounterId" FROM claim_version WHERE NOT starts_with(claim_id, $1) ORDER BY claim_id',
          [BEFORE],
        )
        // All examine at the same minutes, so each has before it those decided earlier with a smaller claim id: that gives back the order.
        const order: string[] = []
        factsIn(rows).forEach(([table], index) => {
          order.splice(table!.before - EXAMS_COUNTED_FROM, 0, rows[index]!.encounterId)
        })
        for (const partition of claims.keys())
          expect(order.filter((id) => id.startsWith(`${partition}-`))).toEqual(
            claims[partition]!.map(({ encounterId }) => encounterId),
          )
      }),
      { numRuns: sized(6, 200) },
    )
  },
  sized(120_000, 3_600_000),
)

const facts = async (encounterId: string, version = 1): Promise<Facts['examTables']> => {
  const { rows } = await database.pool.query<{ facts: string }>(
    'SELECT facts FROM claim_version WHERE claim_id = $1 AND version = $2',
    [keyedHash.claimId(FACILITY, encounterId), version],
  )
  return (JSON.parse(rows[0]!.facts) as Facts).examTables
}

test('only exams before the claim’s own count, other claims’ alone, and a table with few is no fact', async () => {
  const one = { person: 1, doctor: 'D1', minute: 10, receivedS: 0 }
  const records = placed([
    recordOf({ ...one, encounterId: 'A' }),
    recordOf({ ...one, encounterId: 'B', person: 2, minute: 0 }),
    recordOf({ ...one, encounterId: 'C', person: 3, minute: 30 }),
    recordOf({ ...one, encounterId: 'A', minute: 15, receivedS: 9 }),
  ])
  await decideIn(records, 4, EXAMS_COUNTED_FROM)
  const full = { practitioner: 'D1', on: ON }
  expect(await facts('A')).toEqual([{ ...full, before: EXAMS_COUNTED_FROM }])
  expect(await facts('B')).toEqual([{ ...full, before: EXAMS_COUNTED_FROM }])
  // A at 8:10 and 8:30, B at 8:00 and 8:20, C itself at 8:30: by claim id where times are equal.
  const equal = keyedHash.claimId(FACILITY, 'A') < keyedHash.claimId(FACILITY, 'C') ? 1 : 0
  expect(await facts('C')).toEqual([{ ...full, before: EXAMS_COUNTED_FROM + 3 + equal }])
  // Corrected to 8:15: its own earlier exams do not stand before it.
  expect(await facts('A', 2)).toEqual([{ ...full, before: EXAMS_COUNTED_FROM + 1 }])
  await decideIn(records, 4, EXAMS_COUNTED_FROM - 10)
  expect([await facts('A'), await facts('C'), await facts('A', 2)]).toEqual([[], [], []])
})

test('a correction to another doctor and a void take the exams out', async () => {
  const one = { encounterId: 'TN-1', person: 1, doctor: 'D1', minute: 10, receivedS: 0 }
  await decideIn(
    placed([
      recordOf(one),
      recordOf({ ...one, doctor: 'D2', receivedS: 1 }),
      recordOf({ ...one, encounterId: 'TN-2', person: 2 }),
      makeVoidRecord({ encounterId: 'TN-2', version: 1, receivedS: 5 }),
    ]),
    1,
    0,
  )
  const { rows } = await database.pool.query('SELECT table_ref AS ref, exams FROM exam_table ORDER BY exams')
  expect(rows).toEqual([
    { ref: tableRef('D1'), exams: 0 },
    { ref: tableRef('D2'), exams: 2 },
  ])
  await countIsExact()
})
