import { addDays } from '../domain/calendar.ts'
import type { CalendarDate, LocalTime } from '../domain/claim.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Sql } from '../platform/postgres.ts'
import type { VisitsKnown } from './coverage/coverage.ts'

/** A stay that was checked in longer ago than this and never billed is not called open. */
const OPEN_DAYS_MAX = 60

export interface VisitsQuestion {
  readonly memberRefs: readonly string[]
  readonly on: CalendarDate
  /** This check-in and the claim that it belongs to are not other visits. */
  readonly checkInId: string
  readonly claimId: string | undefined
}
/** @throws PostgresUnavailable · LedgerUnavailable */
export type FindVisits = (question: VisitsQuestion) => Promise<VisitsKnown>

interface Row {
  readonly facilityCode: string
  readonly careType: string
  readonly arrivedAt: LocalTime
  readonly claimId: string | null
  readonly isClosed: boolean
}
const ROWS = `SELECT k.facility_code AS "facilityCode", k.care_type AS "careType", k.arrived_at AS "arrivedAt", k.claim_id AS "claimId",
    c.claim_id IS NOT NULL AS "isClosed"
  FROM check_in k LEFT JOIN claim c ON c.claim_id = k.claim_id
  WHERE k.member_ref = ANY ($1) AND k.arrived_at >= $2 AND k.check_in_id <> $3 AND k.outcome <> 'refused'
  ORDER BY k.arrived_at, k.check_in_id LIMIT 200`

/** What check-ins and decided claims say of the member's other visits: of one who is under two numbers, both. */
export function createFindVisits(sql: Sql, ledger: Pick<Ledger, 'memberStates'>): FindVisits {
  return async function findVisits({ memberRefs, on, checkInId, claimId }) {
    const [{ rows }, states] = await Promise.all([
      sql.query<Row>(ROWS, [memberRefs, addDays(on, -OPEN_DAYS_MAX), checkInId], 'check-in-visits'),
      ledger.memberStates(memberRefs),
    ])
    const checkIns = rows.filter((row) => row.claimId === null || row.claimId !== claimId)
    const decided = states.flatMap(({ visits }) => visits).filter((visit) => visit.claimId !== claimId)
    const checkedIn = new Set(checkIns.map((row) => row.claimId))
    return {
      open: checkIns.filter(({ isClosed }) => !isClosed),
      sameDay: [...checkIns, ...decided.filter((visit) => !checkedIn.has(visit.claimId))].filter(
        ({ arrivedAt }) => arrivedAt.slice(0, 10) === on,
      ),
      supplyUntil: [...new Set(decided.flatMap(({ details }) => details.supply.map(({ until }) => until)))]
        .filter((until) => until > on)
        .sort(),
      decided,
    }
  }
}
