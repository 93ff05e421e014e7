import type { ClaimLine } from '../../domain/claim.ts'
import { add, amountOf, fullRate, type Money, type RateBp, roundedProduct, subtract, zero } from '../../domain/money.ts'
import type { Limits } from './rule.ts'

/** What the formulas of the national tables make of a line's own quantity, prices and rates. */
export interface ComputedLine {
  readonly hospitalAmount: Money
  /** Before money of another source. */
  readonly insuredAmount: Money
  /** How money of another source reached this line; `none` without such money. */
  readonly otherSource: 'none' | 'patient' | 'facility' | 'copay'
  /** `TYLE_TT_DV` enters the hospital's amount (since QĐ 4750). */
  readonly serviceRateCounts: boolean
}

/** `TYLE_TT_BH` as the scope lets it count: a line outside the insured scope has 0. */
const insuredRate = (line: ClaimLine): RateBp => (line.scope === '2' ? (0 as RateBp) : line.insuredRateBp)

/** Annex of QĐ 130 with QĐ 4750, tables 2 and 3 (rules 3.1). */
export function computeLine(line: ClaimLine, serviceRateCounts: boolean): ComputedLine {
  const hospitalAmount = hospitalAmountOf(line, serviceRateCounts)
  const insuredAmount = amountOf(line.quantityMilli, line.unitPriceInsuredMilli, line.serviceRateBp, insuredRate(line))
  return { hospitalAmount, insuredAmount, otherSource: otherSourceOf(line, hospitalAmount, insuredAmount), serviceRateCounts }
}

function hospitalAmountOf(line: ClaimLine, serviceRateCounts: boolean): Money {
  if (line.table === 'XML2') return amountOf(line.quantityMilli, line.unitPriceHospitalMilli)
  const whole = amountOf(line.quantityMilli, line.unitPriceHospitalMilli)
  if (!serviceRateCounts) return whole
  const byFormula = amountOf(line.quantityMilli, line.unitPriceHospitalMilli, line.serviceRateBp)
  const claimed = line.amounts.hospitalAmount
  if (claimed === byFormula) return byFormula
  // A hospital that waives the part which the ratio takes from the insured price.
  const notCharged = amountOf(line.quantityMilli, line.unitPriceInsuredMilli, (10_000 - line.serviceRateBp) as RateBp)
  return claimed === subtract(whole, notCharged) ? claimed : byFormula
}

/** The insured amount when another source pays part of the bill for the facility in general. */
export function insuredBesideOther(hospitalAmount: Money, insuredAmount: Money, other: Money): Money {
  if (hospitalAmount <= 0 || other >= hospitalAmount) return zero
  return roundedProduct(hospitalAmount, insuredAmount, subtract(hospitalAmount, other)) as Money
}

/** The file has no mark for the kind of other source: it is told by what reproduces the claimed amounts (rules 3.2). */
function otherSourceOf(line: ClaimLine, hospitalAmount: Money, insuredAmount: Money): ComputedLine['otherSource'] {
  const { otherSources: other, insuredAmount: claimed, copay, selfPays } = line.amounts
  if (other === 0) return 'none'
  if (claimed !== insuredAmount && claimed === insuredBesideOther(hospitalAmount, insuredAmount, other)) return 'facility'
  const uninsured = subtract(hospitalAmount, insuredAmount)
  if (claimed === insuredAmount && copay === 0 && uninsured > 0 && selfPays === uninsured) return 'copay'
  return 'patient'
}

/** The amounts that a line is accepted with: the formulas on what the rules allow, never above their bounds. */
export function acceptedAmounts(
  line: ClaimLine,
  computed: ComputedLine,
  limits: Limits,
  liftsListRate: boolean,
): { hospitalAmount: Money; insuredAmount: Money } {
  let { hospitalAmount, insuredAmount } = computed
  const listRate = liftsListRate && line.scope !== '2' && line.insuredRateBp > 0 ? (10_000 as RateBp) : insuredRate(line)
  if (changesFactors(limits) || listRate !== insuredRate(line)) {
    const quantity = least(line.quantityMilli, limits.quantityMilli)
    const serviceRate = least(line.serviceRateBp, limits.serviceRateBp)
    const hospitalPrice = least(line.unitPriceHospitalMilli, limits.unitPriceHospitalMilli)
    const insuredPrice = least(line.unitPriceInsuredMilli, limits.unitPriceInsuredMilli)
    if (changesHospitalSide(limits)) {
      hospitalAmount = amountOf(quantity, hospitalPrice, computed.serviceRateCounts ? serviceRate : fullRate)
      // Where the ratio is no part of BV, what a lower one takes would otherwise fall on the patient.
      if (!computed.serviceRateCounts && line.table === 'XML3' && serviceRate < line.serviceRateBp)
        hospitalAmount = subtract(hospitalAmount, amountOf(quantity, insuredPrice, (line.serviceRateBp - serviceRate) as RateBp))
    }
    insuredAmount = amountOf(quantity, insuredPrice, serviceRate, least(listRate, limits.insuredRateBp))
  }
  hospitalAmount = least(hospitalAmount, limits.hospitalAmount)
  // A bound on BH was told at the claimed list rate; where that is lifted it says nothing.
  const insuredBound = listRate === insuredRate(line) ? limits.insuredAmount : undefined
  insuredAmount = least(least(insuredAmount, insuredBound), hospitalAmount)
  if (computed.otherSource === 'facility') {
    insuredAmount = insuredBesideOther(hospitalAmount, insuredAmount, line.amounts.otherSources)
  }
  return { hospitalAmount, insuredAmount }
}

const least = <T extends number>(value: T, limit: T | undefined): T => (limit !== undefined && limit < value ? limit : value)
const changesHospitalSide = ({ quantityMilli, unitPriceHospitalMilli, serviceRateBp }: Limits) =>
  quantityMilli !== undefined || unitPriceHospitalMilli !== undefined || serviceRateBp !== undefined
const changesFactors = (limits: Limits) =>
  changesHospitalSide(limits) || limits.unitPriceInsuredMilli !== undefined || limits.insuredRateBp !== undefined

export const sumOfParts = ({ otherSourceParts: parts }: ClaimLine): Money =>
  add(add(parts.stateBudget, parts.foreignAid), add(parts.domesticAid, parts.rest))
