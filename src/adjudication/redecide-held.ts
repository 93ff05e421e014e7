import type { ClaimState, CommitOutcome, Ledger, LedgerOperations, StoredForReplay, StoredVersion } from '../ledger/ledger.ts'
import { type Decider, decideBatch } from './decide-batch.ts'
import { versionKey } from './fold.ts'
import type { BatchFacts, GatherFacts } from './gather-facts.ts'
import { submissionOfVersion } from './replay-version.ts'

export interface RedecideDeps {
  readonly ledger: Ledger & LedgerOperations
  readonly gatherFacts: GatherFacts
  readonly decider: Decider
  /** Instant of the decision. */
  readonly now: () => string
}
export type Redecided =
  | { readonly kind: 'decided' }
  | { readonly kind: 'held-still'; readonly reason: string }
  /** Other decisions of this member were faster every time. */
  | { readonly kind: 'contended' }

const ATTEMPTS_MAX = 8

/**
 * Decides a held version after all, in its place: same version, same receipt, the facts of now. It is published by the next sweep
 * of a running worker.
 */
export async function redecideHeld(deps: RedecideDeps, stored: StoredForReplay): Promise<Redecided> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const outcome = await attemptOnce(deps, stored)
    if (outcome.kind === 'held-still') return outcome
    if (outcome.kind === 'committed') return { kind: 'decided' }
  }
  return { kind: 'contended' }
}

async function attemptOnce(
  { ledger, gatherFacts, decider, now }: RedecideDeps,
  stored: StoredForReplay,
): Promise<CommitOutcome | { kind: 'held-still'; reason: string }> {
  const submission = submissionOfVersion(stored)
  if (submission.kind === 'foreign') return { kind: 'held-still', reason: 'unreadable' }
  const facts = await gatherFacts([submission])
  const state = facts.claims.get(stored.claimId)!
  const withdrawn = new Map<string, StoredVersion>()
  if (submission.kind === 'void') {
    const earlier = await ledger.findVersion(stored.claimId, {
      facilityCode: stored.facilityCode,
      version: submission.request.version,
    })
    if (earlier) withdrawn.set(versionKey(stored.claimId, submission.request.version), earlier)
  }
  const { versions, members, examChanges } = decideBatch(
    [submission],
    withoutHeld(facts, stored, state),
    decider,
    withdrawn,
    now(),
  ).ledger
  const [version] = versions
  if (!version || version.status === 'held') return { kind: 'held-still', reason: version?.heldReason ?? 'unreadable' }
  return ledger.redecideHeld({ version, members, examChanges, expectedVersions: state.versions })
}

/** The chain without the held version, so that it is decided as the version that it is. */
function withoutHeld(facts: BatchFacts, stored: StoredForReplay, state: ClaimState): BatchFacts {
  const known = new Map(state.known)
  known.delete(stored.contentSha256)
  const isCurrent = state.currentVersion === stored.version
  const before: ClaimState = {
    ...state,
    versions: stored.version - 1,
    known,
    ...(isCurrent ? { currentReceivedAt: null, currentStatus: null } : {}),
    earlierVersion: state.earlierVersion && state.earlierVersion.version < stored.version ? state.earlierVersion : null,
  }
  return { ...facts, claims: new Map([...facts.claims, [stored.claimId, before]]) }
}
