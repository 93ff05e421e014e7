import type { Benefit } from '../../domain/decision.ts'
import { fullRate, type RateBp } from '../../domain/money.ts'
import type { Context, LineState } from './context.ts'

interface Stretch {
  readonly first: LineState
  from: string
  to: string
}

/** The rates of the visit, one entry per card and rate: over the whole visit where there is one, else from first to last line. */
export function benefitsOf(context: Context): readonly Benefit[] {
  const stretches = new Map<string, Stretch>()
  for (const state of context.lines) {
    const key = `${state.card.card?.cardNumber ?? ''} ${state.card.reading?.terms.rateBp ?? ''} ${state.benefitRateBp}`
    const known = stretches.get(key)
    if (known === undefined) stretches.set(key, { first: state, from: state.orderedOn, to: state.orderedOn })
    else {
      if (state.orderedOn < known.from) known.from = state.orderedOn
      if (state.orderedOn > known.to) known.to = state.orderedOn
    }
  }
  const whole = stretches.size === 1
  return [...stretches.entries()]
    .sort(([a, one], [b, other]) => (one.from !== other.from ? (one.from < other.from ? -1 : 1) : a < b ? -1 : 1))
    .map(([, { first, from, to }]) => benefitOf(first, whole ? context.arrivedOn : from, whole ? context.endedOn : to, context))
}

function benefitOf({ card, benefitRateBp }: LineState, from: string, to: string, { route, waived, exemption }: Context): Benefit {
  const reading = card.reading
  const rules = ['BEN-01', 'BEN-03']
  if (reading !== undefined && reading.sign !== reading.printed) rules.push('BEN-02')
  if (card.insteadOf !== undefined) rules.push('ELG-09')
  if (route?.terms.flat) rules.push('BEN-04')
  if (route !== undefined && !rules.includes(route.terms.rule)) rules.push(route.terms.rule)
  if (waived) rules.push('BEN-11')
  if (exemption !== undefined) rules.push('BEN-12')
  return {
    cardNumber: card.card?.cardNumber ?? '',
    from,
    to: to < from ? from : to,
    cardRateBp: reading?.terms.rateBp ?? (0 as RateBp),
    routeRateBp: route?.rateBp ?? fullRate,
    rateBp: benefitRateBp,
    rules: rules.sort(),
  }
}
