import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckInAnswer } from '../../src/check-in/check-in.ts'
import { createCheckIns } from '../../src/check-in/create-check-in.ts'
import type { Disaster } from '../../src/check-in/disaster.ts'
import { provisionalOf } from '../../src/check-in/disaster-store.ts'
import { createReferrals, type Referrals } from '../../src/check-in/referrals.ts'
import { createSlipAtDesk } from '../../src/check-in/slip-at-desk.ts'
import { makeAuthority, type TestAuthority } from '../../src/check-in/test-authority/authority.ts'
import { issueCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'
import { P256_CHIP } from './make-question.ts'
import { chipIdentity, openTestDesk, type TestDesk } from './support/desk.ts'

const citizens: readonly Citizen[] = Array.from({ length: 8 }, (_, index) => ({
  ...makeCitizen('disaster', index),
  expiresOn: '2040-12-28',
}))
const disaster: Disaster = {
  id: 'd_1',
  provinces: ['01'],
  from: '2000-01-01',
  to: '2099-12-31',
  reason: 'storm',
  openedBy: 'client_a',
  openedAt: '2026-09-06T20:00:00.000Z',
  confirmedBy: 'client_b',
  confirmedAt: '2026-09-06T21:00:00.000Z',
  closedBy: null,
  closedAt: null,
  closedReason: null,
}

let authority: TestAuthority
let desk: TestDesk
let gateway: TestGateway
let bearer: string
let open: Disaster | undefined
let referrals: Referrals
const issuing = { facilityCode: '79001', clientId: 'client_79001' }

beforeAll(async () => {
  authority = makeAuthority({ today: new Date().toISOString().slice(0, 10) })
  desk = await openTestDesk(authority)
  await desk.register(citizens.slice(0, 7))
  await desk.startRecorder()
  referrals = createReferrals({
    pool: desk.database.pool,
    eligibility: desk.deps.eligibility as never,
    keyedHash: desk.keyedHash,
    clock: systemClock,
    lastDay: () => '2099-12-31',
    disaster: async () => undefined,
  })
  const checkIns = createCheckIns({
    ...desk.deps,
    disasterAt: async (facilityCode) => (facilityCode === '01999' ? open : undefined),
    slipAtDesk: createSlipAtDesk(referrals, () => {}),
  })
  gateway = await startGateway({ deps: { checkIns } })
  bearer = await gateway.token('01999', 'kiosk')
}, 60_000)
afterAll(async () => {
  await gateway.stop()
  await desk.stop()
})

async function checkIn(identity: object, more: object = {}) {
  const visit = { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01' }
  return (await (await gateway.post('/v1/check-ins', bearer, { identity, visit, ...more })).json()) as CheckInAnswer
}
const stated = (citizen: Citizen) => ({
  method: 'card',
  cardNumber: citizen.personalId,
  fullName: citizen.fullName.normalize('NFC').toUpperCase(),
  birthDate: citizen.birthDate,
})
async function chip(citizen: Citizen) {
  const challenge = (await (await gateway.post('/v1/check-ins/challenges', bearer, {})).json()) as {
    challengeId: string
    nonce: string
  }
  return chipIdentity(issueCard({ citizen, signer: authority.signers['p256']!, form: P256_CHIP }), challenge)
}
const codes = (told: readonly { readonly code: string }[]) => told.map(({ code }) => code)

describe('while a disaster is open', () => {
  test('who states who they are is taken provisionally, with an alert, and a chip there later confirms it', async () => {
    const [weak, strong] = [citizens[0]!, citizens[1]!]
    expect(await checkIn(stated(weak))).toMatchObject({ outcome: 'admitted', assurance: 'C0' })
    open = disaster
    const provisional = await checkIn(stated(strong))
    expect(provisional).toMatchObject({ outcome: 'provisional', assurance: 'C0' })
    expect(codes(provisional.alerts)).toContain('disaster')
    const listed = () => provisionalOf(desk.database.pool, 'd_1', 100)
    await expect
      .poll(listed, { timeout: 5_000 })
      .toMatchObject([{ checkInId: provisional.checkInId, facilityCode: '01999', confirmedAt: null }])
    const proof = await checkIn(await chip(strong))
    expect(proof).toMatchObject({ outcome: 'admitted', assurance: 'C2' })
    await expect
      .poll(listed, { timeout: 5_000 })
      .toMatchObject([{ checkInId: provisional.checkInId, confirmedByCheckIn: proof.checkInId, confirmedAt: expect.any(String) }])
    open = undefined
  })
  test('nobody is sent away because the register has no cover, and outside of it they are', async () => {
    const unknown = stated(citizens[7]!)
    expect(await checkIn(unknown)).toMatchObject({ outcome: 'refused' })
    open = disaster
    const taken = await checkIn({ ...unknown, cardNumber: '001085999999' })
    expect(taken).toMatchObject({ outcome: 'provisional', assurance: 'C0' })
    expect(codes(taken.reasons)).toContain('not_covered')
    open = undefined
  })
})

describe('a visit on a slip', () => {
  async function slipOf(citizen: Citizen): Promise<string> {
    const member = { personalId: citizen.personalId, socialInsuranceNumbers: [], cardNumbers: [] }
    const issued = await referrals.issue(
      { kind: 'transfer', member, to: '01999', icd: ['I10'], returnOn: undefined, encounterId: undefined },
      issuing,
    )
    return issued.kind === 'issued' ? issued.referral.id : issued.why
  }
  const bySlip = (slip: string, encounterId?: string) => ({
    visit: { MA_DOITUONG_KCB: '1.3', MA_LOAI_KCB: '01', GIAY_CHUYEN_TUYEN: slip },
    ...(encounterId === undefined ? {} : { encounterId }),
  })
  const here = { facilityCode: '01999', clientId: 'client_01999' }

  test('uses it once, and another visit on it is told', async () => {
    const citizen = citizens[2]!
    const slip = await slipOf(citizen)
    expect(codes((await checkIn(await chip(citizen), bySlip(slip))).alerts)).not.toContain('slip_used')
    expect(await referrals.read(slip, here)).toMatchObject({ status: 'open' })
    await checkIn(await chip(citizen), bySlip(slip, 'TN-1'))
    expect(await referrals.read(slip, here)).toMatchObject({ status: 'used', usedBy: 'TN-1' })
    const second = await checkIn(await chip(citizen), bySlip(slip, 'TN-2'))
    expect(second.outcome).toBe('admitted')
    expect(codes(second.alerts)).toContain('slip_used')
  })
  test('of somebody else, or that nobody issued, is told and not used', async () => {
    const slip = await slipOf(citizens[3]!)
    expect(codes((await checkIn(await chip(citizens[4]!), bySlip(slip, 'TN-3'))).alerts)).toContain('slip_other_person')
    expect(await referrals.read(slip, here)).toMatchObject({ status: 'open' })
    expect(codes((await checkIn(await chip(citizens[4]!), bySlip('GIAY-1', 'TN-4'))).alerts)).toContain('slip_unknown')
  })
  test('of somebody else is told where the visit has no number yet, even when it was used', async () => {
    const [owner, other] = [citizens[6]!, citizens[4]!]
    const slip = await slipOf(owner)
    expect(codes((await checkIn(await chip(other), bySlip(slip))).alerts)).toContain('slip_other_person')
    expect(codes((await checkIn(await chip(owner), bySlip(slip))).alerts)).not.toContain('slip_other_person')
    await checkIn(await chip(owner), bySlip(slip, 'TN-6'))
    expect(codes((await checkIn(await chip(other), bySlip(slip))).alerts)).toContain('slip_other_person')
    expect(codes((await checkIn(await chip(owner), bySlip(slip))).alerts)).toContain('slip_used')
  })
  test('that cannot be looked at does not hold up the patient', async () => {
    const slip = await slipOf(citizens[5]!)
    const failing = createSlipAtDesk(
      { standing: referrals.standing, use: async () => Promise.reject(new Error('down')) },
      () => {},
    )
    const request = {
      facilityCode: '01999',
      encounterId: 'TN-5',
      visit: { category: '1.3', careType: '01', arrivedAtMs: undefined, slip },
    }
    expect(codes(await failing(request as never, { clientId: 'c', kioskId: undefined }, []))).toEqual(['slip_not_checked'])
  })
})
