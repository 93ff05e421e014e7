import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../../src/adjudication/adjudicate.ts'
import { explainDecision } from '../../../src/adjudication/explain/explain-decision.ts'
import type { Claim } from '../../../src/domain/claim.ts'
import type { ClaimAmounts, LineAmountsText, LineExplained } from '../../../src/domain/explanation.ts'
import type { Facts } from '../../../src/domain/facts.ts'
import { parseMoney } from '../../../src/domain/money.ts'
import { claimOfCase, factsOfCase, readCaseFiles } from '../../rules/case-file.ts'
import { rulebook } from '../../support/explained.ts'
import { anyCase } from '../make-any-claim.ts'

const explained = (claim: Claim, facts: Facts) => explainDecision(claim, facts, rulebook, adjudicate(claim, facts, rulebook))
const sum = <T extends LineAmountsText | ClaimAmounts>(a: T, b: T): T =>
  Object.fromEntries(
    Object.entries(a).map(([field, amount]) => [
      field,
      ((parseMoney(amount) + parseMoney((b as unknown as Record<string, string>)[field]!)) / 100).toFixed(2),
    ]),
  ) as unknown as T
const runs = { numRuns: 500 }

const million = 1_000_000n

/** `12,345.678` or `47.5 %` in millionths. */
function millionths(text: string): bigint {
  const [whole = '', fraction = ''] = text.replaceAll(/[,%\s]/g, '').split('.')
  const value = BigInt(whole + fraction.padEnd(6, '0'))
  return text.includes('%') ? value / 100n : value
}

/** What the right side of an English equation comes to, in hundredths; each product rounded half up as money is. */
function centsOf(expression: string): number {
  let total = 0n
  for (const [, sign, term] of `+ ${expression}`.matchAll(/([+−]) ([^+−]+)/g)) {
    const factors = term!.split('×').map(millionths)
    const [product, scale] = [factors.reduce((a, b) => a * b, 100n), million ** BigInt(factors.length)]
    const cents = (2n * product + scale) / (2n * scale)
    total += sign === '−' ? -cents : cents
  }
  return Number(total)
}

function checkLine(line: LineExplained): void {
  let before = line.claimed
  for (const step of line.steps) {
    expect(sum(before, step.change)).toEqual(step.amounts)
    before = step.amounts
  }
  expect(before).toEqual(line.decided)
  for (const { en } of line.arithmetic) {
    const [, field, expression, amount] = /^(\w+) = (.+) = ([\d,.]+)$/.exec(en) ?? []
    if (field === undefined || en.includes('(accepted')) continue
    expect(Number(amount!.replaceAll(',', '')), en).toBe(Number(line.decided[field as keyof LineAmountsText]))
    expect(centsOf(expression!) / 100, en).toBe(Number(amount!.replaceAll(',', '')))
  }
}

describe('for any claim and register', () => {
  test('the steps of each line and the rules of the claim add up, from claimed to decided', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const { lines, rules, claimed, decided } = explained(claim, facts)
        lines.forEach(checkLine)
        let at = claimed
        for (const { change, after } of rules) {
          at = sum(at, change)
          expect(at).toEqual(after)
        }
        expect(at).toEqual(decided)
      }),
      runs,
    )
  })
  test('every finding that pends, reduces or denies is told, in a step or about the claim', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const decision = adjudicate(claim, facts, rulebook)
        const { lines, notes } = explainDecision(claim, facts, rulebook, decision)
        const told = new Set([
          ...notes.map(({ finding }) => finding),
          ...lines.flatMap(({ steps }) => steps.flatMap(({ finding }) => finding ?? [])),
        ])
        const heavy = decision.findings.flatMap(({ severity }, at) => (severity === 'info' || severity === 'warn' ? [] : [at]))
        expect(heavy.filter((at) => !told.has(at))).toEqual([])
      }),
      runs,
    )
  })
  test('no name or whole card number is in it', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const text = JSON.stringify(explained(claim, facts))
        expect(text).not.toContain(claim.patient.fullName)
        for (const { cardNumber } of claim.cards)
          expect(JSON.stringify(explained(claim, facts).benefit)).not.toContain(cardNumber)
      }),
      { numRuns: 100 },
    )
  })
})

const cases = readCaseFiles().flatMap(({ rule, cases: all }) => all.map((one) => [`${rule}: ${one.name}`, one] as const))
test.each(cases)('it adds up for %s', (_name, one) => {
  const { lines } = explained(claimOfCase(one), factsOfCase(one))
  lines.forEach(checkLine)
})
