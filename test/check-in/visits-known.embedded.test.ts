import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFindVisits } from '../../src/check-in/visits-known.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { Sql } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

async function checkedIn(id: string, member: string, arrivedAt: string, claimId: string | null = null): Promise<void> {
  await database.pool.query(
    `INSERT INTO check_in (check_in_id, claim_id, facility_code, member_ref, at, arrived_at, care_type, method, assurance, outcome, source,
       stale, offline, legacy_code, ticket, alerts, sealed, audit_subject)
     VALUES ($1, $4, '01999', $2, $3::text::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', $3, '01', 'card', 'C1', 'admitted', 'register', false, false, '000', 'B-001',
       '{}', '\\x00', 's')`,
    [id, member, arrivedAt, claimId],
  )
}

test('who asks at once is told of their own visits, by one statement each for check-ins and claims', async () => {
  for (const n of [0, 1, 2, 3]) {
    await checkedIn(`k_${n}`, `m_${n}`, '2026-03-10T08:00')
    await checkedIn(`k_${n}_before`, `m_${n}`, '2026-03-01T08:00', `c_${n}`)
    await checkedIn(`k_${n}_long_ago`, `m_${n}`, '2025-12-01T08:00')
  }
  // Of the first member under another number, earlier on that day.
  await checkedIn('k_other', 'm_0_other', '2026-03-10T07:00')
  const asked: string[] = []
  const sql: Sql = {
    query: (text, values, name) => {
      asked.push(name ?? '')
      return database.pool.query(text, values, name)
    },
  }
  const ledger = createLedger({ ...database.pool, query: sql.query })
  const findVisits = createFindVisits(sql, ledger, systemClock)
  const question = (n: number, more: readonly string[] = []) => ({
    ...{ memberRefs: [`m_${n}`, ...more], on: '2026-03-10', checkInId: `k_${n}`, claimId: n === 1 ? 'c_1' : undefined },
  })
  // The first is on its way when the others come.
  const first = findVisits(question(3))
  await expect.poll(() => asked.length).toBe(2)
  const [warm, zero, one, two] = await Promise.all([
    first,
    findVisits(question(0, ['m_0_other'])),
    findVisits(question(1)),
    findVisits({ ...question(2), checkInId: 'k_of_now' }),
  ])
  const days = ({ open }: Awaited<ReturnType<typeof findVisits>>) => open.map(({ arrivedAt }) => arrivedAt)
  expect(days(warm)).toEqual(['2026-03-01T08:00'])
  expect(days(zero)).toEqual(['2026-03-01T08:00', '2026-03-10T07:00'])
  expect(days(one)).toEqual([])
  expect(days(two)).toEqual(['2026-03-01T08:00', '2026-03-10T08:00'])
  expect([zero.sameDay, two.sameDay].map((same) => same.map(({ arrivedAt }) => arrivedAt))).toEqual([
    ['2026-03-10T07:00'],
    ['2026-03-10T08:00'],
  ])
  expect(asked.sort()).toEqual(['check-in-visits', 'check-in-visits', 'ledger-member-states', 'ledger-member-states'])
})
