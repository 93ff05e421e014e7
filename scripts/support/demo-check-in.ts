import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerOf, type Card } from '../../src/check-in/test-authority/card-simulator.ts'
import type { Citizen } from '../../src/check-in/test-authority/citizens.ts'
import { loadCard, writeAuthority } from '../../src/check-in/test-authority/write-authority.ts'
import type { GatewayClient, HttpAnswer } from '../../src/cli/client.ts'
import { root } from './run.ts'

const folder = join(root, 'data', 'demo-authority')
/** What the demonstration's gateway trusts: roots of an authority that is not real. */
export const demoTrustFolder = join(folder, 'trust')
const firstCard = join(folder, 'cards', '0000-genuine.json')
const membersFile = join(folder, 'members.ndjson')

/** Makes the authority and its cards at the first run. */
export function prepareDemoAuthority(): void {
  if (existsSync(demoTrustFolder)) return
  writeAuthority(folder, {
    seed: 'demo',
    citizens: 4,
    signers: ['bp512-explicit', 'pss-2048'],
    today: new Date().toISOString().slice(0, 10),
  })
}

const cardNumberOf = ({ personalId }: Citizen) => `DN401${personalId.slice(-10)}`

/** A register file with the citizen whose card is laid on the reader. */
export function writeDemoMember(): string {
  const { citizen } = loadCard(firstCard)
  const coverage = {
    ...{ cardNumber: cardNumberOf(citizen), validFrom: '2025-01-01', validTo: '2035-12-31', registeredFacility: '01999' },
    ...{ fiveYearsFrom: '2030-01-01', area: null, status: 'active' },
  }
  const member = {
    ...{ personalId: citizen.personalId, socialInsuranceNumber: citizen.personalId.slice(-10) },
    ...{ fullName: citizen.fullName.normalize('NFC').toUpperCase(), birthDate: citizen.birthDate, sex: citizen.sex },
    ...{ deceasedOn: null, version: 1, coverages: [coverage], copayCounted: [] },
  }
  writeFileSync(membersFile, `${JSON.stringify(member)}\n`)
  return membersFile
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const json = (value: object) => Buffer.from(JSON.stringify(value))

interface Challenge {
  readonly challengeId: string
  readonly nonce: string
}
/** What a simulated reader sends after it laid the card on and let it answer the nonce. */
function identityOf(card: Card, { challengeId, nonce }: Challenge) {
  const groups = [...card.files.groups].map(([number, bytes]) => [`dg${number}`, base64(bytes)])
  return {
    ...{ method: 'chip', challengeId, sod: base64(card.files.sod), ...Object.fromEntries(groups) },
    activeAuthentication: base64(answerOf(card, Buffer.from(nonce, 'base64'))),
  }
}

export interface DemoVisit {
  readonly encounterId: string
  readonly arrivedAtMs: number
}
const HOURS_AGO = 3

/** A visit that began three hours ago, so that its claim lies in the past. */
export function demoVisit(nowMs: number): DemoVisit {
  const arrivedAtMs = nowMs - HOURS_AGO * 3_600_000
  return { encounterId: `DEMO-${nationalTime(nowMs)}`, arrivedAtMs }
}

/** Lays the first citizen's card on the reader and checks in. */
export async function checkInByChip(client: GatewayClient, { encounterId, arrivedAtMs }: DemoVisit): Promise<HttpAnswer> {
  const challenge = await client.post('/v1/check-ins/challenges', 'application/json', json({}))
  const body = {
    ...{ facilityCode: '01999', encounterId, staff: { name: 'NGUYỄN THỊ TIẾP ĐÓN' } },
    identity: identityOf(loadCard(firstCard), challenge.body as Challenge),
    personMatch: { by: 'clerk', result: 'match' },
    visit: { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01', arrivedAt: new Date(arrivedAtMs).toISOString() },
  }
  return client.post('/v1/check-ins', 'application/json', json(body))
}

/** Local time in Vietnam as the national formats write it. */
const nationalTime = (ms: number) => new Date(ms + 7 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 12)
const TIMES = new Set(['NGAY_VAO', 'NGAY_RA', 'NGAY_TTOAN', 'NGAY_YL', 'NGAY_TH_YL', 'NGAY_KQ'])

/** The sample claim as one of this citizen and this visit. */
export function claimOfVisit({ encounterId, arrivedAtMs }: DemoVisit): Buffer {
  const { citizen } = loadCard(firstCard)
  const sample = JSON.parse(readFileSync(join(root, 'schemas', 'examples', 'claim.json'), 'utf8')) as Record<string, unknown>
  const sampleArrivedAt = Date.parse('2026-03-10T08:00:00+07:00')
  const paidAt = nationalTime(arrivedAtMs + 160 * 60_000)
  const person = {
    ...{
      HO_TEN: citizen.fullName.normalize('NFC').toUpperCase(),
      SO_CCCD: citizen.personalId,
      MA_THE_BHYT: cardNumberOf(citizen),
    },
    ...{ NGAY_SINH: `${citizen.birthDate.replaceAll('-', '')}0000`, GIOI_TINH: citizen.sex === 'male' ? '1' : '2' },
    ...{ GT_THE_TU: '20250101', GT_THE_DEN: '20351231', NAM_QT: paidAt.slice(0, 4), THANG_QT: paidAt.slice(4, 6) },
  }
  function moved(value: unknown, name: string): unknown {
    if (Array.isArray(value)) return value.map((one) => moved(one, ''))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, moved(inner, field)]))
    }
    if (name === 'MA_LK') return encounterId
    if (!TIMES.has(name) || typeof value !== 'string' || value === '') return value
    const at = Date.parse(value.replace(/(....)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:00+07:00'))
    return nationalTime(arrivedAtMs + at - sampleArrivedAt)
  }
  const claim = moved(sample, '') as { XML1: object }
  return json({ ...claim, XML1: { ...claim.XML1, ...person } })
}

interface ShownCheckIn {
  readonly checkInId: string
  readonly ticket: string
  readonly outcome: string
  readonly assurance: string | null
  readonly legacyCode: string
  readonly member: { readonly name: string; readonly birthYear: number | null } | null
  readonly coverage: { readonly benefitRateHere: string | null; readonly validTo: string | null }
}
/** One answer for people. */
export function describeCheckIn({ status, body }: HttpAnswer): string {
  if (status !== 200) return `check-in refused (${status} ${(body as { code?: string }).code})`
  const { checkInId, ticket, outcome, assurance, legacyCode, member, coverage } = body as ShownCheckIn
  return [
    `check-in ${checkInId}  ticket ${ticket}  ${outcome}  ${assurance ?? '–'}  code ${legacyCode}`,
    `  ${member?.name ?? '–'} · ${member?.birthYear ?? '–'}   card until ${coverage.validTo ?? '–'}   pays here ${coverage.benefitRateHere ?? '–'} %`,
  ].join('\n')
}
