import type { Amounts, CalendarDate, LineTable, Totals } from './claim.ts'
import type { Money, RateBp } from './money.ts'

/** `deny` the whole claim · `pend` a person or a missing register must settle it · `adjust` amounts changed · `accept` as claimed. */
export type Outcome = 'accept' | 'adjust' | 'pend' | 'deny'
export type Severity = 'info' | 'warn' | 'pend' | 'reduce' | 'deny'
export type Bearer = 'provider' | 'patient' | 'fund'

export interface LegalBasis {
  readonly document: string
  readonly article?: string
  readonly clause?: string
  readonly point?: string
}
export interface LineRef {
  readonly table: LineTable
  readonly stt: number
}
export interface Effect {
  readonly field: string
  readonly before: string
  readonly after: string
  /** Change of what the fund pays, decimal đồng. */
  readonly money: string
  readonly bearer: Bearer
}
export interface Finding {
  readonly rule: string
  readonly version: number
  /** Letter of the eleven contents of automatic review (TT 12/2026/TT-BTC art. 10.1). */
  readonly group: string
  readonly severity: Severity
  readonly lines: readonly LineRef[]
  readonly effect: Effect | undefined
  readonly legalBasis: readonly LegalBasis[]
  readonly inputs: Readonly<Record<string, string>>
  readonly message: { readonly vi: string; readonly en: string }
}
export interface Benefit {
  readonly cardNumber: string
  readonly from: CalendarDate
  readonly to: CalendarDate
  readonly cardRateBp: RateBp
  readonly routeRateBp: RateBp
  readonly rateBp: RateBp
  readonly rules: readonly string[]
}
export interface LineDecision {
  readonly table: LineTable
  readonly stt: number
  readonly claimed: Amounts
  readonly decided: Amounts
  /** Indexes into `findings`. */
  readonly findings: readonly number[]
}

/** The result of the pure `adjudicate`: a function of claim, facts and rulebook, nothing else. */
export interface Decision {
  readonly outcome: Outcome
  readonly claimed: Totals
  readonly decided: Totals
  readonly benefits: readonly Benefit[]
  readonly lines: readonly LineDecision[]
  readonly findings: readonly Finding[]
  /** What rules in shadow would have said: for reviewers and counters, not on the wire. */
  readonly shadow: readonly Finding[]
  /** Co-pay of this visit that counts towards six months of base salary; kept in the ledger, not on the wire. */
  readonly copayCounted: Money
  /** Rules that threw and invariants that broke, for the alarm; not on the wire. Absent when there is none. */
  readonly alarms?: readonly string[]
  readonly rulebook: { readonly version: string; readonly sha256: string }
}

/** A decision as bytes: RFC 8785 form of the contract's `decision`, made once, the same for ledger, stream and answer. */
export interface EncodedDecision {
  readonly bytes: Buffer
  readonly sha256: string
}
