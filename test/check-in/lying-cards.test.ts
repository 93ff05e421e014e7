import { describe, expect, test } from 'vitest'
import { TAG, writeDer, writeOid } from '../../src/check-in/asn1/der.ts'
import { failed } from '../../src/check-in/chip/checks.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { CHIP_REASONS } from '../../src/check-in/chip/reasons.ts'
import { makeAuthority, makeForeign } from '../../src/check-in/test-authority/authority.ts'
import { altered, cloned, readCard, swapped } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { makeCertificate } from '../../src/check-in/test-authority/make-certificate.ts'
import { makeKeyPair } from '../../src/check-in/test-authority/make-keys.ts'
import { file, makeCard, NONCE, NOW, TODAY, trustIn, verdictOn } from './make-question.ts'

const authority = makeAuthority({ today: TODAY, signers: ['p256', 'pss-2048'] })
const trust = trustIn(authority)
const card = makeCard(authority)
const other = makeCard(authority, { citizen: makeCitizen('test', 1) })
const answer = readCard(card, NONCE)

const signerBy = (
  issuer: Parameters<typeof makeCertificate>[0]['issuer'],
  wish: Partial<Parameters<typeof makeCertificate>[0]> = {},
) =>
  makeCertificate({
    name: { country: 'VN', commonName: 'Test Document Signer' },
    keys: makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' }),
    issuer,
    isAuthority: false,
    from: '2022-06-29',
    to: '2037-10-01',
    ...wish,
  })

describe('a card that lies is refused, with its own reason', () => {
  test('a copy that has every file and no key', () => {
    const { checks, outcome } = verdictOn(cloned(card), trust)
    expect([outcome, checks.activeAuthentication]).toEqual(['refused', failed('aa_signature')])
    expect(checks.sod.state).toBe('pass')
  })
  test('the answer to another challenge: a replay, or one that another kiosk was given', () => {
    const { outcome, reasons } = verdictOn(card, trust, {
      nonce: NONCE,
      evidence: readCard(card, Buffer.from('fedcba9876543210', 'hex')),
    })
    expect([outcome, reasons]).toEqual(['refused', ['aa_signature']])
  })
  test.each([
    [1, 30],
    [13, 40],
    [15, 60],
    [14, 10],
  ])('one altered byte of group %i', (group, at) => {
    const { outcome, checks } = verdictOn(altered(card, group, at), trust)
    expect([outcome, checks.dataGroups[String(group)]]).toEqual(['refused', failed('group_altered')])
  })
  test.each([1, 13, 15])('group %i of another card', (group) => {
    const { outcome, checks } = verdictOn(swapped(card, other, group), trust)
    expect([outcome, checks.dataGroups[String(group)]]).toEqual(['refused', failed('group_altered')])
  })
  test('the whole key of another card, which answers rightly', () => {
    const { outcome, checks } = verdictOn({ ...swapped(card, other, 15), keys: other.keys }, trust)
    expect([outcome, checks.activeAuthentication.state]).toEqual(['refused', 'not-done'])
  })
  test('a group that the security object does not know', () => {
    const groups = new Map([...card.files.groups, [11, Buffer.from('6b00', 'hex')]])
    const { outcome, reasons } = verdictOn(card, trust, { evidence: { ...answer, groups } })
    expect([outcome, reasons]).toEqual(['refused', ['group_not_signed']])
  })
  test('a group beyond the size that is read', () => {
    const groups = new Map([...card.files.groups, [13, Buffer.alloc(CHIP_POLICY.groupBytesMax + 1)]])
    expect(verdictOn(card, trust, { evidence: { ...answer, groups } }).reasons).toContain('group_too_large')
  })
  test('a signer of an authority that nobody pinned', () => {
    const { outcome, reasons, person, statedPerson } = verdictOn(makeCard(authority, { signer: authority.foreign.signer }), trust)
    expect([outcome, reasons, person]).toEqual(['refused', ['chain_signer_unknown'], undefined])
    expect(statedPerson?.personalId).toBe(card.citizen.personalId)
  })
  test('a signer that borrows the name and key identifier of the root', () => {
    const forger = { ...authority.foreign.root, name: authority.first.name, issuerName: authority.first.name }
    expect(verdictOn(makeCard(authority, { signer: signerBy(forger) }), trust).reasons).toEqual(['chain_signature'])
  })
  test('a signer of a state that is pinned and not ours', () => {
    const { reasons } = verdictOn(
      makeCard(authority, { signer: authority.foreign.signer }),
      trustIn(authority, file('ut.der', authority.foreign.root.certificate)),
    )
    expect(reasons).toEqual(['chain_state'])
  })
  test('a certificate of our state by an authority of another', () => {
    const { root } = makeForeign('UT')
    const signer = signerBy(root)
    expect(verdictOn(makeCard(authority, { signer }), trustIn(authority, file('ut.der', root.certificate))).reasons).toEqual([
      'chain_state',
    ])
  })
  test('a signer of another state by our authority', () => {
    const signer = signerBy(authority.first, { name: { country: 'UT', commonName: 'Test Document Signer' } })
    expect(verdictOn(makeCard(authority, { signer }), trust).reasons).toEqual(['chain_state'])
  })
  test('a signer whose dates cannot be read', () => {
    const signer = signerBy(authority.first, { to: '20xx-10-01' })
    expect(verdictOn(makeCard(authority, { signer }), trust).reasons).toEqual(['sod_signer_certificate'])
  })
  test('a card of another state by our signer', () => {
    expect(verdictOn(makeCard(authority, { state: 'UTO' }), trust).reasons).toEqual(['consistency_state'])
  })
  test('a signer that had ended when it signed', () => {
    expect(verdictOn(makeCard(authority, { signer: authority.expiredSigner }), trust).reasons).toEqual([
      'chain_signer_not_valid_then',
    ])
  })
  test('a signing time before the signer began, and one to come', () => {
    expect(verdictOn(makeCard(authority, { signedAt: '2021-01-01T00:00:00Z' }), trust).reasons).toEqual([
      'chain_signer_not_valid_then',
    ])
    expect(verdictOn(makeCard(authority, { signedAt: '2030-01-01T00:00:00Z' }), trust).reasons).toEqual([
      'chain_signed_in_future',
    ])
  })
  test('a signer that was taken back', () => {
    const { outcome, checks, evidence } = verdictOn(makeCard(authority, { signer: authority.revokedSigner }), trust)
    expect([outcome, checks.revocation]).toEqual(['refused', failed('revocation_revoked')])
    expect(evidence.revocationListAgeHours).toBe(9 * 24 + 5)
  })
  test('an authority that signs cards by itself', () => {
    const signer = signerBy(authority.first, { isAuthority: true, usage: [0x01, 0x86] })
    expect(verdictOn(makeCard(authority, { signer }), trust).reasons).toEqual(['chain_key_usage'])
  })
  test('a signer whose key is not meant for documents', () => {
    const signer = signerBy(authority.first, { usage: [0x03, 0x08] })
    expect(verdictOn(makeCard(authority, { signer }), trust).reasons).toEqual(['chain_key_usage'])
  })
  test('a signer with a critical extension that we do not understand; one that is not critical is let be', () => {
    const extension = (...flags: Buffer[]) =>
      writeDer(TAG.sequence, writeOid('1.2.3.4'), ...flags, writeDer(TAG.octetString, Buffer.from('0500', 'hex')))
    const critical = writeDer(TAG.boolean, Buffer.from([0xff]))
    const reasonsWith = (one: Buffer) =>
      verdictOn(makeCard(authority, { signer: signerBy(authority.first, { moreExtensions: [one] }) }), trust).reasons
    expect([reasonsWith(extension(critical)), reasonsWith(extension())]).toEqual([['chain_key_usage'], []])
  })
  test('a certificate that was signed with SHA-1', () => {
    const { first } = authority
    const sha1 = { ...first, keys: { ...first.keys, form: { kind: 'ecdsa', curve: 'brainpoolP512r1', hash: 'sha1' } as const } }
    const card = makeCard(authority, { signer: signerBy(sha1) })
    expect(verdictOn(card, trust).reasons).toEqual(['chain_algorithm'])
    const policy = { ...CHIP_POLICY, certificateHashes: ['sha1'] as const }
    expect(verdictOn(card, trust, { policy }).outcome).toBe('verified')
  })
  test('a person who is not the card holder', () => {
    const { citizen } = other
    const claim = (claimed: object) => verdictOn(card, trust, { claimed }).reasons
    expect(claim({ personalId: citizen.personalId })).toEqual(['claimed_number'])
    expect(claim({ birthDate: citizen.birthDate })).toEqual(['claimed_birth_date'])
  })
  test('a challenge that the store of challenges does not know, and a nonce of another length', () => {
    expect(verdictOn(card, trust, { challenge: failed('challenge_used') }).reasons).toEqual(['challenge_used'])
    const short = Buffer.from('0123', 'hex')
    expect(verdictOn(card, trust, { nonce: short }).reasons).toEqual(['challenge_not_nonce'])
  })
  test('each of these reasons refuses by itself', () => {
    const refusing = Object.entries(CHIP_REASONS).filter(([, { effect }]) => effect === 'refuse')
    expect(refusing.length).toBeGreaterThan(30)
  })
})

describe('what is not proven lowers the level and refuses nobody', () => {
  test('the name alone', () => {
    const { outcome, assuranceMax, reasons } = verdictOn(card, trust, { claimed: { fullName: 'TRẦN VĂN KHÁC' } })
    expect([outcome, assuranceMax, reasons]).toEqual(['lowered', 'C1', ['claimed_name']])
  })
  test('a name without its marks is noted, nothing more', () => {
    const fullName = card.citizen.fullName.normalize('NFD').replace(/\p{M}/gu, '').replace(/[Đđ]/g, 'D')
    const { outcome, reasons } = verdictOn(card, trust, { claimed: { fullName } })
    expect([outcome, reasons]).toEqual(['verified', ['claimed_name_near']])
  })
  test('a card that has expired', () => {
    const citizen = { ...card.citizen, expiresOn: '2026-03-09' }
    const { outcome, assuranceMax, reasons } = verdictOn(makeCard(authority, { citizen }), trust)
    expect([outcome, assuranceMax, reasons]).toEqual(['lowered', 'C1', ['consistency_expired']])
    const lastDay = { ...card.citizen, expiresOn: '2026-03-10' }
    expect(verdictOn(makeCard(authority, { citizen: lastDay }), trust).outcome).toBe('verified')
  })
  test('a chip that was not asked, and one whose key was not read', () => {
    const silent = { ...answer, activeAuthentication: undefined }
    expect(verdictOn(card, trust, { evidence: silent })).toMatchObject({
      outcome: 'lowered',
      assuranceMax: 'C0',
      reasons: ['aa_missing'],
    })
    const groups = new Map([...card.files.groups].filter(([number]) => number !== 15))
    const { outcome, reasons } = verdictOn(card, trust, { evidence: { ...answer, groups } })
    expect([outcome, reasons]).toEqual(['lowered', ['aa_key_missing', 'group_missing']])
  })
  test('nothing at all', () => {
    const evidence = { sod: undefined, groups: new Map(), activeAuthentication: undefined }
    const { outcome, assuranceMax, person, statedPerson } = verdictOn(card, trust, { evidence })
    expect([outcome, assuranceMax, person, statedPerson]).toEqual(['lowered', 'C0', undefined, undefined])
  })
  test('a store without a root of the state', () => {
    const { root } = makeForeign('UT')
    const empty = { ...trust, anchors: [], bySubject: new Map(), byKeyId: new Map() }
    for (const without of [empty, { ...empty, anchors: trustIn(authority, file('u', root.certificate)).anchors.slice(2) }]) {
      const { outcome, assuranceMax, checks } = verdictOn(card, without)
      expect([outcome, assuranceMax, checks.chain]).toEqual(['lowered', 'C1', { state: 'unknown', reason: 'chain_no_root' }])
    }
  })
  test('a revocation list that is missing, and one that is out of date', () => {
    const without = verdictOn(card, { ...trust, revocationLists: new Map() })
    expect([without.outcome, without.assuranceMax, without.reasons]).toEqual(['lowered', 'C1', ['revocation_no_list']])
    const late = verdictOn(card, trust, { now: NOW + 366 * 86_400_000 })
    expect([late.outcome, late.reasons]).toEqual(['lowered', ['revocation_stale']])
    expect(late.evidence.revocationListAgeHours).toBeGreaterThan(9_000)
  })
})

test('an authority that has ended still vouches for what was signed in its time, and for nothing later', () => {
  const ended = makeCertificate({
    name: { country: 'VN', commonName: 'Test CSCA ended' },
    keys: makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' }),
    isAuthority: true,
    from: '2020-01-01',
    to: '2025-12-31',
  })
  const withEnded = trustIn(authority, file('ended.der', ended.certificate))
  const chainOf = (signedAt: string) =>
    verdictOn(makeCard(authority, { signer: signerBy(ended), signedAt }), withEnded).checks.chain
  expect(chainOf('2024-01-01T00:00:00Z')).toEqual({ state: 'pass', reason: null })
  expect(chainOf('2026-02-01T00:00:00Z')).toEqual(failed('chain_root_not_valid_then'))
})

test('a card dated some days before its signer was made is not refused for that', () => {
  const signer = signerBy(authority.first, { from: '2024-03-01' })
  const dated = (issuedOn: string) =>
    verdictOn(makeCard(authority, { signer, citizen: { ...card.citizen, issuedOn } }), trust).reasons
  expect(dated('2024-02-10')).toEqual([])
  expect(dated('2023-02-10')).toEqual(['chain_signer_not_valid_then'])
})

test('no reason tells anything of the person', () => {
  const verdict = verdictOn(cloned(swapped(card, other, 13)), trust, { claimed: { fullName: 'LÊ KHÁC' } })
  const { person: _, statedPerson: __, ...told } = verdict
  const text = JSON.stringify(told)
  for (const { citizen } of [card, other]) {
    for (const secret of [citizen.personalId, citizen.fullName, citizen.birthDate]) expect(text).not.toContain(secret)
  }
})
