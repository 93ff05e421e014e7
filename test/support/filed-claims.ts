import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Member, RegisterFact } from '../../src/domain/facts.ts'
import type { Eligibility } from '../../src/eligibility/eligibility.ts'
import { readRecord } from '../../src/national/read-body.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { type SubmissionHead, submissionRecord, VOID_MEDIA_TYPE, voidContent } from '../../src/stream/records.ts'
import type { OutgoingRecord } from '../../src/stream/stream.ts'

/** Claims as hospitals file them, made from sample 01, and the register under which they are decided. */
export const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
type Row = Record<string, string>
type Wire = { XML1: Row } & Record<string, Row | Row[]>
const sample = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'samples', '01-outpatient-80pct.json'), 'utf8'),
) as Wire

export interface Filed {
  readonly encounterId: string
  /** Number of the person; several numbers may never be one person. */
  readonly person: number
  /** Which identifier the hospital wrote: they lead to different stream keys. */
  readonly by: 'personal' | 'card'
  /** Day of March 2026. */
  readonly day: number
  /** Other content of the same encounter. */
  readonly note?: string
  /** Seconds after a fixed instant. */
  readonly receivedS: number
}

export const personalId = (person: number) => `001${String(person).padStart(9, '0')}`
export const cardNumber = (person: number) => `DN401${String(person).padStart(10, '0')}`

/** The bytes that a hospital sends. */
export function makeBody({ encounterId, person, by, day, note }: Filed): Buffer {
  const wire = structuredClone(sample)
  const date = `202603${String(day).padStart(2, '0')}`
  const dated = (row: Row) => {
    for (const [field, value] of Object.entries(row)) if (/^20260310\d{4}$/.test(value)) row[field] = date + value.slice(8)
    if ('MA_LK' in row) row['MA_LK'] = encounterId
  }
  for (const rows of Object.values(wire)) for (const row of Array.isArray(rows) ? rows : [rows]) dated(row)
  wire.XML1['SO_CCCD'] = by === 'personal' ? personalId(person) : ''
  wire.XML1['MA_THE_BHYT'] = cardNumber(person)
  if (note) wire.XML1['GHI_CHU'] = note
  return Buffer.from(JSON.stringify(wire))
}

let made = 0
/** The record that ingest would append for it. */
export function makeRecord(
  filed: Filed,
  body: Buffer = makeBody(filed),
  contentType: 'application/json' | 'application/xml' = 'application/json',
): OutgoingRecord {
  const read = readRecord(body, contentType)
  const head: SubmissionHead = {
    submissionId: `s_${made++}`,
    receivedAt: new Date(Date.UTC(2026, 10, 1) + filed.receivedS * 1000).toISOString(),
    facilityCode: read.facilityCode,
    claimId: keyedHash.claimId(read.facilityCode, read.encounterId),
    contentSha256: read.contentSha256,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    contentType,
    release: read.release,
  }
  const key =
    filed.by === 'personal'
      ? keyedHash.member('personal', personalId(filed.person))
      : keyedHash.member('card', cardNumber(filed.person))
  return submissionRecord(head, key, body)
}

export interface Voided {
  readonly encounterId: string
  readonly version: number
  readonly receivedS: number
}
/** The record that ingest would append for a void. */
export function makeVoidRecord({ encounterId, version, receivedS }: Voided): OutgoingRecord {
  const claimId = keyedHash.claimId('01999', encounterId)
  const { bytes, contentSha256 } = voidContent({ claimId, version, reason: 'nhập nhầm' })
  const head: SubmissionHead = {
    submissionId: `s_${made++}`,
    receivedAt: new Date(Date.UTC(2026, 10, 1) + receivedS * 1000).toISOString(),
    facilityCode: '01999',
    claimId,
    contentSha256,
    bodySha256: contentSha256,
    contentType: VOID_MEDIA_TYPE,
    release: '3176',
  }
  return submissionRecord(head, keyedHash.member('name', claimId), bytes)
}

/** A person close to six months of base salary in co-pay and insured for five years: what is paid next depends on what came before. */
export function makeMember(person: number): Member {
  return {
    personalId: personalId(person),
    socialInsuranceNumber: String(person).padStart(10, '0'),
    fullName: 'NGUYEN VAN THU A',
    birthDate: '1985-01-01',
    sex: 'male',
    deceasedOn: null,
    version: 1,
    coverages: [
      {
        cardNumber: cardNumber(person),
        validFrom: '2026-01-01',
        validTo: '2026-12-31',
        registeredFacility: '01999',
        fiveYearsFrom: '2020-01-01',
        area: null,
        status: 'active',
      },
    ],
    copayCounted: [{ year: 2026, amount: '13800000.00', asOf: '2026-02-28' }],
  }
}

const neverImported = <Q>(queries: readonly Q[]) => queries.map(() => ({ kind: 'none', asOf: null }) as const)

/** A register that knows everybody: found by personal id or by card, always the same row. No list was imported. */
export const everybody: Eligibility = {
  findCatalogues: async (queries) => neverImported(queries),
  findRelations: async (queries) => neverImported(queries),
  findReferrals: async (queries) => neverImported(queries),
  findPractitioners: async (queries) => neverImported(queries),
  async findMembers(queries) {
    return queries.map((query): RegisterFact<Member> => {
      const found = query.personalId ?? query.cardNumbers[0] ?? ''
      const person = Number(query.personalId ? found.slice(3) : found.slice(5))
      return Number.isInteger(person)
        ? { kind: 'known', value: makeMember(person), asOf: '2026-11-01', stale: false }
        : { kind: 'none', asOf: '2026-11-01' }
    })
  },
  async findFacilities(codes) {
    return codes.map((code) => ({
      kind: 'known',
      value: {
        code,
        name: 'Bệnh viện thử nghiệm',
        province: '01',
        periods: [
          {
            validFrom: '2025-01-01',
            validTo: null,
            level: 'specialised',
            formerLevel: 'central',
            points: null,
            kind: 'hospital',
            contract: true,
          },
        ],
      },
      asOf: '2026-11-01',
      stale: false,
    }))
  },
}
