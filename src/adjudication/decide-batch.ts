import type { Claim } from '../domain/claim.ts'
import type { Decision, EncodedDecision } from '../domain/decision.ts'
import type { Facts } from '../domain/facts.ts'
import type { Money } from '../domain/money.ts'
import type { LedgerBatch, NewVersion, StoredVersion } from '../ledger/ledger.ts'
import { countedExams } from './exam-tables.ts'
import { type Chain, createFold, type Fold, versionKey } from './fold.ts'
import type { BatchFacts, Entitlement } from './gather-facts.ts'
import { factsOf } from './gather-facts.ts'
import type { HeldReason, Submission } from './submission.ts'
import { visitDetailsOf } from './visit-details.ts'

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

/** Stored versions that voids of the batch name, by `versionKey`. */
export type Withdrawn = ReadonlyMap<string, StoredVersion>

/**
 * Folds a batch in order: each claim is decided on its member's state as the claims before it left it, so a batch of N decides
 * exactly as N batches of one. Does no I/O; calling it again on the same facts gives the same result but for `decidedAt`.
 */
export function decideBatch(
  submissions: readonly Submission[],
  facts: BatchFacts,
  decider: Decider,
  withdrawn: Withdrawn,
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
    fold.add(version, facts.entitlements.get(submission)?.memberRefs ?? [])
  }
  return { ledger: { versions, republish, ...fold.fences() }, foreign }
}

const nothing = 0 as Money

function makeVersion(
  submission: Exclude<Submission, { kind: 'foreign' }>,
  facts: BatchFacts,
  fold: Fold,
  decider: Decider,
  withdrawn: Withdrawn,
  decidedAt: string,
): NewVersion {
  const { head, record, partition } = submission
  const chain = fold.chain(head.claimId)
  const version = chain.versions + 1
  const row = {
    claimId: head.claimId,
    facilityCode: head.facilityCode,
    version,
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
  const result = decideOne(submission, facts, fold, decider, withdrawn)
  return { ...row, ...result, currentVersion: isCurrent(chain, result.status, head.receivedAt) ? version : chain.currentVersion }
}

/**
 * The latest received of the decided versions counts; where none is decided, the latest received. So a correction that a fault of ours
 * holds leaves the decided version and the member's visit in force until it is decided itself.
 */
function isCurrent(chain: Chain, status: NewVersion['status'], receivedAt: string): boolean {
  if (chain.currentReceivedAt === null) return true
  if (chain.currentStatus !== status) return status === 'decided'
  return receivedAt >= chain.currentReceivedAt
}

type Result = Pick<NewVersion, 'memberRef' | 'encounterId' | keyof ReturnType<typeof heldColumns>>

function decideOne(
  submission: Exclude<Submission, { kind: 'foreign' }>,
  facts: BatchFacts,
  fold: Fold,
  decider: Decider,
  withdrawn: Withdrawn,
): Result {
  const { head, record } = submission
  const held = (reason: HeldReason, memberRef: string, encounterId: string): Result => ({
    ...heldColumns(reason),
    memberRef,
    encounterId,
  })
  const entitlement = facts.entitlements.get(submission)
  try {
    if (submission.kind === 'claim')
      return decidedClaim(submission.claim, head.claimId, head.receivedAt, entitlement!, fold, decider)
    if (submission.kind === 'unreadable') return held(submission.reason, record.key, '')
    const { claimId, version } = submission.request
    const earlier = fold.made(claimId, version) ?? withdrawn.get(versionKey(claimId, version))
    if (earlier?.decision == null) return held('nothing_to_void', record.key, earlier?.encounterId ?? '')
    return {
      ...decisionColumns(decider.withdraw(earlier), decider),
      memberRef: fold.chain(claimId).currentMemberRef ?? earlier.memberRef,
      encounterId: earlier.encounterId,
      visit: null,
      exams: [],
      fundClaimed: nothing,
    }
  } catch {
    // A bug of ours must not stop the partition: the claim is kept, shown as held, and decided again after the fix.
    const encounterId = submission.kind === 'claim' ? submission.claim.encounterId : ''
    return held('adjudication_failed', entitlement?.memberRefs[0] ?? record.key, encounterId)
  }
}

function decidedClaim(claim: Claim, claimId: string, receivedAt: string, entitlement: Entitlement, fold: Fold, decider: Decider) {
  const visits = fold.visitsOf(entitlement.memberRefs)
  const own = { earlierVersion: fold.chain(claimId).earlier, examTables: fold.examTablesOf(claimId, entitlement.tables) }
  const decided = decider.decide(claim, factsOf(claim, claimId, receivedAt, entitlement, visits, own))
  return {
    ...decisionColumns(decided, decider),
    memberRef: entitlement.memberRefs[0],
    encounterId: claim.encounterId,
    visit: {
      careType: claim.careType,
      arrivedAt: claim.arrivedAt,
      endedAt: claim.endedAt,
      outcome: decided.decision.outcome,
      copayCounted: decided.decision.copayCounted,
      details: visitDetailsOf(claim, decided.decision),
    },
    exams: countedExams(entitlement.tables, decided.decision),
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
    exams: [],
    fundClaimed: nothing,
  }
}
