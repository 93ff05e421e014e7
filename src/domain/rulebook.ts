import type { CalendarDate } from './claim.ts'
import type { LegalBasis } from './decision.ts'
import type { Money, RateBp } from './money.ts'

/** A value in force from `from` to `to` (both days included; `null`: until further notice). */
export interface Slice<T> {
  readonly from: CalendarDate
  readonly to: CalendarDate | null
  readonly value: T
  readonly legalBasis: readonly LegalBasis[]
}
/** In order of time, without gap or overlap: the loader refuses anything else. */
export type Dated<T> = readonly Slice<T>[]

export interface Wording {
  readonly vi: string
  readonly en: string
}

/**
 * `draft`: not run · `shadow`: run and counted, without effect · `canary`: in effect at the named provinces and facilities, in shadow
 * elsewhere · `active` · `retired`: not run any more. `no-data`: a shadow that has no table or register to run on.
 */
export interface RuleState {
  readonly state: 'draft' | 'shadow' | 'canary' | 'active' | 'retired' | 'no-data'
  /** Codes of provinces and facilities of a canary. */
  readonly provinces: readonly string[]
  readonly facilities: readonly string[]
}

/** A text that a rule rests on from a day, to a day, both included; without them as long as the rule is in force. */
export interface DatedBasis extends LegalBasis {
  readonly from?: CalendarDate
  readonly to?: CalendarDate
}

/** What the rulebook says of one rule; the code that proposes is found by its id. */
export interface RuleCard {
  readonly id: string
  readonly version: number
  /** Letter of the eleven contents of automatic review (TT 12/2026/TT-BTC art. 10.1). */
  readonly group: string
  readonly stage: number
  /** What it may do, by date of receipt; the law that it applies has its own dates (`from`, `to`, by `NGAY_RA`). */
  readonly states: Dated<RuleState>
  readonly from: CalendarDate
  readonly to: CalendarDate | null
  readonly name: Wording
  /** How we read the text where it is silent or sources differ. */
  readonly readings: readonly string[]
  /** Texts that replaced one another have dates, by `NGAY_RA`: `cardOn` tells those of a day. */
  readonly legalBasis: readonly DatedBasis[]
  /** Wording of each finding code, with `{input}` in it. */
  readonly messages: ReadonlyMap<string, Wording>
}

/** What a route (a visit category resolved) pays, of the card rate. */
export interface RouteTerms {
  readonly inpatientBp: RateBp
  readonly outpatientBp: RateBp
  /** 100 %, the card rate ignored. */
  readonly flat: boolean
  /** Counts as right route for the low-cost waiver. */
  readonly waiver: boolean
  /** Co-pay counts towards, and is capped by, the six-month sum. */
  readonly counts: boolean
  /** The rate is that of another visit, which is not known here: a person settles it. */
  readonly byCase: boolean
  /** The rule that explains a rate below the card rate. */
  readonly rule: string
}

export interface CardSign {
  readonly rateBp: RateBp
  readonly liftsListRate: boolean
  /** `PHAM_VI` 3 is paid. */
  readonly paysScope3: boolean
  /** The ceiling on the supplies of a technique holds. */
  readonly packageCeiling: boolean
}
export interface CardGroup {
  readonly sign: string
  /** Counts as `sign` whatever is printed on the card. */
  readonly overridesPrint: boolean
}

/** A row of the listed diseases that a specialised hospital treats as right route (visit category 1.17). */
export interface ListedDisease {
  readonly row: string
  /** ICD codes or ranges of three-character codes; a three-character code takes its subcodes. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Only below this age in full years. */
  readonly underAge: number | null
}

export type BedKind = 'surgical' | 'medical'

/** A diagnosis that the law takes out of insurance: surely (`deny`), or so that a person looks (`pend`). */
export interface ExclusionRow {
  /** Names the wording. */
  readonly matter: string
  readonly effect: 'deny' | 'pend'
  /** From this age in full years on. */
  readonly fromAge: number
}

/** The law as dated data, checked and hashed when it is loaded. */
export interface Rulebook {
  readonly version: string
  readonly sha256: string
  readonly rules: ReadonlyMap<string, RuleCard>
  readonly parameters: {
    readonly baseSalary: Dated<Money>
    readonly waiverRateBp: Dated<RateBp>
    readonly exemptionMonths: Dated<number>
    /** Base salaries that the supplies of one use of a technique are paid up to (PRC-04). */
    readonly packageMonths: Dated<number>
    readonly cardGraceDays: Dated<number>
    /** Points of a basic-level hospital below which self-presenting outpatients have the full card rate (1.12). */
    readonly pointsFullBelow: Dated<number>
    /** Points below which they are on category 1.13. */
    readonly pointsHalfBelow: Dated<number>
    /** Working days from its signature within which a transfer slip is shown, by the day of signature. */
    readonly referralWorkingDays: Dated<number>
    /** Months from its signature for which a slip of the one-year kind holds. */
    readonly referralMonths: Dated<number>
    /** A temporary stay elsewhere is shorter than this many days. */
    readonly temporaryStayDays: Dated<number>
    /** Below this age a child is insured by a temporary code. */
    readonly childUnderAge: Dated<number>
    /** Other facilities on one day from which on a person looks (DUP-05). */
    readonly otherFacilitiesADay: Dated<number>
    readonly filingWorkingDays: Dated<number>
    readonly filingMonthDay: Dated<number>
    readonly amountTolerance: Dated<Money>
    readonly serviceRateInHospitalAmount: Dated<boolean>
    /** Exams at one table in a day that are paid in full, and the rate of those beyond. */
    readonly examTableExams: Dated<number>
    readonly examTableRateBp: Dated<RateBp>
    /** Hours of a stay up to which there is no bed fee, and below which there is one bed day. */
    readonly bedFreeHours: Dated<number>
    readonly bedOneDayHours: Dated<number>
    /** Days after an operation for which the price of a surgical bed is paid. */
    readonly surgicalBedDays: Dated<number>
    /** FRD-02: so many visits at so many places within so many days. */
    readonly frequentVisitDays: Dated<number>
    readonly frequentVisits: Dated<number>
    readonly frequentVisitPlaces: Dated<number>
  }
  readonly routes: ReadonlyMap<string, Dated<RouteTerms>>
  /** Visit category → name of its route; `by-level` where the facility's level decides. */
  readonly visitCategories: ReadonlyMap<string, Dated<string>>
  readonly cardSigns: ReadonlyMap<string, Dated<CardSign>>
  readonly cardGroups: ReadonlyMap<string, Dated<CardGroup>>
  /** ICD code, which takes its subcodes → what the law says of it. */
  readonly exclusions: ReadonlyMap<string, Dated<ExclusionRow>>
  /** The most that `TYLE_TT_DV` may be: `exam-2`, `bed-K`, `operation-same-team` … */
  readonly specialRates: ReadonlyMap<string, Dated<RateBp>>
  /** `KET_QUA_DTRI 5` and other endings of a stay → bed days beyond out − in. */
  readonly bedEndings: ReadonlyMap<string, Dated<number>>
  /** Beginning of a bed's folded name → its kind. */
  readonly bedKinds: ReadonlyMap<string, Dated<BedKind>>
  readonly listedDiseases: Dated<readonly ListedDisease[]>
  /** Closed code lists by name. */
  readonly codes: ReadonlyMap<string, ReadonlyMap<string, Dated<true>>>
}

/** The slice in force on a day, or undefined before the first. */
export function sliceOn<T>(slices: Dated<T> | undefined, day: CalendarDate): Slice<T> | undefined {
  if (slices === undefined) return undefined
  for (let index = slices.length - 1; index >= 0; index--) {
    const slice = slices[index]!
    if (slice.from <= day) return slice.to === null || day <= slice.to ? slice : undefined
  }
  return undefined
}

/** The state of a rule for what is received on a day; outside its dates it is a draft. */
export function stateOn({ states }: RuleCard, day: CalendarDate): RuleState['state'] {
  return valueOn(states, day)?.state ?? 'draft'
}

export function valueOn<T>(slices: Dated<T> | undefined, day: CalendarDate): T | undefined {
  return sliceOn(slices, day)?.value
}

/** The card with the texts in force on a day alone. */
export function cardOn(card: RuleCard, day: CalendarDate): RuleCard {
  const isDated = card.legalBasis.some(({ from, to }) => from !== undefined || to !== undefined)
  return isDated ? { ...card, legalBasis: basisOn(card.legalBasis, day) } : card
}

/** The texts in force on a day, without their dates. */
export const basisOn = (bases: readonly DatedBasis[], day: CalendarDate): readonly LegalBasis[] =>
  bases
    .filter(({ from, to }) => (from === undefined || from <= day) && (to === undefined || day <= to))
    .map(({ from: _, to: __, ...basis }) => basis)
