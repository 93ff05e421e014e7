import type { CalendarDate } from '../domain/claim.ts'
import type { Member, RegisterFact } from '../domain/facts.ts'
import type { Eligibility } from '../eligibility/eligibility.ts'
import { vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import type { CheckInAnswer } from './check-in.ts'
import { checkInSeal } from './check-in-store.ts'
import { memberQueryOf } from './person-keys.ts'
import { openCheckIn } from './record.ts'

/** Entries that are looked at in one go, oldest first. */
export const RECONCILED_MAX = 10_000
/** One person at two places within this is pointed out. */
const TWO_PLACES_MINUTES = 15

/**
 * `entry_refused`: altered, too old, not ours. `refused`, `provisional`: as it was answered when it came. `challenge_used`: its challenge had been used.
 * The rest is what the register says now of the day on which it was made.
 */
export type DifferenceCode =
  | 'entry_refused'
  | 'refused'
  | 'provisional'
  | 'challenge_used'
  | 'two_places'
  | 'not_on_record'
  | 'card_replaced'
  | 'coverage_ended'
  | 'death_on_record'

export interface OfflineDifference {
  readonly facilityCode: string
  readonly kioskId: string | null
  readonly checkInId: string | null
  readonly madeAt: string | null
  readonly uploadedAt: string
  readonly confirmed: boolean
  readonly what: readonly DifferenceCode[]
  /** Of an entry that was refused: why. */
  readonly refused: string | null
}

/** What differs of one check-in by what is known now. Pure; a register that cannot be asked says nothing. */
export function differencesOf(
  { outcome, reasons, coverage }: Pick<CheckInAnswer, 'outcome' | 'reasons' | 'coverage'>,
  member: RegisterFact<Member>,
  day: CalendarDate,
): DifferenceCode[] {
  const found: DifferenceCode[] = []
  if (outcome !== 'admitted') found.push(outcome)
  if (reasons.some(({ code }) => code === 'challenge_used')) found.push('challenge_used')
  if (member.kind === 'none' && member.asOf !== null && member.asOf >= day) found.push('not_on_record')
  if (member.kind !== 'known') return found
  const { coverages, deceasedOn } = member.value
  const onDay = coverages.filter(({ validFrom, validTo }) => validFrom <= day && (validTo ?? day) >= day)
  const shown = coverages.find(({ cardNumber }) => cardNumber === coverage.cardNumber)
  if (shown?.status === 'replaced') found.push('card_replaced')
  if (!onDay.some(({ status }) => status === 'active' || status === 'replaced')) found.push('coverage_ended')
  if (deceasedOn !== null && deceasedOn <= day) found.push('death_on_record')
  return found
}

interface Row {
  readonly facilityCode: string
  readonly kioskId: string | null
  readonly checkInId: string | null
  readonly madeAt: string | null
  readonly uploadedAt: string
  readonly refused: string | null
  readonly sealed: Buffer | null
  readonly confirmed: boolean
  readonly twoPlaces: boolean
}

/**
 * Everything that came from a queue since then and differs, oldest first.
 * @throws PostgresUnavailable
 */
export async function reconcileOffline(
  { sql, keyedHash, eligibility }: { sql: Sql; keyedHash: KeyedHash; eligibility: Pick<Eligibility, 'findMembers'> },
  sinceMs: number,
): Promise<readonly OfflineDifference[]> {
  const { rows } = await sql.query<Row>(ENTRIES, [new Date(sinceMs).toISOString(), RECONCILED_MAX])
  const seal = checkInSeal(keyedHash)
  const opened = rows.map(({ checkInId, sealed }) => {
    const content = checkInId !== null && sealed !== null ? openCheckIn(seal, checkInId, sealed) : undefined
    return content && { answer: content.answer, query: memberQueryOf(content.person ?? undefined) }
  })
  const queries = opened.flatMap((one) => one?.query ?? [])
  const members = queries.length === 0 ? [] : await eligibility.findMembers(queries)
  let asked = 0
  return rows.flatMap((row, index) => {
    const one = opened[index]
    const member = one?.query === undefined ? undefined : members[asked++]
    const day = vietnamDate(Date.parse(row.madeAt ?? row.uploadedAt))
    const what: DifferenceCode[] = [
      ...(row.refused === null ? [] : (['entry_refused'] as const)),
      ...(row.twoPlaces ? (['two_places'] as const) : []),
      ...(one === undefined ? [] : differencesOf(one.answer, member ?? { kind: 'unavailable' }, day)),
    ]
    const { facilityCode, kioskId, checkInId, madeAt, uploadedAt, confirmed, refused } = row
    return what.length === 0 ? [] : [{ facilityCode, kioskId, checkInId, madeAt, uploadedAt, confirmed, what, refused }]
  })
}

const ENTRIES = `SELECT e.facility_code AS "facilityCode", e.kiosk_id AS "kioskId", e.check_in_id AS "checkInId", e.at AS "madeAt",
    e.uploaded_at AS "uploadedAt", e.refused_code AS refused, c.sealed, c.confirmed_at IS NOT NULL AS confirmed,
    c.check_in_id IS NOT NULL AND EXISTS (
      SELECT FROM check_in other LEFT JOIN offline_entry theirs ON theirs.check_in_id = other.check_in_id
       WHERE other.member_ref = c.member_ref AND other.check_in_id <> c.check_in_id
         AND other.at BETWEEN c.at - interval '${TWO_PLACES_MINUTES} minutes' AND c.at + interval '${TWO_PLACES_MINUTES} minutes'
         AND (other.facility_code <> c.facility_code
           OR (theirs.client_id IS NOT NULL AND (theirs.client_id, coalesce(theirs.kiosk_id, '')) <> (e.client_id, coalesce(e.kiosk_id, ''))))
    ) AS "twoPlaces"
  FROM offline_entry e LEFT JOIN check_in c ON c.check_in_id = e.check_in_id
  WHERE e.uploaded_at >= $1 ORDER BY e.uploaded_at, e.entry_sha256 LIMIT $2`
