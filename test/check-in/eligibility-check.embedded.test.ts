import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLookUp } from '../../src/check-in/coverage/look-up.ts'
import { type CheckEligibility, createEligibilityCheck } from '../../src/check-in/eligibility-check.ts'
import { listAccesses } from '../../src/check-in/list-accesses.ts'
import { createNoteLooks, LookNotNoted } from '../../src/check-in/note-looks.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { openTestDesk, type TestDesk } from './support/desk.ts'

const staff = { name: 'NGUYEN THI NHAN VIEN', personalId: '099000000099' }
const citizens = Array.from({ length: 6 }, (_, index) => makeCitizen('eligibility', index))
let desk: TestDesk
let checkEligibility: CheckEligibility
let requests = 0

beforeAll(async () => {
  desk = await openTestDesk(makeAuthority({ today: new Date().toISOString().slice(0, 10) }))
  await desk.register(citizens)
  await desk.startRecorder()
  const { store, onTrouble, keyedHash, clock } = desk.deps
  const noteLook = createNoteLooks({ store, stream: desk.stream, clock, onTrouble })
  checkEligibility = createEligibilityCheck({ lookUp: createLookUp(desk.deps), noteLook, keyedHash, clock })
}, 60_000)
afterAll(() => desk.stop())

const ask = ({ personalId, fullName, birthDate }: Citizen, facilityCode = '01001') =>
  checkEligibility({
    ...{ facilityCode, at: undefined, staff, clientId: 'client_1', requestId: `req_${requests++}` },
    member: { personalId, fullName, birthDate, cardNumber: undefined, socialInsuranceNumber: undefined },
    visit: { category: '1.1', careType: '01' },
  })
const looksAt = ({ personalId }: Citizen) =>
  listAccesses({ pool: desk.database.pool, keyedHash: desk.keyedHash }, personalId, 'test')

describe('an eligibility check on what is stored', () => {
  test('sees the stay that another facility has checked in today, without saying which', async () => {
    const citizen = citizens[0]!
    const { personalId, fullName, birthDate } = citizen
    const identity = { method: 'card', personalId, fullName, birthDate }
    const bearer = await desk.gateway.token('01999')
    const { body } = await desk.checkIn(bearer, { identity, visit: { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '03' } })
    expect(body.outcome).not.toBe('refused')
    await expect
      .poll(async () => (await ask(citizen)).alerts.map(({ code }) => code), { timeout: 10_000 })
      .toEqual(['open_stay_elsewhere', 'several_visits_that_day'])
    expect(JSON.stringify((await ask(citizen)).alerts)).not.toContain('01999')
  })
  test('is in the access log that the member is shown, with the staff who asked', async () => {
    await ask(citizens[1]!)
    const [, look] = await looksAt(citizens[1]!)
    expect(look).toMatchObject({
      action: 'eligibility.check',
      actor: 'client client_1',
      facilityCode: '01001',
      purpose: 'eligibility',
      staff,
    })
  })
  test('while Postgres is away is answered from the last copy, and its look is written when Postgres is back', async () => {
    await ask(citizens[2]!)
    desk.faults.postgres = true
    const answer = await ask(citizens[2]!)
    expect(answer).toMatchObject({ coverage: { status: 'active' }, eligibility: { source: 'cache' } })
    expect(answer.alerts.map(({ code }) => code)).toContain('visits_unknown')
    desk.faults.postgres = false
    const checks = async () => (await looksAt(citizens[2]!)).filter(({ action }) => action === 'eligibility.check').length
    await expect.poll(checks, { timeout: 10_000 }).toBe(2)
  })
  test('shows nothing where the look can be noted nowhere', async () => {
    Object.assign(desk.faults, { postgres: true, stream: true })
    await expect(ask(citizens[3]!)).rejects.toThrow(LookNotNoted)
    Object.assign(desk.faults, { postgres: false, stream: false })
  })
  test('waits for a register that hangs no longer than a desk does', async () => {
    desk.faults.registerMs = 5_000
    const startedAt = performance.now()
    expect(await ask(citizens[4]!)).toMatchObject({
      coverage: { status: 'unknown' },
      eligibility: { source: 'none' },
      legacyCode: '101',
    })
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    desk.faults.registerMs = 0
  })
})
