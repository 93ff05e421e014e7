import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Claim } from '../../src/domain/claim.ts'
import { type Facts, noVisitDetails } from '../../src/domain/facts.ts'
import { zero } from '../../src/domain/money.ts'
import { known, makeClaim, makeCoverage, makeFacts, makeLine, makeMember } from '../support/make-claim.ts'

/** Which lines a finding of a claim rule is about. */
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const days = ['2026-03-10', '2026-03-11', '2026-03-12']
const lines = days.map((on, index) => makeLine({ stt: index + 1, orderedAt: `${on}T09:00` }))

function linesOf(rule: string, claim: Partial<Claim>, facts: Partial<Facts>): readonly (readonly number[])[] {
  const { findings } = adjudicate(makeClaim({ lines, endedAt: '2026-03-12T10:00', ...claim }), makeFacts(facts), rulebook)
  return findings.filter((finding) => finding.rule === rule).map((finding) => finding.lines.map(({ stt }) => stt))
}

test('a changed entitlement names the lines from its first day on', () => {
  const coverages = [makeCoverage(), makeCoverage({ cardNumber: 'HT3010000000001', validFrom: '2026-03-11' })]
  expect(linesOf('ELG-10', { careType: '03' }, { member: known(makeMember({ coverages })) })).toEqual([[2, 3]])
})

test('an outpatient course names the lines that were ordered within a stay elsewhere', () => {
  const stay = {
    claimId: 'c_1',
    facilityCode: '79001',
    careType: '03',
    arrivedAt: '2026-03-10T10:00',
    endedAt: '2026-03-12T08:00',
    outcome: 'accept',
    copayCounted: zero,
    details: noVisitDetails,
  }
  expect(linesOf('DUP-04', { careType: '02' }, { visits: [stay] })).toEqual([[2]])
})

test('a card shown late names the lines of the days before', () => {
  const checkIn = known({ checkInId: 'k_1', at: '2026-03-12T07:00', assurance: 'C2', outcome: 'admitted' } as const)
  expect(linesOf('ELG-06', { careType: '03' }, { checkIn })).toEqual([[1, 2]])
})
