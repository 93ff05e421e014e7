import type { OpenedChallenge } from '../challenges.ts'
import type { ChipIdentity, StatedPerson } from '../check-in.ts'
import { type CheckResult, failed, passed, unknown } from '../chip/checks.ts'
import type { ClaimedPerson } from '../chip/consistency.ts'
import { CHIP_POLICY } from '../chip/policy.ts'
import { CHIP_REASONS } from '../chip/reasons.ts'
import { statesOf, verifyChip } from '../chip/verify-chip.ts'
import type { Use } from '../once.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { type EvidenceVerdict, nobody } from './evidence.ts'

export interface ChipContext {
  /** `undefined`: not one of ours for this caller. */
  readonly challenge: OpenedChallenge | undefined
  readonly use: Use
  readonly trust: TrustSnapshot
  readonly nowMs: number
  /** Somebody or something compared the face, and it is this person. */
  readonly isFaceMatched: boolean
}

/** A citizen card's chip, read over our challenge. Never throws, whatever the bytes are. */
export function judgeChip(identity: ChipIdentity, context: ChipContext): EvidenceVerdict {
  const { challenge, trust, nowMs, isFaceMatched } = context
  const { sod, groups, activeAuthentication, claimed } = identity
  const verdict = verifyChip({
    evidence: { sod, groups, activeAuthentication },
    nonce: challenge?.nonce ?? NO_NONCE,
    challenge: challengeResult(context),
    claimed: claimedOf(claimed),
    trust,
    policy: CHIP_POLICY,
    now: nowMs,
  })
  // Without a challenge of ours there is nothing that the chip could have answered.
  const reasons = verdict.reasons.filter((code) => challenge !== undefined || code !== 'aa_signature')
  const isVerified = verdict.outcome === 'verified'
  const best = isVerified ? (isFaceMatched && challenge?.isOffline !== true ? 'C3' : 'C2') : verdict.assuranceMax
  const { signedAt, ...evidence } = verdict.evidence
  // A card that is refused is not looked up: whose it is, is not known.
  const shown = verdict.outcome === 'refused' ? undefined : (verdict.person ?? verdict.statedPerson)
  return {
    standing: isVerified ? 'proven' : verdict.outcome,
    assurance: best,
    checks:
      challenge === undefined ? { ...statesOf(verdict.checks), activeAuthentication: 'not-done' } : statesOf(verdict.checks),
    reasons: reasons.map((code) => ({ code, message: { vi: CHIP_REASONS[code].vi, en: CHIP_REASONS[code].en } })),
    person: shown && { ...nobody, personalId: shown.personalId, fullName: shown.fullName, birthDate: shown.birthDate },
    audit: {
      policyVersion: evidence.policyVersion,
      trustVersion: evidence.trustVersion,
      signer: evidence.signerFingerprint ?? null,
      root: evidence.rootFingerprint ?? null,
      signedAt: signedAt === undefined ? null : new Date(signedAt.at).toISOString(),
      revocationListAgeHours: evidence.revocationListAgeHours ?? null,
    },
  }
}

const NO_NONCE = new Uint8Array(8)

function challengeResult({ challenge, use }: ChipContext): CheckResult {
  if (challenge === undefined) return failed('challenge_unknown')
  if (use === 'used') return failed('challenge_used')
  if (challenge.isExpired) return failed('challenge_expired')
  return use === 'unknown' ? unknown('challenge_not_checked') : passed
}

function claimedOf({ personalId, fullName, birthDate }: StatedPerson): ClaimedPerson {
  return {
    ...(personalId !== undefined && { personalId }),
    ...(fullName !== undefined && { fullName }),
    ...(birthDate?.length === 10 && { birthDate }),
  }
}
