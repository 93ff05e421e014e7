import type { LineState } from './context.ts'
import { isPriced } from './price-bounds.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'
import { formatMilli } from './special.ts'

/** One unit, in which a smallest pack is billed. */
const unitMilli = 1_000

/**
 * PRC-16: of a smallest pack that was used in part the rest is payable too when it cannot be used any more. What the claim shows of it:
 * one order of a drug, billed in fractions that make whole packs.
 */
const restOfPack: ClaimRule = {
  id: 'PRC-16',
  version: 1,
  on: 'claim',
  propose({ lines, claim }) {
    const orders = new Map<string, LineState[]>()
    for (const state of lines) {
      const { line } = state
      if (line.kind !== 'drug' || line.quantityMilli % unitMilli === 0 || line.orderedAt === undefined || !isPriced(state))
        continue
      const key = JSON.stringify([line.code, line.unitPriceHospitalMilli, line.orderedAt])
      const known = orders.get(key)
      if (known) known.push(state)
      else orders.set(key, [state])
    }
    return [...orders.values()].flatMap((order) => wholePacks(order, claim.note !== undefined))
  },
}

function wholePacks(order: readonly LineState[], noted: boolean): readonly Proposal[] {
  const total = order.reduce((sum, { line }) => sum + line.quantityMilli, 0)
  // A single part is never whole.
  if (total % unitMilli !== 0) return []
  const inputs = { code: order[0]!.line.code, packs: formatMilli(total) }
  return [{ code: noted ? 'rest_noted' : 'rest_not_noted', severity: noted ? 'info' : 'pend', lines: order, inputs }]
}

/** Rules about the packs of drugs (stage 5). */
export const packRules: readonly Rule[] = [restOfPack]
