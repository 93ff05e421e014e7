import type { LocalTime } from '../domain/claim.ts'
import type { EarlierVersion, Visit } from '../domain/facts.ts'
import type { Money } from '../domain/money.ts'
import type { Topic } from '../stream/stream.ts'

/** Postgres cannot be asked now, or the outcome of a commit is unknown (`commitUnknown`): resolve by reading the offsets again. */
export class LedgerUnavailable extends Error {
  readonly retryable = true
  override readonly name = 'LedgerUnavailable'
  readonly commitUnknown: boolean
  constructor(message: string, options: { cause?: unknown; commitUnknown?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.commitUnknown = options.commitUnknown ?? false
  }
}

/** One version of a claim as it is stored. `decision` is the bytes of the contract's `decision` (JSON), made once by adjudication. */
export interface StoredVersion {
  readonly claimId: string
  readonly facilityCode: string
  readonly encounterId: string
  readonly version: number
  /** The version that counts now. */
  readonly currentVersion: number
  readonly status: 'decided' | 'held'
  /** Why it is held: a code, never content. */
  readonly heldReason: string | null
  readonly receivedAt: string
  readonly decidedAt: string
  readonly contentSha256: string
  readonly bodySha256: string
  /** `ce_id` of the record that made this version: a waiter with another id gets `replayed: true`. */
  readonly submissionId: string
  readonly streamKey: string
  /** The member's state that this version counts in (keyed hash). */
  readonly memberRef: string
  readonly decision: Buffer | null
}

/** A version to be stored, everything of its row. */
export interface NewVersion extends StoredVersion {
  readonly contentType: string
  readonly release: string
  readonly body: Buffer
  readonly outcome: string | null
  readonly decisionSha256: string | null
  readonly facts: string | null
  readonly factsSha256: string | null
  readonly rulebookSha256: string | null
  readonly engineSha256: string | null
  readonly partition: number
  readonly offset: number
  readonly visit: Omit<Visit, 'claimId' | 'facilityCode'> | null
  /** Its exams that count while the version does, each table once. */
  readonly exams: readonly TableExams[]
  /** T_BHTT as claimed, 1/100 đồng (DUP-02). */
  readonly fundClaimed: Money
  /** JSON of the nine decided totals, for lists. */
  readonly decidedTotals: string | null
}

/** Exams of one claim that count at one table on one day. */
export interface TableExams {
  /** Keyed hash of facility, practitioner and day. */
  readonly tableRef: string
  /** In order. */
  readonly times: readonly LocalTime[]
}
/** A table as read before deciding. */
export interface ExamTableState {
  /** 0: no claim counted there yet. */
  readonly revision: number
  /** Times by claim; `undefined` where there are too few for anything to follow, whatever the batch adds (`EXAMS_COUNTED_FROM`). */
  readonly byClaim: ReadonlyMap<string, readonly LocalTime[]> | undefined
}
/** What a batch does to the tables of exams, each once. */
export type ExamChanges = readonly {
  readonly tableRef: string
  /** Revision as read; `null`: no decision rests on it. */
  readonly expected: number | null
  /** The exams were read, decisions may rest on their number. */
  readonly isCounted: boolean
  /** The most that the batch adds, as it was asked for. */
  readonly adding: number
  /** What it changes the number of exams by. */
  readonly change: number
}[]

/** A claim's chain as read before deciding; `versions` is the fence of the claim row. */
export interface ClaimState {
  readonly versions: number
  readonly currentVersion: number
  readonly currentReceivedAt: string | null
  /** The member whose visits hold the current version now: a correction may move the claim to another. */
  readonly currentMemberRef: string | null
  readonly currentStatus: 'decided' | 'held' | null
  /** The current version, if it is decided. */
  readonly earlierVersion: EarlierVersion | null
  /** Exams of the current version that count. */
  readonly currentExams: readonly TableExams[]
  /** content hash (of those asked for) → its version */
  readonly known: ReadonlyMap<string, number>
}
/** A member's state as read before deciding; `revision` is the fence. */
export interface MemberState {
  readonly revision: number
  readonly visits: readonly Visit[]
}

export interface LedgerBatch {
  readonly topic: Topic
  readonly offsets: readonly { readonly partition: number; readonly expected: number; readonly next: number }[]
  /** Each member once. */
  readonly members: readonly { readonly memberRef: string; readonly expected: number }[]
  /** Each claim that gets new versions once, with the chain after the batch. */
  readonly claims: readonly {
    readonly claimId: string
    readonly facilityCode: string
    readonly encounterId: string
    readonly expectedVersions: number
    readonly versions: number
    readonly currentVersion: number
    readonly currentReceivedAt: string
  }[]
  readonly versions: readonly NewVersion[]
  readonly examChanges: ExamChanges
  /** Stored versions to be published again because a duplicate of them came. */
  readonly republish: readonly { readonly claimId: string; readonly version: number }[]
}
export type CommitOutcome =
  /** `publishId` names what is to be published; `null` when nothing is. */
  | { readonly kind: 'committed'; readonly publishId: number | null }
  /** Another owner or another worker was faster: roll back, read again, decide again. */
  | { readonly kind: 'stale'; readonly what: 'offset' | 'member' | 'claim' | 'exams' }

export interface PendingPublication {
  readonly publishId: number
  readonly versions: readonly StoredVersion[]
}

export interface ClaimListQuery {
  readonly facilityCode: string | undefined
  readonly cursor: string | undefined
  readonly limit: number
  readonly status: 'decided' | 'held' | undefined
  /** Instants, inclusive from, exclusive to, on `receivedAt`. */
  readonly from: string | undefined
  readonly to: string | undefined
}
export interface ClaimListItem {
  readonly claimId: string
  readonly encounterId: string
  readonly version: number
  readonly status: 'decided' | 'held'
  readonly outcome: string | null
  readonly receivedAt: string
  readonly decidedAt: string
  readonly decided: Readonly<Record<string, string>> | null
}

/**
 * The record after the stream. Every method rejects with `LedgerUnavailable` within its time-out when Postgres cannot answer.
 */
export interface Ledger {
  /** Next offset of each partition; makes the rows (at 0) that are missing. */
  offsets(topic: Topic, partitions: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** States in the order asked. One query each for a whole batch. `contentSha256s` are the hashes to look for in the chain. */
  claimStates(asked: readonly { claimId: string; contentSha256s: readonly string[] }[]): Promise<readonly ClaimState[]>
  /** Revision and current decided visits of each member, of one snapshot; visits ordered by (endedAt, claimId): the order must not depend on how decisions were batched. */
  memberStates(memberRefs: readonly string[]): Promise<readonly MemberState[]>
  /** States in the order asked, of one snapshot. `adding`: the most exams that the batch may add at the table. */
  examTables(asked: readonly { tableRef: string; adding: number }[]): Promise<readonly ExamTableState[]>
  /** One transaction: fence offsets, fence members (sorted), fence claims, insert versions, note the publication, count exams. */
  commit(batch: LedgerBatch): Promise<CommitOutcome>
  /** What is still to be published and older than `olderThanMs`, oldest first, at most `limit` batches. */
  pendingPublications(olderThanMs: number, limit: number): Promise<readonly PendingPublication[]>
  publication(publishId: number): Promise<PendingPublication | undefined>
  published(publishIds: readonly number[]): Promise<void>
  /** Fast path and late waiters: the stored version of each (claim, content), all in one query; `undefined` where there is none. */
  findByContent(keys: readonly { claimId: string; contentSha256: string }[]): Promise<readonly (StoredVersion | undefined)[]>
  /** One version (the current one when not named) of a claim; with `facilityCode`, only if it is that facility's. */
  findVersion(
    claimId: string,
    options: { facilityCode: string | undefined; version: number | undefined },
  ): Promise<StoredVersion | undefined>
  list(query: ClaimListQuery): Promise<{ items: readonly ClaimListItem[]; nextCursor: string | null }>
  /** Cheap liveness: `undefined` when it answers, else a reason. */
  trouble(): Promise<string | undefined>
}

/** A list was asked for with a cursor that is none of ours. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

/** A stored version with everything its decision was made from and is proved by. */
export interface StoredForReplay extends StoredVersion {
  readonly contentType: string
  readonly release: string
  readonly body: Buffer
  readonly outcome: string | null
  readonly decisionSha256: string | null
  /** Canonical JSON of the facts used. */
  readonly facts: string | null
  readonly factsSha256: string | null
  readonly rulebookSha256: string | null
  readonly engineSha256: string | null
  readonly partition: number
  readonly offset: number
}
export interface ReplayQuery {
  readonly claimId?: string
  /** Instant, inclusive, on `receivedAt`. */
  readonly since?: string
  /** Only decided versions that count now. */
  readonly current?: true
  /** `nextCursor` of the page before. */
  readonly cursor?: string
  readonly limit: number
}
/** A held version decided after all, and what that decision rests on. */
export interface Redecision {
  /** The row as it is to be; claim id, version, content, receipt and place in the stream must be those of the held row. */
  readonly version: NewVersion
  /** Members whose state the decision read or changes, each once. */
  readonly members: LedgerBatch['members']
  readonly examChanges: ExamChanges
  /** The claim's `versions` as read before deciding. */
  readonly expectedVersions: number
}
/** A rulebook as it is kept: the canonical content whose hash it has. */
export interface KeptRulebook {
  readonly sha256: string
  readonly version: string
  readonly content: string
}
/** The release that has an engine, and the commit of its source where that was known. */
export interface KeptEngine {
  readonly sha256: string
  readonly release: string
  readonly commit: string | null
}
/** What the operator's commands need beside `Ledger`. */
export interface LedgerOperations {
  /** Every version of a claim, or all since an instant, in the order of (receivedAt, claimId, version). */
  versionsForReplay(query: ReplayQuery): Promise<{ items: readonly StoredForReplay[]; nextCursor: string | null }>
  /** Held versions, oldest receipt first. */
  heldVersions(query: { cursor?: string; limit: number }): Promise<{ items: readonly StoredVersion[]; nextCursor: string | null }>
  /** One transaction: fence members and claim, put the decision in the place of the hold, note the publication. */
  redecideHeld(change: Redecision): Promise<CommitOutcome>
  /** Keeps a rulebook under its hash; one that is kept already stays as it is. */
  keepRulebook(rulebook: KeptRulebook): Promise<void>
  rulebook(sha256: string): Promise<KeptRulebook | undefined>
  /** Notes which release has an engine; the first that said so stands. */
  keepEngine(engine: KeptEngine): Promise<void>
  engine(sha256: string): Promise<KeptEngine | undefined>
}
