import { formatMoney, fullRate, type Money, smaller, subtract } from '../../domain/money.ts'
import { sliceOn } from '../../domain/rulebook.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import { acceptedAmounts } from './formula.ts'
import { asksTheFund } from './list-denials.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'

/** PRC-04: the supplies of one use of a technique are paid up to 45 base salaries; the patient pays what is above. */
const packageWithinCeiling: ClaimRule = {
  id: 'PRC-04',
  version: 1,
  on: 'claim',
  propose(context) {
    const { day, rulebook, endedOn } = context
    const months = sliceOn(rulebook.parameters.packageMonths, endedOn)
    if (months === undefined || day.baseSalary === undefined) return undefined
    const ceiling = (months.value * day.baseSalary) as Money
    return packagesOf(context)
      .flatMap((lines) => cutToCeiling(lines, ceiling))
      .map((proposal) => ({
        ...proposal,
        legalBasis: months.legalBasis,
        inputs: { ...proposal.inputs, months: String(months.value), base: formatMoney(day.baseSalary!) },
      }))
  },
}

/** The lines of each use of a technique, in the declared order: those with the same `MA_DICH_VU` and `GOI_VTYT`. */
function packagesOf({ lines }: Context): readonly (readonly LineState[])[] {
  const packages = new Map<string, LineState[]>()
  for (const state of inExecutionOrder(lines.filter(countsTowardsCeiling))) {
    const key = JSON.stringify([state.line.serviceCode, state.line.supplyPackage])
    const known = packages.get(key)
    if (known) known.push(state)
    else packages.set(key, [state])
  }
  return [...packages.values()]
}

/** As its row in the list says; without a row, what the claim itself puts into a package. Never with a ratio of its own. */
function countsTowardsCeiling(state: LineState): boolean {
  const { line, listing, card, denied } = state
  if (line.kind !== 'supply' || denied !== null || !asksTheFund(state) || line.insuredRateBp !== fullRate) return false
  if (card.reading?.terms.packageCeiling !== true) return false
  if (listing.kind !== 'listed') return line.supplyPackage !== undefined
  const { inPackageCap, paymentRateBp } = listing.entry
  return inPackageCap && paymentRateBp === fullRate && (line.serviceCode !== undefined || line.supplyPackage !== undefined)
}

/** What the phases so far let count for a line, before money of another source. */
const amountOfLine = ({ line, computed, limits, liftsListRate }: LineState): Money =>
  acceptedAmounts(line, { ...computed, otherSource: 'none' }, limits, liftsListRate).insuredAmount

function cutToCeiling(lines: readonly LineState[], ceiling: Money): readonly Proposal[] {
  const total = lines.reduce((sum, state) => sum + amountOfLine(state), 0) as Money
  let excess = subtract(total, ceiling)
  const found: Proposal[] = []
  for (const state of [...lines].reverse()) {
    if (excess <= 0) break
    const amount = amountOfLine(state)
    const cut = smaller(amount, excess)
    excess = subtract(excess, cut)
    const { serviceCode = '–', supplyPackage = '–' } = state.line
    const [before, after] = [formatMoney(amount), formatMoney(subtract(amount, cut))]
    found.push({
      code: 'above_ceiling',
      severity: 'reduce',
      lines: [state],
      inputs: {
        technique: serviceCode,
        package: supplyPackage,
        total: formatMoney(total),
        ceiling: formatMoney(ceiling),
        before,
        after,
      },
      limits: { insuredAmount: subtract(amount, cut) },
      effect: { field: 'THANH_TIEN_BH', before, after, bearer: 'patient' },
    })
  }
  return found
}

/** Rules about the supplies of one use of a technique (stage 5), on what the price rules left. */
export const packageRules: readonly Rule[] = [packageWithinCeiling]
