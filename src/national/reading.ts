import type { Release } from '../domain/claim.ts'
import type { Fault } from '../platform/problem.ts'

/** A normalised row: national field names, every value a non-empty string, decimals canonical (`1500`, `589.999`). */
export type WireRow = Readonly<Record<string, string>>
/**
 * A normalised claim: empty fields dropped, order of rows kept. Single-row tables (XML1, 7, 8, 10, 11, 13, 14) are objects, the others
 * arrays; XML7 is an array where a birth of several children has more than one.
 */
export type WireClaim = Readonly<Record<string, WireRow | readonly WireRow[]>> & { readonly XML1: WireRow }

export interface ReadBounds {
  readonly bodyBytesMax: number
  readonly depthMax: number
  readonly claimLinesMax: number
  /** `HOSO` in one envelope (100). */
  readonly claimsMax: number
  /** Faults listed in one answer (200); the count is exact. */
  readonly faultsMax: number
}

export type ClaimMediaType = 'application/json' | 'application/xml'

/** One claim of a body, readable and valid against the schema of its release. */
export interface ValidClaim {
  readonly kind: 'valid'
  readonly wire: WireClaim
  readonly release: Release
  readonly facilityCode: string
  readonly encounterId: string
  /** SHA-256 (hex) of the RFC 8785 form of `wire`. XML and JSON of one claim agree. */
  readonly contentSha256: string
  /** The bytes that become the stream record: the whole body, or one `<HOSO>…</HOSO>` slice where the envelope has several. */
  readonly bytes: Buffer
}
export interface InvalidClaim {
  readonly kind: 'invalid'
  /** `request.other_facility` where the envelope and its table disagree is left to the caller: it is a fault here. */
  readonly errors: readonly Fault[]
  readonly errorCount: number
  /** As far as they could be read. */
  readonly facilityCode: string | undefined
  readonly encounterId: string | undefined
}
export type BodyReading =
  /** 400 `request.unreadable` or 413 `request.too_large`; the detail never quotes content. */
  | {
      readonly kind: 'refused'
      readonly code: 'request.unreadable' | 'request.too_large'
      readonly detail: { vi: string; en: string }
    }
  /** `several`: an envelope with more than one `HOSO`, answered with 207. */
  | { readonly kind: 'read'; readonly several: boolean; readonly claims: readonly (ValidClaim | InvalidClaim)[] }

/** Identifiers of the patient in one claim, normalised, for the stream key and for look-ups. Personal data: never log. */
export interface MemberIdentifiers {
  /** 12 digits, 9 digits or passport, upper case, as in `SO_CCCD`. */
  readonly personalId: string | undefined
  /** Last 10 digits of each card (or a bare 10-digit number). */
  readonly socialInsuranceNumbers: readonly string[]
  readonly cardNumbers: readonly string[]
}
