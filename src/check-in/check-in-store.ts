import type { CalendarDate } from '../domain/claim.ts'
import { createSeal, type Seal } from '../eligibility/seal.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import type { CheckInAnswer, CheckInReason, Outcome, Staff } from './check-in.ts'
import type { Alert } from './coverage/coverage.ts'
import { type CheckInRecord, type Look, openCheckIn } from './record.ts'
import { createRecordWriter, noteLooks, type StreamPosition } from './write-records.ts'

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
  /** Each once, whatever is said twice, with who looked; in one transaction with the position. @throws PostgresUnavailable */
  record(records: readonly CheckInRecord[], position: StreamPosition): Promise<void>
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

const seals = new WeakMap<KeyedHash, Seal>()
/** One for each secret: to derive its keys costs about as much as to seal. */
export function checkInSeal(keyedHash: KeyedHash): Seal {
  const made = seals.get(keyedHash) ?? createSeal(keyedHash, 'check-in')
  seals.set(keyedHash, made)
  return made
}

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
export function createCheckInStore(pool: PostgresPool, keyedHash: KeyedHash, clock: Clock): CheckInStore {
  const seal = checkInSeal(keyedHash)
  const writer = createRecordWriter(pool, clock)
  return {
    record: writer.said,
    recordUnpublished: writer.unsaid,
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

const LIST = `SELECT check_in_id AS "checkInId", at, method, audit_subject AS "auditSubject", disaster_id AS "disasterId",
    confirmed_at AS "confirmedAt", sealed
  FROM check_in WHERE facility_code = $1 AND at >= $2 AND at < $3 ORDER BY at DESC, check_in_id DESC LIMIT $4`
const IS_THERE = "SELECT FROM check_in WHERE facility_code = $1 AND check_in_id = $2 AND outcome <> 'provisional'"
const CONFIRM = `UPDATE check_in SET confirmed_at = coalesce(confirmed_at, $3), confirmed_sealed = coalesce(confirmed_sealed, $4)
  WHERE facility_code = $1 AND check_in_id = $2 AND outcome = 'provisional'
  RETURNING check_in_id AS "checkInId", outcome, confirmed_at AS "confirmedAt"`
