import type { CalendarDate } from '../domain/claim.ts'
import { createSeal } from '../eligibility/seal.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool, Sql } from '../platform/postgres.ts'
import type { CheckInAnswer, CheckInReason, Outcome, Staff } from './check-in.ts'
import type { Alert } from './coverage/coverage.ts'
import { type CheckInRecord, type Look, openCheckIn } from './record.ts'

/** One check-in as the reception sees it. */
export interface CheckInListed {
  readonly checkInId: string
  readonly encounterId: string | null
  readonly at: string
  readonly ticket: string
  readonly method: string
  readonly outcome: Outcome
  readonly assurance: string | null
  readonly legacyCode: string
  readonly offline: boolean
  readonly stale: boolean
  readonly member: CheckInAnswer['member']
  readonly alerts: readonly Alert[]
  readonly reasons: readonly CheckInReason[]
  readonly disasterId: string | null
  readonly confirmedAt: string | null
}
export interface CheckInConfirmation {
  readonly checkInId: string
  readonly outcome: Outcome
  readonly confirmedAt: string
}

/** Of an id that the facility has; admitted and refused ones are settled. */
export type ConfirmResult = CheckInConfirmation | 'not-provisional'

export interface CheckInStore {
  /** Each once, whatever is said twice, with who looked; in one transaction with `next` positions. @throws PostgresUnavailable */
  record(
    records: readonly CheckInRecord[],
    next?: { readonly topic: string; readonly partition: number; readonly next: number },
  ): Promise<void>
  /** Straight into the ledger, to be said on the stream later. @throws PostgresUnavailable */
  recordUnpublished(record: CheckInRecord): Promise<void>
  unpublished(olderThan: Date, max: number): Promise<readonly CheckInRecord[]>
  published(checkInIds: readonly string[]): Promise<void>
  answer(checkInId: string): Promise<CheckInAnswer | undefined>
  listOn(
    facilityCode: string,
    day: CalendarDate,
    max: number,
  ): Promise<readonly (CheckInListed & { readonly auditSubject: string })[]>
  /** Only a provisional one can be confirmed, the first time counts; `undefined`: the facility has none of this id. @throws PostgresUnavailable */
  confirm(facilityCode: string, checkInId: string, staff: Staff, at: string): Promise<ConfirmResult | undefined>
  note(looks: readonly Look[]): Promise<void>
}

export const checkInSeal = (keyedHash: KeyedHash) => createSeal(keyedHash, 'check-in')

interface ListedRow {
  readonly checkInId: string
  readonly at: string
  readonly disasterId: string | null
  readonly confirmedAt: string | null
  readonly auditSubject: string
  readonly sealed: Buffer
  readonly method: string
}

/** The ledger's side of check-ins. */
export function createCheckInStore(pool: PostgresPool, keyedHash: KeyedHash): CheckInStore {
  const seal = checkInSeal(keyedHash)
  return {
    record: (records, next) =>
      pool.transaction(async (sql) => {
        await insert(sql, records, false)
        if (next) await sql.query(ADVANCE, [next.topic, next.partition, next.next], 'check-in-advance')
      }),
    recordUnpublished: (record) => pool.transaction((sql) => insert(sql, [record], true)),
    async unpublished(olderThan, max) {
      const { rows } = await pool.query<{ unpublished: CheckInRecord }>(
        'SELECT unpublished FROM check_in WHERE unpublished IS NOT NULL AND at < $1 ORDER BY at LIMIT $2',
        [olderThan.toISOString(), max],
      )
      return rows.map(({ unpublished }) => unpublished)
    },
    async published(ids) {
      await pool.query('UPDATE check_in SET unpublished = NULL WHERE check_in_id = ANY ($1)', [ids])
    },
    async answer(checkInId) {
      const { rows } = await pool.query<{ sealed: Buffer }>(
        'SELECT sealed FROM check_in WHERE check_in_id = $1',
        [checkInId],
        'check-in-answer',
      )
      return rows[0] && openCheckIn(seal, checkInId, rows[0].sealed)?.answer
    },
    async listOn(facilityCode, day, max) {
      const from = Date.parse(`${day}T00:00:00+07:00`)
      const values = [facilityCode, new Date(from).toISOString(), new Date(from + DAY_MS).toISOString(), max]
      const { rows } = await pool.query<ListedRow>(LIST, values, 'check-in-list')
      return rows.flatMap((row) => {
        const opened = openCheckIn(seal, row.checkInId, row.sealed)
        return opened === undefined
          ? []
          : [{ ...listedOf(row, opened.answer, opened.encounterId), auditSubject: row.auditSubject }]
      })
    },
    async confirm(facilityCode, checkInId, staff, at) {
      const sealed = seal.seal(JSON.stringify(staff), `${checkInId}/confirmed`)
      const { rows } = await pool.query<CheckInConfirmation>(CONFIRM, [facilityCode, checkInId, at, sealed], 'check-in-confirm')
      if (rows[0] !== undefined) return rows[0]
      // An outcome never changes, so that a second statement cannot see another.
      const { rows: settled } = await pool.query(IS_THERE, [facilityCode, checkInId], 'check-in-is-there')
      return settled.length === 0 ? undefined : 'not-provisional'
    },
    note: (looks) => noteLooks(pool, looks),
  }
}

const DAY_MS = 86_400_000

function listedOf(row: ListedRow, answer: CheckInAnswer, encounterId: string | null): CheckInListed {
  const { ticket, outcome, assurance, legacyCode, offline, member, alerts, reasons, eligibility } = answer
  const { checkInId, at, method, disasterId, confirmedAt } = row
  return {
    ...{ checkInId, encounterId, at, ticket, method, outcome, assurance, legacyCode, offline, stale: eligibility.stale },
    ...{ member, alerts, reasons, disasterId, confirmedAt },
  }
}

async function insert(sql: Sql, records: readonly CheckInRecord[], isUnpublished: boolean): Promise<void> {
  if (records.length === 0) return
  // One statement cannot touch a row twice.
  const once = [...new Map(records.map((record) => [record.checkInId, record])).values()]
  const text = JSON.stringify(once)
  await sql.query(
    isUnpublished ? INSERT_UNPUBLISHED : INSERT,
    [text],
    isUnpublished ? 'check-in-insert-unpublished' : 'check-in-insert',
  )
  await sql.query(USE, [text], 'check-in-use')
  await sql.query(UPGRADE, [text], 'check-in-upgrade')
  await noteLooks(
    sql,
    once.map(({ look }) => look),
  )
}

/** Writes lines of the access log; one that is there already stays as it is. @throws PostgresUnavailable */
export async function noteLooks(sql: Sql, looks: readonly Look[]): Promise<void> {
  if (looks.length > 0) await sql.query(NOTE, [JSON.stringify(looks)], 'access-note')
}

const ROWS = `jsonb_to_recordset($1::jsonb) AS r("checkInId" text, "claimId" text, "facilityCode" text, "memberRef" text,
  at timestamptz, "arrivedAt" text, "careType" text, method text, assurance text, outcome text, source text, stale boolean, offline boolean,
  "legacyCode" text, ticket text, alerts text[], sealed text, "disasterId" text, look jsonb)`

const insertText = (
  unpublished: string,
) => `INSERT INTO check_in (check_in_id, claim_id, facility_code, member_ref, at, arrived_at, care_type,
    method, assurance, outcome, source, stale, offline, legacy_code, ticket, alerts, sealed, audit_subject, disaster_id, unpublished)
  SELECT r."checkInId", r."claimId", r."facilityCode", r."memberRef", r.at, r."arrivedAt", r."careType", r.method, r.assurance, r.outcome,
    r.source, r.stale, r.offline, r."legacyCode", r.ticket, r.alerts, decode(r.sealed, 'base64'), r.look->>'subject', r."disasterId", ${unpublished}
  FROM ${ROWS}`
/** Said on the stream: nothing is left to say. */
const INSERT = `${insertText('NULL')} ON CONFLICT (check_in_id) DO UPDATE SET unpublished = NULL WHERE check_in.unpublished IS NOT NULL`
const INSERT_UNPUBLISHED = `${insertText('($1::jsonb)->0')} ON CONFLICT DO NOTHING`
const USE = `INSERT INTO check_in_use (facility_code, since)
  SELECT r."facilityCode", min(r.at) FROM jsonb_to_recordset($1::jsonb) AS r("facilityCode" text, at timestamptz)
  GROUP BY 1 ON CONFLICT DO NOTHING`
/** Who was taken in a disaster on a weaker ground and showed a chip there later, is confirmed, in whichever order the two come in. */
const UPGRADE = `UPDATE check_in AS earlier SET confirmed_at = later.at, confirmed_by_check_in = later.check_in_id
  FROM jsonb_to_recordset($1::jsonb) AS r("memberRef" text)
    JOIN check_in AS later ON later.member_ref = r."memberRef" AND later.outcome = 'admitted' AND later.assurance IN ('C2', 'C3')
  WHERE earlier.member_ref = r."memberRef" AND earlier.disaster_id IS NOT NULL AND earlier.outcome = 'provisional'
    AND earlier.confirmed_at IS NULL AND earlier.facility_code = later.facility_code AND earlier.at < later.at`
const ADVANCE = `INSERT INTO stream_offset AS o (topic, partition, next) VALUES ($1, $2, $3)
  ON CONFLICT (topic, partition) DO UPDATE SET next = greatest(o.next, excluded.next)`
const NOTE = `INSERT INTO access_audit (actor, action, subject, facility_code, purpose, fields, staff_ref, staff_sealed, ref)
  SELECT r.actor, r.action, r.subject, r."facilityCode", r.purpose, r.fields, r."staffRef", decode(r."staffSealed", 'base64'), r.ref
  FROM jsonb_to_recordset($1::jsonb) AS r(actor text, action text, subject text, "facilityCode" text, purpose text, fields text[],
    "staffRef" text, "staffSealed" text, ref text)
  ON CONFLICT DO NOTHING`
const LIST = `SELECT check_in_id AS "checkInId", at, method, audit_subject AS "auditSubject", disaster_id AS "disasterId",
    confirmed_at AS "confirmedAt", sealed
  FROM check_in WHERE facility_code = $1 AND at >= $2 AND at < $3 ORDER BY at DESC, check_in_id DESC LIMIT $4`
const IS_THERE = "SELECT FROM check_in WHERE facility_code = $1 AND check_in_id = $2 AND outcome <> 'provisional'"
const CONFIRM = `UPDATE check_in SET confirmed_at = coalesce(confirmed_at, $3), confirmed_sealed = coalesce(confirmed_sealed, $4)
  WHERE facility_code = $1 AND check_in_id = $2 AND outcome = 'provisional'
  RETURNING check_in_id AS "checkInId", outcome, confirmed_at AS "confirmedAt"`
