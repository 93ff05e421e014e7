import type { CalendarDate } from './claim.ts'
import type { Money } from './money.ts'

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
}

/** The latest stored version of the same claim, if any (DUP-02). */
export interface EarlierVersion {
  readonly version: number
  readonly fundClaimed: Money
}

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
}
