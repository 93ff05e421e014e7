import { fullRate, type Money, type RateBp, rateOfRate, shareOf, smaller, subtract, zero } from '../../domain/money.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import { acceptedAmounts } from './formula.ts'

/** Stages 0–7 are merged: what of each line is accepted, in the hospital's and the insured amount. */
export function acceptAmounts({ lines, denied, route }: Context): void {
  for (const state of lines) {
    const bearer = denied === 'provider' ? denied : (state.denied ?? denied)
    state.denied = bearer
    if (bearer === 'provider') continue
    const accepted = acceptedAmounts(state.line, state.computed, state.limits, state.liftsListRate)
    state.settled.hospitalAmount = accepted.hospitalAmount
    state.settled.insuredAmount =
      bearer === 'patient' || (route !== undefined && !route.terms.flat && route.rateBp === 0) ? zero : accepted.insuredAmount
  }
}

/** The rate of each line and the split by it (rules 4): T_BHTT rounded, T_BNCCT the residual. */
export function applyRates(context: Context): void {
  for (const state of context.lines) {
    state.benefitRateBp = benefitRate(state, context)
    state.rateRule = rateRuleOf(state, context)
    const { settled } = state
    settled.fundPays = shareOf(settled.insuredAmount, state.benefitRateBp)
    settled.copay = subtract(settled.insuredAmount, settled.fundPays)
    settled.selfPays = subtract(settled.hospitalAmount, settled.insuredAmount)
  }
}

function benefitRate({ card: { reading }, line }: LineState, { route, waived }: Context): RateBp {
  if (route === undefined) return line.benefitRateBp
  if (route.terms.flat) return fullRate
  if (route.rateBp === 0) return 0 as RateBp
  if (waived) return fullRate
  return reading === undefined ? line.benefitRateBp : rateOfRate(reading.terms.rateBp, route.rateBp)
}

/** BEN-01 to BEN-04, BEN-09 to BEN-11: by what made the rate. */
function rateRuleOf({ card: { reading } }: LineState, { route, waived }: Context): string {
  if (route?.terms.flat) return 'BEN-04'
  if (route !== undefined && route.rateBp < fullRate) return route.terms.rule
  if (waived && reading !== undefined && reading.terms.rateBp < fullRate) return 'BEN-11'
  return reading !== undefined && reading.sign !== reading.printed ? 'BEN-02' : 'BEN-01'
}

/** Lines use up the room in the declared order; the line that crosses is split (rules 4.5). */
export function applyExemption({ lines, exemption }: Context): void {
  if (exemption === undefined) return
  let counted: number = exemption.countedBefore
  for (const state of inExecutionOrder(lines)) {
    const { settled } = state
    if (state.orderedOn >= exemption.from) {
      const room = Math.max(0, exemption.threshold - counted) as Money
      state.exempted = subtract(settled.copay, smaller(settled.copay, room))
      settled.copay = subtract(settled.copay, state.exempted)
      settled.fundPays = (settled.fundPays + state.exempted) as Money
    }
    counted += settled.copay
  }
}

/** Money of another source comes last (rules 3.2): from the patient's own part, then the co-pay, then the fund's. */
export function applyOtherSources({ lines }: Context): void {
  for (const state of lines) {
    const { settled, computed, line, taken } = state
    if (computed.otherSource === 'none' || state.denied === 'provider') continue
    const other = smaller(line.amounts.otherSources, settled.hospitalAmount)
    settled.otherSources = other
    let left: number = other
    const take = (from: 'selfPays' | 'copay' | 'fundPays', into: keyof typeof taken) => {
      const part = Math.min(left, Math.max(0, settled[from]))
      settled[from] = (settled[from] - part) as Money
      taken[into] = part as Money
      left -= part
    }
    if (computed.otherSource === 'copay') take('copay', 'copay')
    take('selfPays', 'self')
    if (computed.otherSource !== 'copay') take('copay', 'copay')
    take('fundPays', 'fund')
  }
}
