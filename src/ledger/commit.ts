import { binaryArray, type PostgresPool, type Sql, sqlStateOf } from '../platform/postgres.ts'
import { countExams, tableExamsText, tableRefsText } from './exam-tables.ts'
import type { CommitOutcome, LedgerBatch, NewVersion, Redecision } from './ledger.ts'
import { visitDetailsText } from './visit-details-text.ts'

/** Thrown inside the transaction so that it rolls back; never leaves this file. */
class Stale extends Error {
  readonly what: 'offset' | 'member' | 'claim' | 'exams'
  constructor(what: 'offset' | 'member' | 'claim' | 'exams') {
    super(`stale ${what}`)
    this.what = what
  }
}

/** Locks in one order for everybody (partitions, members, claims, tables of exams, each sorted), so that two batches never wait for each other. */
export async function commitBatch(pool: PostgresPool, batch: LedgerBatch): Promise<CommitOutcome> {
  return staleAsOutcome(() =>
    pool.transaction(async (sql) => {
      // Issued together: they share a round trip and run in this order.
      const [offsets, members, made, moved] = await Promise.all([
        fenceOffsets(sql, batch),
        fenceMembers(sql, batch.members),
        makeClaims(sql, batch),
        moveClaims(sql, batch),
      ])
      if (offsets < batch.offsets.length) throw new Stale('offset')
      if (members < batch.members.length) throw new Stale('member')
      if (made + moved < batch.claims.length) throw new Stale('claim')
      const [inserted, publishId, isSame] = await Promise.all([
        insertVersions(sql, batch.versions),
        notePublication(sql, [...batch.versions, ...batch.republish]),
        countExams(sql, batch.examChanges),
      ])
      if (inserted < batch.versions.length) throw new Stale('claim')
      if (!isSame) throw new Stale('exams')
      return publishId
    }),
  )
}

/** See `LedgerOperations.redecideHeld`. */
export async function redecideHeld(pool: PostgresPool, change: Redecision): Promise<CommitOutcome> {
  return staleAsOutcome(() =>
    pool.transaction(async (sql) => {
      if ((await fenceMembers(sql, change.members)) < change.members.length) throw new Stale('member')
      const { claimId, version, memberRef, encounterId, currentVersion, receivedAt } = change.version
      const claim = await sql.query(
        `UPDATE claim SET current_version = $6::int,
           current_received_at = CASE WHEN $6::int = $2::int THEN $7::timestamptz ELSE current_received_at END,
           current_member_ref = CASE WHEN $6::int = $2::int THEN $3 ELSE current_member_ref END,
           encounter_id = CASE WHEN encounter_id = '' THEN $4 ELSE encounter_id END
         WHERE claim_id = $1 AND versions = $5`,
        [claimId, version, memberRef, encounterId, change.expectedVersions, currentVersion, receivedAt],
      )
      if (claim.rowCount === 0) throw new Stale('claim')
      const held = await sql.query(
        `DELETE FROM claim_version WHERE claim_id = $1 AND version = $2 AND status = 'held' AND content_sha256 = $3`,
        [claimId, version, change.version.contentSha256],
      )
      if (held.rowCount === 0 || (await insertVersions(sql, [change.version])) === 0) throw new Stale('claim')
      const [publishId, isSame] = await Promise.all([notePublication(sql, [change.version]), countExams(sql, change.examChanges)])
      if (!isSame) throw new Stale('exams')
      return publishId
    }),
  )
}

/** A deadlock or a serialization failure is a race lost like any other: read again, decide again. */
async function staleAsOutcome(run: () => Promise<number | null>): Promise<CommitOutcome> {
  try {
    return { kind: 'committed', publishId: await run() }
  } catch (cause) {
    if (cause instanceof Stale) return { kind: 'stale', what: cause.what }
    if (sqlStateOf(cause) === '40P01' || sqlStateOf(cause) === '40001') return { kind: 'stale', what: 'member' }
    throw cause
  }
}

async function fenceOffsets(sql: Sql, { topic, offsets }: LedgerBatch): Promise<number> {
  if (offsets.length === 0) return 0
  const { rowCount } = await sql.query(
    `WITH asked AS (SELECT * FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS a (partition, expected, next)),
       locked AS (
         SELECT partition FROM stream_offset WHERE topic = $1 AND partition = ANY ($2) ORDER BY partition FOR UPDATE
       )
     UPDATE stream_offset s SET next = asked.next
     FROM locked JOIN asked USING (partition)
     WHERE s.topic = $1 AND s.partition = locked.partition AND s.next = asked.expected`,
    [topic, offsets.map((one) => one.partition), offsets.map((one) => one.expected), offsets.map((one) => one.next)],
    'ledger-fence-offsets',
  )
  return rowCount
}

/** A member without a state has revision 0; the first claim makes the row. */
async function fenceMembers(sql: Sql, members: LedgerBatch['members']): Promise<number> {
  if (members.length === 0) return 0
  const { rowCount } = await sql.query(
    `INSERT INTO member_state (member_ref, revision)
     SELECT a.ref, a.expected + 1 FROM unnest($1::text[], $2::bigint[]) AS a (ref, expected)
     WHERE a.expected = 0 OR EXISTS (SELECT FROM member_state m WHERE m.member_ref = a.ref)
     ORDER BY a.ref COLLATE "C"
     ON CONFLICT (member_ref) DO UPDATE SET revision = excluded.revision WHERE member_state.revision = excluded.revision - 1`,
    [members.map(({ memberRef }) => memberRef), members.map(({ expected }) => expected)],
    'ledger-fence-members',
  )
  return rowCount
}

async function makeClaims(sql: Sql, batch: LedgerBatch): Promise<number> {
  const claims = batch.claims.filter(({ expectedVersions }) => expectedVersions === 0)
  if (claims.length === 0) return 0
  const current = currentMembers(batch)
  const { rowCount } = await sql.query(
    `INSERT INTO claim (claim_id, facility_code, encounter_id, versions, current_version, current_received_at, current_member_ref)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $6::timestamptz[], $7::text[]) AS a (claim_id)
     ORDER BY a.claim_id COLLATE "C"
     ON CONFLICT (claim_id) DO NOTHING`,
    [
      claims.map(({ claimId }) => claimId),
      claims.map(({ facilityCode }) => facilityCode),
      claims.map(({ encounterId }) => encounterId),
      claims.map(({ versions }) => versions),
      claims.map(({ currentVersion }) => currentVersion),
      claims.map(({ currentReceivedAt }) => currentReceivedAt),
      claims.map(({ claimId, currentVersion }) => current.get(keyOf(claimId, currentVersion))),
    ],
    'ledger-make-claims',
  )
  return rowCount
}

/** The current version is one of this batch, or stays what it was (a version that arrived late). */
async function moveClaims(sql: Sql, batch: LedgerBatch): Promise<number> {
  const claims = batch.claims.filter(({ expectedVersions }) => expectedVersions > 0)
  if (claims.length === 0) return 0
  const current = currentMembers(batch)
  const { rowCount } = await sql.query(
    `WITH asked AS (
         SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::timestamptz[], $6::text[], $7::text[])
           AS a (claim_id, expected, versions, current_version, current_received_at, member_ref, encounter_id)
       ),
       locked AS (SELECT claim_id FROM claim WHERE claim_id = ANY ($1) ORDER BY claim_id FOR UPDATE)
     UPDATE claim c SET versions = a.versions, current_version = a.current_version,
       current_received_at = a.current_received_at, current_member_ref = coalesce(a.member_ref, c.current_member_ref),
       encounter_id = CASE WHEN c.encounter_id = '' THEN a.encounter_id ELSE c.encounter_id END
     FROM locked JOIN asked a USING (claim_id)
     WHERE c.claim_id = locked.claim_id AND c.versions = a.expected`,
    [
      claims.map(({ claimId }) => claimId),
      claims.map(({ expectedVersions }) => expectedVersions),
      claims.map(({ versions }) => versions),
      claims.map(({ currentVersion }) => currentVersion),
      claims.map(({ currentReceivedAt }) => currentReceivedAt),
      claims.map(({ claimId, currentVersion }) => current.get(keyOf(claimId, currentVersion)) ?? null),
      claims.map(({ encounterId }) => encounterId),
    ],
    'ledger-move-claims',
  )
  return rowCount
}

const keyOf = (claimId: string, version: number) => `${claimId}.${version}`

function currentMembers(batch: LedgerBatch): ReadonlyMap<string, string> {
  return new Map(batch.versions.map(({ claimId, version, memberRef }) => [keyOf(claimId, version), memberRef]))
}

interface Column {
  readonly name: string
  readonly type: string
  readonly of: (row: NewVersion) => string | number | Buffer | null
  /** What is stored, where it is not the item as it comes. */
  readonly stored: string
}
const column = (name: string, type: string, of: Column['of'], stored = name): Column => ({ name, type, of, stored })
const columns: readonly Column[] = [
  column('claim_id', 'text', (row) => row.claimId),
  column('version', 'int', (row) => row.version),
  column('facility_code', 'text', (row) => row.facilityCode),
  column('encounter_id', 'text', (row) => row.encounterId),
  column('member_ref', 'text', (row) => row.memberRef),
  column('status', 'text', (row) => row.status),
  column('held_reason', 'text', (row) => row.heldReason),
  column('outcome', 'text', (row) => row.outcome),
  column('received_at', 'timestamptz', (row) => row.receivedAt),
  column('decided_at', 'timestamptz', (row) => row.decidedAt),
  column('release', 'text', (row) => row.release),
  column('content_type', 'text', (row) => row.contentType),
  column('content_sha256', 'text', (row) => row.contentSha256),
  column('body_sha256', 'text', (row) => row.bodySha256),
  column('submission_id', 'text', (row) => row.submissionId),
  column('stream_key', 'text', (row) => row.streamKey),
  column('stream_partition', 'int', (row) => row.partition),
  column('stream_offset', 'bigint', (row) => row.offset),
  column('fund_claimed', 'bigint', (row) => row.fundClaimed),
  column('care_type', 'text', (row) => row.visit?.careType ?? null),
  column('arrived_at', 'text', (row) => row.visit?.arrivedAt ?? null),
  column('ended_at', 'text', (row) => row.visit?.endedAt ?? null),
  column('copay_counted', 'bigint', (row) => row.visit?.copayCounted ?? null),
  column('visit_details', 'text', (row) => (row.visit === null ? null : visitDetailsText(row.visit.details))),
  column('exam_tables', 'text', (row) => tableExamsText(row.exams)),
  column('exam_refs', 'text', (row) => tableRefsText(row.exams), "string_to_array(exam_refs, ' ')"),
  column('decided_totals', 'text', (row) => row.decidedTotals),
  column('decision_sha256', 'text', (row) => row.decisionSha256),
  column('facts_sha256', 'text', (row) => row.factsSha256),
  column('rulebook_sha256', 'text', (row) => row.rulebookSha256),
  column('engine_sha256', 'text', (row) => row.engineSha256),
  column('body', 'bytea', (row) => row.body),
  column('decision', 'bytea', (row) => row.decision),
  column('facts', 'text', (row) => row.facts),
]
const names = columns.map(({ name }) => name).join(', ')
const INSERT_VERSIONS = `INSERT INTO claim_version (${names})
  SELECT ${columns.map(({ stored }) => stored).join(', ')} FROM unnest(${columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')}) AS a (${names})
  ON CONFLICT ON CONSTRAINT claim_version_content DO NOTHING`

/** Rows stored; content that is already there is passed over (named key alone: a clash on another raises). */
async function insertVersions(sql: Sql, versions: readonly NewVersion[]): Promise<number> {
  if (versions.length === 0) return 0
  const values = columns.map(({ type, of }) => {
    const items = versions.map(of)
    return type === 'text' || type === 'bytea' ? binaryArray(type, items as (string | Buffer | null)[]) : items
  })
  return (await sql.query(INSERT_VERSIONS, values, 'ledger-insert-versions')).rowCount
}

async function notePublication(sql: Sql, items: readonly { claimId: string; version: number }[]): Promise<number | null> {
  if (items.length === 0) return null
  const { rows } = await sql.query<{ id: number }>(
    'INSERT INTO publication (claim_ids, versions) VALUES ($1, $2) RETURNING id',
    [items.map(({ claimId }) => claimId), items.map(({ version }) => version)],
    'ledger-note-publication',
  )
  return rows[0]!.id
}
