import type { Claim } from '../../domain/claim.ts'
import type { Visit } from '../../domain/facts.ts'
import { valueOn } from '../../domain/rulebook.ts'
import { type Context, inpatientCareTypes } from './context.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'

const emergency = '2'

const isStay = ({ careType }: Visit): boolean => inpatientCareTypes.has(careType)
const dayOf = (time: string): string => time.slice(0, 10)
/** A finding about another facility says when, and no more. */
const datesOf = ({ arrivedAt, endedAt }: Visit) => ({ from: dayOf(arrivedAt), to: dayOf(endedAt) })

/** Visits at other facilities for which something is paid. */
const elsewhere = ({ facts, claim }: Context): readonly Visit[] => facts.visits.filter((visit) => isElsewhere(visit, claim))
const isElsewhere = ({ facilityCode, outcome }: Visit, claim: Claim): boolean =>
  facilityCode !== claim.facilityCode && outcome !== 'deny'

/** Of a member's visits the stays at other facilities that overlap the stay of a claim. */
export function overlappingStays(claim: Claim, visits: readonly Visit[]): readonly Visit[] {
  if (!inpatientCareTypes.has(claim.careType)) return []
  // A transfer leaves one place and reaches the other at the same minute.
  return visits.filter(
    (visit) => isElsewhere(visit, claim) && isStay(visit) && visit.arrivedAt < claim.endedAt && claim.arrivedAt < visit.endedAt,
  )
}

/** DUP-03: two inpatient stays overlap at two facilities; the one that is decided later waits. */
export const staysOverlap: ClaimRule = {
  id: 'DUP-03',
  version: 1,
  on: 'claim',
  propose(context) {
    const overlapping = overlappingStays(context.claim, context.facts.visits)
    return overlapping.map((visit) => ({ code: 'stays_overlap', severity: 'pend', inputs: datesOf(visit) }))
  },
}

/** DUP-04: an outpatient visit within a stay elsewhere, in either order; not in an emergency, nor on the first and last day of the stay. */
export const outpatientDuringStay: ClaimRule = {
  id: 'DUP-04',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, inpatient, lines, arrivedOn, endedOn } = context
    const others = elsewhere(context)
    if (others.length === 0) return undefined
    if (inpatient) {
      const within = others.filter(
        (visit) => !isStay(visit) && visit.details.category !== emergency && isWithin(dayOf(visit.arrivedAt), arrivedOn, endedOn),
      )
      return within.map((visit) => ({ code: 'visit_elsewhere', severity: 'pend', inputs: { on: dayOf(visit.arrivedAt) } }))
    }
    if (claim.visitCategory === emergency) return undefined
    return others.filter(isStay).flatMap((stay): readonly Proposal[] => {
      const { from, to } = datesOf(stay)
      // NGAY_RA of an outpatient may be the last day of drug use: what was ordered tells the days of the visit.
      const during = lines.filter(({ orderedOn }) => isWithin(orderedOn, from, to))
      return during.length === 0 ? [] : [{ code: 'during_stay', severity: 'pend', inputs: { from, to }, lines: during }]
    })
  },
}
const isWithin = (day: string, from: string, to: string): boolean => from < day && day < to

/** DUP-05: outpatient at several facilities on one day, which no slip explains. */
export const severalFacilities: ClaimRule = {
  id: 'DUP-05',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, inpatient, arrivedOn, endedOn, rulebook } = context
    if (inpatient || claim.visitCategory === emergency) return undefined
    const sent = new Set([claim.referredFrom, claim.referredTo])
    const facilities = new Set(
      elsewhere(context)
        .filter((visit) => !isStay(visit) && dayOf(visit.arrivedAt) === arrivedOn && visit.details.category !== emergency)
        .map(({ facilityCode }) => facilityCode)
        .filter((code) => !sent.has(code)),
    )
    if (facilities.size === 0) return undefined
    const most = valueOn(rulebook.parameters.otherFacilitiesADay, endedOn)
    const inputs = { on: arrivedOn }
    return most !== undefined && facilities.size >= most
      ? { code: 'many_on_day', severity: 'pend', inputs }
      : { code: 'another_on_day', severity: 'warn', inputs }
  },
}

/** DUP-07: a drug for use at home, of which an earlier prescription suffices beyond the day. */
export const drugStillInSupply: LineRule = {
  id: 'DUP-07',
  version: 1,
  on: 'line',
  propose({ line, orderedOn }, { facts: { visits }, inpatient }) {
    if (line.kind !== 'drug' || line.scope === '2' || inpatient) return undefined
    let until = orderedOn
    for (const { arrivedAt, outcome, details } of visits) {
      if (outcome === 'deny' || dayOf(arrivedAt) > orderedOn) continue
      for (const { code, until: last } of details.supply) if (code === line.code && last > until) until = last
    }
    return until === orderedOn ? undefined : { code: 'in_supply', severity: 'pend', inputs: { on: orderedOn, until } }
  },
}

/** Rules about the same thing twice at several visits (stage 2). */
export const overlapRules: readonly Rule[] = [staysOverlap, outpatientDuringStay, severalFacilities, drugStillInSupply]
