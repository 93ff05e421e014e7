import { addDays } from '../domain/calendar.ts'
import type { CalendarDate } from '../domain/claim.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import { CONFIRM_MS_MAX, DISASTER_DAYS_MAX, type Disaster, stateOf } from './disaster.ts'

export const DISASTER_CHANNEL = 'disaster_changed'
/** What ended this many days ago may still matter to a check-in that a kiosk kept offline. */
const KEPT_DAYS = 30
const REASON_CHARS_MAX = 500

export interface DisasterWish {
  readonly provinces: readonly string[]
  readonly from: CalendarDate
  readonly to: CalendarDate
  readonly reason: string
}
/** Why an operator may not do that; a code and words. */
export class DisasterRefused extends Error {
  override readonly name = 'DisasterRefused'
  readonly code: 'provinces' | 'days' | 'reason' | 'unknown' | 'same-operator' | 'not-pending' | 'not-open'
  constructor(code: DisasterRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

interface Deps {
  readonly sql: Sql
  readonly clock: Clock
}

/** The first operator. Nothing changes until a second one confirms. @throws DisasterRefused · PostgresUnavailable */
export async function openDisaster(
  { sql, clock, randomBytes }: Deps & { readonly randomBytes: (count: number) => Buffer },
  wish: DisasterWish,
  operator: string,
): Promise<Disaster> {
  const faulty = faultOf(wish, vietnamDate(clock.now()))
  if (faulty) throw faulty
  const id = `d_${randomBytes(8).toString('hex')}`
  const provinces = [...new Set(wish.provinces)].sort()
  const { rows } = await sql.query<Disaster>(
    `INSERT INTO disaster (disaster_id, provinces, from_day, to_day, reason, opened_by, opened_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
    [id, provinces, wish.from, wish.to, wish.reason.trim(), operator, at(clock)],
  )
  return rows[0]!
}

function faultOf({ provinces, from, to, reason }: DisasterWish, today: CalendarDate): DisasterRefused | undefined {
  if (provinces.length === 0 || provinces.some((province) => !/^\d{2}$/.test(province)))
    return new DisasterRefused('provinces', 'provinces are codes of two digits, such as 01,79')
  if (to < from || to < today) return new DisasterRefused('days', 'the last day lies before the first, or is past')
  if (from < addDays(today, -DISASTER_DAYS_MAX))
    return new DisasterRefused('days', `the first day is at most ${DISASTER_DAYS_MAX} days ago`)
  if (to > addDays(from, DISASTER_DAYS_MAX - 1))
    return new DisasterRefused('days', `a disaster lasts ${DISASTER_DAYS_MAX} days at most; open another to go on`)
  if (reason.trim() === '' || reason.length > REASON_CHARS_MAX)
    return new DisasterRefused('reason', `a reason of 1 to ${REASON_CHARS_MAX} characters is needed`)
  return undefined
}

/** The second operator. Confirming again changes nothing. @throws DisasterRefused · PostgresUnavailable */
export async function confirmDisaster({ sql, clock }: Deps, id: string, operator: string): Promise<Disaster> {
  const { rows } = await sql.query<Disaster>(
    `UPDATE disaster SET confirmed_by = $2, confirmed_at = $3
      WHERE disaster_id = $1 AND opened_by <> $2 AND confirmed_at IS NULL AND closed_at IS NULL AND to_day >= $4 AND opened_at > $5
      RETURNING ${COLUMNS}`,
    [id, operator, at(clock), vietnamDate(clock.now()), new Date(clock.now() - CONFIRM_MS_MAX).toISOString()],
  )
  if (rows[0]) {
    await tell(sql)
    return rows[0]
  }
  const found = await findDisaster(sql, id)
  if (found === undefined) throw new DisasterRefused('unknown', `there is no disaster ${id}`)
  if (found.openedBy === operator)
    throw new DisasterRefused('same-operator', 'who opened it cannot confirm it: another operator must')
  if (found.confirmedBy === operator && found.closedAt === null) return found
  throw new DisasterRefused('not-pending', `it cannot be confirmed: it is ${stateOf(found, clock.now())}`)
}

/** Early, by one operator; closing again changes nothing. @throws DisasterRefused · PostgresUnavailable */
export async function closeDisaster({ sql, clock }: Deps, id: string, operator: string, reason: string): Promise<Disaster> {
  if (reason.trim() === '' || reason.length > REASON_CHARS_MAX)
    throw new DisasterRefused('reason', `a reason of 1 to ${REASON_CHARS_MAX} characters is needed`)
  const { rows } = await sql.query<Disaster>(
    `UPDATE disaster SET closed_by = $2, closed_at = $3, closed_reason = $4
      WHERE disaster_id = $1 AND closed_at IS NULL AND to_day >= $5 RETURNING ${COLUMNS}`,
    [id, operator, at(clock), reason.trim(), vietnamDate(clock.now())],
  )
  if (rows[0]) {
    await tell(sql)
    return rows[0]
  }
  const found = await findDisaster(sql, id)
  if (found === undefined) throw new DisasterRefused('unknown', `there is no disaster ${id}`)
  if (found.closedAt !== null) return found
  throw new DisasterRefused('not-open', 'it has ended by itself')
}

export async function findDisaster(sql: Sql, id: string): Promise<Disaster | undefined> {
  const { rows } = await sql.query<Disaster>(`SELECT ${COLUMNS} FROM disaster WHERE disaster_id = $1`, [id])
  return rows[0]
}

/** Newest first, ended ones too. */
export async function listDisasters(sql: Sql, max: number): Promise<readonly Disaster[]> {
  const { rows } = await sql.query<Disaster>(`SELECT ${COLUMNS} FROM disaster ORDER BY opened_at DESC, disaster_id LIMIT $1`, [
    max,
  ])
  return rows
}

/** Confirmed ones that may still matter. */
export async function disastersThatCount({ sql, clock }: Deps): Promise<readonly Disaster[]> {
  const since = addDays(vietnamDate(clock.now()), -KEPT_DAYS)
  const { rows } = await sql.query<Disaster>(
    `SELECT ${COLUMNS} FROM disaster WHERE to_day >= $1 AND confirmed_at IS NOT NULL ORDER BY to_day, disaster_id`,
    [since],
    'disasters-that-count',
  )
  return rows
}

const at = (clock: Clock) => new Date(clock.now()).toISOString()
const tell = (sql: Sql) => sql.query('SELECT pg_notify($1, $2)', [DISASTER_CHANNEL, ''])

const COLUMNS = `disaster_id AS id, provinces, from_day::text AS "from", to_day::text AS "to", reason, opened_by AS "openedBy",
  opened_at AS "openedAt", confirmed_by AS "confirmedBy", confirmed_at AS "confirmedAt", closed_by AS "closedBy", closed_at AS "closedAt",
  closed_reason AS "closedReason"`

/** A check-in that was taken provisionally in a disaster, by hashes and codes. */
export interface ProvisionalInDisaster {
  readonly checkInId: string
  readonly facilityCode: string
  readonly at: string
  readonly method: string
  readonly legacyCode: string
  readonly ticket: string
  readonly confirmedAt: string | null
  /** The check-in by chip that proved it. */
  readonly confirmedByCheckIn: string | null
}

/** What must be confirmed, and what has been: open ones first, oldest first. @throws PostgresUnavailable */
export async function provisionalOf(sql: Sql, disasterId: string, max: number): Promise<readonly ProvisionalInDisaster[]> {
  const { rows } = await sql.query<ProvisionalInDisaster>(
    `SELECT check_in_id AS "checkInId", facility_code AS "facilityCode", at, method, legacy_code AS "legacyCode", ticket,
        confirmed_at AS "confirmedAt", confirmed_by_check_in AS "confirmedByCheckIn"
       FROM check_in WHERE disaster_id = $1 AND outcome = 'provisional'
      ORDER BY confirmed_at IS NOT NULL, at, check_in_id LIMIT $2`,
    [disasterId, max],
  )
  return rows
}
