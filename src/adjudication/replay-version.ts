import type { Claim } from '../domain/claim.ts'
import type { Decision } from '../domain/decision.ts'
import type { Facts } from '../domain/facts.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import type { LedgerOperations, ReplayQuery, StoredForReplay } from '../ledger/ledger.ts'
import { claimOf } from '../national/claim-of.ts'
import { readRecord } from '../national/read-body.ts'
import { VOID_MEDIA_TYPE } from '../stream/records.ts'
import { adjudicate, withdraw } from './adjudicate.ts'
import { decodeFacts, decodeWithdrawal } from './encode-facts.ts'

/** Stored versions in memory at once: each has a body and a decision of at most 8 MiB, as a rule of some KiB. */
export const REPLAY_PAGE = 25

/** Every version that the query names, page by page. */
export async function* storedVersions(
  ledger: Pick<LedgerOperations, 'versionsForReplay'>,
  query: Omit<ReplayQuery, 'cursor' | 'limit'>,
): AsyncGenerator<StoredForReplay> {
  let cursor: string | undefined
  do {
    const page = await ledger.versionsForReplay({ ...query, limit: REPLAY_PAGE, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
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

/** The claim in a stored body. @throws Error when the body is not the content that the version is stored under */
export function claimOfVersion({ body, contentType, contentSha256 }: StoredForReplay): Claim {
  const read = readRecord(body, contentType === 'application/xml' ? 'application/xml' : 'application/json')
  if (read.contentSha256 !== contentSha256) throw new Error('the stored body is not the content that it is stored under')
  return claimOf(read.wire, read.release)
}

/** Decides a stored version again under a rulebook. @param facts in the place of those that were kept */
export function decideVersion(stored: DecidedVersion, rulebook: Rulebook, facts?: Facts): Decision {
  const withdrawn = isVoid(stored) ? decodeWithdrawal(stored.facts) : undefined
  if (withdrawn) return withdraw(withdrawn, rulebook)
  return adjudicate(claimOfVersion(stored), facts ?? decodeFacts(stored.facts), rulebook)
}
