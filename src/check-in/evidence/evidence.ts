import type { Assurance, CheckInReason, Checks, StatedPerson } from '../check-in.ts'

/**
 * What one piece of evidence is worth. `proven`: who it is, is shown. `stated`: somebody says so; the register decides. `lowered`: less was shown
 * than should have been, nothing is disproven. `refused`: something is disproven.
 */
export interface EvidenceVerdict {
  readonly standing: 'proven' | 'stated' | 'lowered' | 'refused'
  /** The best level by this evidence; undefined when refused. */
  readonly assurance: Assurance | undefined
  readonly checks: Checks
  readonly reasons: readonly CheckInReason[]
  /** Whom to look for in the register. */
  readonly person: StatedPerson | undefined
  /** For an auditor, without anything of the person. */
  readonly audit: Readonly<Record<string, string | number | boolean | null>>
}

export const nobody: StatedPerson = {
  personalId: undefined,
  cardNumber: undefined,
  socialInsuranceNumber: undefined,
  fullName: undefined,
  birthDate: undefined,
}
