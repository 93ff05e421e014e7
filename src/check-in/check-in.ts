import type { CalendarDate } from '../domain/claim.ts'
import type { CheckInListed, ConfirmResult } from './check-in-store.ts'
import type { Alert, CoverageShown, EligibilityShown, Text } from './coverage/coverage.ts'
import type { Looker } from './looks.ts'

/** C3 chip and a look at the face · C2 chip · C1 digital identity · C0 stated. */
export type Assurance = 'C0' | 'C1' | 'C2' | 'C3'
export type Outcome = 'admitted' | 'provisional' | 'refused'
export const ATTESTED_REASONS = ['emergency', 'child', 'newborn', 'lost-card', 'disaster'] as const
export type AttestedReason = (typeof ATTESTED_REASONS)[number]

/** A member of staff as the desk names them. */
export interface Staff {
  readonly name: string
  readonly personalId: string | undefined
}
/** What was typed or printed; each as far as known. Dates are ISO, also `1985` or `1985-01`. */
export interface StatedPerson {
  readonly personalId: string | undefined
  readonly cardNumber: string | undefined
  readonly socialInsuranceNumber: string | undefined
  readonly fullName: string | undefined
  readonly birthDate: string | undefined
}

export interface ChipIdentity {
  readonly method: 'chip'
  readonly challengeId: string
  readonly sod: Buffer | undefined
  /** Raw bytes by number of the data group. */
  readonly groups: ReadonlyMap<number, Buffer>
  readonly activeAuthentication: Buffer | undefined
  /** Whom the caller says it is; compared with the card. */
  readonly claimed: StatedPerson
}
export interface TokenIdentity {
  readonly method: 'vneid' | 'vssid'
  readonly token: string
}
export interface CardIdentity {
  readonly method: 'card'
  readonly stated: StatedPerson
}
export interface AttestedIdentity {
  readonly method: 'attested'
  readonly reason: AttestedReason
  readonly note: string | undefined
  readonly stated: StatedPerson
}
export type Identity = ChipIdentity | TokenIdentity | CardIdentity | AttestedIdentity

export interface CheckInRequest {
  readonly facilityCode: string
  /** `MA_LK`, where the hospital has given one. */
  readonly encounterId: string | undefined
  readonly staff: Staff | undefined
  readonly identity: Identity
  readonly personMatch: { readonly by: 'clerk' | 'face'; readonly result: 'match' | 'mismatch' | 'not-done' } | undefined
  readonly visit: {
    readonly category: string
    readonly careType: string
    readonly arrivedAtMs: number | undefined
    /** Electronic slip that the visit stands on. */
    readonly slip?: string | undefined
  }
  /** The row of the national table that it came as. */
  readonly nationalRow?: Readonly<Record<string, string>>
  /** When a kiosk took it that had no connection; it comes later. */
  readonly madeOfflineAtMs?: number
  /** Hash of the whole content: what is sent twice is one check-in. */
  readonly contentSha256: string
}
/** Whose credential it is, and which of its kiosks. */
export interface CheckInCaller {
  readonly clientId: string
  readonly kioskId: string | undefined
}

/** Why it is not simply admitted, and what to do instead. */
export interface CheckInReason {
  readonly code: string
  readonly message: Text
}
export type CheckState = 'pass' | 'fail' | 'not-done' | 'unknown'
export type Checks = Readonly<Record<string, CheckState | Readonly<Record<string, CheckState>>>>

/** The answer of the contract. Nothing in it names the person beyond masked name, year and card number. */
export interface CheckInAnswer {
  readonly checkInId: string
  readonly ticket: string
  readonly outcome: Outcome
  readonly assurance: Assurance | null
  readonly offline: boolean
  readonly checks: Checks
  readonly reasons: readonly CheckInReason[]
  readonly offers: readonly CheckInReason[]
  readonly member: { readonly name: string; readonly birthYear: number | null } | null
  readonly coverage: CoverageShown
  readonly alerts: readonly Alert[]
  readonly eligibility: EligibilityShown
  readonly legacyCode: string
}

export interface Challenge {
  readonly challengeId: string
  /** Base64 of 8 bytes. */
  readonly nonce: string
  readonly expiresAt: string
  /** Where one was asked for: the number that the check-in will have. */
  readonly ticket?: string
}

export interface CheckIns {
  /** @param count at most `OFFLINE_CHALLENGES_MAX` offline, else 1 */
  openChallenges(
    facilityCode: string,
    caller: CheckInCaller,
    wish: { count: number; offline: boolean; ticket: boolean },
  ): Promise<readonly Challenge[]>
  /** Never throws for a fault of ours: then the answer is provisional. */
  checkIn(request: CheckInRequest, caller: CheckInCaller): Promise<CheckInAnswer>
  /** Newest first. @throws PostgresUnavailable */
  listOn(facilityCode: string, day: CalendarDate, looker: Looker): Promise<readonly CheckInListed[]>
  /** @returns undefined when the facility has no such check-in. @throws PostgresUnavailable */
  confirm(facilityCode: string, checkInId: string, staff: Staff): Promise<ConfirmResult | undefined>
}
