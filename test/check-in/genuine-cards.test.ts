import { describe, expect, test } from 'vitest'
import { makeAuthority, SIGNER_FORMS } from '../../src/check-in/test-authority/authority.ts'
import type { ChipForm } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeCitizen, makeCitizens } from '../../src/check-in/test-authority/citizens.ts'
import { makeKeyPair } from '../../src/check-in/test-authority/make-keys.ts'
import { makeCards } from '../../src/check-in/test-authority/write-authority.ts'
import { makeCard, TODAY, trustIn, verdictOn } from './make-question.ts'

const authority = makeAuthority({ today: TODAY })
const trust = trustIn(authority)
const citizen = makeCitizen('test', 3)

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']
const CHIPS: readonly (readonly [string, ChipForm])[] = [
  ...CURVES.flatMap((curve) =>
    [false, true].map(
      (explicit) => [`${curve}${explicit ? ' in numbers' : ''}`, { kind: 'ecdsa', curve, explicit, hash: 'sha256' }] as const,
    ),
  ),
  ...(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const).flatMap((hash) => [
    [`ISO 9796-2 with ${hash}`, { kind: 'iso9796', bits: 2048, hash }] as const,
    [`ECDSA with ${hash}`, { kind: 'ecdsa', curve: 'secp384r1', hash }] as const,
  ]),
  ['ISO 9796-2 with a key of 1024 bits', { kind: 'iso9796', bits: 1024, hash: 'sha1' }],
]

describe('a genuine card is verified', () => {
  test.each(Object.keys(SIGNER_FORMS))('signed by %s', (name) => {
    const verdict = verdictOn(makeCard(authority, { signer: authority.signers[name]! }), trust)
    expect([verdict.outcome, verdict.assuranceMax, verdict.reasons]).toEqual(['verified', 'C3', []])
  })

  test.each(CHIPS)('whose chip answers by %s', (_, form) => {
    const verdict = verdictOn(makeCard(authority, { form }), trust)
    expect([verdict.outcome, verdict.reasons]).toEqual(['verified', []])
  })

  test.each(CHIPS)('whose chip answers by %s without saying so in DG14', (_, form) => {
    const verdict = verdictOn(makeCard(authority, { form, withoutDg14: true }), trust)
    expect([verdict.outcome, Object.keys(verdict.checks.dataGroups)]).toEqual(['verified', ['1', '13', '15']])
  })

  test('whose groups are hashed otherwise than its signer signs', () => {
    expect(verdictOn(makeCard(authority, { hash: 'sha512' }), trust).outcome).toBe('verified')
  })

  test('that says when it was signed', () => {
    const verdict = verdictOn(makeCard(authority, { signedAt: '2024-06-01T10:00:00Z' }), trust)
    expect(verdict.outcome).toBe('verified')
    expect(verdict.evidence.signedAt).toEqual({ at: Date.parse('2024-06-01T10:00:00Z'), source: 'signer' })
  })

  test('whose holder said the same name in another spelling', () => {
    const claimed = { personalId: citizen.personalId, fullName: citizen.fullName.normalize('NFD').toLowerCase() }
    const verdict = verdictOn(makeCard(authority, { citizen }), trust, { claimed })
    expect([verdict.outcome, verdict.reasons]).toEqual(['verified', []])
  })
})

test('the person is what the card says', () => {
  const { person } = verdictOn(makeCard(authority, { citizen }), trust)
  expect(person).toEqual({
    personalId: citizen.personalId,
    fullName: citizen.fullName,
    birthDate: citizen.birthDate,
    sex: citizen.sex,
    issuedOn: citizen.issuedOn,
    expiresOn: citizen.expiresOn,
  })
})

test('every card of a hundred citizens is verified, and each liar among them is not', () => {
  const cards = makeCards(authority, makeCitizens('many', 100))
  const wrong = cards.filter(({ lie, card }) => (verdictOn(card, trust).outcome === 'verified') !== (lie === 'genuine'))
  expect(wrong.map(({ lie, card }) => [lie, card.citizen.personalId])).toEqual([])
})

test('citizens are the same for a seed, and long, decomposed and incomplete ones are among them', () => {
  const citizens = makeCitizens('bhyt', 60)
  expect(makeCitizens('bhyt', 60)).toEqual(citizens)
  expect(makeCitizens('other', 60)).not.toEqual(citizens)
  expect(citizens.some(({ address }) => Buffer.byteLength(address) > 255)).toBe(true)
  expect(citizens.some(({ fullName }) => fullName !== fullName.normalize('NFC'))).toBe(true)
  expect(citizens.some(({ homeTown, ethnicity }) => homeTown === undefined && ethnicity !== undefined)).toBe(true)
  expect(new Set(citizens.map(({ personalId }) => personalId)).size).toBe(60)
  expect(citizens.every(({ personalId }) => /^099[0-3]\d{8}$/.test(personalId))).toBe(true)
})

test('a signer is read and verified once, however many cards it signed', () => {
  const signer = authority.signers['bp512-explicit']!
  const first = makeCard(authority, { signer, keys: makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' }) })
  const fresh = trustIn(authority)
  expect(verdictOn(first, fresh)).toEqual(verdictOn(first, fresh))
})
