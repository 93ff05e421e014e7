import type { Milli } from '../../domain/money.ts'
import type { LineState } from './context.ts'
import { asksTheFund } from './list-denials.ts'
import type { Proposal } from './rule.ts'
import { formatMilli } from './special.ts'

/** A line whose price is judged: not denied, and the fund is asked for it. */
export const isPriced = (state: LineState): boolean => state.denied === null && asksTheFund(state)

/** As the national tables print a unit price: three decimals. */
export const printPrice = (price: Milli): string => (price / 1000).toFixed(3)

/**
 * Bounds the insured price; nothing where it is not above. What the patient had agreed to pay on top of the insured price stays, the
 * provider bears the rest.
 */
export function boundPrice(
  code: string,
  { line }: LineState,
  allowed: Milli,
  inputs: Readonly<Record<string, string>> = {},
): Proposal | undefined {
  const { unitPriceInsuredMilli: claimed, unitPriceHospitalMilli: hospital } = line
  if (claimed <= allowed) return undefined
  const agreed = Math.max(0, hospital - claimed)
  return {
    code,
    severity: 'reduce',
    inputs: { code: line.code, claimed: formatMilli(claimed), price: formatMilli(allowed), ...inputs },
    limits: { unitPriceInsuredMilli: allowed, unitPriceHospitalMilli: (allowed + agreed) as Milli },
    effect: {
      field: line.table === 'XML2' ? 'DON_GIA' : 'DON_GIA_BH',
      before: printPrice(claimed),
      after: printPrice(allowed),
      bearer: 'provider',
    },
  }
}
