import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import type { PostgresPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { sha256, TOPIC } from './make-batch.ts'

const CLAIMS = 30_000
const ASKED = Array.from({ length: 300 }, (_, index) => index * 7)

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly Plan[]
}

describe('what decides reads what it asks for, whatever Postgres believes of the tables', () => {
  let database: TestDatabase
  let pool: PostgresPool
  beforeAll(async () => {
    database = await freshDatabase()
    pool = database.pool
    await pool.query('ALTER TABLE claim SET (autovacuum_enabled = false)')
    await pool.query('ALTER TABLE claim_version SET (autovacuum_enabled = false)')
    await pool.query(
      `INSERT INTO claim SELECT 'c_' || n, '01999', 'TN' || n, 1, 1, now(), 'm_' || n % 10000 FROM generate_series(1, $1) n`,
      [CLAIMS],
    )
    await pool.query(
      `INSERT INTO claim_version (claim_id, version, facility_code, encounter_id, member_ref, status, outcome, received_at, decided_at,
         release, content_type, content_sha256, body_sha256, submission_id, stream_key, stream_partition, stream_offset, fund_claimed,
         care_type, arrived_at, ended_at, copay_counted, body, decision, exam_refs, exam_tables)
       SELECT 'c_' || n, 1, '01999', 'TN' || n, 'm_' || n % 10000, 'decided', 'accept', now(), now(), '4750', 'application/json',
         encode(sha256(('c_' || n || '.1')::bytea), 'hex'), '', 's' || n, 'ab', 0, n, 1, '01', '2026-03-09T08:00', '2026-03-10T09:00', 0,
         repeat('b', 900)::bytea, repeat('d', 900)::bytea, ARRAY['t_' || n % 1000],
         '[{"tableRef":"t_' || n % 1000 || '","times":["2026-03-09T08:00"]}]'
       FROM generate_series(1, $1) n`,
      [CLAIMS],
    )
    await pool.query(`INSERT INTO member_state SELECT 'm_' || n, 3 FROM generate_series(0, 9999) n`)
    await pool.query(`INSERT INTO exam_table SELECT 't_' || n, 30, 1 FROM generate_series(0, 999) n`)
  }, 120_000)
  afterAll(() => database.drop())

  /** Most rows that any step of the plans of `use` touches. */
  async function rowsTouched(use: (ledger: ReturnType<typeof createLedger>) => Promise<unknown>): Promise<number> {
    const plans: Plan[] = []
    const explaining: PostgresPool = {
      ...pool,
      query: async (text, values, name) => {
        const { rows } = await pool.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
          values,
        )
        plans.push(rows[0]!['QUERY PLAN'][0]!.Plan)
        return pool.query(text, values, name)
      },
    }
    await use(createLedger(explaining))
    const touched = (plan: Plan): readonly number[] => [
      plan['Actual Rows'] * plan['Actual Loops'],
      ...(plan.Plans ?? []).flatMap(touched),
    ]
    expect(plans.length).toBeGreaterThan(0)
    return Math.max(...plans.flatMap(touched))
  }

  const states = {
    'nothing known': [],
    'the claims known, their versions not': ['ANALYZE claim'],
    'the versions known as well': ['ANALYZE claim_version'],
    'all known': ['ANALYZE'],
  }
  for (const [name, statements] of Object.entries(states))
    test(name, async () => {
      for (const statement of statements) await pool.query(statement)
      const claims = ASKED.map((n) => ({ claimId: `c_${n + 1}`, contentSha256s: [sha256(`c_${n + 1}.1`)] }))
      const bound = ASKED.length * 10
      expect(await rowsTouched((ledger) => ledger.memberStates(ASKED.map((n) => `m_${n}`)))).toBeLessThan(bound)
      expect(await rowsTouched((ledger) => ledger.claimStates(claims))).toBeLessThan(bound)
      expect(
        await rowsTouched((ledger) =>
          ledger.findByContent(
            claims.map(({ claimId, contentSha256s: [contentSha256] }) => ({ claimId, contentSha256: contentSha256! })),
          ),
        ),
      ).toBeLessThan(bound)
      expect(
        await rowsTouched((ledger) =>
          ledger.examTables(ASKED.slice(0, 50).map((n) => ({ tableRef: `t_${n % 1000}`, adding: 40 }))),
        ),
      ).toBeLessThan(bound)
      expect(await rowsTouched((ledger) => ledger.offsets(TOPIC, [0]))).toBeLessThan(bound)
    })
})
