import type { CalendarDate } from '../domain/claim.ts'
import type { MemberQuery } from '../eligibility/eligibility.ts'
import type { Referral as ReferralRecord } from '../eligibility/register-record.ts'

export const REFERRAL_KINDS = ['transfer', 'one-year', 're-visit'] as const
export type ReferralKind = (typeof REFERRAL_KINDS)[number]
/** `r_` and 32 characters: a keyed hash, so nobody guesses one. */
export const REFERRAL_ID = /^r_[0-9a-f]{32}$/

/** What a facility asks for when it issues a slip. */
export interface ReferralWish {
  readonly kind: ReferralKind
  readonly member: MemberQuery
  readonly to: string
  /** ICD-10. */
  readonly icd: readonly string[]
  /** Of a re-visit: the day the patient is to come back on. */
  readonly returnOn: CalendarDate | undefined
  /** `MA_LK` of the visit that it is issued in. */
  readonly encounterId: string | undefined
}
/** Who acts, for the record and the access log. */
export interface ReferralActor {
  readonly facilityCode: string
  readonly clientId: string
  /** Where the person at the desk is known: under which names the ledger may know them. */
  readonly memberRefs?: readonly string[]
}

export interface ShownReferral {
  readonly id: string
  readonly kind: ReferralKind
  readonly from: string
  readonly to: string
  readonly icd: readonly string[]
  readonly signedAt: CalendarDate
  /** The last day on which it may be shown. */
  readonly validTo: CalendarDate | null
  /** Issued while a disaster was open for the issuing province. */
  readonly disaster: boolean
  /** `open`: it may be used today. */
  readonly status: 'open' | 'not-yet' | 'expired' | 'used'
  readonly usedAt: string | null
  /** `MA_LK`, for the facility that used it alone. */
  readonly usedBy: string | null
}

export type IssueResult =
  | { readonly kind: 'issued'; readonly isNew: boolean; readonly referral: ShownReferral }
  /** Nothing was stored. */
  | { readonly kind: 'refused'; readonly why: 'member_unknown' | 'register_unavailable' | 'facility_unknown' }
export type UseResult =
  | { readonly kind: 'used'; readonly again: boolean; readonly referral: ShownReferral }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'other-person' }
  | {
      readonly kind: 'used-before'
      readonly usedAt: string | null
      readonly where: 'here' | 'elsewhere'
      readonly usedBy: string | null
    }
  | { readonly kind: 'not-yet' | 'expired'; readonly signedAt: CalendarDate; readonly validTo: CalendarDate | null }

/** A slip as stored, with what became of it here. */
export interface StoredReferral {
  readonly record: ReferralRecord
  readonly disasterId: string | null
  readonly use: { readonly facilityCode: string; readonly encounterId: string; readonly usedAt: string } | undefined
}

/** A slip of a year is shown at every visit of the year; the others count once. */
export const countsOnce = (kind: ReferralKind): boolean => kind !== 'one-year'

/** @param today of Vietnam @param viewer facility that looks */
export function shown({ record, disasterId, use }: StoredReferral, today: CalendarDate, viewer: string): ShownReferral {
  const { id, kind, from, to, icd, signedAt, validTo, usedBy } = record
  const isUsed = countsOnce(kind) && (use !== undefined || usedBy !== null)
  return {
    ...{ id, kind, from, to, icd, signedAt, validTo },
    disaster: disasterId !== null,
    status: isUsed ? 'used' : standingOn(record, today),
    usedAt: isUsed ? (use?.usedAt ?? null) : null,
    usedBy: isUsed && use?.facilityCode === viewer ? use.encounterId : null,
  }
}

/** Whether a slip may be shown on a day; both ends count. */
export function standingOn(
  { signedAt, validTo }: Pick<ReferralRecord, 'signedAt' | 'validTo'>,
  day: CalendarDate,
): 'open' | 'not-yet' | 'expired' {
  if (day < signedAt) return 'not-yet'
  return validTo !== null && day > validTo ? 'expired' : 'open'
}
