import { createHash } from 'node:crypto'
import { join } from 'node:path'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { claimedOf, decidedTotalsJson, encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Amounts, Totals } from '../../src/domain/claim.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { formatMoney, formatRate } from '../../src/domain/money.ts'
import { expectedOf03, factsOf03, sample03 } from '../support/sample-claims.ts'
import { anyCase } from './make-any-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const factsSha256 = 'f'.repeat(64)

/** The contract's shape, written down once more and without care for the order of keys. */
function contractShape(decision: Decision) {
  const line = (amounts: Amounts) => ({
    THANH_TIEN_BV: formatMoney(amounts.hospitalAmount),
    THANH_TIEN_BH: formatMoney(amounts.insuredAmount),
    T_BHTT: formatMoney(amounts.fundPays),
    T_BNCCT: formatMoney(amounts.copay),
    T_BNTT: formatMoney(amounts.selfPays),
    T_NGUONKHAC: formatMoney(amounts.otherSources),
  })
  const totals = (amounts: Totals) => ({
    T_THUOC: formatMoney(amounts.drugs),
    T_VTYT: formatMoney(amounts.supplies),
    T_BHTT_GDV: formatMoney(amounts.feeForService),
    T_TONGCHI_BV: formatMoney(amounts.hospitalAmount),
    T_TONGCHI_BH: formatMoney(amounts.insuredAmount),
    T_BHTT: formatMoney(amounts.fundPays),
    T_BNCCT: formatMoney(amounts.copay),
    T_BNTT: formatMoney(amounts.selfPays),
    T_NGUONKHAC: formatMoney(amounts.otherSources),
  })
  return {
    outcome: decision.outcome,
    provisional: true,
    claimed: totals(decision.claimed),
    decided: totals(decision.decided),
    benefits: decision.benefits.map(({ cardRateBp, routeRateBp, rateBp, ...rest }) => ({
      ...rest,
      cardRate: formatRate(cardRateBp),
      routeRate: formatRate(routeRateBp),
      rate: formatRate(rateBp),
    })),
    lines: decision.lines.map(({ claimed, decided, ...rest }) => ({ ...rest, claimed: line(claimed), decided: line(decided) })),
    findings: JSON.parse(JSON.stringify(decision.findings)) as unknown,
    rulebook: decision.rulebook,
    factsSha256,
  }
}

test('the bytes are the RFC 8785 form of the contract’s decision, its hash over the same without it', () => {
  fc.assert(
    fc.property(anyCase, ({ claim, facts }) => {
      const decision = adjudicate(claim, facts, rulebook)
      const { bytes, sha256 } = encodeDecision(decision, factsSha256)
      const shape = contractShape(decision)
      expect(sha256).toBe(createHash('sha256').update(canonicalize(shape)!).digest('hex'))
      expect(bytes.toString('utf8')).toBe(canonicalize({ ...shape, sha256 }))
    }),
    { numRuns: 300 },
  )
})
test('text that needs escaping survives', () => {
  const decision = adjudicate(sample03, factsOf03, rulebook)
  const [first] = decision.findings
  const odd: Decision = {
    ...decision,
    benefits: decision.benefits.map((benefit) => ({ ...benefit, cardNumber: 'a"\\\u0001đ\u2028' })),
    findings: [{ ...first!, inputs: { z: '"', a: 'ừ\n', Ω: '€', A: '' } }],
  }
  const { bytes, sha256 } = encodeDecision(odd, factsSha256)
  expect(bytes.toString('utf8')).toBe(canonicalize({ ...contractShape(odd), sha256 }))
})
test('claimed totals are read back from the bytes', () => {
  const decision = adjudicate(sample03, factsOf03, rulebook)
  expect(claimedOf(encodeDecision(decision, factsSha256).bytes)).toEqual(expectedOf03)
})
test('decided totals stand alone as JSON for lists', () => {
  const decision = adjudicate(sample03, factsOf03, rulebook)
  expect(JSON.parse(decidedTotalsJson(decision))).toEqual(contractShape(decision).decided)
})
