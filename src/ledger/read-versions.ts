import type { Sql } from '../platform/postgres.ts'
import {
  type ClaimListItem,
  type ClaimListQuery,
  InvalidCursor,
  type ReplayQuery,
  type StoredForReplay,
  type StoredVersion,
} from './ledger.ts'

/** Columns of a `StoredVersion`, of `claim_version v` and its `claim c`. */
export const STORED = `v.claim_id AS "claimId", v.facility_code AS "facilityCode", v.encounter_id AS "encounterId", v.version,
  c.current_version AS "currentVersion", v.status, v.held_reason AS "heldReason", v.received_at AS "receivedAt",
  v.decided_at AS "decidedAt", v.content_sha256 AS "contentSha256", v.body_sha256 AS "bodySha256",
  v.submission_id AS "submissionId", v.stream_key AS "streamKey", v.member_ref AS "memberRef", v.decision`

const FOR_REPLAY = `${STORED}, v.content_type AS "contentType", v.release, v.body, v.outcome, v.decision_sha256 AS "decisionSha256",
  v.facts, v.facts_sha256 AS "factsSha256", v.rulebook_sha256 AS "rulebookSha256", v.engine_sha256 AS "engineSha256",
  v.stream_partition AS partition, v.stream_offset AS "offset"`

type Place = readonly [receivedAt: string, claimId: string, version: number]
interface Placed {
  readonly receivedAt: string
  readonly claimId: string
  readonly version: number
}

const cursorOf = ({ receivedAt, claimId, version }: Placed): string =>
  Buffer.from(JSON.stringify([receivedAt, claimId, version])).toString('base64url')

/** @throws InvalidCursor */
function placeOf(cursor: string): Place {
  let place: unknown
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw new InvalidCursor('not a cursor')
  }
  const [receivedAt, claimId, version] = Array.isArray(place) ? (place as unknown[]) : []
  if (typeof receivedAt !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(receivedAt))
    throw new InvalidCursor('not a cursor')
  if (!isInstant(receivedAt) || typeof claimId !== 'string' || claimId.includes('\0') || !Number.isInteger(version))
    throw new InvalidCursor('not a cursor')
  return [receivedAt, claimId, version as number]
}

/** Postgres knows neither a year 0 nor a 30 February, which `Date.parse` reads. */
function isInstant(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && !text.startsWith('0000') && new Date(ms).toISOString() === text
}

/** Conditions with their values, numbered as they are bound. */
function conditions() {
  const texts: string[] = []
  const values: unknown[] = []
  return {
    values,
    bind: (value: unknown) => `$${values.push(value)}`,
    add: (text: string) => void texts.push(text),
    where: () => (texts.length === 0 ? '' : `WHERE ${texts.join(' AND ')}`),
  }
}

/** Rows up to `limit` and the cursor of the next page; `rows` holds one more than asked when there is one. */
function pageOf<Row extends Placed>(rows: readonly Row[], limit: number): { items: readonly Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? cursorOf(items.at(-1)!) : null }
}

/** Current versions, newest receipt first. @throws InvalidCursor */
export async function listClaims(
  sql: Sql,
  query: ClaimListQuery,
): Promise<{ items: readonly ClaimListItem[]; nextCursor: string | null }> {
  const { add, bind, values, where } = conditions()
  add('c.current_version = v.version')
  if (query.facilityCode !== undefined) add(`v.facility_code = ${bind(query.facilityCode)}`)
  if (query.status !== undefined) add(query.status === 'held' ? "v.status = 'held'" : "v.status = 'decided'")
  if (query.from !== undefined) add(`v.received_at >= ${bind(query.from)}::timestamptz`)
  if (query.to !== undefined) add(`v.received_at < ${bind(query.to)}::timestamptz`)
  if (query.cursor !== undefined) {
    const [receivedAt, claimId] = placeOf(query.cursor)
    add(`(v.received_at, v.claim_id) < (${bind(receivedAt)}::timestamptz, ${bind(claimId)})`)
  }
  const { rows } = await sql.query<ClaimListItem & { decidedTotals: string | null }>(
    `SELECT v.claim_id AS "claimId", v.encounter_id AS "encounterId", v.version, v.status, v.outcome,
       v.received_at AS "receivedAt", v.decided_at AS "decidedAt", v.decided_totals AS "decidedTotals"
     FROM claim_version v JOIN claim c ON c.claim_id = v.claim_id
     ${where()} ORDER BY v.received_at DESC, v.claim_id DESC LIMIT ${bind(query.limit + 1)}`,
    values,
  )
  const { items, nextCursor } = pageOf(rows, query.limit)
  return {
    nextCursor,
    items: items.map(({ decidedTotals, ...item }) => ({
      ...item,
      decided: decidedTotals === null ? null : (JSON.parse(decidedTotals) as Record<string, string>),
    })),
  }
}

/** See `LedgerOperations.versionsForReplay`. @throws InvalidCursor */
export async function versionsForReplay(
  sql: Sql,
  query: ReplayQuery,
): Promise<{ items: readonly StoredForReplay[]; nextCursor: string | null }> {
  const { add, bind, values, where } = conditions()
  if (query.claimId !== undefined) add(`v.claim_id = ${bind(query.claimId)}`)
  if (query.since !== undefined) add(`v.received_at >= ${bind(query.since)}::timestamptz`)
  if (query.current) add("c.current_version = v.version AND v.status = 'decided'")
  if (query.cursor !== undefined) add(afterPlace(query.cursor, bind))
  const { rows } = await sql.query<StoredForReplay>(
    `SELECT ${FOR_REPLAY} FROM claim_version v JOIN claim c ON c.claim_id = v.claim_id
     ${where()} ORDER BY v.received_at, v.claim_id, v.version LIMIT ${bind(query.limit + 1)}`,
    values,
  )
  return pageOf(rows, query.limit)
}

/** See `LedgerOperations.heldVersions`. @throws InvalidCursor */
export async function heldVersions(
  sql: Sql,
  query: { cursor?: string; limit: number },
): Promise<{ items: readonly StoredVersion[]; nextCursor: string | null }> {
  const { add, bind, values, where } = conditions()
  add("v.status = 'held'")
  if (query.cursor !== undefined) add(afterPlace(query.cursor, bind))
  const { rows } = await sql.query<StoredVersion>(
    `SELECT ${STORED} FROM claim_version v JOIN claim c ON c.claim_id = v.claim_id
     ${where()} ORDER BY v.received_at, v.claim_id, v.version LIMIT ${bind(query.limit + 1)}`,
    values,
  )
  return pageOf(rows, query.limit)
}

function afterPlace(cursor: string, bind: (value: unknown) => string): string {
  const [receivedAt, claimId, version] = placeOf(cursor)
  return `(v.received_at, v.claim_id, v.version) > (${bind(receivedAt)}::timestamptz, ${bind(claimId)}, ${bind(version)})`
}
