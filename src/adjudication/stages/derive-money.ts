import { type Money, shareOf, zero } from '../../domain/money.ts'
import type { Context, LineState } from './context.ts'
import { acceptedAmounts } from './formula.ts'
import { type Gathered, mergeLimits } from './merge.ts'
import type { Limits } from './rule.ts'

/** The change of what the fund pays that a finding makes by itself (`ProposedEffect.money`), once the rates are settled. */
export function moneyOf({ money, derived }: Pick<Gathered, 'money' | 'derived'>, context: Context): Money {
  let sum = money
  for (const { state, limits, denied, proposal } of derived) {
    if (denied !== null) continue
    const before = fundOf(state, limits, context)
    const after = proposal.severity === 'deny' ? zero : fundOf(state, mergeLimits(limits, proposal.limits ?? {}), context)
    sum += after - before
  }
  return sum as Money
}

/** A denied line has no rate of its own: what was asked for is what it loses. */
function fundOf(state: LineState, limits: Limits, { route }: Context): Money {
  const { line, computed, liftsListRate, benefitRateBp, denied } = state
  if (denied === null && route !== undefined && !route.terms.flat && route.rateBp === 0) return zero
  const { insuredAmount } = acceptedAmounts(line, computed, limits, liftsListRate)
  return shareOf(insuredAmount, denied === null ? benefitRateBp : line.benefitRateBp)
}
