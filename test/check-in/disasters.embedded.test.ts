import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  closeDisaster,
  confirmDisaster,
  type DisasterRefused,
  type DisasterWish,
  listDisasters,
  openDisaster,
} from '../../src/check-in/disaster-store.ts'
import { createDisasterWatch, type DisasterWatch } from '../../src/check-in/disaster-watch.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let now: number
const clock = { ...systemClock, now: () => now }
const deps = () => ({ sql: database.pool, clock, randomBytes })
const wish = (changes: Partial<DisasterWish> = {}): DisasterWish => ({
  provinces: ['01', '79'],
  from: '2026-09-07',
  to: '2026-09-20',
  reason: 'storm',
  ...changes,
})
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (cause: DisasterRefused) => cause.code,
  )
const facilities = { findFacilitiesSoon: async () => [{ fact: { kind: 'unavailable' as const }, source: 'none' as const }] }
const watches: DisasterWatch[] = []
let troubles = 0
async function watch(pool = database.pool, lookEveryMs = 5_000): Promise<DisasterWatch> {
  const made = createDisasterWatch({
    pool,
    eligibility: facilities,
    lookupMsMax: 1_000,
    clock: { ...clock, sleep: (_, signal) => systemClock.sleep(lookEveryMs, signal) },
    onTrouble: () => {
      troubles += 1
    },
  })
  watches.push(made)
  await made.start()
  return made
}

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  now = Date.parse('2026-09-07T08:00:00+07:00')
  await database.pool.query('TRUNCATE disaster')
})
afterEach(async () => {
  for (const one of watches.splice(0)) await one.stop()
})

describe('opening a disaster', () => {
  test('takes two operators: the one who opened it cannot confirm it', async () => {
    const { id } = await openDisaster(deps(), wish(), 'client_a')
    expect(await refusal(confirmDisaster(deps(), id, 'client_a'))).toBe('same-operator')
    expect(await confirmDisaster(deps(), id, 'client_b')).toMatchObject({ confirmedBy: 'client_b', openedBy: 'client_a' })
    expect(await confirmDisaster(deps(), id, 'client_b')).toMatchObject({ confirmedBy: 'client_b' })
    expect(await refusal(confirmDisaster(deps(), id, 'client_c'))).toBe('not-pending')
    expect(await refusal(confirmDisaster(deps(), 'd_none', 'client_c'))).toBe('unknown')
  })
  test('is refused without provinces, reason or an end within 30 days', async () => {
    expect(await refusal(openDisaster(deps(), wish({ provinces: ['1'] }), 'a'))).toBe('provinces')
    expect(await refusal(openDisaster(deps(), wish({ provinces: [] }), 'a'))).toBe('provinces')
    expect(await refusal(openDisaster(deps(), wish({ reason: ' ' }), 'a'))).toBe('reason')
    expect(await refusal(openDisaster(deps(), wish({ to: '2026-10-07' }), 'a'))).toBe('days')
    expect(await refusal(openDisaster(deps(), wish({ to: '2026-09-06', from: '2026-09-01' }), 'a'))).toBe('days')
    expect(await refusal(openDisaster(deps(), wish({ to: '2026-10-06' }), 'a'))).toBe('done')
  })
  test('cannot be confirmed a day later', async () => {
    const { id } = await openDisaster(deps(), wish(), 'client_a')
    now += 24 * 3_600_000
    expect(await refusal(confirmDisaster(deps(), id, 'client_b'))).toBe('not-pending')
  })
})

describe('a running process', () => {
  test('knows at once what was confirmed and what was closed, and forgets it by itself at the end', async () => {
    const here = await watch()
    const { id } = await openDisaster(deps(), wish(), 'client_a')
    expect(await here.at('01999', now)).toBeUndefined()
    await confirmDisaster(deps(), id, 'client_b')
    await expect.poll(() => here.at('01999', now), { timeout: 3_000 }).toMatchObject({ id })
    expect(await here.at('48001', now)).toBeUndefined()
    expect(await here.at('01999', Date.parse('2026-09-20T23:59:00+07:00'))).toMatchObject({ id })
    expect(await here.at('01999', Date.parse('2026-09-21T00:00:00+07:00'))).toBeUndefined()
    now += 60_000
    await closeDisaster(deps(), id, 'client_a', 'over')
    await expect.poll(() => here.at('01999', now), { timeout: 3_000 }).toBeUndefined()
    expect(await here.at('01999', now - 1)).toMatchObject({ id })
    expect(await listDisasters(database.pool, 10)).toMatchObject([{ id, closedBy: 'client_a', closedReason: 'over' }])
  })
  test('goes on with the last known while the ledger is down', async () => {
    const { id } = await openDisaster(deps(), wish(), 'client_a')
    await confirmDisaster(deps(), id, 'client_b')
    const pool = createPool({ url: database.url, max: 2, applicationName: 'watch' })
    const here = await watch(pool, 10)
    await pool.close()
    await expect.poll(() => troubles, { timeout: 3_000 }).toBeGreaterThan(0)
    expect(await here.at('01999', now)).toMatchObject({ id })
  })
})
