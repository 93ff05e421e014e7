import { fullYears } from '../../domain/calendar.ts'
import type { FacilityPeriod } from '../../domain/facts.ts'
import { type Rulebook, sliceOn, valueOn } from '../../domain/rulebook.ts'
import { isTemporary } from './cards.ts'
import type { Context, DerivedRoute, Route } from './context.ts'
import { slipStanding } from './slips.ts'

/** Cannot be told from facts: they stand as claimed. 1.16 has its list (Appendix II) not to hand. */
const stands = new Set(['1.4', '1.6', '1.7', '1.8', '1.9', '1.10', '1.16', '2', '7', '7.1', '7.2', '7.3', '7.4', '8', '9', '10'])

/** Looks up the claimed route and derives the one that the facts give; the claimed one is the start. */
export function resolveRoutes(context: Context): void {
  for (const state of context.lines) state.limitsAtRoute = state.limits
  const derivedName = deriveName(context)
  const named = typeof derivedName === 'string' ? routeNamed(context, derivedName) : undefined
  if (typeof derivedName !== 'string') context.derivedRoute = derivedName
  else if (named === undefined) context.derivedRoute = { kind: 'unknown', why: 'level' }
  else context.derivedRoute = { kind: 'route', route: named, slip: slipStanding(context) === 'unchecked' }
  const claimedName = valueOn(context.rulebook.visitCategories.get(context.claim.visitCategory), context.endedOn)
  context.claimedRoute =
    claimedName === 'by-level' ? named : claimedName === undefined ? undefined : claimedRouteOf(context, claimedName)
  context.route = context.claimedRoute ?? named
}

/** A commune station pays flat before 2025 whatever right-route code was written. */
function claimedRouteOf(context: Context, name: string): Route | undefined {
  const flat = name === 'right' && context.facilityPeriod?.formerLevel === 'commune'
  return routeNamed(context, flat ? 'commune' : name)
}

function routeNamed({ rulebook, endedOn, inpatient }: Context, name: string): Route | undefined {
  const row = sliceOn(rulebook.routes.get(name), endedOn)
  if (row === undefined) return undefined
  const { value: terms, legalBasis } = row
  return { name, terms, rateBp: inpatient ? terms.inpatientBp : terms.outpatientBp, legalBasis }
}

/** The worse of two routes for the member; which rate counts, then what it counts for. The order of the arguments cannot matter. */
export function lowerRoute(a: Route | undefined, b: Route | undefined): Route | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const key = ({ terms, rateBp, name }: Route) =>
    [Number(terms.flat), rateBp, Number(terms.waiver), Number(terms.counts), name] as const
  const [ka, kb] = [key(a), key(b)]
  for (const [index, value] of ka.entries()) {
    const other = kb[index]!
    if (value !== other) return value < other ? a : b
  }
  return a
}

function deriveName(context: Context): string | DerivedRoute {
  const { claim, facilityPeriod: period, facts, cards } = context
  if (stands.has(claim.visitCategory)) return { kind: 'stands' }
  if (facts.facility.kind !== 'known' || period === undefined) return { kind: 'unknown', why: 'facility' }
  if (facts.member.kind !== 'known') return { kind: 'unknown', why: 'member' }
  // A temporary code names the province, not a place.
  if (cards.some((card) => card.coverage === undefined && isTemporary(card))) return { kind: 'unknown', why: 'member' }
  const registered = cards.map(({ registeredFacility }) => registeredFacility)
  if (registered.includes(undefined)) return { kind: 'unknown', why: 'member' }
  const atHome = registered.includes(claim.facilityCode)
  // Routes by level are in the table until Law 51/2024 took their place.
  const byLevel = routeNamed(context, 'right') !== undefined
  return byLevel ? deriveByLevel(context, period, atHome) : deriveByCategory(context, period, atHome)
}

/** A slip counts unless a register speaks against it. */
function slipCounts(context: Context): boolean {
  const standing = slipStanding(context)
  return standing === 'stands' || standing === 'unchecked'
}
const liesInHardshipArea = ({ cards }: Context): boolean => cards.some(({ coverage }) => coverage?.area != null)
const levelUnknown: DerivedRoute = { kind: 'unknown', why: 'level' }

/** Visit categories of QĐ 3276 on Law 51/2024 (rules 4.3). */
function deriveByCategory(context: Context, period: FacilityPeriod, atHome: boolean): string | DerivedRoute {
  const { claim, inpatient } = context
  const station = period.level === 'primary' && period.kind === 'health-station'
  if (atHome) return station ? '1.2' : '1.1'
  if (slipCounts(context)) return claim.visitCategory === '1.5' ? '1.5' : '1.3'
  if (period.level === 'primary') return station ? '1.2' : '1.11'
  if (period.level === 'specialised') {
    if (isListedDisease(context)) return '1.17'
    if (inpatient && liesInHardshipArea(context)) return '3.6'
  }
  if (period.formerLevel === null) return levelUnknown
  if (period.formerLevel === 'district') return '3.3'
  if (period.level === 'basic') {
    if (inpatient) return '1.15'
    if (period.formerLevel === 'provincial' || period.formerLevel === 'central') return '1.14'
    if (period.points === null || period.points < context.day.pointsFullBelow) return '1.12'
    return period.points < context.day.pointsHalfBelow ? '1.13' : levelUnknown
  }
  if (period.formerLevel === 'central') return '3.1'
  if (period.formerLevel === 'provincial') return inpatient ? '3.2' : '1.18'
  return levelUnknown
}

/** Law 46/2014 art. 22 (rules 4.4). */
function deriveByLevel(context: Context, period: FacilityPeriod, atHome: boolean): string | DerivedRoute {
  const level = period.formerLevel
  if (level === 'commune') return 'commune'
  if (atHome || slipCounts(context)) return 'right'
  const isLocal = level === 'district' || period.kind === 'clinic'
  if (isLocal && livesInProvince(context) && routeNamed(context, 'own-province') !== undefined) return 'own-province'
  if (level === null) return levelUnknown
  if (liesInHardshipArea(context) && (level === 'district' || context.inpatient)) return 'hardship'
  return level
}

/** The province of registration is told by the first two digits of the registered facility's code. */
function livesInProvince({ cards, facts }: Context): boolean {
  const province = facts.facility.kind === 'known' ? facts.facility.value.province : undefined
  return cards.some(({ registeredFacility }) => registeredFacility?.slice(0, 2) === province)
}

function isListedDisease({ rulebook, claim, endedOn, arrivedOn }: Context): boolean {
  return isListed(rulebook, claim.icdMain, claim.patient.birthDate, arrivedOn, endedOn)
}

/** Is the main diagnosis on the list of TT 01/2025 Appendix I, for a patient of this age? */
export function isListed(rulebook: Rulebook, icd: string, birthDate: string, arrivedOn: string, endedOn: string): boolean {
  const rows = valueOn(rulebook.listedDiseases, endedOn) ?? []
  return rows.some(
    ({ include, exclude, underAge }) =>
      include.some((code) => takes(code, icd)) &&
      !exclude.some((code) => takes(code, icd)) &&
      (underAge === null || fullYears(birthDate, arrivedOn) < underAge),
  )
}

function takes(listed: string, icd: string): boolean {
  if (listed.includes('-')) {
    const [first, last] = listed.split('-')
    const category = icd.slice(0, 3)
    return first! <= category && category <= last!
  }
  return listed.length === 3 ? icd.slice(0, 3) === listed : icd === listed || icd.startsWith(listed)
}
