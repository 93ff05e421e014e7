import { describe, expect, test } from 'vitest'
import type { CoverageView } from '../../src/check-in/coverage/coverage.ts'
import type { EvidenceVerdict } from '../../src/check-in/evidence/evidence.ts'
import { nobody } from '../../src/check-in/evidence/evidence.ts'
import { comparePersons } from '../../src/check-in/evidence/stated.ts'
import { LEGACY_CODES } from '../../src/check-in/legacy-codes.ts'
import { decideOutcome, type OutcomeQuestion } from '../../src/check-in/outcome.ts'
import { maskedName, memberQueryOf } from '../../src/check-in/person-keys.ts'
import { OFFERS, REASONS } from '../../src/check-in/reasons.ts'
import { makeMember } from '../support/make-member.ts'

const person = { ...nobody, personalId: '001000000001' }
const covered: CoverageView = {
  coverage: {
    ...{ status: 'active', cardNumber: null, validFrom: null, validTo: null, daysLeft: null, benefitRateHere: null },
    ...{ registeredFacility: null, fiveYearsFrom: null, copayCounted: null, exempt: false },
  },
  eligibility: { source: 'cache', asOf: '2026-03-10', stale: false },
  alerts: [],
  legacyCode: '000',
  surelyNotCovered: false,
}
const ended: CoverageView = {
  ...covered,
  coverage: { ...covered.coverage, status: 'expired' },
  legacyCode: '010',
  surelyNotCovered: true,
}
const notAsked: CoverageView = { ...covered, coverage: { ...covered.coverage, status: 'unknown' }, legacyCode: '101' }
const chip: EvidenceVerdict = { standing: 'proven', assurance: 'C2', checks: {}, reasons: [], person, audit: {} }
const refused: EvidenceVerdict = { ...chip, standing: 'refused', assurance: undefined, person: undefined }
const identity = {
  method: 'chip',
  challengeId: '',
  sod: undefined,
  groups: new Map(),
  activeAuthentication: undefined,
  claimed: nobody,
} as const
const attested = { method: 'attested', reason: 'emergency', note: undefined, stated: nobody } as const

function decided(question: Partial<OutcomeQuestion>) {
  const { outcome, assurance, legacyCode } = decideOutcome({
    ...{ identity, personMatch: undefined, evidence: chip, comparison: undefined, view: covered, isOffline: false },
    ...question,
  })
  return [outcome, assurance, legacyCode]
}

describe('an outcome', () => {
  const same = comparePersons(person, makeMember())
  test.each<[string, Partial<OutcomeQuestion>, readonly unknown[]]>([
    ['a proven person with cover', { comparison: same }, ['admitted', 'C2', '000']],
    ['a face that is another', { personMatch: { by: 'face', result: 'mismatch' } }, ['refused', null, '100']],
    ['evidence that is disproven, whatever the register says', { evidence: refused, view: notAsked }, ['refused', null, '100']],
    ['a proven person surely without cover', { view: ended }, ['refused', null, '010']],
    ['a proven person of whom the register could not be asked', { view: notAsked }, ['provisional', 'C2', '101']],
    ['evidence that is lowered', { evidence: { ...chip, standing: 'lowered', assurance: 'C1' } }, ['provisional', 'C1', '000']],
    ['an emergency surely without cover', { identity: attested, view: ended }, ['provisional', 'C2', '010']],
    ['what was done offline', { evidence: { ...chip, assurance: 'C3' }, isOffline: true }, ['admitted', 'C2', '000']],
  ])('of %s', (_, question, expected) => expect(decided(question)).toEqual(expected))

  test('that refuses always says what to do instead, and that an emergency is taken', () => {
    for (const question of [
      { evidence: refused },
      { view: ended },
      { personMatch: { by: 'face', result: 'mismatch' } as const },
    ]) {
      const { offers } = decideOutcome({
        identity,
        personMatch: undefined,
        evidence: chip,
        comparison: undefined,
        view: covered,
        isOffline: false,
        ...question,
      })
      expect(offers.map(({ code }) => code)).toContain('emergency')
    }
  })
})

test('a mask leaves family and given name, and the first letter of what is between', () => {
  expect(maskedName('Nguyễn Thị Thanh  Hằng')).toBe('NGUYỄN T** T** HẰNG')
  expect(maskedName('Ỷ Lan')).toBe('Ỷ LAN')
  expect(maskedName('An')).toBe('AN')
})

test('a person is looked for by every number that was shown', () => {
  expect(memberQueryOf({ ...nobody, cardNumber: 'dn4 0100 0000 0001' })).toEqual({
    personalId: undefined,
    socialInsuranceNumbers: ['0000000001'],
    cardNumbers: ['DN4010000000001'],
  })
  expect(memberQueryOf({ ...nobody, cardNumber: '001000000001' })).toMatchObject({ personalId: '001000000001' })
  expect(memberQueryOf({ ...nobody, fullName: 'NGUYEN VAN A' })).toBeUndefined()
})

test('every text is there in both languages and every code has three digits', () => {
  for (const { vi, en } of [
    ...Object.values(REASONS),
    ...Object.values(OFFERS),
    ...Object.values(LEGACY_CODES).map((row) => row.text),
  ]) {
    expect(vi).not.toBe('')
    expect(en).not.toBe(vi)
  }
  for (const code of Object.keys(LEGACY_CODES)) expect(code).toMatch(/^\d{3}$/)
})
