import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { formatMoney, type Money, parseMoney } from '../../src/domain/money.ts'
import {
  type EntryInput,
  known,
  type LineInput,
  makeCatalogue,
  makeClaim,
  makeFacts,
  makeLine,
  makeMember,
} from '../support/make-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))

function decide(
  lines: readonly LineInput[],
  entries: readonly EntryInput[],
  claim: Parameters<typeof makeClaim>[0] = {},
): Decision {
  return adjudicate(
    makeClaim({ lines: lines.map((line, index) => makeLine({ stt: index + 1, ...line })), ...claim }),
    makeFacts({ catalogue: known(makeCatalogue(entries)) }),
    rulebook,
  )
}
const told = ({ findings }: Decision): string =>
  formatMoney(findings.reduce((sum, { effect }) => sum + (effect ? parseMoney(effect.money) : 0), 0) as Money)
const real = ({ claimed, decided }: Decision): string => formatMoney((decided.fundPays - claimed.fundPays) as Money)

describe('what the findings say they change adds up to what changed', () => {
  test('a price, a ratio and the route on one line', () => {
    const decision = decide(
      [{ table: 'XML2', code: '40.1', price: '10000', quantity: '100' }],
      [{ list: 'drug', code: '40.1', unitPrice: '9000', paymentRate: '50' }],
      {
        visitCategory: '3.1',
        careType: '03',
        endedAt: '2026-03-12T16:00',
        paidAt: '2026-03-12T16:30',
        cards: [{ cardNumber: 'DN4010000000001', registeredFacility: '79001', validFrom: '2026-01-01', validTo: '2026-12-31' }],
      },
    )
    expect(decision.findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['PRC-01', 'CAT-05', 'BEN-09']))
    expect(told(decision)).toBe(real(decision))
  })

  test('prices above the tariff on a visit that is waived', () => {
    const decision = decide(
      [
        { code: '10.1', price: '150000' },
        { code: '10.2', price: '150000' },
      ],
      [
        { code: '10.1', unitPrice: '100000' },
        { code: '10.2', unitPrice: '100000' },
      ],
    )
    expect(decision.findings.some(({ rule, effect }) => rule === 'BEN-11' && effect !== undefined)).toBe(true)
    expect(told(decision)).toBe(real(decision))
  })

  test('a line that is denied', () => {
    const decision = decide(
      [
        { code: '10.1', price: '600000' },
        { table: 'XML2', code: '40.9', price: '400000' },
      ],
      [
        { code: '10.1', unitPrice: '600000' },
        { list: 'drug', code: '40.1', unitPrice: '1' },
      ],
    )
    expect(decision.findings.some(({ rule, severity }) => rule === 'CAT-01' && severity === 'deny')).toBe(true)
    expect(told(decision)).toBe(real(decision))
  })
})

test('before the ratio was part of BV, a lower one does not fall on the patient', () => {
  const day = '2023-03-10'
  const exam = { group: '13', code: '01.1', price: '38700', orderedAt: `${day}T08:30`, performedBy: ['A'] }
  const decision = adjudicate(
    makeClaim({
      arrivedAt: `${day}T08:00`,
      endedAt: `${day}T10:30`,
      paidAt: `${day}T10:40`,
      lines: [
        makeLine({ stt: 1, ...exam }),
        makeLine({ stt: 2, ...exam, code: '01.2', orderedAt: `${day}T09:00`, performedAt: `${day}T09:00` }),
      ],
      cards: [{ cardNumber: 'DN4010000000001', registeredFacility: '01999', validFrom: '2023-01-01', validTo: '2023-12-31' }],
    }),
    makeFacts({
      receivedOn: day,
      member: known(
        makeMember({ coverages: [{ ...makeMember().coverages[0]!, validFrom: '2023-01-01', validTo: '2023-12-31' }] }),
      ),
    }),
    rulebook,
  )
  expect(decision.findings.some(({ rule, effect }) => rule === 'PRC-05' && effect?.bearer === 'provider')).toBe(true)
  const [, second] = decision.lines
  // 38,700 × 30 % = 11,610: the rest is nobody's.
  expect(
    [second!.decided.hospitalAmount, second!.decided.insuredAmount, second!.decided.selfPays].map((one) => formatMoney(one)),
  ).toEqual(['11610.00', '11610.00', '0.00'])
})

test('a rounding of BH at the list rate does not undo that the rate is lifted', () => {
  const cardNumber = 'TE1010000000001'
  const decision = adjudicate(
    makeClaim({
      cards: [{ cardNumber, registeredFacility: '01999', validFrom: '2026-01-01', validTo: '2026-12-31' }],
      lines: [
        makeLine({
          listRate: '50',
          rate: '100',
          amounts: { insuredAmount: '499999.50', fundPays: '499999.50', selfPays: '500000.50' },
        }),
      ],
    }),
    makeFacts({ member: known(makeMember({ coverages: [{ ...makeMember().coverages[0]!, cardNumber }] })) }),
    rulebook,
  )
  expect(decision.findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['INT-02', 'BEN-13']))
  expect(formatMoney(decision.decided.insuredAmount)).toBe('1000000.00')
})
