import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lastDayByLaw } from '../../src/adjudication/stages/slips.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { ReferralWish } from '../../src/check-in/referral-record.ts'
import { createReferrals, type Referrals } from '../../src/check-in/referrals.ts'
import { createEligibility } from '../../src/eligibility/create-eligibility.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createPool, type PostgresPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const personalId = '001085000001'
const [issuing, receiving, stranger] = ['01001', '01999', '79999'].map((facilityCode) => ({
  facilityCode,
  clientId: `client_${facilityCode}`,
}))
const slice = (value: number) => [{ from: '2025-01-01', to: null, value, legalBasis: [] }]
const parameters = { referralWorkingDays: slice(10), referralMonths: slice(12) } as unknown as Parameters<typeof lastDayByLaw>[2]
const wish = (changes: Partial<ReferralWish> = {}): ReferralWish => ({
  kind: 'transfer',
  member: { personalId, socialInsuranceNumbers: [], cardNumbers: [] },
  to: '01999',
  icd: ['I10'],
  returnOn: undefined,
  encounterId: 'TN-1',
  ...changes,
})

let database: TestDatabase
let other: PostgresPool
let now: number
const on = (day: string, time = '09:00') => {
  now = Date.parse(`${day}T${time}:00+07:00`)
}
const clock = { ...systemClock, now: () => now }
const eligibility = () =>
  createEligibility({
    pool: database.pool,
    cache: createMemoryCache({ entriesMax: 100, bytesMax: 1_000_000, clock: systemClock }),
    keyedHash,
    clock: systemClock,
    log: silentLogger,
  })
const referralsOn = (pool: PostgresPool, disaster?: { id: string; lastDay: string }): Referrals =>
  createReferrals({
    pool,
    eligibility: eligibility(),
    keyedHash,
    clock,
    lastDay: (kind, signedAt) => lastDayByLaw(kind, signedAt, parameters)?.value,
    disaster: async () => disaster,
  })
async function issued(referrals: Referrals, changes: Partial<ReferralWish> = {}) {
  const result = await referrals.issue(wish(changes), issuing!)
  if (result.kind !== 'issued') throw new Error(result.why)
  return result.referral
}

beforeAll(async () => {
  database = await freshDatabase()
  other = createPool({ url: database.url, max: 4, applicationName: 'other' })
})
afterAll(async () => {
  await other.close()
  await database.drop()
})
beforeEach(async () => {
  await database.pool.query('TRUNCATE register_referral, referral_issue, referral_use, access_audit')
  await database.pool.query("UPDATE register_state SET as_of = NULL, revision = 0 WHERE kind = 'referrals'")
  on('2026-03-10')
})

describe('a slip that was issued', () => {
  test('holds ten working days over two weekends, its last day included, and not the day after', async () => {
    const referrals = referralsOn(database.pool)
    const { id, validTo } = await issued(referrals)
    expect(validTo).toBe('2026-03-24')
    on('2026-03-24', '23:59')
    expect((await referrals.read(id, receiving!))?.status).toBe('open')
    on('2026-03-25', '00:00')
    expect((await referrals.read(id, receiving!))?.status).toBe('expired')
    expect(await referrals.use(id, 'K-1', receiving!)).toMatchObject({ kind: 'expired', validTo: '2026-03-24' })
    on('2026-03-24', '23:59')
    expect(await referrals.use(id, 'K-1', receiving!)).toMatchObject({ kind: 'used', again: false })
  })
  test('for a listed disease holds a year less a day, and is used once at each visit', async () => {
    const referrals = referralsOn(database.pool)
    const { id, validTo } = await issued(referrals, { kind: 'one-year' })
    expect(validTo).toBe('2027-03-09')
    for (const visit of ['K-1', 'K-2']) {
      expect(await referrals.use(id, visit, receiving!)).toMatchObject({ kind: 'used', again: false })
      expect(await referrals.use(id, visit, receiving!)).toMatchObject({ kind: 'used', again: true })
    }
    expect((await referrals.read(id, receiving!))?.status).toBe('open')
  })
  test('for a re-visit holds until the day given', async () => {
    const referrals = referralsOn(database.pool)
    expect(await issued(referrals, { kind: 're-visit', to: '01001', returnOn: '2026-04-10' })).toMatchObject({
      validTo: '2026-04-10',
    })
  })
  test('is the same one when the same is asked for again that day, and another one the next', async () => {
    const referrals = referralsOn(database.pool)
    const first = await referrals.issue(wish(), issuing!)
    const again = await referrals.issue(wish(), issuing!)
    expect([first, again]).toMatchObject([{ isNew: true }, { isNew: false, referral: { id: (await issued(referrals)).id } }])
    on('2026-03-11')
    expect((await issued(referrals)).id).not.toBe((again as { referral: { id: string } }).referral.id)
  })
  test('in a disaster holds longer and says so', async () => {
    const referrals = referralsOn(database.pool, { id: 'd_1', lastDay: '2026-04-09' })
    expect(await issued(referrals)).toMatchObject({ disaster: true, validTo: '2026-04-09' })
    expect(await issued(referrals, { kind: 'one-year' })).toMatchObject({ disaster: false, validTo: '2027-03-09' })
  })
  test('is seen by the facilities it names and by no other', async () => {
    const referrals = referralsOn(database.pool)
    const { id } = await issued(referrals)
    expect(await referrals.read(id, issuing!)).toMatchObject({ id })
    expect(await referrals.read(id, receiving!)).toMatchObject({ id })
    expect(await referrals.read(id, stranger!)).toBeUndefined()
    expect(await referrals.use(id, 'K-1', stranger!)).toEqual({ kind: 'not-found' })
    expect(await referrals.use(id, 'K-1', issuing!)).toEqual({ kind: 'not-found' })
    expect(await referrals.search(wish().member, receiving!)).toMatchObject([{ id }])
    expect(await referrals.search(wish().member, stranger!)).toEqual([])
  })
  test('has nothing of the person in the open, and every look leaves a line', async () => {
    const referrals = referralsOn(database.pool)
    const { id } = await issued(referrals)
    await referrals.read(id, receiving!)
    await referrals.search(wish().member, receiving!)
    await referrals.use(id, 'K-1', receiving!)
    const { rows } = await database.pool.query<{ action: string; facility_code: string }>(
      'SELECT * FROM access_audit ORDER BY id',
    )
    expect(rows.map(({ action, facility_code }) => `${action} ${facility_code}`)).toEqual([
      'referral.issue 01001',
      'referral.read 01999',
      'referral.search 01999',
      'referral.use 01999',
    ])
    const all = await Promise.all(
      ['register_referral', 'referral_issue', 'referral_use', 'access_audit'].map((name) =>
        database.pool.query(`SELECT * FROM ${name}`),
      ),
    )
    expect(JSON.stringify(all.map((one) => one.rows))).not.toContain(personalId)
  })
})

describe('a slip is used once', () => {
  test('by one of two visits that race for it in two processes; the other is told', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [here, there] = [referralsOn(database.pool), referralsOn(other)]
      const { id } = await issued(here, { encounterId: `TN-${round}` })
      const results = await Promise.all([here.use(id, 'K-1', receiving!), there.use(id, 'K-2', receiving!)])
      expect(results.map(({ kind }) => kind).sort()).toEqual(['used', 'used-before'])
      const winner = results[0]!.kind === 'used' ? 'K-1' : 'K-2'
      expect(results.find(({ kind }) => kind === 'used-before')).toMatchObject({
        where: 'here',
        usedBy: winner,
        usedAt: '2026-03-10T02:00:00.000Z',
      })
    }
  })
  test('and the same visit that says so again has the same answer', async () => {
    const referrals = referralsOn(database.pool)
    const { id } = await issued(referrals)
    await referrals.use(id, 'K-1', receiving!)
    on('2026-05-01')
    expect(await referrals.use(id, 'K-1', receiving!)).toMatchObject({
      kind: 'used',
      again: true,
      referral: { status: 'used', usedBy: 'K-1' },
    })
  })
  test('and the facility that issued it is not told which visit', async () => {
    const referrals = referralsOn(database.pool)
    const { id } = await issued(referrals)
    await referrals.use(id, 'K-1', receiving!)
    expect(await referrals.read(id, issuing!)).toMatchObject({ status: 'used', usedBy: null, usedAt: '2026-03-10T02:00:00.000Z' })
  })
})

describe('the facts of a claim', () => {
  test('have a slip and its use at once, in a process that had looked before', async () => {
    const facts = eligibility()
    await facts.start()
    const look = async () => (await facts.findReferrals([personalId]))[0]!
    expect(await look()).toEqual({ kind: 'none', asOf: null })
    const referrals = referralsOn(other)
    const { id } = await issued(referrals)
    const known = async (usedBy: string | null) =>
      expect.poll(look, { timeout: 3_000 }).toMatchObject({ kind: 'known', value: [{ id, from: '01001', to: '01999', usedBy }] })
    await known(null)
    await referrals.use(id, 'K-1', receiving!)
    await known('K-1')
    await facts.stop()
  })
  test('have a slip that was issued while the process did not listen yet', async () => {
    const facts = eligibility()
    const look = async () => (await facts.findReferrals([personalId]))[0]!
    expect(await look()).toEqual({ kind: 'none', asOf: null })
    const { id } = await issued(referralsOn(other))
    await facts.start()
    await expect.poll(look, { timeout: 3_000 }).toMatchObject({ kind: 'known', value: [{ id }] })
    await facts.stop()
  })
})
