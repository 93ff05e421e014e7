import type { CalendarDate, LocalTime } from './claim.ts'
import type { Milli, Money, RateBp } from './money.ts'

/** A coverage of a member as the register holds it. */
export interface Coverage {
  readonly cardNumber: string
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
  readonly registeredFacility: string
  readonly fiveYearsFrom: CalendarDate | null
  readonly area: string | null
  readonly status: 'active' | 'withdrawn' | 'held' | 'replaced'
}

/** What the register knows of one member. Shape of the register file (contract). */
export interface Member {
  readonly personalId: string | null
  readonly socialInsuranceNumber: string | null
  readonly fullName: string
  readonly birthDate: string
  readonly sex: 'male' | 'female' | 'unknown'
  readonly deceasedOn: CalendarDate | null
  readonly version: number
  readonly coverages: readonly Coverage[]
  readonly copayCounted: readonly { readonly year: number; readonly amount: string; readonly asOf: CalendarDate }[]
}

export interface FacilityPeriod {
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
  readonly level: 'primary' | 'basic' | 'specialised'
  readonly formerLevel: 'commune' | 'district' | 'provincial' | 'central' | null
  readonly points: number | null
  readonly kind: 'health-station' | 'clinic' | 'hospital'
  readonly contract: boolean
}
export interface Facility {
  readonly code: string
  readonly name: string
  readonly province: string
  readonly periods: readonly FacilityPeriod[]
}

/** A register row with where it came from and how old it is; `none`: the register was asked and has no such row. */
export type RegisterFact<T> =
  | { readonly kind: 'known'; readonly value: T; readonly asOf: CalendarDate; readonly stale: boolean }
  | { readonly kind: 'none'; readonly asOf: CalendarDate | null }
  | { readonly kind: 'unavailable' }

export type CatalogueList = 'drug' | 'service' | 'supply' | 'bed'
export const catalogueLists: readonly CatalogueList[] = ['bed', 'drug', 'service', 'supply']

/** A row of a facility's list: what it may bill for a code, from when to when. Shape of the register file (contract). */
export interface CatalogueEntry {
  readonly list: CatalogueList
  /** `null`: every facility. */
  readonly facilityCode: string | null
  readonly code: string
  readonly unitPriceMilli: Milli
  /** What the fund accepts where it is lower than the hospital's price. */
  readonly payableUnitPriceMilli: Milli | null
  readonly paymentRateBp: RateBp
  readonly rateLiftedForSign1: boolean
  /** `PHAM_VI` */
  readonly scope: number
  /** Counts towards the package ceiling of a technique. */
  readonly inPackageCap: boolean
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
}
/** What a facility's lists say of the codes on one claim. */
export interface Catalogue {
  /** Lists with at least one entry for the facility; no line is denied for a list that is not among them. */
  readonly loaded: readonly CatalogueList[]
  /** How new each loaded list is; one that is not here is as new as the fact. */
  readonly listsAsOf?: Readonly<Partial<Record<CatalogueList, CalendarDate>>>
  /** Rows of the claim's codes, whatever their dates. */
  readonly entries: readonly CatalogueEntry[]
}

/** Between two codes: a technique and a supply inside its price, a technique and its step, a technique and whose price it is paid at. */
export interface Relation {
  readonly kind: 'includes' | 'step-of' | 'priced-as'
  /** `includes`: the technique. `step-of`: the step. `priced-as`: the technique done. */
  readonly code: string
  /** `includes`: the supply. `step-of`: the whole. `priced-as`: the technique whose price is paid. */
  readonly other: string
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
}

/** An electronic transfer or re-visit slip of the member. */
export interface Referral {
  readonly id: string
  readonly kind: 'transfer' | 'one-year' | 're-visit'
  readonly from: string
  readonly to: string
  readonly signedAt: CalendarDate
  readonly validTo: CalendarDate | null
  readonly icd: readonly string[]
  /** The claim (`MA_LK`) that used it. */
  readonly usedBy: string | null
}

/** Where and when a practitioner is registered, and for what. */
export interface Practitioner {
  readonly code: string
  readonly facilityCode: string
  readonly scopes: readonly string[]
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
}

/** An earlier decided visit of the member: the current version of another claim. */
export interface Visit {
  readonly claimId: string
  readonly facilityCode: string
  readonly careType: string
  readonly arrivedAt: string
  readonly endedAt: string
  readonly outcome: string
  /** Co-pay that counts towards the six months, as decided. */
  readonly copayCounted: Money
  /** What else later claims may ask of it. */
  readonly details: VisitDetails
}
/** Kept with a version for the rules of later claims; every list in a fixed order. */
export interface VisitDetails {
  /** `MA_DOITUONG_KCB` */
  readonly category: string
  /** `GIAY_CHUYEN_TUYEN` */
  readonly slip: string | null
  /** Exams that were paid for, in order of time. */
  readonly exams: readonly { readonly at: LocalTime; readonly code: string; readonly unitPriceMilli: Milli }[]
  /** Drugs dispensed for use at home: the last day each suffices for. */
  readonly supply: readonly { readonly code: string; readonly until: CalendarDate }[]
}

/**
 * Below this many exams before it a table is not a fact: no claim is paid less for it, and counting exactly would make every claim of one
 * practitioner wait for the other.
 */
export const EXAMS_COUNTED_FROM = 60
/**
 * How many exams at one table (a practitioner at a facility) on a day come before those of this claim in the order of time, then of claim ids; of
 * other claims already decided.
 */
export interface ExamTable {
  readonly practitioner: string
  readonly on: CalendarDate
  readonly before: number
}

/** The check-in of this visit, bound by facility and `MA_LK`. */
export interface CheckIn {
  readonly checkInId: string
  readonly at: LocalTime
  readonly assurance: 'C0' | 'C1' | 'C2' | 'C3'
  readonly outcome: 'admitted' | 'provisional' | 'refused'
}

/** The latest stored version of the same claim, if any (DUP-02). */
export interface EarlierVersion {
  readonly version: number
  readonly fundClaimed: Money
}

/** No earlier visit has anything to say but its dates. */
export const noVisitDetails: VisitDetails = { category: '', exams: [], slip: null, supply: [] }

/**
 * Everything outside the claim that its decision used. Kept by hash with the decision; a replay gets exactly this.
 * Lists are in a fixed order, so the same knowledge always has the same hash.
 */
export interface Facts {
  /** Date of receipt in Asia/Ho_Chi_Minh. */
  readonly receivedOn: CalendarDate
  readonly member: RegisterFact<Member>
  readonly facility: RegisterFact<Facility>
  /** Current decided visits of the member that the rules may need, oldest first, this claim excluded. */
  readonly visits: readonly Visit[]
  readonly earlierVersion: EarlierVersion | null
  readonly catalogue: RegisterFact<Catalogue>
  /** Of codes that are both on the claim (`priced-as`: of which one is), in order. */
  readonly relations: RegisterFact<readonly Relation[]>
  /** The member's slips, by id. */
  readonly referrals: RegisterFact<readonly Referral[]>
  /** Every registration of the practitioners whom the claim names, by code, facility and date. */
  readonly practitioners: RegisterFact<readonly Practitioner[]>
  /** By practitioner and day; one that is not here has fewer than `EXAMS_COUNTED_FROM` before. */
  readonly examTables: readonly ExamTable[]
  readonly checkIn: RegisterFact<CheckIn>
}
