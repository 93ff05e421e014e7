import type { CalendarDate, LocalTime } from '../domain/claim.ts'
import type { CheckIn, RegisterFact } from '../domain/facts.ts'
import type { Sql } from '../platform/postgres.ts'
import { localTimeOf } from './local-time.ts'

export interface CheckInAsked {
  readonly claimId: string
  readonly facilityCode: string
  readonly arrivedAt: LocalTime
  /** How new the knowledge counts as: the day of receipt. */
  readonly asOf: CalendarDate
}

interface Row {
  readonly claimId: string
  readonly checkInId: string
  readonly at: string
  readonly assurance: CheckIn['assurance'] | null
  readonly outcome: CheckIn['outcome']
}
/** The earliest that was not refused, else the earliest: since when evidence was shown. */
const ROWS = `SELECT DISTINCT ON (claim_id) claim_id AS "claimId", check_in_id AS "checkInId", at, assurance, outcome
  FROM check_in WHERE claim_id = ANY ($1) ORDER BY claim_id, outcome = 'refused', at, check_in_id`
const USE = 'SELECT facility_code AS "facilityCode", since FROM check_in_use WHERE facility_code = ANY ($1)'

/**
 * The check-in of each claim's visit, bound by facility and `MA_LK`. A facility that had never checked anyone in before the visit has nothing that
 * could be missing: then nothing is known, as of no day. @throws PostgresUnavailable
 */
export function createFindCheckIns(sql: Sql) {
  return async function findCheckIns(asked: readonly CheckInAsked[]): Promise<readonly RegisterFact<CheckIn>[]> {
    if (asked.length === 0) return []
    const [{ rows }, { rows: uses }] = await Promise.all([
      sql.query<Row>(ROWS, [[...new Set(asked.map(({ claimId }) => claimId))]], 'check-in-facts'),
      sql.query<{ facilityCode: string; since: string }>(
        USE,
        [[...new Set(asked.map((one) => one.facilityCode))]],
        'check-in-facts-use',
      ),
    ])
    const byClaim = new Map(rows.map((row) => [row.claimId, row]))
    const since = new Map(uses.map((use) => [use.facilityCode, localTimeOf(Date.parse(use.since))]))
    return asked.map(({ claimId, facilityCode, arrivedAt, asOf }) => {
      const row = byClaim.get(claimId)
      if (row) return { kind: 'known', value: factOf(row), asOf, stale: false }
      return { kind: 'none', asOf: (since.get(facilityCode) ?? NEVER) <= arrivedAt ? asOf : null }
    })
  }
}
const NEVER = '9999'

/** One that was refused has no level; the lowest stands for it. */
function factOf({ checkInId, at, assurance, outcome }: Row): CheckIn {
  return { checkInId, at: localTimeOf(Date.parse(at)), assurance: assurance ?? 'C0', outcome }
}
