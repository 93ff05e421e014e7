import { divideHalfUp, formatMoney, formatRate, type Money, parseMoney, shareOf, zero } from '../../domain/money.ts'
import { sliceOn, valueOn } from '../../domain/rulebook.ts'
import { hasCopay } from './cards.ts'
import type { Context, LineState } from './context.ts'
import { copayFigure, countedVisits } from './counted-copay.ts'
import { explainRates } from './route.ts'
import type { ClaimRule, LineRule, Proposal } from './rule.ts'

const sumOf = (lines: readonly LineState[], pick: (state: LineState) => Money): Money =>
  lines.reduce((sum, state) => sum + pick(state), 0) as Money

/** BEN-11: a visit whose accepted insured total is strictly below 15 % of the base salary is paid in full, on the right route. */
export const lowCostIsWaived: ClaimRule = {
  id: 'BEN-11',
  version: 1,
  on: 'claim',
  propose({ lines, day, route, claimedRoute, derivedRoute }) {
    if (route === undefined || route.terms.flat || route.rateBp === 0) return undefined
    const total = sumOf(lines, ({ settled }) => settled.insuredAmount)
    if (total >= day.waiverBelow || total === 0) return undefined
    if (route.terms.waiver) return { code: 'waived', severity: 'info', waiver: true, ...notShown }
    const either = claimedRoute?.terms.waiver === true || (derivedRoute.kind === 'route' && derivedRoute.route.terms.waiver)
    if (!either || !lines.some(({ card }) => hasCopay(card))) return undefined
    return { code: 'category_in_doubt', severity: 'pend', inputs: waiverInputs(total, day) }
  },
  explain(context) {
    if (!context.waived) return undefined
    const total = sumOf(context.lines, ({ settled }) => settled.insuredAmount)
    return explainRates('BEN-11', context, () => waiverInputs(total, context.day))
  },
}
const waiverInputs = (total: Money, { waiverBelow, waiverRateBp }: Context['day']) => ({
  total: formatMoney(total),
  below: formatMoney(waiverBelow),
  share: formatRate(waiverRateBp),
})
/** The effect is told line by line once the rates are applied. */
const notShown = { silent: true } as const

/** BEN-12: after five continuous years, co-pay above six base salaries in a year is not collected. */
export const fiveYearsCapCopay: ClaimRule = {
  id: 'BEN-12',
  version: 1,
  on: 'claim',
  propose(context) {
    const { route, claim, member, day, lines } = context
    const copay = sumOf(lines, ({ settled }) => settled.copay)
    if (route === undefined || copay === 0) return undefined
    if (!route.terms.counts) return withoutExemption(context, copay)
    const from = fiveYearsFrom(context)
    if (member === undefined || day.baseSalary === undefined || from === undefined || from > context.endedOn) {
      return claim.copayExemptFrom === undefined ? undefined : unconfirmed(claim.copayExemptFrom)
    }
    const counted = countedBefore(context)
    const { threshold, lowest } = thresholdOf(context, counted)
    const found: Proposal[] = [
      { code: 'capped', severity: 'info', exemption: { from, countedBefore: counted.amount, threshold }, ...notShown },
    ]
    if (counted.unclear && counted.amount + copay > lowest) {
      found.push({
        code: 'threshold_unclear',
        severity: 'pend',
        inputs: { counted: formatMoney(counted.amount), threshold: formatMoney(threshold) },
      })
    }
    if (claim.copayExemptFrom !== undefined && counted.amount + copay < threshold) found.push(unconfirmed(claim.copayExemptFrom))
    return found
  },
  explain({ lines, exemption, day }) {
    if (exemption === undefined) return undefined
    const exempted = lines.filter((state) => state.exempted !== 0)
    const inputs = {
      from: exemption.from,
      counted: formatMoney(exemption.countedBefore),
      threshold: formatMoney(exemption.threshold),
    }
    if (exempted.length === 0) return undefined
    const before = sumOf(exempted, ({ settled, exempted: cut, taken }) => (settled.copay + taken.copay + cut) as Money)
    const money = sumOf(exempted, ({ exempted: cut }) => cut)
    return {
      code: 'exempted',
      severity: 'info',
      legalBasis: day.exemptionBasis,
      lines: exempted,
      inputs: { ...inputs, exempted: formatMoney(money) },
      effect: {
        field: 'T_BNCCT',
        before: formatMoney(before),
        after: formatMoney((before - money) as Money),
        money,
        bearer: 'fund',
      },
    }
  },
}

/** On a route that does not count nothing is exempted: said where the claim has exempted itself, or where the route is in doubt. */
function withoutExemption(context: Context, copay: Money): readonly Proposal[] {
  const { claim, route, lines, day, claimedRoute, derivedRoute, endedOn } = context
  const inputs = { category: route?.name ?? '–' }
  const found: Proposal[] = []
  const claimed = lines.filter((state) => state.denied === null && state.settled.copay > 0 && claimedExempt(state) > 0)
  if (claimed.length > 0) {
    const before = sumOf(claimed, ({ line }) => line.amounts.copay)
    const money = sumOf(claimed, claimedExempt)
    const [from, to] = [formatMoney(before), formatMoney((before + money) as Money)]
    const effect = { field: 'T_BNCCT', before: from, after: to, money: -money as Money, bearer: 'patient' as const }
    found.push({ code: 'off_route', severity: 'reduce', legalBasis: day.exemptionBasis, lines: claimed, inputs, effect })
  }
  const counts = claimedRoute?.terms.counts === true || (derivedRoute.kind === 'route' && derivedRoute.route.terms.counts)
  const since = fiveYearsFrom(context)
  if (!counts || day.baseSalary === undefined || since === undefined || since > endedOn) return found
  const counted = countedBefore(context)
  const wouldExempt = counted.amount + copay > thresholdOf(context, counted).threshold
  if (wouldExempt || claim.copayExemptFrom !== undefined)
    found.push({ code: 'category_in_doubt', severity: 'pend', legalBasis: day.exemptionBasis, inputs })
  return found
}
/** Co-pay that the claim itself put on the fund. */
const claimedExempt = ({ line: { amounts, benefitRateBp } }: LineState): Money =>
  amounts.otherSources === 0 ? (Math.max(0, amounts.fundPays - shareOf(amounts.insuredAmount, benefitRateBp)) as Money) : zero

const unconfirmed = (from: string): Proposal => ({ code: 'exemption_unconfirmed', severity: 'pend', inputs: { from } })

/** Where the member stands towards the exemption before any of this visit is counted: at the desk. */
export function exemptionStanding(context: Context): { from: string | undefined; counted: Money; threshold: Money | undefined } {
  const counted = countedBefore(context)
  const { threshold } = context.day.baseSalary === undefined ? { threshold: undefined } : thresholdOf(context, counted)
  return { from: fiveYearsFrom(context), counted: counted.amount, threshold }
}

/** The register's date of five continuous years: the earliest of the claim's cards. */
function fiveYearsFrom({ cards }: Context): string | undefined {
  return cards
    .map(({ coverage }) => coverage?.fiveYearsFrom)
    .filter((date) => date != null)
    .sort()[0]
}

interface Counted {
  readonly amount: Money
  /** Of it, for visits that ended before the base salary changed in this year. */
  readonly beforeChange: Money
  /** The register's figure spans the change and cannot be told apart. */
  readonly unclear: boolean
}

/** Start of the base salary that holds on `NGAY_RA`, if it began within that year. */
function changeInYear({ rulebook, endedOn }: Context): string | undefined {
  const slice = sliceOn(rulebook.parameters.baseSalary, endedOn)
  return slice !== undefined && slice.from.slice(0, 4) === endedOn.slice(0, 4) && slice.from.slice(5) !== '01-01'
    ? slice.from
    : undefined
}

/** The register's figure up to its `asOf`, plus our own decided visits after it; visits of the calendar year of `NGAY_RA`. */
function countedBefore(context: Context): Counted {
  const { member, facts, endedOn } = context
  const year = Number(endedOn.slice(0, 4))
  const figure = copayFigure(member, year)
  const change = changeInYear(context)
  const registered = figure ? parseMoney(figure.amount) : zero
  const unclear = change !== undefined && figure !== undefined && registered > 0 && figure.asOf >= change
  let amount: number = registered
  let beforeChange: number = unclear ? 0 : registered
  for (const visit of countedVisits(facts.visits, figure, year)) {
    amount += visit.copayCounted
    if (change !== undefined && visit.endedAt.slice(0, 10) < change && !unclear) beforeChange += visit.copayCounted
  }
  return { amount: amount as Money, beforeChange: beforeChange as Money, unclear }
}

/** Six base salaries; in a year with a change paidBefore + (6 − paidBefore/old) × new, never below paidBefore (NĐ 188 art. 18.2c). */
function thresholdOf(context: Context, counted: Counted): { threshold: Money; lowest: Money } {
  const { day, rulebook } = context
  const base = day.baseSalary!
  const plain = (day.exemptionMonths * base) as Money
  const change = changeInYear(context)
  const old = change === undefined ? undefined : valueOn(rulebook.parameters.baseSalary, dayBefore(rulebook, change))
  if (old === undefined) return { threshold: plain, lowest: plain }
  const [paid, months, from, to] = [BigInt(counted.beforeChange), BigInt(day.exemptionMonths), BigInt(old), BigInt(base)]
  const converted = Number(divideHalfUp(paid * from + months * from * to - paid * to, from))
  return { threshold: Math.max(converted, counted.beforeChange) as Money, lowest: (day.exemptionMonths * old) as Money }
}

/** Last day of the slice that ends where the one beginning on `change` starts. */
function dayBefore({ parameters }: Context['rulebook'], change: string): string {
  const index = parameters.baseSalary.findIndex(({ from }) => from === change)
  return parameters.baseSalary[index - 1]?.to ?? change
}

/** BEN-15: money of another source is taken in the stated order. */
export const otherSourceInOrder: LineRule = {
  id: 'BEN-15',
  version: 1,
  on: 'line',
  propose({ line: { amounts }, settled, denied }) {
    if (denied === 'provider' || amounts.otherSources <= settled.hospitalAmount) return undefined
    const inputs = { other: formatMoney(amounts.otherSources), hospital: formatMoney(settled.hospitalAmount) }
    return { code: 'above_amount', severity: 'pend', inputs }
  },
  explain: ({ lines }) => lines.flatMap((state) => (state.settled.otherSources === 0 ? [] : [explainOther(state)])),
}

function explainOther(state: LineState): Proposal {
  const { settled, taken, computed } = state
  const other = formatMoney(settled.otherSources)
  const lines = [state]
  if (computed.otherSource === 'facility') return { code: 'for_facility', severity: 'info', lines, inputs: { other } }
  const before = (settled.fundPays + taken.fund) as Money
  const effect = {
    field: 'T_BHTT',
    before: formatMoney(before),
    after: formatMoney(settled.fundPays),
    money: -taken.fund as Money,
    bearer: 'fund' as const,
  }
  return {
    code: 'for_patient',
    severity: 'info',
    lines,
    inputs: { other, self: formatMoney(taken.self), copay: formatMoney(taken.copay), fund: formatMoney(taken.fund) },
    ...(taken.fund > 0 ? { effect } : {}),
  }
}
