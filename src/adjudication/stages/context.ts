import { addDays, addWorkingDays, dayOfNextMonth } from '../../domain/calendar.ts'
import type { CalendarDate, Claim, ClaimLine } from '../../domain/claim.ts'
import type { Bearer, LegalBasis, LineRef } from '../../domain/decision.ts'
import type { FacilityPeriod, Facts, Member } from '../../domain/facts.ts'
import { type Money, type RateBp, shareOf, zero } from '../../domain/money.ts'
import { type RouteTerms, type Rulebook, sliceOn, valueOn } from '../../domain/rulebook.ts'
import { type CardChoice, type CardFact, cardsOf, createChooseCard, otherCardsOf } from './cards.ts'
import { type ComputedLine, computeLine } from './formula.ts'
import { type RulesInForce, type RulesOfDay, rulesInForce, rulesOfDay } from './in-force.ts'
import { createFindListing, type FindListing, type Listing, listOf } from './listing.ts'
import type { Exemption, Limits } from './rule.ts'

/** The parameters that `NGAY_RA` selects, looked up once per day. */
export interface Day {
  readonly rules: RulesOfDay
  readonly baseSalary: Money | undefined
  /** One visit strictly below it is paid in full. */
  readonly waiverBelow: Money
  readonly waiverRateBp: RateBp
  readonly waiverBasis: readonly LegalBasis[]
  readonly exemptionMonths: number
  readonly exemptionBasis: readonly LegalBasis[]
  readonly pointsFullBelow: number
  readonly pointsHalfBelow: number
  /** Last day on which a statement is in time. */
  readonly filingDeadline: CalendarDate
  readonly amountTolerance: Money
  readonly serviceRateInHospitalAmount: boolean
}

export interface Route {
  readonly name: string
  readonly terms: RouteTerms
  /** Of the card rate, for this visit's in- or outpatient care. */
  readonly rateBp: RateBp
  readonly legalBasis: readonly LegalBasis[]
}
export type DerivedRoute =
  | { readonly kind: 'route'; readonly route: Route; readonly slip: boolean }
  /** Cannot be derived from facts: the claimed category stands. */
  | { readonly kind: 'stands' }
  | { readonly kind: 'unknown'; readonly why: 'facility' | 'member' | 'level' }

/** The amounts of a line while it is settled. */
export interface Settled {
  hospitalAmount: Money
  insuredAmount: Money
  fundPays: Money
  copay: Money
  selfPays: Money
  otherSources: Money
}

/** A line and what the phases so far have made of it. Rules read it; only the engine writes it. */
export interface LineState {
  readonly line: ClaimLine
  readonly ref: LineRef
  /** The date that selects card and lists: `NGAY_YL`, not before `NGAY_VAO`. */
  readonly orderedOn: CalendarDate
  readonly card: CardChoice
  readonly computed: ComputedLine
  /** What the facility's list says of its code on that date. */
  readonly listing: Listing
  limits: Limits
  /** As integrity, eligibility and duplicates left them: what the rate is spoken of. */
  limitsAtRoute: Limits
  liftsListRate: boolean
  denied: Bearer | null
  pended: boolean
  /** The rate of the decision, once applied. */
  benefitRateBp: RateBp
  /** The rule that made this rate, and so explains it. */
  rateRule: string
  readonly settled: Settled
  /** Co-pay moved to the fund by the five-year exemption. */
  exempted: Money
  /** What another source took from the fund's and the patient's shares. */
  readonly taken: { self: Money; copay: Money; fund: Money }
}

/** One claim under decision. Rules read it; only the engine writes the mutable part. */
export interface Context {
  readonly claim: Claim
  readonly facts: Facts
  readonly rulebook: Rulebook
  readonly day: Day
  readonly rules: RulesInForce
  readonly findListing: FindListing
  readonly arrivedOn: CalendarDate
  readonly endedOn: CalendarDate
  readonly inpatient: boolean
  readonly member: Member | undefined
  readonly memberAsOf: CalendarDate | null
  readonly facilityPeriod: FacilityPeriod | undefined
  readonly cards: readonly CardFact[]
  /** In order of table and `STT`. */
  readonly lines: readonly LineState[]
  claimedRoute: Route | undefined
  derivedRoute: DerivedRoute
  route: Route | undefined
  denied: Bearer | null
  pended: boolean
  waived: boolean
  exemption: Exemption | undefined
}

/** `MA_LOAI_KCB` of stays (rules 4.3, our reading). */
export const inpatientCareTypes = new Set(['03', '04', '06', '09'])

export function createContext(claim: Claim, facts: Facts, rulebook: Rulebook): Context {
  const arrivedOn = claim.arrivedAt.slice(0, 10)
  const endedOn = claim.endedAt.slice(0, 10)
  const day = dayOf(rulebook, endedOn)
  const inpatient = inpatientCareTypes.has(claim.careType)
  const member = facts.member.kind === 'known' ? facts.member.value : undefined
  const cards = cardsOf(claim, member)
  const memberAsOf = facts.member.kind === 'unavailable' ? null : facts.member.asOf
  const others = otherCardsOf(cards, member)
  const chooseCard = createChooseCard(cards, rulebook, { arrivedOn, inpatient, others, othersUntil: memberAsOf })
  const findListing = createFindListing(facts.catalogue)
  const facility = facts.facility.kind === 'known' ? facts.facility.value : undefined
  return {
    claim,
    facts,
    rulebook,
    day,
    rules: rulesInForce(day.rules, facts.receivedOn, claim.facilityCode, facility?.province ?? claim.facilityCode.slice(0, 2)),
    findListing,
    arrivedOn,
    endedOn,
    inpatient,
    member,
    memberAsOf,
    facilityPeriod: facility?.periods.find(
      ({ validFrom, validTo }) => validFrom <= endedOn && (validTo === null || endedOn <= validTo),
    ),
    cards,
    lines: inLineOrder(claim.lines).map((line) => {
      const orderedOn =
        line.orderedAt !== undefined && line.orderedAt.slice(0, 10) > arrivedOn ? line.orderedAt.slice(0, 10) : arrivedOn
      const listing = findListing(listOf(line), line.code, orderedOn)
      return createLine(line, orderedOn, chooseCard(orderedOn), computeLine(line, day.serviceRateInHospitalAmount), listing)
    }),
    claimedRoute: undefined,
    derivedRoute: { kind: 'stands' },
    route: undefined,
    denied: null,
    pended: false,
    waived: false,
    exemption: undefined,
  }
}

const noLimits: Limits = {}

function createLine(
  line: ClaimLine,
  orderedOn: CalendarDate,
  card: CardChoice,
  computed: ComputedLine,
  listing: Listing,
): LineState {
  return {
    line,
    ref: { table: line.table, stt: line.stt },
    orderedOn,
    card,
    computed,
    listing,
    limits: noLimits,
    limitsAtRoute: noLimits,
    liftsListRate: false,
    denied: null,
    pended: false,
    benefitRateBp: 0 as RateBp,
    rateRule: '',
    settled: { hospitalAmount: zero, insuredAmount: zero, fundPays: zero, copay: zero, selfPays: zero, otherSources: zero },
    exempted: zero,
    taken: { self: zero, copay: zero, fund: zero },
  }
}

/** By table, `STT` and, where both are equal, content: the order of the file cannot matter. */
function inLineOrder(lines: readonly ClaimLine[]): readonly ClaimLine[] {
  const sorted = lines.every((line, index) => index === 0 || compareRefs(lines[index - 1]!, line) < 0)
  return sorted ? lines : [...lines].sort((a, b) => compareRefs(a, b) || compareTexts(JSON.stringify(a), JSON.stringify(b)))
}
const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
export const compareRefs = (a: LineRef, b: LineRef): number => compareTexts(a.table, b.table) || a.stt - b.stt

/** Lines in the declared order of use: execution time, then table, then `STT`, then content. */
export function inExecutionOrder(lines: readonly LineState[]): readonly LineState[] {
  const time = ({ line }: LineState) => line.performedAt ?? line.orderedAt ?? ''
  // `lines` stand by table, STT and content already, and the sort is stable.
  if (lines.every((state, index) => index === 0 || time(lines[index - 1]!) <= time(state))) return lines
  return [...lines].sort((a, b) => compareTexts(time(a), time(b)))
}

const days = new WeakMap<Rulebook, Map<CalendarDate, Day>>()
/** Days kept per rulebook; when full, they are looked up anew. */
const daysMax = 4096

function dayOf(rulebook: Rulebook, endedOn: CalendarDate): Day {
  const known = days.get(rulebook)
  const found = known?.get(endedOn)
  if (found !== undefined) return found
  const day = resolveDay(rulebook, endedOn)
  if (known !== undefined && known.size < daysMax) known.set(endedOn, day)
  else days.set(rulebook, new Map([[endedOn, day]]))
  return day
}

const noBasis: readonly LegalBasis[] = []

function resolveDay(rulebook: Rulebook, endedOn: CalendarDate): Day {
  const { parameters } = rulebook
  const baseSalary = valueOn(parameters.baseSalary, endedOn)
  const waiver = sliceOn(parameters.waiverRateBp, endedOn)
  const exemption = sliceOn(parameters.exemptionMonths, endedOn)
  const workingDays = valueOn(parameters.filingWorkingDays, endedOn) ?? 7
  const monthDay = valueOn(parameters.filingMonthDay, endedOn) ?? 5
  const byDays = addWorkingDays(endedOn, workingDays)
  const beforeMonthDay = addDays(dayOfNextMonth(endedOn, monthDay), -1)
  return {
    rules: rulesOfDay(rulebook, endedOn),
    baseSalary,
    waiverBelow: baseSalary === undefined || waiver === undefined ? zero : shareOf(baseSalary, waiver.value),
    waiverRateBp: waiver?.value ?? (0 as RateBp),
    waiverBasis: waiver?.legalBasis ?? noBasis,
    pointsFullBelow: valueOn(parameters.pointsFullBelow, endedOn) ?? 0,
    pointsHalfBelow: valueOn(parameters.pointsHalfBelow, endedOn) ?? 0,
    exemptionMonths: exemption?.value ?? 0,
    exemptionBasis: exemption?.legalBasis ?? noBasis,
    filingDeadline: [byDays, beforeMonthDay].sort()[0]!,
    amountTolerance: valueOn(parameters.amountTolerance, endedOn) ?? zero,
    serviceRateInHospitalAmount: valueOn(parameters.serviceRateInHospitalAmount, endedOn) ?? true,
  }
}
