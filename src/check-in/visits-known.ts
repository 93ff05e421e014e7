import { addDays } from '../domain/calendar.ts'
import type { CalendarDate, LocalTime } from '../domain/claim.ts'
import type { Visit } from '../domain/facts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import type { VisitsKnown } from './coverage/coverage.ts'
import { createTogether } from './together.ts'

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
  readonly index: number
  readonly checkInId: string
  readonly facilityCode: string
  readonly careType: string
  readonly arrivedAt: LocalTime
  readonly claimId: string | null
  readonly isClosed: boolean
}
/** For each name of each member that is asked for, at most 200. */
const ROWS = `SELECT a.index, k.* FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS a (index, ref, since, check_in_id)
  CROSS JOIN LATERAL (
    SELECT k.check_in_id AS "checkInId", k.facility_code AS "facilityCode", k.care_type AS "careType", k.arrived_at AS "arrivedAt",
      k.claim_id AS "claimId", c.claim_id IS NOT NULL AS "isClosed"
    FROM check_in k LEFT JOIN claim c ON c.claim_id = k.claim_id
    WHERE k.member_ref = a.ref AND k.arrived_at >= a.since AND k.check_in_id <> a.check_in_id AND k.outcome <> 'refused'
    ORDER BY k.arrived_at, k.check_in_id LIMIT 200
  ) AS k`

/** What check-ins and decided claims say of the member's other visits: of one who is under two numbers, both. Who asks at once is answered at once. */
export function createFindVisits(sql: Sql, ledger: Pick<Ledger, 'memberStates'>, clock: Clock): FindVisits {
  return createTogether((questions) => findAll(sql, ledger, questions), clock)
}

async function findAll(
  sql: Sql,
  ledger: Pick<Ledger, 'memberStates'>,
  questions: readonly VisitsQuestion[],
): Promise<readonly VisitsKnown[]> {
  const asked = questions.flatMap(({ memberRefs, on, checkInId }, index) =>
    memberRefs.map((ref) => ({ index, ref, since: addDays(on, -OPEN_DAYS_MAX), checkInId })),
  )
  const values = [
    asked.map(({ index }) => index),
    asked.map(({ ref }) => ref),
    asked.map(({ since }) => since),
    asked.map(({ checkInId }) => checkInId),
  ]
  const refs = [...new Set(asked.map(({ ref }) => ref))]
  const [{ rows }, states] = await Promise.all([sql.query<Row>(ROWS, values, 'check-in-visits'), ledger.memberStates(refs)])
  const stateOf = new Map(refs.map((ref, index) => [ref, states[index]!]))
  const rowsOf = Map.groupBy(rows, ({ index }) => index)
  return questions.map((question, index) => {
    const visits = question.memberRefs.flatMap((ref) => stateOf.get(ref)!.visits)
    return visitsKnown(question, (rowsOf.get(index) ?? []).sort(byArrival), visits)
  })
}
const byArrival = (a: Row, b: Row): number =>
  a.arrivedAt === b.arrivedAt ? (a.checkInId < b.checkInId ? -1 : 1) : a.arrivedAt < b.arrivedAt ? -1 : 1

function visitsKnown({ on, claimId }: VisitsQuestion, rows: readonly Row[], visits: readonly Visit[]): VisitsKnown {
  const checkIns = rows.filter((row) => row.claimId === null || row.claimId !== claimId)
  const decided = visits.filter((visit) => visit.claimId !== claimId)
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
