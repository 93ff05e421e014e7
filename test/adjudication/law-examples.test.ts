import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { formatMoney, parseMoney } from '../../src/domain/money.ts'
import { claimOfCase, factsOfCase, type RuleCase } from '../rules/case-file.ts'

/**
 * The worked examples, each as a whole claim: what the fund, the co-pay and the patient come to, to the cent. Right route and fee for
 * service unless said; base salary 2,340,000 in 2025.
 */

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const in2025 = { on: '2025-10-10' } as const
/** The text of TT 04/2017: base salary 1,210,000. */
const in2017 = { on: '2017-06-10' } as const
const fiveYears = { coverage: { fiveYearsFrom: '2016-01-01' } } as const
const supplies = (price: string, rate = '80') =>
  [{ supplyCode: 'N01', group: '10', serviceCode: '18.0001.0001', supplyPackage: 'G1', price, rate }] as const

type Example = Omit<RuleCase, 'name' | 'expect'> & {
  readonly fund: string
  readonly copay: string
  readonly self: string
  readonly other?: string
}

const examples: Readonly<Record<string, Example>> = {
  '1: an 80 % card below 15 % of the base salary': {
    ...in2025,
    lines: [{ price: '300000' }],
    fund: '300000',
    copay: '0',
    self: '0',
  },
  '2: an 80 % card above it': { ...in2025, lines: [{ price: '2000000' }], fund: '1600000', copay: '400000', self: '0' },
  '3: a 95 % card with a part outside the scope': {
    ...in2025,
    card: 'HT3010000000001',
    lines: [
      { price: '800000', rate: '95' },
      { price: '200000', scope: '2', rate: '95' },
    ],
    fund: '760000',
    copay: '40000',
    self: '200000',
  },
  '4: self-presenting at a formerly central hospital, inpatient: 80 × 40 %': {
    ...in2025,
    until: '2025-10-12',
    claim: { visitCategory: '3.1', careType: '03' },
    coverage: { registeredFacility: '79001' },
    lines: [{ price: '25000000', rate: '32' }],
    fund: '8000000',
    copay: '17000000',
    self: '0',
  },
  '5: five years and 14,000,000 counted': {
    ...in2025,
    coverage: { fiveYearsFrom: '2020-01-01' },
    member: { copayCounted: [{ year: 2025, amount: '14000000', asOf: '2025-10-01' }] },
    lines: [{ price: '1000000' }],
    fund: '960000',
    copay: '40000',
    self: '0',
  },
  '6: a drug at list rate 30 %': {
    ...in2025,
    lines: [{ table: 'XML2', price: '4000000', listRate: '30' }],
    fund: '960000',
    copay: '240000',
    self: '2800000',
  },
  '6, claimed at 100 % where the list says 30': {
    ...in2025,
    lines: [{ table: 'XML2', code: '40.0001', price: '4000000' }],
    catalogue: [{ list: 'drug', code: '40.0001', unitPrice: '4000000', paymentRate: '30' }],
    fund: '960000',
    copay: '240000',
    self: '2800000',
  },
  'cliff: 350,999 is waived': { ...in2025, lines: [{ price: '350999' }], fund: '350999', copay: '0', self: '0' },
  'cliff: 351,000 is not': { ...in2025, lines: [{ price: '351000' }], fund: '280800', copay: '70200', self: '0' },
  'law a: supplies of 54,450,000, five years, nothing counted': {
    ...in2017,
    ...fiveYears,
    lines: supplies('54450000'),
    fund: '47190000',
    copay: '7260000',
    self: '0',
  },
  'law a, bought for more than the ceiling': {
    ...in2017,
    ...fiveYears,
    lines: supplies('56000000.55'),
    fund: '47190000',
    copay: '7260000',
    self: '1550000.55',
  },
  'law b: 47,000,000, 80 %, five years': {
    ...in2017,
    ...fiveYears,
    lines: supplies('47000000'),
    fund: '39740000',
    copay: '7260000',
    self: '0',
  },
  'law b at 95 %': {
    ...in2017,
    ...fiveYears,
    card: 'HT3010000000001',
    lines: supplies('47000000', '95'),
    fund: '44650000',
    copay: '2350000',
    self: '0',
  },
  'law b, six months already reached': {
    ...in2017,
    ...fiveYears,
    member: { copayCounted: [{ year: 2017, amount: '7260000', asOf: '2017-06-01' }] },
    lines: supplies('47000000'),
    fund: '47000000',
    copay: '0',
    self: '0',
  },
  'annex: another source given to the facility in general': {
    ...in2025,
    lines: [
      {
        table: 'XML2',
        price: '10000000',
        listRate: '50',
        other: '3000000',
        amounts: { insuredAmount: '3500000', fundPays: '2800000', copay: '700000', selfPays: '3500000' },
      },
    ],
    fund: '2800000',
    copay: '700000',
    self: '3500000',
    other: '3000000',
  },
}

describe('the worked examples come out to the cent', () => {
  test.each(Object.entries(examples))('%s', (name, { fund, copay, self, other = '0', ...one }) => {
    const asCase: RuleCase = { name, ...one, expect: { finds: [] } }
    const { decided, outcome } = adjudicate(claimOfCase(asCase), factsOfCase(asCase), rulebook)
    expect([decided.fundPays, decided.copay, decided.selfPays, decided.otherSources].map(formatMoney)).toEqual(
      [fund, copay, self, other].map((text) => formatMoney(parseMoney(text))),
    )
    expect(['accept', 'adjust']).toContain(outcome)
  })
})
