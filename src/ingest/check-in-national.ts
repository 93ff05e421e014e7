import { hash } from 'node:crypto'
import type { CheckInRequest, Identity, StatedPerson } from '../check-in/check-in.ts'
import { fullYears } from '../domain/calendar.ts'
import { readCheckInTable } from '../national/check-in-table.ts'
import type { ClaimMediaType, WireRow } from '../national/reading.ts'
import { Problem } from '../platform/problem.ts'

const BOUNDS = { depthMax: 8, rowsMax: 500, faultsMax: 200 }
/** Visits of one body. */
const VISITS_MAX = 100
const CHILD_YEARS = 6
const NEWBORN_DAYS = 28
const DAY_MS = 86_400_000

/**
 * The national check-in table (XML0) as check-ins, one for each `MA_LK`: its first row by time of order is the arrival, the others tell what was
 * done since.
 * @throws Problem request.unreadable · check_in.invalid · request.other_facility
 */
export function readNationalCheckIns(body: Buffer, mediaType: ClaimMediaType, facilityCode: string): readonly CheckInRequest[] {
  const read = readCheckInTable(body, mediaType, BOUNDS)
  if (read.kind === 'refused') throw new Problem(read.code, { detail: read.detail })
  if (read.kind === 'invalid') throw new Problem('check_in.invalid', { errors: read.errors, errorCount: read.errorCount })
  if (read.rows.some((row) => row['MA_CSKCB'] !== facilityCode)) throw new Problem('request.other_facility')
  const visits = [...Map.groupBy(read.rows, (row) => row['MA_LK']!)]
  if (visits.length > VISITS_MAX) throw new Problem('request.too_large')
  return visits.map(([encounterId, rows]) => {
    const first = rows.toSorted((a, b) => (`${a['NGAY_YL']}` < `${b['NGAY_YL']}` ? -1 : 1))[0]!
    return requestOf(encounterId, first, facilityCode)
  })
}

function requestOf(encounterId: string, row: WireRow, facilityCode: string): CheckInRequest {
  const arrivedAt = instantOf(row['NGAY_VAO']!)
  return {
    facilityCode,
    encounterId,
    staff: undefined,
    identity: identityOf(row),
    personMatch: undefined,
    visit: { category: row['MA_DOITUONG_KCB']!, careType: row['MA_LOAI_KCB']!, arrivedAtMs: arrivedAt },
    nationalRow: row,
    // The visit and whose it is: the same table with more rows is the same arrival.
    contentSha256: hash('sha256', JSON.stringify(['XML0', ...IDENTIFYING.map((field) => row[field] ?? null)])),
  }
}
const IDENTIFYING = [
  'MA_LK',
  'MA_BN',
  'HO_TEN',
  'SO_CCCD',
  'NGAY_SINH',
  'MA_THE_BHYT',
  'MA_DOITUONG_KCB',
  'NGAY_VAO',
  'MA_LOAI_KCB',
]

/** A printed number is worth what typing is; without any, staff vouch for it. */
function identityOf(row: WireRow): Identity {
  const stated: StatedPerson = {
    personalId: row['SO_CCCD'],
    cardNumber: row['MA_THE_BHYT']?.split(';')[0]?.trim() || undefined,
    socialInsuranceNumber: undefined,
    fullName: row['HO_TEN'],
    birthDate: birthDateOf(row['NGAY_SINH']!),
  }
  if (stated.personalId !== undefined || stated.cardNumber !== undefined) return { method: 'card', stated }
  return { method: 'attested', reason: attestedReason(row), note: undefined, stated }
}

function attestedReason(row: WireRow): 'newborn' | 'child' | 'lost-card' {
  const [birthDate, arrived] = [birthDateOf(row['NGAY_SINH']!), instantOf(row['NGAY_VAO']!)]
  const arrivedOn = `${row['NGAY_VAO']!.slice(0, 4)}-${row['NGAY_VAO']!.slice(4, 6)}-${row['NGAY_VAO']!.slice(6, 8)}`
  if (birthDate.length === 10 && arrived - instantOf(row['NGAY_SINH']!) <= NEWBORN_DAYS * DAY_MS) return 'newborn'
  return fullYears(birthDate, arrivedOn) < CHILD_YEARS ? 'child' : 'lost-card'
}

/** yyyymmddHHMM with `00` for what is not known: `1985-01-31`, `1985-01`, `1985`. */
function birthDateOf(text: string): string {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)]
  if (month === '00') return year
  return day === '00' ? `${year}-${month}` : `${year}-${month}-${day}`
}

const instantOf = (text: string): number => Date.parse(text.replace(/^(....)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:00+07:00'))
