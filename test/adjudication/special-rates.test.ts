import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { phases } from '../../src/adjudication/stages/registry.ts'
import type { Claim, ClaimLine } from '../../src/domain/claim.ts'
import type { Decision, Finding } from '../../src/domain/decision.ts'
import { amountOf, type Milli, parseMilli, parseRate, type RateBp, shareOf, subtract } from '../../src/domain/money.ts'
import { totalsOf } from '../support/make-claim.ts'
import { anyStay, bedPrice } from './make-any-stay.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const runs = { numRuns: 400 }
const bytesOf = (...args: Parameters<typeof adjudicate>) => encodeDecision(adjudicate(...args), 'f').bytes.toString()
const special = (finding: Finding) => /^PRC-(0[5-9]|1[0-4])$/.test(finding.rule)
const decidedOf = ({ lines }: Decision, { table, stt }: { table: string; stt: number }) =>
  lines.find((line) => line.table === table && line.stt === stt)!.decided

test('the order of lines and of rules does not change a byte', () => {
  fc.assert(
    fc.property(anyStay, fc.infiniteStream(fc.nat()), ({ claim, facts }, seeds) => {
      const shuffled = phases.map((phase) => ({ ...phase, rules: shuffle(phase.rules, seeds) }))
      const one: Claim = { ...claim, lines: shuffle(claim.lines, seeds) }
      expect(bytesOf(one, facts, rulebook, shuffled)).toBe(bytesOf(claim, facts, rulebook))
    }),
    runs,
  )
})

test('the exams of a visit are never paid more than two prices', () => {
  fc.assert(
    fc.property(anyStay, ({ claim, facts }) => {
      const decision = adjudicate(claim, facts, rulebook)
      const exams = claim.lines.filter(({ kind, scope }) => kind === 'exam' && scope === '1')
      const paid = exams.reduce((sum, line) => sum + decidedOf(decision, line).insuredAmount, 0)
      const dearest = Math.max(0, ...exams.map(({ unitPriceInsuredMilli }) => unitPriceInsuredMilli))
      // Half a hundredth of rounding for each line.
      expect(paid).toBeLessThanOrEqual((2 * dearest) / 10 + exams.length)
    }),
    runs,
  )
})

test('beds are never paid for more days than the stay has', () => {
  fc.assert(
    fc.property(anyStay, ({ claim, facts }) => {
      const decision = adjudicate(claim, facts, rulebook)
      const beds = claim.lines.filter(({ kind, scope, costGroup }) => kind === 'bed' && scope === '1' && costGroup !== '14')
      const paid = beds.reduce((sum, line) => sum + decidedOf(decision, line).insuredAmount, 0)
      expect(paid).toBeLessThanOrEqual(bedDaysOf(claim) * bedPrice * 100 + beds.length)
    }),
    runs,
  )
})

/** Written down once more, apart from the engine. */
function bedDaysOf({ arrivedAt, admittedAt, endedAt, outcome, dischargeType }: Claim): number {
  const from = admittedAt ?? arrivedAt
  const hours = (Date.parse(`${endedAt}:00Z`) - Date.parse(`${from}:00Z`)) / 3_600_000
  if (hours < 0) return Number.POSITIVE_INFINITY
  if (hours <= 4) return 0
  if (hours < 24) return 1
  const nights = (Date.parse(endedAt.slice(0, 10)) - Date.parse(from.slice(0, 10))) / 86_400_000
  return nights + (['3', '4', '5', '6'].includes(outcome!) || dischargeType === '2' ? 1 : 0)
}

test('nothing that the provider bears falls on the patient', () => {
  fc.assert(
    fc.property(anyStay, ({ claim, facts }) => {
      const decision = adjudicate(claim, facts, rulebook)
      for (const line of claim.lines) {
        const decided = decidedOf(decision, line)
        expect(decided.hospitalAmount).toBeLessThanOrEqual(line.amounts.hospitalAmount)
        expect(decided.selfPays).toBeLessThanOrEqual(line.amounts.selfPays)
      }
    }),
    runs,
  )
})

test('a claim that is filed again as it was decided is paid as filed', () => {
  fc.assert(
    fc.property(anyStay, ({ claim, facts }) => {
      const decision = adjudicate(claim, facts, rulebook)
      const again = corrected(claim, decision.findings)
      const second = adjudicate(again, facts, rulebook)
      const changes = second.findings.filter((one) => special(one) && (one.severity === 'reduce' || one.severity === 'deny'))
      expect(changes.map(({ rule, effect, lines }) => [rule, effect, lines])).toEqual([])
      for (const line of again.lines) {
        expect(decidedOf(second, line).hospitalAmount).toBe(decidedOf(decision, line).hospitalAmount)
        expect(decidedOf(second, line).insuredAmount).toBe(decidedOf(decision, line).insuredAmount)
      }
    }),
    { ...runs, numRuns: 1000 },
  )
})

/** The claim with what the findings say in place of what was filed; a denied line is left out. */
function corrected(claim: Claim, findings: readonly Finding[]): Claim {
  const ours = findings.filter((one) => special(one) && one.effect !== undefined)
  const lines = claim.lines.flatMap((line) => {
    const named = ours.filter(({ lines: of }) => of.some(({ table, stt }) => table === line.table && stt === line.stt))
    if (named.some(({ severity }) => severity === 'deny')) return []
    return [named.reduce((changed, { effect }) => withValue(changed, effect!.field, effect!.after), line)].map(withAmounts)
  })
  return { ...claim, lines, totals: totalsOf(lines) }
}

function withValue(line: ClaimLine, field: string, after: string): ClaimLine {
  if (field === 'TYLE_TT_DV') return { ...line, serviceRateBp: Math.min(line.serviceRateBp, parseRate(after)) as RateBp }
  if (field === 'SO_LUONG') return { ...line, quantityMilli: Math.min(line.quantityMilli, parseMilli(after)) as Milli }
  const price = (of: Milli) => Math.min(of, parseMilli(after)) as Milli
  return {
    ...line,
    unitPriceHospitalMilli: price(line.unitPriceHospitalMilli),
    unitPriceInsuredMilli: price(line.unitPriceInsuredMilli),
  }
}

function withAmounts(line: ClaimLine): ClaimLine {
  const { quantityMilli, serviceRateBp } = line
  const hospitalAmount = amountOf(quantityMilli, line.unitPriceHospitalMilli, serviceRateBp)
  const rate = line.scope === '2' ? (0 as RateBp) : line.insuredRateBp
  const insuredAmount = amountOf(quantityMilli, line.unitPriceInsuredMilli, serviceRateBp, rate)
  const fundPays = shareOf(insuredAmount, line.benefitRateBp)
  const copay = subtract(insuredAmount, fundPays)
  const selfPays = subtract(hospitalAmount, insuredAmount)
  return { ...line, amounts: { ...line.amounts, hospitalAmount, insuredAmount, fundPays, copay, selfPays } }
}

function shuffle<T>(items: readonly T[], seeds: fc.Stream<number>): T[] {
  const left = [...items]
  const order = [...seeds.take(items.length)]
  return order.map((seed) => left.splice(seed % left.length, 1)[0]!)
}
