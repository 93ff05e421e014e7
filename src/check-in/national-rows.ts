import type { CalendarDate, LocalTime } from '../domain/claim.ts'
import type { WireRow } from '../national/reading.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import { type CheckInStore, checkInSeal } from './check-in-store.ts'
import { type Looker, listLooks, type SeenInList } from './looks.ts'
import { openCheckIn, type SealedCheckIn } from './record.ts'

export interface NationalRowsDeps {
  readonly sql: Sql
  readonly store: Pick<CheckInStore, 'note'>
  readonly keyedHash: KeyedHash
  readonly clock: Clock
}
export interface NationalRowsAsked {
  readonly facilityCode: string
  /** Day of the check-in in Vietnam. */
  readonly day: CalendarDate
  /** Only the visit with this `MA_LK`. */
  readonly encounterId: string | undefined
}
/**
 * A facility's check-ins of a day as rows of the national table (XML0), oldest first, without those that were refused; a visit that was checked in
 * several times is one row. Whoever stands in it is noted in the access log first. @throws PostgresUnavailable
 */
export type NationalRows = (asked: NationalRowsAsked, looker: Looker) => Promise<readonly WireRow[]>

interface Row {
  readonly checkInId: string
  readonly arrivedAt: LocalTime
  readonly careType: string
  readonly auditSubject: string
  readonly sealed: Buffer
}
type Opened = Row & { readonly content: SealedCheckIn }

/** As many as the list of a day shows. */
const ROWS_MAX = 2_000
const DAY_MS = 86_400_000
const SEEN: SeenInList = { action: 'check-in.table', fields: ['name', 'personal-id', 'birth-date', 'card', 'visit'] }

export function createNationalRows({ sql, store, keyedHash, clock }: NationalRowsDeps): NationalRows {
  const seal = checkInSeal(keyedHash)
  return async function nationalRows({ facilityCode, day, encounterId }, looker) {
    const from = Date.parse(`${day}T00:00:00+07:00`)
    const times = [new Date(from).toISOString(), new Date(from + DAY_MS).toISOString()]
    const claimId = encounterId === undefined ? null : keyedHash.claimId(facilityCode, encounterId)
    const { rows } = await sql.query<Row>(ROWS, [facilityCode, ...times, claimId, ROWS_MAX], 'check-in-national')
    const opened = rows.flatMap((row): Opened[] => {
      const content = openCheckIn(seal, row.checkInId, row.sealed)
      return content === undefined ? [] : [{ ...row, content }]
    })
    const shown = oncePerVisit(opened)
    await store.note(listLooks(shown, facilityCode, looker, keyedHash, clock.now(), SEEN))
    return shown.map((row) => nationalRowOf(row, facilityCode)).reverse()
  }
}

/** Of a visit the hospital's own row, which knows most; else the newest. @param rows newest first */
function oncePerVisit(rows: readonly Opened[]): readonly Opened[] {
  const visits = Map.groupBy(rows, ({ content, checkInId }) => content.encounterId ?? checkInId)
  return [...visits.values()].map((same) => same.find(({ content }) => content.nationalRow !== undefined) ?? same[0]!)
}

type RowSource = Pick<Row, 'arrivedAt' | 'careType'> & { readonly content: SealedCheckIn }

/**
 * A row as the hospital sent it, or what the check-in knows of one: from the evidence who it is, from the answer the card. Sex, patient code and
 * order are known to the hospital alone and are left out, as is everybody of whom the answer shows nothing.
 */
export function nationalRowOf({ arrivedAt, careType, content }: RowSource, facilityCode: string): WireRow {
  const { nationalRow, encounterId, person, answer, category } = content
  if (nationalRow !== undefined) return nationalRow
  const { coverage } = answer
  const shown = answer.member === null ? null : person
  const fields: Readonly<Record<string, string | null | undefined>> = {
    MA_LK: encounterId,
    HO_TEN: shown?.fullName,
    SO_CCCD: shown?.personalId,
    NGAY_SINH: shown?.birthDate && digitsOf(shown.birthDate).padEnd(12, '0'),
    MA_THE_BHYT: shown?.cardNumber ?? coverage.cardNumber,
    MA_DKBD: coverage.registeredFacility,
    GT_THE_TU: coverage.validFrom && digitsOf(coverage.validFrom),
    GT_THE_DEN: coverage.validTo && digitsOf(coverage.validTo),
    MA_DOITUONG_KCB: category,
    NGAY_VAO: digitsOf(arrivedAt),
    MA_LOAI_KCB: careType,
    MA_CSKCB: facilityCode,
  }
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

const digitsOf = (text: string): string => text.replace(/\D/g, '')

const ROWS = `SELECT check_in_id AS "checkInId", arrived_at AS "arrivedAt", care_type AS "careType", audit_subject AS "auditSubject", sealed
  FROM check_in WHERE facility_code = $1 AND at >= $2 AND at < $3 AND ($4::text IS NULL OR claim_id = $4) AND outcome <> 'refused'
  ORDER BY at DESC, check_in_id DESC LIMIT $5`
