import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { type BenefitQuestion, benefitRateHere, copayHere } from '../../src/adjudication/benefit-rate-here.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Visit } from '../../src/domain/facts.ts'
import { noVisitDetails } from '../../src/domain/facts.ts'
import { formatMoney, formatRate, parseMoney } from '../../src/domain/money.ts'
import { known, makeClaim, makeCoverage, makeFacility, makeFacts, makeLine, makeMember } from '../support/make-claim.ts'
import { sized } from '../support/size.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))

const anyDay = fc.constantFrom('2018-03-10', '2021-05-02', '2024-12-31', '2025-01-01', '2025-08-15', '2026-01-02', '2026-07-01')
const anyPeriod = fc.record({
  level: fc.constantFrom('primary', 'basic', 'specialised'),
  formerLevel: fc.constantFrom('commune', 'district', 'provincial', 'central', null),
  points: fc.constantFrom(null, 40, 55, 75),
  kind: fc.constantFrom('health-station', 'clinic', 'hospital'),
} as const)
const categories = ['1.1', '1.2', '1.3', '1.5', '1.11', '1.12', '1.13', '1.14', '1.15', '1.17', '1.18', '2', '3.1', '3.2', '3.3']
const anyCard = fc.record({
  group: fc.constantFrom('DN4', 'HT3', 'HN2', 'TE1', 'QN5', 'CN3', 'LH4', 'XX4'),
  registeredFacility: fc.constantFrom('01999', '01001', '31002'),
  area: fc.constantFrom(null, 'K1'),
  status: fc.constantFrom('active', 'active', 'replaced'),
} as const)
const anyQuestion = fc.record({
  on: anyDay,
  period: anyPeriod,
  cards: fc.array(anyCard, { minLength: 1, maxLength: 3 }),
  category: fc.constantFrom(...categories),
  careType: fc.constantFrom('01', '02', '03', '09'),
  slip: fc.boolean(),
  facilityKnown: fc.constantFrom(true, true, true, false),
})

describe('the rate told at the desk', () => {
  test('is the rate of the decision of a claim with the same facts', () => {
    const told = new Set<string>()
    fc.assert(
      fc.property(anyQuestion, ({ on, period, cards, category, careType, slip, facilityKnown }) => {
        const coverages = cards.map(({ group, registeredFacility, area, status }, index) =>
          makeCoverage({
            ...{ cardNumber: `${group}010000000000${index}`, registeredFacility, area, status },
            ...{ validFrom: '2015-01-01', validTo: '2027-12-31' },
          }),
        )
        const member = makeMember({ coverages })
        const facility = makeFacility(period)
        const [{ cardNumber }] = coverages as [(typeof coverages)[0]]
        const referral = slip ? { slip: 'GCT-1', from: '31002' } : undefined
        const question: BenefitQuestion = {
          ...{ member, facility: facilityKnown ? facility : undefined, facilityCode: '01999', on, cardNumber },
          visit: { category, careType, at: `${on}T08:00`, ...(referral && { referral }) },
        }
        const at = `${on}T08:00`
        const claim = makeClaim({
          ...{ arrivedAt: at, endedAt: at, visitCategory: category, careType, icdMain: 'J02.9' },
          cards: [{ cardNumber, registeredFacility: undefined, validFrom: undefined, validTo: undefined }],
          ...{ referralSlip: referral?.slip, referredFrom: referral?.from },
          // Too dear for the waiver of small bills.
          lines: [makeLine({ orderedAt: at, price: '9000000', rate: '77' })],
        })
        const facts = makeFacts({
          ...{ receivedOn: on, member: known(member, on) },
          facility: facilityKnown ? known(facility, on) : { kind: 'none', asOf: null },
        })
        const decided = formatRate(adjudicate(claim, facts, rulebook).benefits[0]!.rateBp)
        const rate = benefitRateHere(rulebook, question)
        // Where neither card nor route gives a rate the decision leaves the claimed one standing.
        expect(rate ?? '77').toBe(decided)
        told.add(String(rate))
      }),
      { numRuns: sized(1_500, 50_000) },
    )
    expect(told.size).toBeGreaterThan(5)
  })
  test('cannot be told of a card whose sign nobody knows', () => {
    const member = makeMember({ coverages: [makeCoverage({ cardNumber: 'DN9010000000001' })] })
    const visit = { category: '1.1', careType: '01', at: '2026-03-10T08:00' }
    const question = { member, facility: makeFacility(), facilityCode: '01999', visit, on: '2026-03-10' }
    expect(benefitRateHere(rulebook, question)).toBeUndefined()
  })
})

const visitOf = (endedOn: string, copay: string): Visit => ({
  ...{ claimId: `c_${endedOn}`, facilityCode: '01999', careType: '01', outcome: 'accept' },
  ...{ arrivedAt: `${endedOn}T08:00`, endedAt: `${endedOn}T09:00`, copayCounted: parseMoney(copay), details: noVisitDetails },
})

describe('the co-pay counted at the desk', () => {
  const five = makeCoverage({ fiveYearsFrom: '2025-01-01' })
  test("is the register's figure and the visits after it, of this year alone", () => {
    const member = makeMember({ copayCounted: [{ year: 2026, amount: '100000.00', asOf: '2026-02-01' }] })
    const visits = [visitOf('2026-01-15', '7.00'), visitOf('2026-02-20', '2000.00'), visitOf('2025-12-31', '5.00')]
    expect(copayHere(rulebook, { member, on: '2026-03-10' }, visits)).toEqual({ counted: '102000.00', exempt: false })
  })
  test('is what the decision of a claim on that day counts before it, and exempts from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000_000 }), fc.integer({ min: 0, max: 5_000_000 }), (figure, copay) => {
        const amount = `${figure}.00`
        const member = makeMember({ coverages: [five], copayCounted: [{ year: 2026, amount, asOf: '2026-02-01' }] })
        const visits = [visitOf('2026-03-01', `${copay}.00`)]
        const claim = makeClaim({ lines: [makeLine({ price: '9000000' })] })
        const decision = adjudicate(claim, makeFacts({ member: known(member), visits }), rulebook)
        const told = copayHere(rulebook, { member, on: '2026-03-10' }, visits)
        const exempted = decision.findings.find(({ rule, inputs }) => rule === 'BEN-12' && inputs['counted'] !== undefined)
        if (exempted !== undefined) expect(exempted.inputs['counted']).toBe(told.counted)
        expect(told.exempt).toBe(decision.decided.copay === 0)
        expect(told.counted).toBe(formatMoney(parseMoney(String(figure + copay))))
      }),
      { numRuns: 300 },
    )
  })
})
