import type { Claim, Release } from '../domain/claim.ts'
import type { Decision } from '../domain/decision.ts'
import type { Facts } from '../domain/facts.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import type { LedgerOperations, ReplayQuery, StoredForReplay } from '../ledger/ledger.ts'
import { submissionRecord, VOID_MEDIA_TYPE } from '../stream/records.ts'
import { adjudicate, withdraw } from './adjudicate.ts'
import { decodeFacts, decodeWithdrawal } from './encode-facts.ts'
import { readSubmission, type Submission } from './submission.ts'

/** Stored versions of a page, two of which are in memory at once: each has a body and a decision of at most 8 MiB, as a rule of some KiB. */
export const REPLAY_PAGE = 25

/** Every version that the query names, in order; the next page is read while this one is worked on. */
export async function* storedVersions(
  ledger: Pick<LedgerOperations, 'versionsForReplay'>,
  query: Omit<ReplayQuery, 'cursor' | 'limit'>,
): AsyncGenerator<StoredForReplay> {
  const read = (cursor?: string) => {
    const page = ledger.versionsForReplay({ ...query, limit: REPLAY_PAGE, ...(cursor === undefined ? {} : { cursor }) })
    // Whoever stops early never asks for it; who goes on gets the failure when it is awaited.
    page.catch(() => {})
    return page
  }
  for (let next: ReturnType<typeof read> | undefined = read(); next !== undefined; ) {
    const page: Awaited<ReturnType<typeof read>> = await next
    next = page.nextCursor === null ? undefined : read(page.nextCursor)
    yield* page.items
  }
}

/** A decided version: what the ledger holds of every one that is not held. */
export type DecidedVersion = StoredForReplay & {
  readonly decision: Buffer
  readonly facts: string
  readonly factsSha256: string
  readonly rulebookSha256: string
}
export const isDecided = (stored: StoredForReplay): stored is DecidedVersion =>
  stored.decision !== null && stored.facts !== null && stored.factsSha256 !== null && stored.rulebookSha256 !== null

export const isVoid = ({ contentType }: StoredForReplay): boolean => contentType === VOID_MEDIA_TYPE

/** The record that a stored version came by, read as the worker reads it. */
export function submissionOfVersion(stored: StoredForReplay): Submission {
  const { submissionId, receivedAt, facilityCode, claimId, contentSha256, bodySha256, contentType } = stored
  const head = { submissionId, receivedAt, facilityCode, claimId, contentSha256, bodySha256, contentType }
  const record = {
    ...submissionRecord({ ...head, release: stored.release as Release }, stored.streamKey, stored.body),
    ...{ partition: stored.partition, offset: stored.offset, appendedAt: 0 },
  }
  return readSubmission(record, stored.partition)
}

/** The claim in a stored body. @throws Error when the body is not the content that the version is stored under */
export function claimOfVersion(stored: StoredForReplay): Claim {
  const submission = submissionOfVersion(stored)
  if (submission.kind !== 'claim') throw new Error('the stored body is not the content that it is stored under')
  return submission.claim
}

/** Decides a stored version again under a rulebook. @param facts in the place of those that were kept */
export function decideVersion(stored: DecidedVersion, rulebook: Rulebook, facts?: Facts): Decision {
  const withdrawn = isVoid(stored) ? decodeWithdrawal(stored.facts) : undefined
  if (withdrawn) return withdraw(withdrawn, rulebook)
  return adjudicate(claimOfVersion(stored), facts ?? decodeFacts(stored.facts), rulebook)
}
