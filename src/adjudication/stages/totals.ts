import type { Amounts, ClaimLine, Totals } from '../../domain/claim.ts'
import { type Money, zero } from '../../domain/money.ts'

/** Our words and the national fields of the nine totals. */
export const totalFields = [
  ['drugs', 'T_THUOC'],
  ['supplies', 'T_VTYT'],
  ['hospitalAmount', 'T_TONGCHI_BV'],
  ['insuredAmount', 'T_TONGCHI_BH'],
  ['fundPays', 'T_BHTT'],
  ['copay', 'T_BNCCT'],
  ['selfPays', 'T_BNTT'],
  ['otherSources', 'T_NGUONKHAC'],
  ['feeForService', 'T_BHTT_GDV'],
] as const satisfies readonly (readonly [keyof Totals, string])[]

export const zeroTotals: Totals = {
  drugs: zero,
  supplies: zero,
  hospitalAmount: zero,
  insuredAmount: zero,
  fundPays: zero,
  copay: zero,
  selfPays: zero,
  otherSources: zero,
  feeForService: zero,
}

/** Header sums over the lines (rules 3.3), on the amounts that `amountsOf` picks. */
export function sumTotals<T>(lines: readonly T[], lineOf: (one: T) => ClaimLine, amountsOf: (one: T) => Amounts): Totals {
  const sums: Record<keyof Totals, number> = { ...zeroTotals }
  for (const one of lines) {
    const line = lineOf(one)
    const amounts = amountsOf(one)
    if (line.table === 'XML2') sums.drugs += amounts.hospitalAmount
    else if (line.supplyCode !== undefined) sums.supplies += amounts.hospitalAmount
    sums.hospitalAmount += amounts.hospitalAmount
    sums.insuredAmount += amounts.insuredAmount
    sums.fundPays += amounts.fundPays
    sums.copay += amounts.copay
    sums.selfPays += amounts.selfPays
    sums.otherSources += amounts.otherSources
    if (line.paymentMethod === '1') sums.feeForService += amounts.fundPays
  }
  return sums as Record<keyof Totals, Money>
}

export const claimedTotals = (lines: readonly ClaimLine[]): Totals =>
  sumTotals(
    lines,
    (line) => line,
    ({ amounts }) => amounts,
  )
