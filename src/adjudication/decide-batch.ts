import type { Claim } from '../domain/claim.ts'
import type { Decision, EncodedDecision } from '../domain/decision.ts'
import type { Facts, Visit } from '../domain/facts.ts'
import type { Money } from '../domain/money.ts'
import type { ClaimState, LedgerBatch, NewVersion, StoredVersion } from '../ledger/ledger.ts'
import type { BatchFacts, Entitlement } from './gather-facts.ts'
import { factsOf } from './gather-facts.ts'
import type { HeldReason, Submission } from './submission.ts'

/** The pure part, handed in so that a replay, a backtest or an empty adjudicator can stand in its place. */
export interface Decider {
  decide(claim: Claim, facts: Facts): Decided
  /** What a void decides about the version it withdraws. */
  withdraw(earlier: StoredVersion): Decided
  readonly engineSha256: string
}
export interface Decided {
  readonly decision: Decision
  readonly encoded: EncodedDecision
  readonly decidedTotals: string
  readonly factsText: string
  readonly factsSha256: string
}

/** One batch decided: what the ledger is to store, in memory only. */
export interface DecidedBatch {
  readonly ledger: Omit<LedgerBatch, 'topic' | 'offsets'>
  readonly foreign: readonly Submission[]
}

interface Chain {
  versions: number
  currentVersion: number
  currentReceivedAt: string | null
  currentMemberRef: string | null
  earlier: ClaimState['earlierVersion']
  readonly known: Map<string, number>
  readonly expectedVersions: number
  facilityCode: string
  encounterId: string
}

/**
 * Folds a batch in order: each claim is decided on its member's state as the claims before it left it, so a batch of N decides
 * exactly as N batches of one. Does no I/O; calling it again on the same facts gives the same result but for `decidedAt`.
 */
export function decideBatch(
  submissions: readonly Submission[],
  facts: BatchFacts,
  decider: Decider,
  withdrawn: ReadonlyMap<string, StoredVersion>,
  decidedAt: string,
): DecidedBatch {
  const fold = createFold(facts)
  const versions: NewVersion[] = []
  const republish: { claimId: string; version: number }[] = []
  const foreign: Submission[] = []
  for (const submission of submissions) {
    if (submission.kind === 'foreign') {
      foreign.push(submission)
      continue
    }
    const chain = fold.chain(submission.head.claimId)
    const known = chain.known.get(submission.head.contentSha256)
    if (known !== undefined) {
      // Already stored: publish it again. Decided in this very batch: its publication is under way anyway.
      if (known <= chain.expectedVersions) republish.push({ claimId: submission.head.claimId, version: known })
      continue
    }
    const version = makeVersion(submission, facts, fold, decider, withdrawn, decidedAt)
    versions.push(version)
    fold.add(submission, version)
  }
  return { ledger: { versions, republish, ...fold.fences() }, foreign }
}

/** The members' and claims' state while the batch is folded. */
function createFold(facts: BatchFacts) {
  const chains = new Map<string, Chain>()
  const visits = new Map<string, readonly Visit[]>()
  const touchedMembers = new Map<string, number>()
  const visitsOf = (memberRef: string) => visits.get(memberRef) ?? facts.members.get(memberRef)?.visits ?? []
  const without = (memberRef: string, claimId: string) => visitsOf(memberRef).filter((visit) => visit.claimId !== claimId)

  /** A member whose state was not read has no visit here that could change: nothing to fence. */
  function touch(memberRef: string): void {
    const state = facts.members.get(memberRef)
    if (state) touchedMembers.set(memberRef, state.revision)
  }

  function chain(claimId: string): Chain {
    let found = chains.get(claimId)
    if (!found) {
      const state = facts.claims.get(claimId)!
      found = {
        versions: state.versions,
        currentVersion: state.currentVersion,
        currentReceivedAt: state.currentReceivedAt,
        currentMemberRef: state.currentMemberRef,
        earlier: state.earlierVersion,
        known: new Map(state.known),
        expectedVersions: state.versions,
        facilityCode: '',
        encounterId: '',
      }
      chains.set(claimId, found)
    }
    return found
  }

  function add(submission: Exclude<Submission, { kind: 'foreign' }>, version: NewVersion): void {
    const held = chain(version.claimId)
    held.versions = version.version
    held.known.set(version.contentSha256, version.version)
    held.facilityCode = version.facilityCode
    held.encounterId = version.encounterId
    if (version.currentVersion === version.version) {
      held.currentVersion = version.version
      held.currentReceivedAt = submission.head.receivedAt
      held.earlier = { version: version.version, fundClaimed: version.fundClaimed }
      if (held.currentMemberRef !== null && held.currentMemberRef !== version.memberRef) {
        visits.set(held.currentMemberRef, without(held.currentMemberRef, version.claimId))
        touch(held.currentMemberRef)
      }
      held.currentMemberRef = version.memberRef
      const others = without(version.memberRef, version.claimId)
      const visit = version.visit && { claimId: version.claimId, facilityCode: version.facilityCode, ...version.visit }
      visits.set(version.memberRef, visit ? [...others, visit].sort(byEnd) : others)
    }
    touch(version.memberRef)
  }

  function fences() {
    const claims = [...chains]
      .filter(([, held]) => held.versions > held.expectedVersions)
      .map(([claimId, held]) => ({
        claimId,
        facilityCode: held.facilityCode,
        encounterId: held.encounterId,
        expectedVersions: held.expectedVersions,
        versions: held.versions,
        currentVersion: held.currentVersion,
        currentReceivedAt: held.currentReceivedAt!,
      }))
    return { claims, members: [...touchedMembers].map(([memberRef, expected]) => ({ memberRef, expected })) }
  }
  return { chain, add, fences, visitsOf }
}
type Fold = ReturnType<typeof createFold>

const nothing = 0 as Money
const byEnd = (a: Visit, b: Visit) => (a.endedAt < b.endedAt ? -1 : a.endedAt > b.endedAt ? 1 : a.claimId < b.claimId ? -1 : 1)

function makeVersion(
  submission: Exclude<Submission, { kind: 'foreign' }>,
  facts: BatchFacts,
  fold: Fold,
  decider: Decider,
  withdrawn: ReadonlyMap<string, StoredVersion>,
  decidedAt: string,
): NewVersion {
  const { head, record, partition } = submission
  const chain = fold.chain(head.claimId)
  const version = chain.versions + 1
  const current = chain.currentReceivedAt === null || head.receivedAt >= chain.currentReceivedAt
  const row = {
    claimId: head.claimId,
    facilityCode: head.facilityCode,
    version,
    currentVersion: current ? version : chain.currentVersion,
    receivedAt: head.receivedAt,
    decidedAt,
    contentSha256: head.contentSha256,
    bodySha256: head.bodySha256,
    submissionId: head.submissionId,
    streamKey: record.key,
    contentType: head.contentType,
    release: head.release,
    body: record.value ?? Buffer.alloc(0),
    partition,
    offset: record.offset,
  }
  const held = (reason: HeldReason, memberRef: string, encounterId: string): NewVersion => ({
    ...row,
    ...heldColumns(reason),
    memberRef,
    encounterId,
  })
  try {
    if (submission.kind === 'claim') {
      const entitlement = facts.entitlements.get(submission)!
      return { ...row, ...decidedClaim(submission.claim, head.claimId, head.receivedAt, entitlement, fold, decider) }
    }
    const earlier = withdrawn.get(head.claimId)
    if (submission.kind === 'unreadable') return held(submission.reason, record.key, earlier?.encounterId ?? '')
    if (earlier?.decision == null) return held('nothing_to_void', record.key, earlier?.encounterId ?? '')
    const decided = decider.withdraw(earlier)
    return {
      ...row,
      ...decisionColumns(decided, decider),
      memberRef: chain.currentMemberRef ?? earlier.memberRef,
      encounterId: earlier.encounterId,
      visit: null,
      fundClaimed: nothing,
    }
  } catch {
    // A bug of ours must not stop the partition: the claim is kept, shown as held, and decided again after the fix.
    const entitlement = facts.entitlements.get(submission)
    return held(
      'adjudication_failed',
      entitlement?.memberRef ?? record.key,
      submission.kind === 'claim' ? submission.claim.encounterId : '',
    )
  }
}

function decidedClaim(claim: Claim, claimId: string, receivedAt: string, entitlement: Entitlement, fold: Fold, decider: Decider) {
  const chain = fold.chain(claimId)
  const state = { earlierVersion: chain.earlier } as ClaimState
  const decided = decider.decide(
    claim,
    factsOf(claim, claimId, receivedAt, entitlement, fold.visitsOf(entitlement.memberRef), state),
  )
  return {
    ...decisionColumns(decided, decider),
    memberRef: entitlement.memberRef,
    encounterId: claim.encounterId,
    visit: {
      careType: claim.careType,
      arrivedAt: claim.arrivedAt,
      endedAt: claim.endedAt,
      outcome: decided.decision.outcome,
      copayCounted: decided.decision.copayCounted,
    },
    fundClaimed: claim.totals.fundPays,
  }
}

function decisionColumns(decided: Decided, decider: Decider) {
  return {
    status: 'decided' as const,
    heldReason: null,
    outcome: decided.decision.outcome,
    decision: decided.encoded.bytes,
    decisionSha256: decided.encoded.sha256,
    facts: decided.factsText,
    factsSha256: decided.factsSha256,
    rulebookSha256: decided.decision.rulebook.sha256,
    engineSha256: decider.engineSha256,
    decidedTotals: decided.decidedTotals,
  }
}

function heldColumns(reason: HeldReason) {
  return {
    status: 'held' as const,
    heldReason: reason,
    outcome: null,
    decision: null,
    decisionSha256: null,
    facts: null,
    factsSha256: null,
    rulebookSha256: null,
    engineSha256: null,
    decidedTotals: null,
    visit: null,
    fundClaimed: nothing,
  }
}
