import type { Bearer, LegalBasis, Severity } from '../../domain/decision.ts'
import type { Milli, Money, RateBp } from '../../domain/money.ts'
import type { Context, LineState, Route } from './context.ts'

/** Upper bounds on what a line may be paid for; bounds of several rules merge by minimum. */
export interface Limits {
  readonly quantityMilli?: Milli
  readonly unitPriceHospitalMilli?: Milli
  readonly unitPriceInsuredMilli?: Milli
  readonly serviceRateBp?: RateBp
  readonly insuredRateBp?: RateBp
  readonly hospitalAmount?: Money
  readonly insuredAmount?: Money
}

/**
 * The money side of a finding; `money` is the change of what the fund pays. Left out, the engine tells it from the proposal's bounds or
 * denial: what they take of the line as the stages before left it, at the rate of the decision, had no other rule of this stage spoken.
 */
export interface ProposedEffect {
  readonly field: string
  readonly before: string
  readonly after: string
  readonly money?: Money
  readonly bearer: Bearer
}

/**
 * What a rule wants: it changes nothing itself. Proposals of a phase merge so that their order cannot matter: bounds by minimum, the
 * lower route, denial over payment, pend if anyone pends. Findings that differ in nothing but their lines become one.
 */
export interface Proposal {
  /** Key of the wording in `rulebook/messages`. */
  readonly code: string
  readonly severity: Severity
  /** Values used, as the wording names them. Never the name of a person. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Basis of the table row or value used, in force on its date; the rule's own where a rule names none. */
  readonly legalBasis?: readonly LegalBasis[]
  /** Who bears a denial; the provider unless the text says otherwise. */
  readonly bearer?: Bearer
  readonly effect?: ProposedEffect
  readonly limits?: Limits
  readonly liftsListRate?: true
  readonly route?: Route
  readonly waiver?: true
  readonly exemption?: Exemption
  /** No finding: `explain` of the same rule tells the effect once the amounts are settled. */
  readonly silent?: true
  /** A claim rule that speaks of some lines only. */
  readonly lines?: readonly LineState[]
}

/** The five-year exemption: from this day on, co-pay is collected only up to `room`. */
export interface Exemption {
  readonly from: string
  readonly countedBefore: Money
  readonly threshold: Money
}

export type Proposed = Proposal | readonly Proposal[] | undefined

interface RuleHead {
  readonly id: string
  readonly version: number
  /** Once the amounts are settled: what came of it, for the lines that it names. */
  readonly explain?: (context: Context) => Proposed
}
/** A rule that looks at each line in its phase. */
export interface LineRule extends RuleHead {
  readonly on: 'line'
  readonly propose?: (line: LineState, context: Context) => Proposed
}
export interface ClaimRule extends RuleHead {
  readonly on: 'claim'
  readonly propose?: (context: Context) => Proposed
}
export type Rule = LineRule | ClaimRule

/** Rules that see the same state, after a step of the engine has brought it about. */
export interface Phase {
  readonly before?: (context: Context) => void
  readonly rules: readonly Rule[]
}
