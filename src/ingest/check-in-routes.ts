import type { CheckInCaller, CheckIns } from '../check-in/check-in.ts'
import type { NationalRows } from '../check-in/national-rows.ts'
import { printCheckInTable } from '../national/print-check-in-table.ts'
import type { ClaimMediaType } from '../national/reading.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import { PostgresUnavailable } from '../platform/postgres.ts'
import { Problem } from '../platform/problem.ts'
import { weightOf } from './accept.ts'
import type { Access, Caller, Role } from './access/access.ts'
import { parseJson, readChallengeWish, readCheckIn, readConfirmation } from './check-in-body.ts'
import { readNationalCheckIns } from './check-in-national.ts'
import { mediaTypeOf } from './media-type.ts'
import type { ReadBytes } from './read-bytes.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

export interface CheckInBounds {
  /** Check-ins under way in this process; above it the desk is told to come back. */
  readonly inflightMax: number
  readonly bodyBytesMax: number
}
export interface CheckInRouteDeps {
  readonly checkIns: CheckIns
  /** Without it a day's list is JSON alone. */
  readonly nationalRows?: NationalRows | undefined
  readonly readBytes: ReadBytes
  readonly access: Pick<Access, 'admit'>
  readonly clock: Clock
  readonly bounds: CheckInBounds
}

/** Who stands at a desk. */
export const DESK_ROLES: readonly Role[] = ['facility', 'kiosk']
const CHECK_IN_ID = /^k_[0-9a-f]{26}$/
/** Of years that a register may hold. */
const DATE = /^(?:19|20|21)\d{2}-\d{2}-\d{2}$/

/**
 * A lane of their own: these routes do not ask the admission of claims, so that a patient at the desk does not wait because hospitals file. Their
 * bound is the number under way.
 */
export function addCheckInRoutes(router: Router, deps: CheckInRouteDeps): void {
  const { access, checkIns, clock, bounds } = deps
  let underWay = 0
  async function inLane(work: () => Promise<Reply>): Promise<Reply> {
    if (underWay >= bounds.inflightMax) throw new Problem('gateway.overloaded')
    underWay += 1
    try {
      return await work()
    } catch (thrown) {
      if (thrown instanceof PostgresUnavailable) throw new Problem('ledger.unavailable', { cause: thrown })
      throw thrown
    } finally {
      underWay -= 1
    }
  }
  const bodyOf = (request: CallerRequest) => deps.readBytes(request.incoming, { bytesMax: bounds.bodyBytesMax })

  router.guarded('POST', '/v1/check-ins/challenges', DESK_ROLES, (request) =>
    inLane(async () => {
      requireJson(request, true)
      const { kioskId, ...wish } = readChallengeWish(await bodyOf(request))
      const challenges = await checkIns.openChallenges(request.caller.facilityCode, deskOf(request.caller, kioskId), wish)
      return jsonReply(200, challenges.length === 1 ? challenges[0] : { ...challenges[0], challenges })
    }),
  )
  router.guarded('POST', '/v1/check-ins', DESK_ROLES, (request) =>
    inLane(async () => {
      const mediaType = claimMediaTypeOf(request)
      return checkedIn(await bodyOf(request), mediaType, request)
    }),
  )
  router.guarded('GET', '/v1/check-ins', DESK_ROLES, (request) =>
    inLane(async () => {
      const date = dateOf(request.query('date')) ?? vietnamDate(clock.now())
      const { facilityCode, clientId } = request.caller
      if (deps.nationalRows && prefersXml(request.header('accept'))) return nationalTable(deps.nationalRows, request, date)
      if (request.query('encounter') !== undefined) throw new Problem('request.invalid', { detail: ENCOUNTER_IN_XML })
      const items = await checkIns.listOn(facilityCode, date, { clientId, staff: undefined })
      return jsonReply(200, { date, items }, { Vary: 'Accept' })
    }),
  )
  router.guarded('POST', '/v1/check-ins/{checkInId}/confirm', ['facility'], (request) =>
    inLane(async () => {
      requireJson(request, false)
      const staff = readConfirmation(await bodyOf(request))
      const checkInId = request.param('checkInId')
      const known = CHECK_IN_ID.test(checkInId)
      const confirmed = known ? await checkIns.confirm(request.caller.facilityCode, checkInId, staff) : undefined
      if (confirmed === undefined) throw new Problem('check_in.not_found')
      if (confirmed === 'not-provisional') throw new Problem('check_in.not_provisional')
      return jsonReply(200, confirmed)
    }),
  )

  /** One visit is answered alone, several of a national table each with its own answer, in order. */
  async function checkedIn(body: Buffer, mediaType: ClaimMediaType, { caller, receivedAtMs }: CallerRequest): Promise<Reply> {
    const { clientId, facilityCode } = caller
    if (mediaType === 'application/json' && !isNationalJson(body)) {
      const { request, kioskId } = readCheckIn(body, facilityCode, receivedAtMs)
      return jsonReply(200, await checkIns.checkIn(request, { clientId, kioskId }))
    }
    const requests = readNationalCheckIns(body, mediaType, facilityCode)
    // Each visit counts as a request of its own.
    if (requests.length > 1) access.admit(caller, requests.length - 1, 'desk')
    const answers = await Promise.all(requests.map((request) => checkIns.checkIn(request, { clientId, kioskId: undefined })))
    if (answers.length === 1) return jsonReply(200, answers[0])
    return jsonReply(207, {
      results: answers.map((answer, index) => ({ status: 200, encounterId: requests[index]!.encounterId, ...answer })),
    })
  }
}

const ENCOUNTER_IN_XML = {
  vi: 'encounter chỉ dùng khi yêu cầu Accept: application/xml.',
  en: 'encounter goes with Accept: application/xml.',
}

/** A browser names XML too, after what it wants. */
const prefersXml = (accept: string | undefined) =>
  weightOf(accept, ['application/xml', 'text/xml']) > weightOf(accept, ['application/json', 'text/html'])

/**
 * A day, or one visit of it, as the national table. Names and numbers stand in it in full, so it is for the hospital and not for its kiosks.
 * @throws Problem request.forbidden · check_in.not_found
 */
async function nationalTable(nationalRows: NationalRows, request: CallerRequest, day: string): Promise<Reply> {
  const { facilityCode, clientId, role } = request.caller
  if (role !== 'facility') throw new Problem('request.forbidden')
  const encounterId = request.query('encounter')
  const rows = await nationalRows({ facilityCode, day, encounterId }, { clientId, staff: undefined })
  if (encounterId !== undefined && rows.length === 0) throw new Problem('check_in.not_found')
  const headers = { 'Content-Type': 'application/xml; charset=utf-8', Vary: 'Accept' }
  return { status: 200, headers, body: printCheckInTable(rows) }
}

const deskOf = ({ clientId }: Caller, kioskId: string | undefined): CheckInCaller => ({ clientId, kioskId })

/** A body that names the national table is one, whatever else stands in it. */
const isNationalJson = (body: Buffer) => body.includes('"XML0"') && Object.hasOwn(parseJson(body), 'XML0')

/** @throws Problem request.media_type */
function claimMediaTypeOf(request: CallerRequest): ClaimMediaType {
  const isXml = mediaTypeOf(request.header('content-type')) === 'application/xml'
  if (!isXml || request.header('content-encoding') !== undefined) requireJson(request, false)
  return isXml ? 'application/xml' : 'application/json'
}

/** @throws Problem request.media_type */
function requireJson(request: CallerRequest, mayBeEmpty: boolean): void {
  const encoding = request.header('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new Problem('request.media_type')
  const type = request.header('content-type')
  if (mayBeEmpty && type === undefined) return
  if (mediaTypeOf(type) !== 'application/json') throw new Problem('request.media_type')
}

/** @throws Problem request.invalid */
function dateOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const isDate =
    DATE.test(text) &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
  if (!isDate) {
    throw new Problem('request.invalid', {
      detail: { vi: 'date phải là một ngày, dạng 2026-03-10.', en: 'date must be a day, as 2026-03-10.' },
    })
  }
  return text
}
