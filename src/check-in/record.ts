import type { CalendarDate, LocalTime } from '../domain/claim.ts'
import type { Seal } from '../eligibility/seal.ts'
import type { OutgoingRecord } from '../stream/stream.ts'
import type { Assurance, CheckInAnswer, Outcome, Staff, StatedPerson } from './check-in.ts'

export const CHECK_INS_TOPIC = 'check-ins.recorded.v1'
export const RECORDED_MEDIA_TYPE = 'application/vnd.bhyt.check-in+json'
const RECORD_VERSION = 1

/** Who looked at whom and why: one line of the access log. Nothing in it names a person in the open. */
export interface Look {
  /** Makes a look that is noted twice one. */
  readonly ref: string
  readonly actor: string
  readonly action: string
  /** Keyed hash of the member's identifier; null when it is not known whose data was looked for. */
  readonly subject: string
  readonly facilityCode: string
  readonly purpose: string
  readonly fields: readonly string[]
  readonly staffRef: string | null
  /** Base64 of the sealed name and id. */
  readonly staffSealed: string | null
}

/** Value of `check-ins.recorded.v1`: verdicts, hashes and versions; what names a person is in `sealed`. */
export interface CheckInRecord {
  readonly recordVersion: number
  readonly checkInId: string
  readonly claimId: string | null
  readonly facilityCode: string
  readonly memberRef: string
  readonly at: string
  readonly arrivedAt: LocalTime
  readonly category: string
  readonly careType: string
  readonly method: string
  readonly assurance: Assurance | null
  readonly outcome: Outcome
  readonly source: string
  readonly asOf: CalendarDate | null
  readonly stale: boolean
  readonly offline: boolean
  readonly legacyCode: string
  readonly ticket: string
  readonly alerts: readonly string[]
  readonly reasons: readonly string[]
  readonly evidence: Readonly<Record<string, unknown>>
  readonly disasterId: string | null
  readonly look: Look
  /** Base64 of `SealedCheckIn`. */
  readonly sealed: string
}

/** What of a check-in is personal data or a note in free words. */
export interface SealedCheckIn {
  readonly answer: CheckInAnswer
  readonly encounterId: string | null
  readonly staff: Staff | null
  readonly person: StatedPerson | null
  readonly note: string | null
  /** `MA_DOITUONG_KCB`, empty where nobody said; absent in records of before. */
  readonly category?: string
  /** The hospital's own row, where it came as the national table. */
  readonly nationalRow?: Readonly<Record<string, string>>
}

export const sealCheckIn = (seal: Seal, checkInId: string, content: SealedCheckIn): string =>
  seal.seal(JSON.stringify(content), checkInId).toString('base64')

/** @returns undefined when it was sealed under another secret */
export function openCheckIn(seal: Seal, checkInId: string, sealed: Buffer): SealedCheckIn | undefined {
  const text = seal.open(sealed, checkInId)
  return text === undefined ? undefined : (JSON.parse(text) as SealedCheckIn)
}

export function checkInRecord(record: Omit<CheckInRecord, 'recordVersion'>): CheckInRecord {
  return { recordVersion: RECORD_VERSION, ...record }
}

/** As it travels; the key is the member's, so that one person's visits meet in one partition. */
export function streamRecordOf(record: CheckInRecord): OutgoingRecord {
  return {
    key: record.memberRef,
    value: Buffer.from(JSON.stringify(record)),
    headers: {
      ce_specversion: '1.0',
      ce_id: record.checkInId,
      ce_type: 'vn.bhyt.check-in.recorded.v1',
      ce_source: `/facilities/${record.facilityCode}`,
      ce_time: record.at,
      facility: record.facilityCode,
      ...(record.claimId === null ? {} : { 'claim-id': record.claimId }),
      'content-type': RECORDED_MEDIA_TYPE,
    },
  }
}

/** What the ledger must have: a record without it would hold up all that come after it. */
const TEXTS = [
  'checkInId',
  'facilityCode',
  'memberRef',
  'arrivedAt',
  'careType',
  'method',
  'source',
  'ticket',
  'legacyCode',
] as const
const LOOK_TEXTS = ['ref', 'actor', 'action', 'subject'] as const
const OUTCOMES: readonly unknown[] = ['admitted', 'provisional', 'refused']
const LEVELS: readonly unknown[] = [null, 'C0', 'C1', 'C2', 'C3']
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\u0000')
const isInstant = (value: unknown): boolean => INSTANT.test(`${value}`) && !Number.isNaN(Date.parse(`${value}`))

/** @returns undefined for bytes that are not a record of ours */
export function readRecord(value: Buffer | null): CheckInRecord | undefined {
  try {
    const record = JSON.parse(value?.toString('utf8') ?? '') as CheckInRecord
    const { recordVersion, at, outcome, assurance, stale, offline, alerts, sealed, look } = record
    const isOurs =
      recordVersion === RECORD_VERSION &&
      TEXTS.every((name) => isText(record[name])) &&
      LOOK_TEXTS.every((name) => isText(look[name])) &&
      isInstant(at) &&
      OUTCOMES.includes(outcome) &&
      LEVELS.includes(assurance) &&
      typeof stale === 'boolean' &&
      typeof offline === 'boolean' &&
      alerts.every(isText) &&
      isText(sealed) &&
      BASE64.test(sealed)
    return isOurs ? record : undefined
  } catch {
    return undefined
  }
}
