import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCheckInStore } from '../../src/check-in/check-in-store.ts'
import { CHECK_INS_TOPIC, type CheckInRecord } from '../../src/check-in/record.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { type PostgresPool, PostgresUnavailable } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let statements: string[] = []
let transactions = 0
let isDown = false

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  isDown = false
  await database.pool.query('TRUNCATE check_in, check_in_use, access_audit, stream_offset')
  statements = []
  transactions = 0
})

function makeStore() {
  const pool: PostgresPool = {
    ...database.pool,
    transaction: (run) => {
      transactions += 1
      if (isDown) return Promise.reject(new PostgresUnavailable('down'))
      return database.pool.transaction((sql) =>
        run({
          query(text, values, name) {
            statements.push(name ?? '')
            return sql.query(text, values, name)
          },
        }),
      )
    },
  }
  return createCheckInStore(pool, createKeyedHash(randomBytes(32)), systemClock)
}
const sealed = randomBytes(300)
function record(checkInId: string, more: Partial<CheckInRecord> = {}): CheckInRecord {
  const of = { facilityCode: '01999', ...more }
  return {
    ...{ recordVersion: 1, checkInId, claimId: null, memberRef: `m_${checkInId}`, at: '2026-03-10T01:00:00.000Z' },
    ...{ arrivedAt: '2026-03-10T08:00', category: '1.1', careType: '01', method: 'card', assurance: 'C0', outcome: 'admitted' },
    ...{ source: 'register', asOf: null, stale: false, offline: false, legacyCode: '000', ticket: 'B-001' },
    ...{ alerts: ['one, "two"', 'three'], reasons: [], evidence: { said: 'a\u0000b' }, disasterId: null },
    sealed: sealed.toString('base64'),
    look: {
      ...{ ref: checkInId, actor: 'client c', action: 'check-in', subject: `s_${checkInId}`, facilityCode: of.facilityCode },
      ...{ purpose: 'check-in', fields: ['coverage', 'visits'], staffRef: null, staffSealed: null },
    },
    ...of,
  }
}
const next = (partition: number, at: number) => ({ topic: CHECK_INS_TOPIC, partition, next: at })
const ids = async () =>
  (await database.pool.query<{ id: string }>('SELECT check_in_id AS id FROM check_in ORDER BY 1')).rows.map(({ id }) => id)
const positions = async () =>
  (
    await database.pool.query<{ partition: number; next: number }>('SELECT partition, next FROM stream_offset ORDER BY 1')
  ).rows.map((row) => [row.partition, row.next])

test('slices of several partitions that come at once are one transaction, each with its own position', async () => {
  const store = makeStore()
  await store.record([record('k_0')], next(0, 1))
  await Promise.all([1, 2, 3, 4].map((partition) => store.record([record(`k_${partition}`)], next(partition, 7))))
  expect(await ids()).toEqual(['k_0', 'k_1', 'k_2', 'k_3', 'k_4'])
  const once = [0, 1, 2, 3, 4].map((partition) => [partition, partition === 0 ? 1 : 7])
  expect(await positions()).toEqual(once)
  expect(transactions).toBe(2)
  // A facility that is known is not noted again.
  expect(statements.filter((name) => name === 'check-in-use')).toHaveLength(1)
})

test('a row says what the record says', async () => {
  const store = makeStore()
  await store.record([record('k_0', { claimId: 'c_1', disasterId: 'd_1', assurance: null, stale: true })], next(0, 1))
  const { rows } = await database.pool.query('SELECT * FROM check_in')
  expect(rows).toMatchObject([
    {
      ...{ check_in_id: 'k_0', claim_id: 'c_1', facility_code: '01999', member_ref: 'm_k_0', at: '2026-03-10T01:00:00.000Z' },
      ...{ arrived_at: '2026-03-10T08:00', care_type: '01', method: 'card', assurance: null, outcome: 'admitted' },
      ...{ source: 'register', stale: true, offline: false, legacy_code: '000', ticket: 'B-001' },
      ...{ alerts: ['one, "two"', 'three'], audit_subject: 's_k_0', disaster_id: 'd_1', unpublished: null },
    },
  ])
  expect((rows[0] as { sealed: Buffer }).sealed.equals(sealed)).toBe(true)
  const { rows: looks } = await database.pool.query('SELECT ref, subject, fields FROM access_audit')
  expect(looks).toEqual([{ ref: 'k_0', subject: 's_k_0', fields: ['coverage', 'visits'] }])
})

test('a record that the ledger cannot hold holds up nobody of another partition', async () => {
  const store = makeStore()
  await store.record([record('k_0')], next(0, 1))
  const found = await Promise.allSettled([
    store.record([record('k_1')], next(1, 7)),
    store.record([record('k_2', { assurance: 'C9' as 'C0' })], next(2, 7)),
    store.record([record('k_3')], next(3, 7)),
  ])
  expect(found.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await ids()).toEqual(['k_0', 'k_1', 'k_3'])
  expect(await positions()).toEqual([
    [0, 1],
    [1, 7],
    [3, 7],
  ])
})

test('what was said twice is one, a position never goes back, and nothing is kept of what failed', async () => {
  const store = makeStore()
  await Promise.all([store.record([record('k_0')], next(0, 9)), store.record([record('k_0')], next(0, 3))])
  await Promise.all([store.record([record('k_0')], next(0, 4)), store.record([record('k_0'), record('k_1')], next(0, 5))])
  expect(await ids()).toEqual(['k_0', 'k_1'])
  expect(await positions()).toEqual([[0, 9]])
  isDown = true
  const failed = await Promise.allSettled([
    store.record([record('k_2', { facilityCode: '79001' })], next(0, 10)),
    store.record([record('k_3', { facilityCode: '79001' })], next(1, 10)),
  ])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isDown = false
  await store.record([record('k_2', { facilityCode: '79001' })], next(0, 10))
  const { rows } = await database.pool.query('SELECT facility_code AS code FROM check_in_use ORDER BY 1')
  expect(rows).toEqual([{ code: '01999' }, { code: '79001' }])
})

test('a slice without records still moves its position', async () => {
  const store = makeStore()
  await store.record([], next(3, 11))
  expect(await positions()).toEqual([[3, 11]])
})

test('what was written while the stream was down is said there later with all that it had', async () => {
  const store = makeStore()
  const one = record('k_0', { evidence: { said: 'a' } })
  await store.recordUnpublished(one)
  expect(await store.unpublished(new Date('2026-03-11'), 10)).toEqual([one])
  await store.record([one], next(0, 1))
  expect(await store.unpublished(new Date('2026-03-11'), 10)).toEqual([])
})

test('who was taken on a weaker ground in a disaster is confirmed by a chip there, whichever is written first', async () => {
  const weak = { disasterId: 'd_1', outcome: 'provisional', memberRef: 'm' } as const
  const strong = { at: '2026-03-10T02:00:00.000Z', assurance: 'C2', memberRef: 'm' } as const
  const store = makeStore()
  await store.record([record('k_weak', weak)], next(0, 1))
  await store.record([record('k_strong', strong), record('k_else', { ...strong, memberRef: 'm_else' })], next(0, 2))
  await store.record([record('k_weak_after', weak)], next(0, 3))
  // Elsewhere, and before the chip was shown, it proves nothing.
  await store.record([record('k_elsewhere', { ...weak, facilityCode: '79001' })], next(0, 4))
  await store.record([record('k_later', { ...weak, at: '2026-03-10T03:00:00.000Z' })], next(0, 5))
  const { rows } = await database.pool.query(
    'SELECT check_in_id AS id, confirmed_by_check_in AS by FROM check_in WHERE disaster_id IS NOT NULL ORDER BY 1',
  )
  expect(rows).toEqual([
    { id: 'k_elsewhere', by: null },
    { id: 'k_later', by: null },
    { id: 'k_weak', by: 'k_strong' },
    { id: 'k_weak_after', by: 'k_strong' },
  ])
})
