import type { LegalBasis } from '../../domain/decision.ts'
import { formatRate, type Money, shareOf } from '../../domain/money.ts'
import type { Context, LineState, Route } from './context.ts'
import { lowerRoute } from './derive-route.ts'
import { acceptedAmounts } from './formula.ts'
import type { ClaimRule, LineRule, Proposal } from './rule.ts'

interface RateGroup {
  readonly first: LineState
  readonly lines: LineState[]
  money: number
}

/**
 * Says why rates are not the plain card rate, or not the claimed ones, with the change of what the fund pays; lines of the same card
 * sign, claimed and decided rate together.
 */
export function explainRates(
  rule: string,
  context: Context,
  inputsOf: (first: LineState) => Readonly<Record<string, string>> = noInputs,
): readonly Proposal[] {
  const groups = new Map<string, RateGroup>()
  for (const state of context.lines) {
    const { line, benefitRateBp, card, denied, rateRule, computed, limitsAtRoute, liftsListRate } = state
    // A line that asks the fund for nothing has no rate to speak of.
    if (denied !== null || rateRule !== rule || computed.insuredAmount === 0) continue
    if (rule === 'BEN-01' && line.benefitRateBp === benefitRateBp) continue
    // On what was claimed before lists and prices were asked: what they take is told at the decided rate, so that all of it adds up.
    const insured =
      benefitRateBp === 0
        ? line.amounts.insuredAmount
        : acceptedAmounts(line, computed, limitsAtRoute, liftsListRate).insuredAmount
    const money = shareOf(insured, benefitRateBp) - shareOf(insured, line.benefitRateBp)
    const key = `${line.benefitRateBp} ${benefitRateBp} ${card.reading?.group} ${card.reading?.printed} ${card.reading?.sign}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: state, lines: [state], money })
    else {
      group.lines.push(state)
      group.money += money
    }
  }
  return [...groups.values()].map((group) => rateProposal(rule, group, context, inputsOf(group.first)))
}
const noInputs = (): Readonly<Record<string, string>> => ({})

function rateProposal(rule: string, group: RateGroup, context: Context, more: Readonly<Record<string, string>>): Proposal {
  const { first, lines, money } = group
  const { line, benefitRateBp, card } = first
  const legalBasis = basisOf(rule, first, context)
  const inputs = {
    cardRate: card.reading ? formatRate(card.reading.terms.rateBp) : '–',
    routeRate: context.route ? formatRate(context.route.rateBp) : '–',
    category: context.route?.name ?? '–',
    rate: formatRate(benefitRateBp),
    ...more,
  }
  if (line.benefitRateBp === benefitRateBp) return { code: 'rate', severity: 'info', legalBasis, inputs, lines }
  const falls = benefitRateBp < line.benefitRateBp
  return {
    code: 'rate_differs',
    severity: falls ? 'reduce' : 'warn',
    legalBasis,
    inputs: { ...inputs, claimed: formatRate(line.benefitRateBp) },
    lines,
    effect: {
      field: 'MUC_HUONG',
      before: formatRate(line.benefitRateBp),
      after: formatRate(benefitRateBp),
      money: money as Money,
      bearer: falls ? 'patient' : 'fund',
    },
  }
}

/** The row that made the rate: the card's sign, the waiver, else the route. */
function basisOf(rule: string, { card }: LineState, { day, route }: Context): readonly LegalBasis[] {
  if (rule === 'BEN-11') return day.waiverBasis
  if (rule === 'BEN-01' || rule === 'BEN-02') return card.reading?.legalBasis ?? route?.legalBasis ?? []
  return route?.legalBasis ?? []
}

/** BEN-01: the third character of the card gives the rate. */
export const cardSignGivesRate: LineRule = {
  id: 'BEN-01',
  version: 1,
  on: 'line',
  propose: ({ card: { card, reading }, orderedOn }) =>
    card === undefined || reading !== undefined
      ? undefined
      : { code: 'sign_unknown', severity: 'pend', inputs: { on: orderedOn } },
  explain: (context) => explainRates('BEN-01', context),
}

/** BEN-02: groups CN and LH count as sign 2 from 2026-01-01. */
export const groupReadsAsSignTwo: ClaimRule = {
  id: 'BEN-02',
  version: 1,
  on: 'claim',
  explain: (context) =>
    explainRates('BEN-02', context, ({ card: { reading } }) => ({
      group: reading?.group ?? '',
      printed: reading?.printed ?? '',
      sign: reading?.sign ?? '',
    })),
}

/** BEN-03: the visit category follows from facts; where it does not and the rate differs, the lower one is used and the claim pends. */
export const categoryFollowsFacts: ClaimRule = {
  id: 'BEN-03',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, claimedRoute, derivedRoute: derived, endedOn } = context
    const category = claim.visitCategory
    const found: Proposal[] = []
    const pend = (code: string, inputs: Readonly<Record<string, string>>) => found.push({ code, severity: 'pend', inputs })
    if (claimedRoute === undefined && context.route === undefined) pend('no_terms', { category, on: endedOn })
    if (derived.kind === 'unknown' && derived.why === 'level') pend('level_unknown', { category, facility: claim.facilityCode })
    if (category === '1.16') found.push({ code: 'list_not_to_hand', severity: 'warn', inputs: { category } })
    if (context.route?.terms.byCase) pend('by_case', { category })
    if (derived.kind === 'route') found.push(...compareRoutes(category, claimedRoute, derived.route, derived.slip))
    return found.length === 0 ? undefined : found
  },
  explain: (context) => explainRates('BEN-03', context),
}

function compareRoutes(category: string, claimed: Route | undefined, derived: Route, slip: boolean): readonly Proposal[] {
  const found: Proposal[] = []
  if (slip && derived.name !== '1.1' && derived.name !== '1.2')
    found.push({ code: 'slip_not_checked', severity: 'warn', inputs: { category } })
  if (claimed === undefined || claimed.name === derived.name) return found
  const inputs = { category, derived: derived.name, claimedRate: rateText(claimed), derivedRate: rateText(derived) }
  const sameRate = claimed.rateBp === derived.rateBp && claimed.terms.flat === derived.terms.flat
  const lower = lowerRoute(claimed, derived)
  found.push({
    code: sameRate ? 'category_differs' : 'rate_differs_by_category',
    severity: sameRate ? 'warn' : 'pend',
    inputs,
    ...(lower === derived ? { route: derived } : {}),
  })
  return found
}
/** `× 40 %` of the card rate, or `= 100 %` whatever the card. */
const rateText = ({ terms, rateBp }: Route): string => (terms.flat ? '= 100 %' : `× ${formatRate(rateBp)} %`)

/** BEN-04: a commune health station pays 100 %, whatever the card. */
export const stationPaysFlat: ClaimRule = {
  id: 'BEN-04',
  version: 1,
  on: 'claim',
  explain: (context) => explainRates('BEN-04', context),
}

/** BEN-05: an emergency is treated anywhere at the card's rate, and a doctor's record says so. */
export const emergencyIsRecorded: ClaimRule = {
  id: 'BEN-05',
  version: 1,
  on: 'claim',
  propose({ claim }) {
    const recorded = claim.note !== undefined || (claim.rowCounts['XML5'] ?? 0) > 0
    return claim.visitCategory !== '2' || recorded ? undefined : { code: 'no_record', severity: 'pend' }
  },
}

/** BEN-09: self-presenting at a formerly central hospital. */
export const centralOffRoute: ClaimRule = {
  id: 'BEN-09',
  version: 1,
  on: 'claim',
  explain: (context) => explainRates('BEN-09', context),
}

/** BEN-10: outpatient codes 1.13, 1.14 and 1.18: nothing, then half. */
export const outpatientOffRoute: ClaimRule = {
  id: 'BEN-10',
  version: 1,
  on: 'claim',
  explain: (context) => explainRates('BEN-10', context),
}
