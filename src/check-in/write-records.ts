import type { Clock } from '../platform/clock.ts'
import { binaryArray, type PostgresPool, PostgresUnavailable, type Sql } from '../platform/postgres.ts'
import type { CheckInRecord, Look } from './record.ts'
import { createTogether, type TogetherBounds } from './together.ts'

/** How far a partition of the stream is in the ledger. */
export interface StreamPosition {
  readonly topic: string
  readonly partition: number
  readonly next: number
}
interface Slice {
  readonly records: readonly CheckInRecord[]
  readonly position: StreamPosition
}
export interface RecordWriter {
  /** Each once, whatever is said twice, with who looked; in one transaction with the position. @throws PostgresUnavailable */
  said(records: readonly CheckInRecord[], position: StreamPosition): Promise<void>
  /** One that the stream has not heard of yet. @throws PostgresUnavailable */
  unsaid(record: CheckInRecord): Promise<void>
}

/** A slice of more records than this is a transaction of its own: what is behind goes by the hundred as it is. */
const SHARED_RECORDS_MAX = 100
/**
 * Small slices of all partitions, ten to twenty times a second: the day at a desk is the newer the more often. Above their patience the stream gives a
 * slice again, which changes nothing where it was written after all.
 */
const SHARED: TogetherBounds = { batchMax: 16, waitingMax: 1_000, patienceMs: 30_000, everyMs: 50 }
/** Far more than there are facilities. */
const FACILITIES_MAX = 50_000

/** The ledger's side of what the stream says of check-ins. */
export function createRecordWriter(pool: PostgresPool, clock: Clock): RecordWriter {
  /** Facilities that the ledger knows to check people in; their row never changes. */
  const known = new Set<string>()

  async function write(slices: readonly Slice[]): Promise<void> {
    const records = slices.flatMap((slice) => slice.records)
    const positions = slices.map(({ position }) => position)
    await pool.transaction((sql) => Promise.all([...insert(sql, records, false, known), advance(sql, positions)]))
    remember(records)
  }
  function remember(records: readonly CheckInRecord[]): void {
    if (known.size > FACILITIES_MAX) known.clear()
    for (const { facilityCode } of records) known.add(facilityCode)
  }
  /** What the ledger cannot hold fails whoever it came with and nobody else. */
  const together = createTogether(
    async (slices: readonly Slice[]) => {
      const all = await settled(write(slices))
      if (all.status === 'fulfilled' || slices.length === 1 || all.reason instanceof PostgresUnavailable)
        return slices.map(() => all)
      const each: PromiseSettledResult<void>[] = []
      for (const slice of slices) each.push(await settled(write([slice])))
      return each
    },
    clock,
    SHARED,
  )

  return {
    async said(records, position) {
      if (records.length > SHARED_RECORDS_MAX) return write([{ records, position }])
      const written = await together({ records, position })
      if (written.status === 'rejected') throw written.reason
    },
    async unsaid(record) {
      await pool.transaction((sql) => Promise.all(insert(sql, [record], true, known)))
      remember([record])
    },
  }
}

async function settled(work: Promise<void>): Promise<PromiseSettledResult<void>> {
  const [result] = await Promise.allSettled([work])
  return result
}

/** Statements of one round trip, in this order. */
function insert(sql: Sql, records: readonly CheckInRecord[], isUnsaid: boolean, known: ReadonlySet<string>): Promise<unknown>[] {
  if (records.length === 0) return []
  // One statement cannot touch a row twice.
  const once = [...new Map(records.map((record) => [record.checkInId, record])).values()]
  const values = [
    JSON.stringify(once.map(rowOf)),
    binaryArray(
      'bytea',
      once.map(({ sealed }) => Buffer.from(sealed, 'base64')),
    ),
  ]
  const first = firstOf(once.filter(({ facilityCode }) => !known.has(facilityCode)))
  return [
    isUnsaid
      ? sql.query(INSERT_UNSAID, [...values, JSON.stringify(once[0])], 'check-in-insert-unpublished')
      : sql.query(INSERT, values, 'check-in-insert'),
    ...(first.size === 0 ? [] : [sql.query(USE, [[...first.keys()], [...first.values()]], 'check-in-use')]),
    sql.query(UPGRADE, [[...new Set(once.map(({ memberRef }) => memberRef))]], 'check-in-upgrade'),
    noteLooks(
      sql,
      once.map(({ look }) => look),
    ),
  ]
}

/** Without what the ledger keeps sealed or not at all. */
function rowOf(record: CheckInRecord): object {
  const { sealed: _, evidence: _evidence, reasons: _reasons, look, ...row } = record
  return { ...row, subject: look.subject }
}

/** Since when each facility checks in; in order, so that two processes never wait for each other. */
function firstOf(records: readonly CheckInRecord[]): ReadonlyMap<string, string> {
  const sorted = [...records].sort((a, b) =>
    a.facilityCode === b.facilityCode ? compare(a.at, b.at) : compare(a.facilityCode, b.facilityCode),
  )
  const first = new Map<string, string>()
  for (const { facilityCode, at } of sorted) if (!first.has(facilityCode)) first.set(facilityCode, at)
  return first
}
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** One row for each partition, the furthest of them. */
function advance(sql: Sql, positions: readonly StreamPosition[]): Promise<unknown> {
  const furthest = new Map<string, StreamPosition>()
  for (const position of positions) {
    const key = `${position.topic} ${position.partition}`
    if ((furthest.get(key)?.next ?? -1) < position.next) furthest.set(key, position)
  }
  const rows = [...furthest.values()].sort((a, b) => a.partition - b.partition)
  const values = [rows.map(({ topic }) => topic), rows.map(({ partition }) => partition), rows.map(({ next }) => next)]
  return sql.query(ADVANCE, values, 'check-in-advance')
}

/** Writes lines of the access log; one that is there already stays as it is. @throws PostgresUnavailable */
export async function noteLooks(sql: Sql, looks: readonly Look[]): Promise<void> {
  if (looks.length > 0) await sql.query(NOTE, [JSON.stringify(looks)], 'access-note')
}

const insertText = (
  unpublished: string,
) => `INSERT INTO check_in (check_in_id, claim_id, facility_code, member_ref, at, arrived_at, care_type,
    method, assurance, outcome, source, stale, offline, legacy_code, ticket, alerts, sealed, audit_subject, disaster_id, unpublished)
  SELECT r."checkInId", r."claimId", r."facilityCode", r."memberRef", r.at, r."arrivedAt", r."careType", r.method, r.assurance, r.outcome,
    r.source, r.stale, r.offline, r."legacyCode", r.ticket, r.alerts, r.sealed, r.subject, r."disasterId", ${unpublished}
  FROM ROWS FROM (
    json_to_recordset($1::json) AS ("checkInId" text, "claimId" text, "facilityCode" text, "memberRef" text, at timestamptz,
      "arrivedAt" text, "careType" text, method text, assurance text, outcome text, source text, stale boolean, offline boolean,
      "legacyCode" text, ticket text, alerts text[], subject text, "disasterId" text),
    unnest($2::bytea[])
  ) AS r ("checkInId", "claimId", "facilityCode", "memberRef", at, "arrivedAt", "careType", method, assurance, outcome, source, stale,
    offline, "legacyCode", ticket, alerts, subject, "disasterId", sealed)`
/** Said on the stream: nothing is left to say. */
const INSERT = `${insertText('NULL')} ON CONFLICT (check_in_id) DO UPDATE SET unpublished = NULL WHERE check_in.unpublished IS NOT NULL`
const INSERT_UNSAID = `${insertText('$3::jsonb')} ON CONFLICT DO NOTHING`
const USE = `INSERT INTO check_in_use (facility_code, since) SELECT * FROM unnest($1::text[], $2::timestamptz[]) ON CONFLICT DO NOTHING`
/**
 * Who was taken in a disaster on a weaker ground and showed a chip there later, is confirmed, in whichever order the two come in. Whoever waits for
 * that is looked for first: hardly ever anybody.
 */
const UPGRADE = `WITH waiting AS MATERIALIZED (
    SELECT check_in_id, member_ref, facility_code, at FROM check_in
    WHERE member_ref = ANY ($1) AND disaster_id IS NOT NULL AND outcome = 'provisional' AND confirmed_at IS NULL
  )
  UPDATE check_in AS earlier SET confirmed_at = later.at, confirmed_by_check_in = later.check_in_id
  FROM waiting w JOIN check_in AS later ON later.member_ref = w.member_ref AND later.facility_code = w.facility_code AND w.at < later.at
  WHERE earlier.check_in_id = w.check_in_id AND earlier.confirmed_at IS NULL
    AND later.outcome = 'admitted' AND later.assurance IN ('C2', 'C3')`
const ADVANCE = `INSERT INTO stream_offset AS o (topic, partition, next) SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])
  ON CONFLICT (topic, partition) DO UPDATE SET next = greatest(o.next, excluded.next)`
const NOTE = `INSERT INTO access_audit (actor, action, subject, facility_code, purpose, fields, staff_ref, staff_sealed, ref)
  SELECT r.actor, r.action, r.subject, r."facilityCode", r.purpose, r.fields, r."staffRef", decode(r."staffSealed", 'base64'), r.ref
  FROM json_to_recordset($1::json) AS r(actor text, action text, subject text, "facilityCode" text, purpose text, fields text[],
    "staffRef" text, "staffSealed" text, ref text)
  ON CONFLICT DO NOTHING`
