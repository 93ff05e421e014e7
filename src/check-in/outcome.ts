import type { Assurance, CheckInReason, CheckInRequest, Outcome } from './check-in.ts'
import type { CoverageView } from './coverage/coverage.ts'
import type { EvidenceVerdict } from './evidence/evidence.ts'
import type { PersonComparison } from './evidence/stated.ts'
import { type OfferCode, offerOf, type ReasonCode, reasonOf } from './reasons.ts'

export interface OutcomeQuestion {
  readonly identity: CheckInRequest['identity']
  readonly personMatch: CheckInRequest['personMatch']
  readonly evidence: EvidenceVerdict
  /** `undefined`: the register knows nobody by this evidence, or could not be asked. */
  readonly comparison: PersonComparison | undefined
  readonly view: CoverageView
  readonly isOffline: boolean
}
export interface Decided {
  readonly outcome: Outcome
  readonly assurance: Assurance | null
  readonly reasons: readonly CheckInReason[]
  readonly offers: readonly CheckInReason[]
  readonly legacyCode: string
}

/**
 * Refused is only what is disproven, or what the register surely says has no cover. What our side could not confirm is provisional: the patient is
 * taken, and it is confirmed later.
 */
export function decideOutcome(question: OutcomeQuestion): Decided {
  const { identity, personMatch, evidence, comparison, view, isOffline } = question
  const told = (...codes: ReasonCode[]) => [...evidence.reasons, ...(comparison?.reasons ?? []), ...codes.map(reasonOf)]
  const assurance = capped(evidence.assurance, isOffline)
  const end = (outcome: Outcome, reasons: readonly CheckInReason[], legacyCode: string, ...offers: OfferCode[]): Decided => ({
    outcome,
    assurance: outcome === 'refused' ? null : assurance,
    reasons,
    offers: offers.map(offerOf),
    legacyCode,
  })
  if (personMatch?.result === 'mismatch')
    return end('refused', told('person_mismatch'), '100', 'other_evidence', 'desk', 'emergency')
  if (evidence.standing === 'refused') return end('refused', told(), '100', 'other_evidence', 'desk', 'emergency')
  if (identity.method === 'attested') return end('provisional', told(), attestedCode(question), 'desk')
  if (evidence.standing === 'stated' && comparison?.verdict === 'other') {
    return end('refused', told(), comparison.legacyCode ?? '060', 'other_evidence', 'desk', 'emergency')
  }
  if (view.coverage.status === 'unknown') return end('provisional', told(...ourFault(evidence)), '101', 'desk')
  if (view.surelyNotCovered && evidence.person !== undefined) {
    return end('refused', told('not_covered'), view.legacyCode, 'self_pay', 'desk', 'emergency')
  }
  if (evidence.standing === 'lowered') {
    return end('provisional', told(), evidence.person === undefined ? '100' : view.legacyCode, 'other_evidence', 'desk')
  }
  if (comparison?.verdict === 'differs' || comparison?.verdict === 'other') {
    return end('provisional', told(), comparison.legacyCode ?? view.legacyCode, 'desk')
  }
  const notes: ReasonCode[] = [
    ...(view.eligibility.stale ? (['register_stale'] as const) : []),
    ...(isOffline ? (['offline'] as const) : []),
  ]
  return end('admitted', told(...notes), view.legacyCode)
}

/** Nobody to look for is not the register's fault. */
const ourFault = ({ person }: EvidenceVerdict): ReasonCode[] => (person === undefined ? [] : ['register_unavailable'])

function attestedCode({ identity, comparison, view }: OutcomeQuestion): string {
  if (comparison !== undefined) return comparison.legacyCode ?? view.legacyCode
  const isChild = identity.method === 'attested' && (identity.reason === 'child' || identity.reason === 'newborn')
  return isChild ? '130' : view.coverage.status === 'unknown' ? '101' : view.legacyCode
}

function capped(assurance: Assurance | undefined, isOffline: boolean): Assurance | null {
  return assurance === 'C3' && isOffline ? 'C2' : (assurance ?? null)
}
