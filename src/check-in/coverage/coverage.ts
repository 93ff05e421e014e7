import type { CalendarDate, LocalTime } from '../../domain/claim.ts'
import type { Facility, Member, Referral, RegisterFact, Visit } from '../../domain/facts.ts'

/** A message in both languages that people read. Never a value of the patient's. */
export interface Text {
  readonly vi: string
  readonly en: string
}
/** Something that the desk must see. */
export interface Alert {
  readonly code: string
  readonly message: Text
}

/** The visit that begins: `MA_DOITUONG_KCB`, `MA_LOAI_KCB` and when the patient came. */
export interface VisitAsked {
  readonly category: string
  readonly careType: string
  readonly at: LocalTime
  /** A transfer or re-visit slip that was shown: its number and who wrote it. */
  readonly referral?: { readonly slip: string; readonly from: string }
}

/** What the ledger knows of the member's visits. `undefined` as a whole where the ledger could not be asked. */
export interface VisitsKnown {
  /** Stays (inpatient, day, outpatient course) and check-ins that nothing has ended yet. */
  readonly open: readonly { readonly facilityCode: string; readonly careType: string; readonly arrivedAt: LocalTime }[]
  /** Check-ins and claims of the same day, this one excluded. */
  readonly sameDay: readonly { readonly facilityCode: string; readonly arrivedAt: LocalTime }[]
  /** Drugs dispensed for use at home that last beyond the day asked: the last day. */
  readonly supplyUntil: readonly CalendarDate[]
  /** Current decided visits, which the co-pay of the year is counted from. */
  readonly decided: readonly Visit[]
}

/** What the patient gets here for this visit, in per cent (`80`, `32`); `undefined` when it cannot be told. Pure, handed in by `main.ts`. */
export type BenefitRateHere = (question: {
  readonly member: Member
  readonly facility: Facility | undefined
  readonly facilityCode: string
  readonly visit: VisitAsked
  readonly on: CalendarDate
  /** The card the visit goes by; without it all of the member's. */
  readonly cardNumber?: string
  /** The member's slips as the register has them; absent: the slip that is shown counts as on paper. */
  readonly referrals?: RegisterFact<readonly Referral[]>
}) => string | undefined

/**
 * Co-pay counted in the calendar year of `on` (đồng with two decimals) and whether it is not collected any more. Pure, handed in by `main.ts`.
 */
export type CopayHere = (
  question: { readonly member: Member; readonly on: CalendarDate; readonly cardNumber?: string },
  visits: readonly Visit[],
) => { readonly counted: string; readonly exempt: boolean }

/** Everything that the view is made of; it asks nobody itself. */
export interface CoverageQuestion {
  readonly member: RegisterFact<Member>
  readonly facility: RegisterFact<Facility>
  readonly facilityCode: string
  readonly visit: VisitAsked
  readonly on: CalendarDate
  /** The card that was shown, where one was; else the one that is in force. */
  readonly cardNumber: string | undefined
  readonly visits: VisitsKnown | undefined
  readonly referrals?: RegisterFact<readonly Referral[]>
  readonly benefitRateHere: BenefitRateHere
  readonly copayHere: CopayHere
  /** Where the knowledge came from; told by whoever asked the register. */
  readonly source: EligibilityShown['source']
}

/**
 * `active`: covered on the day. `none`: the register is sure that there is no cover (no such person, ended, withdrawn, held, dead, not begun).
 * `unknown`: the register could not be asked, or is older than the day and says no.
 */
export type CoverageStatus =
  | 'active'
  | 'expired'
  | 'not-started'
  | 'withdrawn'
  | 'held'
  | 'replaced'
  | 'deceased'
  | 'none'
  | 'unknown'

/** `coverage` of the answer. Null where it is not known. */
export interface CoverageShown {
  readonly status: CoverageStatus
  readonly cardNumber: string | null
  readonly validFrom: CalendarDate | null
  readonly validTo: CalendarDate | null
  /** Whole days that the card is still valid after the day asked; null where it has no end or none is in force. */
  readonly daysLeft: number | null
  readonly benefitRateHere: string | null
  readonly registeredFacility: string | null
  readonly fiveYearsFrom: CalendarDate | null
  readonly copayCounted: string | null
  readonly exempt: boolean
}
/** `eligibility` of the answer: where the knowledge comes from and how old it is. */
export interface EligibilityShown {
  readonly source: 'cache' | 'register' | 'last-known' | 'none'
  readonly asOf: CalendarDate | null
  readonly stale: boolean
}
export interface CoverageView {
  readonly coverage: CoverageShown
  readonly eligibility: EligibilityShown
  readonly alerts: readonly Alert[]
  /** National card-check code, three digits. */
  readonly legacyCode: string
  /** Whether the register surely says no cover on the day: then the visit is refused as insured and offered as self-paid. */
  readonly surelyNotCovered: boolean
}
