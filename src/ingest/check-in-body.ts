import { hash } from 'node:crypto'
import checkInSchema from '../../schemas/check-in.json' with { type: 'json' }
import answerSchema from '../../schemas/check-in-answer.json' with { type: 'json' }
import challengesSchema from '../../schemas/check-in-challenges.json' with { type: 'json' }
import listSchema from '../../schemas/check-in-list.json' with { type: 'json' }
import commonSchema from '../../schemas/common.json' with { type: 'json' }
import type { AttestedReason, CheckInRequest, Identity, Staff, StatedPerson } from '../check-in/check-in.ts'
import { holdsRefusedCharacters } from '../national/characters.ts'
import { assertNoDuplicates, located, parseJson as parseStrictly } from '../national/read-json.ts'
import { Unreadable } from '../national/unreadable.ts'
import { type Fault, Problem } from '../platform/problem.ts'
import { compile, type SchemaFault } from '../platform/schema.ts'

interface WirePerson {
  readonly cardNumber?: string
  readonly personalId?: string
  readonly fullName?: string
  readonly birthDate?: string
}
type WireIdentity = WirePerson & {
  readonly method: Identity['method']
  readonly challengeId?: string
  readonly token?: string
  readonly reason?: AttestedReason
  readonly note?: string
} & { readonly [part in 'sod' | 'dg1' | 'dg13' | 'dg14' | 'dg15' | 'activeAuthentication']?: string }
interface WireStaff {
  readonly name: string
  readonly personalId?: string
}
interface WireCheckIn {
  readonly facilityCode?: string
  readonly encounterId?: string
  readonly kioskId?: string
  readonly staff?: WireStaff
  readonly identity: WireIdentity
  readonly personMatch?: NonNullable<CheckInRequest['personMatch']>
  readonly visit?: {
    readonly MA_DOITUONG_KCB?: string
    readonly MA_LOAI_KCB?: string
    readonly arrivedAt?: string
    readonly GIAY_CHUYEN_TUYEN?: string
  }
}
export interface ChallengeWish {
  readonly count: number
  readonly offline: boolean
  readonly ticket: boolean
  readonly kioskId: string | undefined
}

const schemas: readonly object[] = [commonSchema, answerSchema, checkInSchema, challengesSchema, listSchema]
function checker<T>(id: string): (value: unknown) => T {
  const schema = { $schema: checkInSchema.$schema, $ref: `https://bhyt-gateway.example/schemas/${id}` }
  const check = compile<T>(schema, { references: schemas })
  return (value) => {
    const checked = check(value)
    if (!checked.ok) throw invalid(checked.errors)
    return checked.value
  }
}
const checkCheckIn = checker<WireCheckIn>('check-in.json')
const checkWish = checker<Partial<ChallengeWish>>('check-in-challenges.json#/$defs/ChallengeRequest')
const checkConfirm = checker<{ readonly staff: WireStaff }>('check-in-list.json#/$defs/ConfirmRequest')

/** Other faults of JSON Schema say only that a part of it failed. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['if', 'allOf', 'anyOf', 'oneOf'])

/** Every fault once. Never a value in it. */
function invalid(found: readonly Pick<SchemaFault, 'pointer' | 'code'>[]): Problem {
  const told = found.filter(({ code }) => !SAYS_NOTHING.has(code))
  const faults = (told.length === 0 ? found : told).map(faultOf)
  const errors = [...new Map(faults.map((fault) => [`${fault.pointer} ${fault.code}`, fault])).values()]
  return new Problem('check_in.invalid', { errors })
}

export function faultOf({ pointer, code }: Pick<SchemaFault, 'pointer' | 'code'>): Fault {
  if (code === 'required') {
    return { pointer, code: 'field.required', detail: { vi: 'Thiếu trường bắt buộc.', en: 'This field is required.' } }
  }
  if (code === 'additionalProperties' || code === 'unevaluatedProperties') {
    return { pointer, code: 'field.unknown', detail: { vi: 'Không nhận trường này.', en: 'This field is not known.' } }
  }
  return { pointer, code: 'field.format', detail: { vi: 'Giá trị không đúng quy định.', en: 'The value is not as it must be.' } }
}

const DEPTH_MAX = 32

/** The object in a body, read as strictly as a claim: UTF-8, no name twice, not too deep. @throws Problem request.unreadable */
export function parseJson(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const { value, names } = parseStrictly(body, DEPTH_MAX)
    assertNoDuplicates(value, names)
    return value
  } catch (thrown) {
    const cause = located(thrown, body)
    if (cause instanceof Unreadable) throw new Problem(cause.code, { detail: cause.detail })
    throw cause
  }
}

export interface CheckInBody {
  readonly request: CheckInRequest
  readonly kioskId: string | undefined
}

/** How far in the future an arrival may lie: clocks of desks go wrong by minutes. */
export const ARRIVED_AHEAD_MS_MAX = 15 * 60_000
/** How long ago an arrival may lie: a stay may be checked in late. */
export const ARRIVED_BEFORE_MS_MAX = 30 * 24 * 3_600_000

/**
 * @param madeAtMs when the check-in was made: now, or what an offline kiosk signed
 * @throws Problem request.unreadable · check_in.invalid · request.other_facility
 */
export function readCheckIn(body: Buffer, facilityCode: string, madeAtMs: number): CheckInBody {
  const wire = checkCheckIn(parseJson(body))
  if (holdsRefusedCharacters(wire.identity.fullName ?? '')) throw invalid([{ pointer: '/identity/fullName', code: 'characters' }])
  if (holdsRefusedCharacters(wire.staff?.name ?? '')) throw invalid([{ pointer: '/staff/name', code: 'characters' }])
  if (wire.facilityCode !== undefined && wire.facilityCode !== facilityCode) throw new Problem('request.other_facility')
  const { identity, staff, visit, personMatch, encounterId, kioskId } = wire
  const arrivedAtMs = visit?.arrivedAt === undefined ? undefined : arrivalOf(visit.arrivedAt, madeAtMs)
  const request: CheckInRequest = {
    facilityCode,
    encounterId,
    staff: staff && staffOf(staff),
    identity: identityOf(identity),
    personMatch,
    visit: {
      category: visit?.MA_DOITUONG_KCB ?? '',
      careType: visit?.MA_LOAI_KCB ?? OUTPATIENT,
      arrivedAtMs,
      slip: visit?.GIAY_CHUYEN_TUYEN,
    },
    contentSha256: hash('sha256', canonical(wire)),
  }
  return { request, kioskId }
}
const OUTPATIENT = '01'

/** @throws Problem check_in.invalid */
function arrivalOf(text: string, madeAtMs: number): number {
  const pointer = '/visit/arrivedAt'
  const arrivedAtMs = Date.parse(text)
  // A leap second is well formed and no instant that can be kept.
  if (Number.isNaN(arrivedAtMs)) throw invalid([{ pointer, code: 'format' }])
  const isNear = arrivedAtMs <= madeAtMs + ARRIVED_AHEAD_MS_MAX && arrivedAtMs >= madeAtMs - ARRIVED_BEFORE_MS_MAX
  if (!isNear) throw new Problem('check_in.invalid', { errors: [{ pointer, code: 'field.range', detail: ARRIVAL_RANGE }] })
  return arrivedAtMs
}
const [AHEAD_MINUTES, BEFORE_DAYS] = [ARRIVED_AHEAD_MS_MAX / 60_000, ARRIVED_BEFORE_MS_MAX / 86_400_000]
const ARRIVAL_RANGE = {
  vi: `Giờ đến không được quá ${AHEAD_MINUTES} phút trong tương lai hay quá ${BEFORE_DAYS} ngày trước; xem đồng hồ và ngày đã nhập.`,
  en: `The arrival may lie at most ${AHEAD_MINUTES} minutes in the future and ${BEFORE_DAYS} days in the past; look at the clock and the date.`,
}

/** @throws Problem request.unreadable · check_in.invalid */
export function readChallengeWish(body: Buffer): ChallengeWish {
  const { count = 1, offline = false, ticket = false, kioskId } = checkWish(body.length === 0 ? {} : parseJson(body))
  if (count > 1 && !offline) throw new Problem('check_in.invalid', { errors: [faultOf({ pointer: '/count', code: 'maximum' })] })
  return { count, offline, ticket, kioskId }
}

/** @throws Problem request.unreadable · check_in.invalid */
export function readConfirmation(body: Buffer): Staff {
  return staffOf(checkConfirm(parseJson(body)).staff)
}

const staffOf = ({ name, personalId }: WireStaff): Staff => ({ name, personalId })

function identityOf(wire: WireIdentity): Identity {
  const { method } = wire
  if (method === 'chip') return chipOf(wire)
  if (method === 'card') return { method, stated: statedOf(wire) }
  if (method === 'attested') return { method, reason: wire.reason!, note: wire.note, stated: statedOf(wire) }
  return { method, token: wire.token! }
}

function chipOf(wire: WireIdentity): Identity {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'))
  const groups = new Map<number, Buffer>()
  for (const number of [1, 13, 14, 15] as const) {
    const group = bytes(wire[`dg${number}`])
    if (group !== undefined) groups.set(number, group)
  }
  return {
    method: 'chip',
    challengeId: wire.challengeId!,
    sod: bytes(wire.sod),
    groups,
    activeAuthentication: bytes(wire.activeAuthentication),
    claimed: statedOf(wire),
  }
}

function statedOf({ cardNumber, personalId, fullName, birthDate }: WirePerson): StatedPerson {
  return { cardNumber, personalId, fullName, birthDate, socialInsuranceNumber: undefined }
}

/** Members sorted, so that the same content always has the same hash. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`
}
