import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { formatMoney, formatRate } from '../../src/domain/money.ts'
import { known, makeClaim, makeCoverage, makeFacts, makeLine, makeMember } from '../support/make-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))

test('lines use up the room of the exemption in the order they were carried out, and the one that crosses is split', () => {
  const lines = [
    makeLine({ stt: 1, orderedAt: '2026-03-10T10:00' }),
    makeLine({ stt: 2, orderedAt: '2026-03-10T09:00' }),
    makeLine({ stt: 3, orderedAt: '2026-03-10T08:30', performedAt: '2026-03-10T10:10' }),
  ]
  const coverages = [makeCoverage({ fiveYearsFrom: '2024-01-01' })]
  const copayCounted = [{ year: 2026, amount: '13790000', asOf: '2026-03-01' }]
  const decision = adjudicate(
    makeClaim({ lines }),
    makeFacts({ member: known(makeMember({ coverages, copayCounted })) }),
    rulebook,
  )
  expect(decision.lines.map(({ decided }) => formatMoney(decided.copay))).toEqual(['50000.00', '200000.00', '0.00'])
  expect(decision.lines.map(({ decided }) => formatMoney(decided.fundPays))).toEqual(['950000.00', '800000.00', '1000000.00'])
  expect(formatMoney(decision.copayCounted)).toBe('250000.00')
})

test('one rate covers the whole visit; several go from their first to their last line', () => {
  const stay = { careType: '03', arrivedAt: '2025-12-29T08:00', endedAt: '2026-01-03T16:00', paidAt: '2026-01-03T16:30' }
  const cards = [{ cardNumber: 'CN3010000000001', registeredFacility: '01999', validFrom: undefined, validTo: undefined }]
  const coverages = [makeCoverage({ cardNumber: 'CN3010000000001', validFrom: '2020-01-01' })]
  const facts = makeFacts({ member: known(makeMember({ coverages })), receivedOn: '2026-01-04' })
  const linesOn = (...days: string[]) =>
    days.map((day, index) => makeLine({ stt: index + 1, orderedAt: `${day}T09:00`, rate: day < '2026' ? '95' : '100' }))
  const benefitsFor = (...days: string[]) =>
    adjudicate(makeClaim({ ...stay, cards, lines: linesOn(...days) }), facts, rulebook).benefits.map(
      ({ from, to, rateBp, rules }) => [from, to, formatRate(rateBp), ...rules].join(' '),
    )
  expect(benefitsFor('2025-12-30')).toEqual(['2025-12-29 2026-01-03 95 BEN-01 BEN-03'])
  expect(benefitsFor('2026-01-02', '2025-12-30', '2026-01-01', '2025-12-31')).toEqual([
    '2025-12-30 2025-12-31 95 BEN-01 BEN-03',
    '2026-01-01 2026-01-02 100 BEN-01 BEN-02 BEN-03',
  ])
})

test('a claim without lines is accepted at nothing', () => {
  const decision = adjudicate(makeClaim({ lines: [] }), makeFacts(), rulebook)
  expect([decision.outcome, decision.lines, decision.benefits, decision.decided.hospitalAmount]).toEqual(['accept', [], [], 0])
})

test('what a finding says of the fund adds up to what changed', () => {
  const lines = [
    makeLine({ stt: 1, rate: '95' }),
    makeLine({ stt: 2, rate: '95', price: '2000000', code: '10.0002.0000', group: '2' }),
    makeLine({ stt: 3, scope: '3', rate: '95' }),
    makeLine({ stt: 4, rate: '80', code: '10.0003.0000', group: '2' }),
  ]
  const decision = adjudicate(makeClaim({ lines }), makeFacts(), rulebook)
  const said = decision.findings.reduce((sum, { effect }) => sum + Number(effect?.money ?? 0), 0)
  expect(said).toBe((decision.decided.fundPays - decision.claimed.fundPays) / 100)
  expect(decision.findings.map(({ rule, lines: named }) => [rule, named.map(({ stt }) => stt)])).toEqual([
    ['BEN-01', [1, 2]],
    ['BEN-14', [3]],
  ])
})

test('a rate cites the text in force on its date', () => {
  const basisOn = (on: string, category: string) => {
    const claim = makeClaim({
      visitCategory: category,
      careType: '03',
      arrivedAt: `${on}T08:00`,
      endedAt: `${on}T10:30`,
      paidAt: `${on}T10:40`,
      lines: [makeLine({ rate: '32', orderedAt: `${on}T09:00` })],
    })
    const coverages = [makeCoverage({ validFrom: '2015-01-01', registeredFacility: '79999' })]
    const decision = adjudicate(claim, makeFacts({ member: known(makeMember({ coverages })), receivedOn: on }), rulebook)
    return decision.findings
      .filter(({ rule }) => rule === 'BEN-09')
      .flatMap(({ legalBasis }) => legalBasis.map(({ document }) => document))
  }
  expect(basisOn('2024-12-31', '3.1')).toEqual(['Luật BHYT 25/2008 (46/2014)'])
  expect(basisOn('2025-01-01', '3.1')).toEqual(['QĐ 3276/QĐ-BYT', 'Luật BHYT 25/2008 (51/2024)'])
})
