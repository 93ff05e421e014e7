import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAuthority, SIGNER_FORMS, type TestAuthority } from '../../src/check-in/test-authority/authority.ts'
import {
  altered,
  type Card,
  type CardWish,
  cloned,
  issueCard,
  swapped,
} from '../../src/check-in/test-authority/card-simulator.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { checkerOf } from '../schemas/load.ts'
import { P256_CHIP } from './make-question.ts'
import { chipIdentity, openTestDesk, type TestDesk } from './support/desk.ts'

const staff = { name: 'NGUYEN THI NHAN VIEN', personalId: '099000000099' }
const face = { by: 'clerk', result: 'match' }
const visit = { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01' }
const citizens: readonly Citizen[] = Array.from({ length: 40 }, (_, index) => ({
  ...makeCitizen('desk', index),
  expiresOn: '2040-12-28',
}))

let authority: TestAuthority
let desk: TestDesk
let kiosk: string
let otherKiosk: string
let used = 0
/** Somebody whom no other test has checked in. */
const next = (): Citizen => citizens[used++]!

beforeAll(async () => {
  authority = makeAuthority({ today: new Date().toISOString().slice(0, 10) })
  desk = await openTestDesk(authority)
  await desk.register(citizens)
  kiosk = await desk.gateway.token('01999', 'kiosk')
  otherKiosk = await desk.gateway.token('01999', 'kiosk')
}, 60_000)
afterAll(() => desk.stop())

function card(wish: Partial<CardWish> = {}): Card {
  return issueCard({ citizen: next(), signer: authority.signers['p256']!, form: P256_CHIP, ...wish })
}
async function layOn(one: Card, more: object = {}) {
  const identity = { ...chipIdentity(one, await desk.challenge(kiosk)), ...more }
  const { body } = await desk.checkIn(kiosk, { facilityCode: '01999', identity, visit })
  expect(checkerOf('check-in-answer.json')(body)).toMatchObject({ ok: true })
  return body
}
const codes = (told: readonly { readonly code: string }[]) => told.map(({ code }) => code)

describe('genuine cards', () => {
  test.each(Object.keys(SIGNER_FORMS))(
    'a card signed with %s is admitted at C2, and at C3 with a named clerk who looked',
    async (form) => {
      const one = card({ signer: authority.signers[form]! })
      const admitted = await layOn(one)
      expect(admitted).toMatchObject({ outcome: 'admitted', assurance: 'C2', legacyCode: '000', reasons: [] })
      expect(admitted.coverage).toMatchObject({ status: 'active', benefitRateHere: '80', registeredFacility: '01999' })
      expect(admitted.eligibility).toMatchObject({ asOf: desk.today(), stale: false })
      expect(admitted.ticket).toMatch(/^B-\d{3}$/)
      const identity = chipIdentity(one, await desk.challenge(kiosk))
      const looked = await desk.checkIn(kiosk, { identity, visit, staff, personMatch: face })
      expect(looked.body).toMatchObject({ outcome: 'admitted', assurance: 'C3' })
      const unnamed = chipIdentity(one, await desk.challenge(kiosk))
      expect((await desk.checkIn(kiosk, { identity: unnamed, visit, personMatch: face })).body.assurance).toBe('C2')
    },
  )
  test('the answer shows a masked name and the year of birth, nothing more of the person', async () => {
    const one = card({ citizen: { ...next(), fullName: 'NGUYỄN VĂN THỬ A' } })
    const admitted = await layOn(one)
    expect(admitted.member).toEqual({ name: 'NGUYỄN V** T** A', birthYear: Number(one.citizen.birthDate.slice(0, 4)) })
    const text = JSON.stringify(admitted)
    expect(text).not.toContain(one.citizen.personalId)
    expect(text).not.toContain(one.citizen.birthDate)
  })
  test('tickets of a day are each given once', async () => {
    const asked = Array.from({ length: 20 }, () => desk.challenge(kiosk, { ticket: true }))
    const tickets = (await Promise.all(asked)).map(({ ticket }) => ticket)
    expect(new Set(tickets).size).toBe(20)
    expect(tickets).not.toContain(undefined)
  })
  test('a ticket that came with the challenge is the ticket of the check-in', async () => {
    const challenge = await desk.challenge(kiosk, { ticket: true })
    const { body } = await desk.checkIn(kiosk, { identity: chipIdentity(card(), challenge), visit })
    expect(body.ticket).toBe(challenge.ticket)
  })
})

describe('cards that lie', () => {
  const lies: readonly (readonly [string, () => Card, string])[] = [
    ['a clone', () => cloned(card()), 'aa_signature'],
    ['an altered byte', () => altered(card(), 13, 40), 'group_altered'],
    ['a swapped group', () => swapped(card(), card(), 13), 'group_altered'],
    ['a foreign signer', () => card({ signer: authority.foreign.signer }), 'chain_signer_unknown'],
    ['a revoked signer', () => card({ signer: authority.revokedSigner }), 'revocation_revoked'],
    ['a signer that had ended', () => card({ signer: authority.expiredSigner }), 'chain_signer_not_valid_then'],
    ['another state', () => card({ state: 'UTO' }), 'consistency_state'],
  ]
  test.each(lies)('%s is refused, says why and shows nothing of the person', async (_, make, reason) => {
    const refused = await layOn(make())
    expect(refused).toMatchObject({ outcome: 'refused', assurance: null, legacyCode: '100', member: null })
    expect(codes(refused.reasons)).toContain(reason)
    expect(refused.coverage).toMatchObject({ cardNumber: null, validTo: null })
    expect(codes(refused.offers)).toEqual(['other_evidence', 'desk', 'emergency'])
  })
  test('an expired card is taken provisionally', async () => {
    const expired = card({ citizen: { ...next(), issuedOn: '2023-02-01', expiresOn: '2024-12-28' } })
    const answer = await layOn(expired)
    expect(answer).toMatchObject({ outcome: 'provisional', assurance: 'C1' })
    expect(codes(answer.reasons)).toEqual(['consistency_expired'])
  })
  test('a card of another person than the one named is refused', async () => {
    const answer = await layOn(card(), { personalId: next().personalId })
    expect(answer.outcome).toBe('refused')
    expect(codes(answer.reasons)).toEqual(['claimed_number'])
  })
  test('a face that is not the one on the card is refused', async () => {
    const identity = chipIdentity(card(), await desk.challenge(kiosk))
    const { body } = await desk.checkIn(kiosk, { identity, visit, staff, personMatch: { by: 'clerk', result: 'mismatch' } })
    expect(body.outcome).toBe('refused')
    expect(codes(body.reasons)).toEqual(['person_mismatch'])
    expect(body.member).toBeNull()
  })
})

describe('challenges', () => {
  test('a challenge that was answered before is refused for any other content', async () => {
    const challenge = await desk.challenge(kiosk)
    const one = card()
    await desk.checkIn(kiosk, { identity: chipIdentity(one, challenge), visit })
    const { body } = await desk.checkIn(kiosk, { identity: chipIdentity(one, challenge), visit, encounterId: 'TN-9' })
    expect(body.outcome).toBe('refused')
    expect(codes(body.reasons)).toEqual(['challenge_used'])
  })
  test("another client's challenge, and one of another kiosk of the client, are unknown", async () => {
    const stolen = await desk.challenge(otherKiosk)
    const { body } = await desk.checkIn(kiosk, { identity: chipIdentity(card(), stolen), visit })
    expect(codes(body.reasons)).toEqual(['challenge_unknown'])
    expect(body.outcome).toBe('refused')
    const own = await desk.challenge(kiosk, { kioskId: 'K1' })
    const moved = await desk.checkIn(kiosk, { identity: chipIdentity(card(), own), visit, kioskId: 'K2' })
    expect(codes(moved.body.reasons)).toEqual(['challenge_unknown'])
    const again = await desk.challenge(kiosk, { kioskId: 'K1' })
    const kept = await desk.checkIn(kiosk, { identity: chipIdentity(card(), again), visit, kioskId: 'K1' })
    expect(kept.body.outcome).toBe('admitted')
  })
  test("another client that sends what a kiosk sent is refused, and the kiosk's answer stays", async () => {
    const body = { identity: chipIdentity(card(), await desk.challenge(kiosk)), visit }
    const own = await desk.checkIn(kiosk, body)
    const copied = await desk.checkIn(otherKiosk, body)
    expect(codes(copied.body.reasons)).toEqual(['challenge_unknown'])
    expect(copied.body.checkInId).not.toBe(own.body.checkInId)
    expect((await desk.checkIn(kiosk, body)).body).toEqual(own.body)
  })
  test('offline challenges come by the batch and are no better than C2', async () => {
    const response = await desk.gateway.post('/v1/check-ins/challenges', kiosk, { count: 50, offline: true })
    const { challenges } = (await response.json()) as { challenges: { challengeId: string; nonce: string }[] }
    expect(challenges).toHaveLength(50)
    expect(checkerOf('check-in-challenges.json')({ ...challenges[0], challenges })).toMatchObject({ ok: true })
    const identity = chipIdentity(card(), challenges[7]!)
    const { body } = await desk.checkIn(kiosk, { identity, visit, staff, personMatch: face })
    expect(body).toMatchObject({ outcome: 'admitted', assurance: 'C2', offline: true })
    const several = await desk.gateway.post('/v1/check-ins/challenges', kiosk, { count: 2 })
    expect(several.status).toBe(422)
  })
})
