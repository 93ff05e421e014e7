import { answerBytes } from '../domain/answer.ts'
import { InvalidCursor, type Ledger, type StoredVersion } from '../ledger/ledger.ts'
import { Problem } from '../platform/problem.ts'
import type { Caller, Role } from './access/access.ts'
import type { Receipts } from './receipt.ts'
import { jsonBytes, jsonReply, type Reply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

export interface ReadingRouteDeps {
  readonly ledger: Pick<Ledger, 'findVersion' | 'findByContent' | 'list'>
  readonly receipts: Receipts
}

/** Facilities read their own, the insurer's staff read all; each reading leaves a line with who and what. */
export const READING_ROLES: readonly Role[] = ['facility', 'insurer']
const ITEMS_DEFAULT = 50
const ITEMS_MAX = 200
const POLL_AFTER_S = 2
const CLAIM_ID = /^c_[0-9a-z]{26}$/
const DAY_MS = 86_400_000
/** Instants that ISO 8601 writes in four digits and Postgres reads: it knows no year 0. */
const INSTANT_MS_MIN = Date.parse('0001-01-01T00:00:00.000Z')
const INSTANT_MS_MAX = Date.parse('9999-12-31T23:59:59.999Z')
const DATE = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

/** `GET /v1/claims/{claimId}` and `GET /v1/claims`. */
export function addReadingRoutes(router: Router, { ledger, receipts }: ReadingRouteDeps): void {
  router.guarded('GET', '/v1/claims/{claimId}', READING_ROLES, async (request) => {
    const claimId = claimIdOf(request)
    const version = versionOf(request.query('version'))
    const token = request.query('receipt')
    const receipt = token === undefined ? undefined : receipts.open(token, request.caller.facilityCode, claimId)
    if (receipt && version === undefined) {
      const [stored] = await ledger.findByContent([{ claimId, contentSha256: receipt.contentSha256 }])
      if (stored) return storedReply(stored)
      const { encounterId, contentSha256, receivedAt } = receipt
      const { facilityCode } = request.caller
      return jsonReply(
        202,
        { claimId, facilityCode, encounterId, status: 'received', receivedAt, contentSha256 },
        { 'Retry-After': String(POLL_AFTER_S) },
      )
    }
    const stored = await ledger.findVersion(claimId, { facilityCode: scopeOf(request.caller), version })
    if (!stored) throw new Problem('claim.not_found')
    return storedReply(stored)
  })

  router.guarded('GET', '/v1/claims', READING_ROLES, async (request) => {
    const query = {
      facilityCode: scopeOf(request.caller),
      cursor: cursorOf(request.query('cursor')),
      limit: limitOf(request.query('limit')),
      status: statusOf(request.query('status')),
      from: instantOf('from', request.query('from'), 0),
      to: instantOf('to', request.query('to'), DAY_MS),
    }
    try {
      const { items, nextCursor } = await ledger.list(query)
      return jsonReply(200, { items, nextCursor })
    } catch (cause) {
      throw cause instanceof InvalidCursor ? badCursor() : cause
    }
  })
}

/** `undefined` = every facility. */
export const scopeOf = (caller: Caller) => (caller.role === 'insurer' ? undefined : caller.facilityCode)

const storedReply = (stored: StoredVersion): Reply => jsonBytes(200, answerBytes({ ...stored, replayed: false }, stored.decision))

/** An id that cannot be one of ours gets the same answer as one that is not there. @throws Problem claim.not_found */
export function claimIdOf(request: CallerRequest): string {
  const claimId = request.param('claimId')
  if (!CLAIM_ID.test(claimId)) throw new Problem('claim.not_found')
  return claimId
}

export function invalid(name: string, vi: string, en: string): Problem {
  return new Problem('request.invalid', { detail: { vi: `Tham số ${name}: ${vi}.`, en: `Parameter ${name}: ${en}.` } })
}

export function versionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid('version', 'phải là số nguyên từ 1', 'must be a whole number from 1')
  return Number(text)
}
function limitOf(text: string | undefined): number {
  if (text === undefined) return ITEMS_DEFAULT
  const limit = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN
  if (!(limit <= ITEMS_MAX)) throw invalid('limit', `phải từ 1 đến ${ITEMS_MAX}`, `must be from 1 to ${ITEMS_MAX}`)
  return limit
}
function statusOf(text: string | undefined): 'decided' | 'held' | undefined {
  if (text === undefined || text === 'decided' || text === 'held') return text
  throw invalid('status', 'phải là decided hoặc held', 'must be decided or held')
}
function cursorOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w.~-]{1,500}$/.test(text)) return text
  throw badCursor()
}
const badCursor = () => invalid('cursor', 'phải lấy từ nextCursor', 'must come from nextCursor')

/** A plain date is the start of that day in Vietnam, and so much later. */
function instantOf(name: string, text: string | undefined, dateShiftMs: number): string | undefined {
  if (text === undefined) return undefined
  let instantMs = Number.NaN
  if (DATE.test(text)) instantMs = Date.parse(`${text}T00:00:00+07:00`) + dateShiftMs
  else if (INSTANT.test(text)) instantMs = Date.parse(text)
  if (instantMs >= INSTANT_MS_MIN && instantMs <= INSTANT_MS_MAX) return new Date(instantMs).toISOString()
  throw invalid(
    name,
    'phải là ngày hoặc thời điểm ISO 8601, từ năm 0001 đến 9999',
    'must be a date or an instant of ISO 8601, in the years 0001 to 9999',
  )
}
