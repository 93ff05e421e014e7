import type { Money } from '../domain/money.ts'
import { APART, type PostgresPool, PostgresUnavailable } from '../platform/postgres.ts'
import type { Topic } from '../stream/stream.ts'
import { commitBatch, redecideHeld } from './commit.ts'
import { readExamTables, tableExamsOfText } from './exam-tables.ts'
import { findEngine, findRulebook, keepEngine, keepRulebook } from './kept.ts'
import {
  type ClaimState,
  type Ledger,
  type LedgerOperations,
  LedgerUnavailable,
  type MemberState,
  type PendingPublication,
  type StoredVersion,
} from './ledger.ts'
import { heldVersions, listClaims, STORED, versionsForReplay } from './read-versions.ts'
import { visitDetailsOfText } from './visit-details-text.ts'

/** The ledger in Postgres. The pool belongs to the caller; `migrate` must have run on its database. */
export function createLedger(pool: PostgresPool): Ledger & LedgerOperations {
  return {
    offsets: (topic, partitions) => asked(readOffsets(pool, topic, partitions)),
    claimStates: (claims) => asked(readClaimStates(pool, claims)),
    memberStates: (memberRefs) => asked(readMemberStates(pool, memberRefs)),
    examTables: (tables) => asked(readExamTables(pool, tables)),
    commit: (batch) => asked(commitBatch(pool, batch)),
    pendingPublications: (olderThanMs, limit) =>
      asked(
        readPublications(pool, "created_at <= clock_timestamp() - $1 * interval '1 ms' ORDER BY id LIMIT $2", [
          olderThanMs,
          limit,
        ]),
      ),
    publication: (publishId) => asked(readPublications(pool, 'id = $1', [publishId]).then(([found]) => found)),
    published: (publishIds) => asked(removePublications(pool, publishIds)),
    findByContent: (keys) => asked(findByContent(pool, keys)),
    findVersion: (claimId, options) => asked(findVersion(pool, claimId, options)),
    list: (query) => asked(listClaims(pool, query)),
    versionsForReplay: (query) => asked(versionsForReplay(pool, query)),
    heldVersions: (query) => asked(heldVersions(pool, query)),
    redecideHeld: (change) => asked(redecideHeld(pool, change)),
    keepRulebook: (rulebook) => asked(keepRulebook(pool, rulebook)),
    rulebook: (sha256) => asked(findRulebook(pool, sha256)),
    keepEngine: (engine) => asked(keepEngine(pool, engine)),
    engine: (sha256) => asked(findEngine(pool, sha256)),
    trouble: () => pool.trouble(),
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (!(cause instanceof PostgresUnavailable)) throw cause
    throw new LedgerUnavailable(cause.message, { cause, commitUnknown: cause.commitUnknown })
  }
}

async function readOffsets(
  pool: PostgresPool,
  topic: Topic,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (partitions.length === 0) return new Map()
  const { rows } = await pool.query<{ partition: number; next: number }>(
    `WITH made AS (
       INSERT INTO stream_offset (topic, partition) SELECT $1, p FROM unnest($2::int[]) AS a (p) ORDER BY p
       ON CONFLICT DO NOTHING RETURNING partition, next
     )
     SELECT partition, next FROM made
     UNION ALL SELECT partition, next FROM stream_offset WHERE topic = $1 AND partition = ANY ($2)`,
    [topic, partitions],
    'ledger-offsets',
  )
  // A row that another process made at this very moment is in neither: it is new, so it is at 0.
  const found = new Map(rows.map(({ partition, next }) => [partition, next]))
  return new Map(partitions.map((partition) => [partition, found.get(partition) ?? 0]))
}

async function readClaimStates(
  pool: PostgresPool,
  asked: readonly { claimId: string; contentSha256s: readonly string[] }[],
): Promise<readonly ClaimState[]> {
  if (asked.length === 0) return []
  const hashes = asked.flatMap(({ claimId, contentSha256s }, index) =>
    (contentSha256s.length === 0 ? [null] : contentSha256s).map((sha256) => ({ index, claimId, sha256 })),
  )
  const { rows } = await pool.query<{
    index: number
    versions: number
    current: number
    receivedAt: string
    memberRef: string
    status: 'decided' | 'held'
    fundClaimed: number
    exams: string | null
    sha256: string | null
    version: number
  }>(
    `SELECT h.index, c.versions, c.current_version AS current, c.current_received_at AS "receivedAt",
       c.current_member_ref AS "memberRef", v.status, v.fund_claimed AS "fundClaimed", v.exam_tables AS exams,
       k.content_sha256 AS sha256, k.version
     FROM unnest($1::int[], $2::text[], $3::text[]) AS h (index, claim_id, sha256)
     CROSS JOIN LATERAL (SELECT * FROM claim WHERE claim_id = h.claim_id ${APART}) c
     CROSS JOIN LATERAL (SELECT * FROM claim_version WHERE claim_id = c.claim_id AND version = c.current_version ${APART}) v
     LEFT JOIN LATERAL (
       SELECT content_sha256, version FROM claim_version WHERE claim_id = h.claim_id AND content_sha256 = h.sha256 ${APART}
     ) k ON true`,
    [hashes.map(({ index }) => index), hashes.map(({ claimId }) => claimId), hashes.map(({ sha256 }) => sha256)],
    'ledger-claim-states',
  )
  const known = asked.map(() => new Map<string, number>())
  const states: ClaimState[] = asked.map(() => noClaim)
  for (const row of rows) {
    if (row.sha256 !== null) known[row.index]!.set(row.sha256, row.version)
    states[row.index] = {
      versions: row.versions,
      currentVersion: row.current,
      currentReceivedAt: row.receivedAt,
      currentMemberRef: row.memberRef,
      currentStatus: row.status,
      earlierVersion: row.status === 'held' ? null : { version: row.current, fundClaimed: row.fundClaimed as Money },
      currentExams: tableExamsOfText(row.exams),
      known: known[row.index]!,
    }
  }
  return states
}
const noClaim: ClaimState = {
  currentStatus: null,
  versions: 0,
  currentVersion: 0,
  currentReceivedAt: null,
  currentMemberRef: null,
  earlierVersion: null,
  currentExams: [],
  known: new Map(),
}

async function readMemberStates(pool: PostgresPool, memberRefs: readonly string[]): Promise<readonly MemberState[]> {
  if (memberRefs.length === 0) return []
  const { rows } = await pool.query<{
    index: number
    revision: number
    claimId: string | null
    facilityCode: string
    careType: string
    arrivedAt: string
    endedAt: string
    outcome: string
    copayCounted: number
    details: string | null
  }>(
    `SELECT a.ord::int - 1 AS index, m.revision, v.claim_id AS "claimId", v.facility_code AS "facilityCode",
       v.care_type AS "careType", v.arrived_at AS "arrivedAt", v.ended_at AS "endedAt", v.outcome, v.copay_counted AS "copayCounted",
       v.visit_details AS details
     FROM unnest($1::text[]) WITH ORDINALITY AS a (ref, ord)
     CROSS JOIN LATERAL (SELECT revision FROM member_state WHERE member_ref = a.ref ${APART}) m
     LEFT JOIN LATERAL (
       SELECT v.*
       FROM (SELECT claim_id, current_version FROM claim WHERE current_member_ref = a.ref ${APART}) c
       CROSS JOIN LATERAL (
         SELECT * FROM claim_version WHERE claim_id = c.claim_id AND version = c.current_version AND care_type IS NOT NULL ${APART}
       ) v
       ${APART}
     ) v ON true
     ORDER BY v.ended_at, v.claim_id`,
    [memberRefs],
    'ledger-member-states',
  )
  const states = memberRefs.map(() => ({ revision: 0, visits: [] as MemberState['visits'][number][] }))
  for (const row of rows) {
    const { index, revision, claimId } = row
    const state = states[index]!
    state.revision = revision
    if (claimId === null) continue
    // In the order of their names, as facts are kept: their text is made of them at once.
    state.visits.push({
      arrivedAt: row.arrivedAt,
      careType: row.careType,
      claimId,
      copayCounted: row.copayCounted as Money,
      details: visitDetailsOfText(row.details),
      endedAt: row.endedAt,
      facilityCode: row.facilityCode,
      outcome: row.outcome,
    })
  }
  return states
}

async function readPublications(
  pool: PostgresPool,
  which: string,
  values: readonly unknown[],
): Promise<readonly PendingPublication[]> {
  const { rows } = await pool.query<StoredVersion & { publishId: number }>(
    `SELECT p.id AS "publishId", ${STORED}
     FROM (SELECT id, claim_ids, versions FROM publication WHERE ${which}) p
     CROSS JOIN LATERAL unnest(p.claim_ids, p.versions) WITH ORDINALITY AS k (claim_id, version, ord)
     CROSS JOIN LATERAL (SELECT * FROM claim_version WHERE claim_id = k.claim_id AND version = k.version ${APART}) v
     CROSS JOIN LATERAL (SELECT * FROM claim WHERE claim_id = v.claim_id ${APART}) c
     ORDER BY p.id, k.ord`,
    values,
  )
  const found = new Map<number, StoredVersion[]>()
  for (const { publishId, ...version } of rows) {
    const versions = found.get(publishId)
    if (versions) versions.push(version)
    else found.set(publishId, [version])
  }
  return [...found].map(([publishId, versions]) => ({ publishId, versions }))
}

async function removePublications(pool: PostgresPool, publishIds: readonly number[]): Promise<void> {
  if (publishIds.length === 0) return
  await pool.query('DELETE FROM publication WHERE id = ANY ($1::bigint[])', [publishIds], 'ledger-published')
}

async function findByContent(
  pool: PostgresPool,
  keys: readonly { claimId: string; contentSha256: string }[],
): Promise<readonly (StoredVersion | undefined)[]> {
  if (keys.length === 0) return []
  const { rows } = await pool.query<StoredVersion & { index: number }>(
    `SELECT k.ord::int - 1 AS index, ${STORED}
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (claim_id, content_sha256, ord)
     CROSS JOIN LATERAL (
       SELECT * FROM claim_version WHERE claim_id = k.claim_id AND content_sha256 = k.content_sha256 ${APART}
     ) v
     CROSS JOIN LATERAL (SELECT * FROM claim WHERE claim_id = v.claim_id ${APART}) c`,
    [keys.map(({ claimId }) => claimId), keys.map(({ contentSha256 }) => contentSha256)],
    'ledger-find-by-content',
  )
  const found: (StoredVersion | undefined)[] = keys.map(() => undefined)
  for (const { index, ...version } of rows) found[index] = version
  return found
}

async function findVersion(
  pool: PostgresPool,
  claimId: string,
  { facilityCode, version }: { facilityCode: string | undefined; version: number | undefined },
): Promise<StoredVersion | undefined> {
  const { rows } = await pool.query<StoredVersion>(
    `SELECT ${STORED} FROM claim c JOIN claim_version v ON v.claim_id = c.claim_id AND v.version = coalesce($2, c.current_version)
     WHERE c.claim_id = $1 AND ($3::text IS NULL OR c.facility_code = $3)`,
    [claimId, version ?? null, facilityCode ?? null],
    'ledger-find-version',
  )
  return rows[0]
}
