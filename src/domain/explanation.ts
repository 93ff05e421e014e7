import type { Outcome, Severity } from './decision.ts'

/**
 * Why a claim was decided as it was, in the shapes of `schemas/explanation.json`: amounts, prices and rates are decimal texts as on the
 * wire, amounts of lines and of the claim under their national names.
 */
export interface Explanation {
  readonly claimId: string
  readonly facilityCode: string
  /** Empty where a held claim could not be read. */
  readonly encounterId: string
  readonly version: number
  readonly current: boolean
  readonly currentVersion: number
  readonly status: 'decided' | 'held'
  readonly heldReason?: string
  readonly receivedAt: string
  readonly decidedAt: string
  readonly contentSha256: string
  /** What the decision comes to, or why there is none, in a sentence. */
  readonly summary: Text
  /** Absent for a held version. */
  readonly decision?: DecisionExplained
}

export interface DecisionExplained {
  /** `engine`: derived again by the engine that decided, to the byte. `stored`: told from the stored decision alone, for `reason`. */
  readonly derivation: {
    readonly kind: 'engine' | 'stored'
    readonly reason?: 'void' | 'other_engine' | 'rulebook_missing' | 'not_reproduced'
    readonly message?: Text
  }
  readonly visit?: {
    readonly arrivedOn: string
    readonly endedOn: string
    readonly inpatient: boolean
    /** `MA_LOAI_KCB` */
    readonly careType: string
    /** `MA_DOITUONG_KCB` */
    readonly visitCategory: string
  }
  readonly outcome: Outcome
  readonly claimed: ClaimAmounts
  readonly decided: ClaimAmounts
  /** From the claimed totals to the decided ones, one entry a rule; they add up. */
  readonly rules: readonly RuleChange[]
  readonly benefit: BenefitExplained
  readonly lines: readonly LineExplained[]
  /** What the decision says of the claim as a whole. */
  readonly notes: readonly NoteExplained[]
  /** What rules in shadow would have said: for the insurer's reviewers, without effect. `finding` counts in this list. */
  readonly shadow?: readonly NoteExplained[]
  /** What would make it pay, or be accepted as filed; each was decided again. Fewest fields first. */
  readonly changes: readonly ChangeOffered[]
  /** What pends, reduces or denies and is not settled by a change of the file: who settles it, and how. */
  readonly open: readonly OpenMatter[]
  readonly rulebook: { readonly version: string; readonly sha256: string }
  readonly engineSha256: string
  readonly factsSha256: string
  readonly sha256: string
}

export interface Text {
  readonly vi: string
  readonly en: string
}
export interface BasisText {
  readonly document: string
  readonly article?: string
  readonly clause?: string
  readonly point?: string
}

/** The six amounts of a line. Also a change of them: then with a sign. */
export interface LineAmountsText {
  readonly THANH_TIEN_BV: string
  readonly THANH_TIEN_BH: string
  readonly T_BHTT: string
  readonly T_BNCCT: string
  readonly T_BNTT: string
  readonly T_NGUONKHAC: string
}
/** The six amounts of a claim, or a change of them. */
export interface ClaimAmounts {
  readonly T_TONGCHI_BV: string
  readonly T_TONGCHI_BH: string
  readonly T_BHTT: string
  readonly T_BNCCT: string
  readonly T_BNTT: string
  readonly T_NGUONKHAC: string
}

export interface RuleChange {
  readonly rule: string
  readonly name: Text
  readonly change: ClaimAmounts
  readonly after: ClaimAmounts
  readonly lines: number
}

/** One step on the way of a line from claimed to decided. */
export interface Step {
  readonly rule: string
  readonly name: Text
  readonly stage: number
  readonly severity: Severity
  readonly message: Text
  readonly effect?: {
    readonly field: string
    readonly before: string
    readonly after: string
    readonly bearer: 'provider' | 'patient' | 'fund'
  }
  /** After this step; those of the last are the decided ones. */
  readonly amounts: LineAmountsText
  /** Against the step before. All zero: it was found as well, and changes nothing that another step had not changed. */
  readonly change: LineAmountsText
  readonly legalBasis: readonly BasisText[]
  /** Position in `findings` of the decision; absent for the benefit rate of a line that it leaves as claimed. */
  readonly finding?: number
}

/** Quantity, prices and rates under their national names. */
export type Factors = Readonly<Record<string, string>>

export interface LineExplained {
  readonly table: 'XML2' | 'XML3'
  readonly stt: number
  /** Of the drug, service or supply. */
  readonly code?: string
  readonly name?: string
  readonly claimed: LineAmountsText
  readonly decided: LineAmountsText
  readonly factors?: { readonly claimed: Factors; readonly accepted: Factors }
  /** How the decided amounts are computed, in order. */
  readonly arithmetic: readonly Text[]
  readonly pended: boolean
  readonly steps: readonly Step[]
}

export interface BenefitExplained {
  readonly rates: readonly {
    /** The sign of the card and its last three digits. */
    readonly card: string
    readonly from: string
    readonly to: string
    readonly cardRate: string
    readonly routeRate: string
    readonly rate: string
    readonly how: readonly Reason[]
  }[]
  /** The low-cost waiver, the five-year exemption and money of other sources, as far as they were asked. */
  readonly claim: readonly Reason[]
}
export interface Reason {
  readonly rule: string
  readonly message: Text
  readonly legalBasis: readonly BasisText[]
}

export interface NoteExplained extends Reason {
  readonly severity: Severity
  readonly finding: number
  /** The lines that it is about, where no step of theirs tells it. */
  readonly lines?: readonly { readonly table: 'XML2' | 'XML3'; readonly stt: number }[]
}

/** A value of the file that would be another. */
export interface Edit {
  readonly pointer: string
  readonly table: string
  readonly stt?: number
  readonly field: string
  /** Empty where the field was not sent. */
  readonly from: string
  readonly to: string
  /** It follows from another edit: an amount computed anew. */
  readonly follows: boolean
}
export interface ChangeOffered {
  /** Positions in `findings` that it settles. */
  readonly findings: readonly number[]
  readonly message: Text
  readonly edits: readonly Edit[]
  /** Fields to be changed by hand; the others follow. */
  readonly fields: number
  /** What the changed claim was decided to. */
  readonly result: {
    readonly outcome: Outcome
    readonly T_BHTT: string
    /** Against the decision as it stands. */
    readonly gain: string
    readonly clearsPend: boolean
  }
}
export interface OpenMatter {
  readonly findings: readonly number[]
  readonly rule: string
  readonly severity: Severity
  /** Who can settle it. */
  readonly by: 'facility' | 'insurer' | 'gateway'
  readonly message: Text
  readonly advice: Text
}
