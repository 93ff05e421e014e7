import referralRequestSchema from '../../schemas/referral-request.json' with { type: 'json' }
import referralSearchSchema from '../../schemas/referral-search.json' with { type: 'json' }
import referralUseSchema from '../../schemas/referral-use.json' with { type: 'json' }
import { type IssueResult, REFERRAL_ID, type ReferralKind, type UseResult } from '../check-in/referral-record.ts'
import type { Referrals } from '../check-in/referrals.ts'
import { addDays } from '../domain/calendar.ts'
import type { MemberQuery } from '../eligibility/eligibility.ts'
import { vietnamDate } from '../platform/clock.ts'
import { PostgresUnavailable } from '../platform/postgres.ts'
import { type Fault, Problem } from '../platform/problem.ts'
import { compile } from '../platform/schema.ts'
import type { Role } from './access/access.ts'
import { jsonContent } from './json-content.ts'
import type { ReadBytes } from './read-bytes.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

const BODY_BYTES_MAX = 16 * 1024
/** A re-visit is at most this many days away. */
const RETURN_DAYS_MAX = 366
const ROLES: readonly Role[] = ['facility']

interface WireMember {
  readonly personalId?: string
  readonly socialInsuranceNumber?: string
  readonly cardNumber?: string
}
interface WireRequest {
  readonly kind: ReferralKind
  readonly member: WireMember
  readonly to?: string
  readonly icd: readonly string[]
  readonly returnOn?: string
  readonly encounterId?: string
}
const checkRequest = compile<WireRequest>(referralRequestSchema)
const checkSearch = compile<{ member: WireMember }>(referralSearchSchema, { references: [referralRequestSchema] })
const checkUse = compile<{ encounterId: string }>(referralUseSchema)

/** What stands behind the routes; the desk's check-in asks more. */
export type ReferralsOfRoutes = Omit<Referrals, 'standing'>

/** `POST /v1/referrals`, `GET /v1/referrals/{referralId}`, `POST /v1/referrals/search`, `POST /v1/referrals/{referralId}/use`. */
export function addReferralRoutes(
  router: Router,
  { referrals, readBytes }: { referrals: ReferralsOfRoutes; readBytes: ReadBytes },
): void {
  const content = { bytesMax: BODY_BYTES_MAX, invalid: 'referral.invalid' } as const

  router.guarded('POST', '/v1/referrals', ROLES, async (request) => {
    const wish = await jsonContent(request, readBytes, { ...content, check: checkRequest })
    const { facilityCode } = request.caller
    const faults = faultsOf(wish, facilityCode, vietnamDate(request.receivedAtMs))
    if (faults.length > 0) throw new Problem('referral.invalid', { errors: faults })
    const { kind, member, to = facilityCode, icd, returnOn, encounterId } = wish
    const issued = await stored(() =>
      referrals.issue({ kind, member: queryOf(member), to, icd, returnOn, encounterId }, request.caller),
    )
    if (issued.kind === 'refused') throw refusal(issued.why)
    const { id } = issued.referral
    return jsonReply(issued.isNew ? 201 : 200, issued.referral, { Location: `/v1/referrals/${id}` })
  })
  router.guarded('POST', '/v1/referrals/search', ROLES, async (request) => {
    const { member } = await jsonContent(request, readBytes, { ...content, check: checkSearch })
    const items = await stored(() => referrals.search(queryOf(member), request.caller))
    return jsonReply(200, { items })
  })
  router.guarded('GET', '/v1/referrals/{referralId}', ROLES, async (request) => {
    const id = idOf(request)
    const found = await stored(() => referrals.read(id, request.caller))
    if (found === undefined) throw new Problem('referral.not_found')
    return jsonReply(200, found)
  })
  router.guarded('POST', '/v1/referrals/{referralId}/use', ROLES, async (request) => {
    const id = idOf(request)
    const { encounterId } = await jsonContent(request, readBytes, { ...content, check: checkUse })
    return useReply(await stored(() => referrals.use(id, encounterId, request.caller)))
  })
}

/** What was imported has the number of the paper, which may be anything. */
function idOf(request: CallerRequest): string {
  const id = request.param('referralId')
  if (!REFERRAL_ID.test(id) && (id.length > 100 || id.includes('\u0000'))) throw new Problem('referral.not_found')
  return id
}

const queryOf = ({ personalId, socialInsuranceNumber, cardNumber }: WireMember): MemberQuery => ({
  personalId,
  socialInsuranceNumbers: socialInsuranceNumber === undefined ? [] : [socialInsuranceNumber],
  cardNumbers: cardNumber === undefined ? [] : [cardNumber],
})

function faultsOf({ kind, to, returnOn }: WireRequest, facilityCode: string, today: string): Fault[] {
  const isRevisit = kind === 're-visit'
  return [
    ...(isRevisit && to !== undefined && to !== facilityCode ? [fault('/to', 'referral.own_facility')] : []),
    ...(!isRevisit && to === undefined ? [fault('/to', 'referral.to')] : []),
    ...(!isRevisit && to === facilityCode ? [fault('/to', 'referral.other_facility')] : []),
    ...(isRevisit && returnOn === undefined ? [fault('/returnOn', 'referral.return_on')] : []),
    ...(!isRevisit && returnOn !== undefined ? [fault('/returnOn', 'referral.no_return_on')] : []),
    ...(returnOn !== undefined && (returnOn < today || returnOn > addDays(today, RETURN_DAYS_MAX))
      ? [fault('/returnOn', 'referral.return_range')]
      : []),
  ]
}
const FAULT_TEXTS = {
  'referral.own_facility': {
    vi: 'giấy hẹn khám lại là hẹn về chính cơ sở cấp; bỏ trường này hoặc ghi mã của cơ sở.',
    en: 'a re-visit slip is for the facility that issues it; leave this out or give its own code.',
  },
  'referral.to': { vi: 'thiếu mã cơ sở nơi chuyển đến.', en: 'the code of the receiving facility is missing.' },
  'referral.other_facility': { vi: 'nơi chuyển đến phải là cơ sở khác.', en: 'the receiving facility must be another one.' },
  'referral.return_on': { vi: 'giấy hẹn khám lại cần ngày hẹn.', en: 'a re-visit slip needs the day to come back on.' },
  'referral.no_return_on': {
    vi: 'chỉ giấy hẹn khám lại có ngày hẹn; thời hạn của giấy chuyển do luật định.',
    en: 'only a re-visit slip has a day to come back on; how long a transfer slip holds is the law\u2019s.',
  },
  'referral.return_range': {
    vi: `ngày hẹn từ hôm nay đến ${RETURN_DAYS_MAX} ngày nữa.`,
    en: `the day to come back on lies within ${RETURN_DAYS_MAX} days from today.`,
  },
  'member.unknown': {
    vi: 'sổ đăng ký không có người này hoặc không có số định danh của người này; hãy gửi personalId.',
    en: 'the register does not know this person, or not the personal id; send personalId.',
  },
  'facility.unknown': { vi: 'sổ đăng ký không có cơ sở này.', en: 'the register does not know this facility.' },
} as const
const fault = (pointer: string, code: keyof typeof FAULT_TEXTS): Fault => ({ pointer, code, detail: FAULT_TEXTS[code] })

function refusal(why: Extract<IssueResult, { kind: 'refused' }>['why']): Problem {
  if (why === 'register_unavailable') return new Problem('ledger.unavailable')
  const error = why === 'member_unknown' ? fault('/member', 'member.unknown') : fault('/to', 'facility.unknown')
  return new Problem('referral.invalid', { errors: [error] })
}

function useReply(result: UseResult): Reply {
  if (result.kind === 'used') return jsonReply(200, result.referral)
  if (result.kind === 'not-found' || result.kind === 'other-person') throw new Problem('referral.not_found')
  if (result.kind === 'used-before') throw usedBefore(result)
  const { signedAt, validTo } = result
  const detail =
    result.kind === 'expired'
      ? { vi: `Giấy hết hạn sau ngày ${validTo}. Chưa lưu gì.`, en: `The slip held until ${validTo}. Nothing was stored.` }
      : { vi: `Giấy có hiệu lực từ ngày ${signedAt}. Chưa lưu gì.`, en: `The slip holds from ${signedAt}. Nothing was stored.` }
  throw new Problem('referral.not_valid', { detail })
}

function usedBefore({ usedAt, where, usedBy }: Extract<UseResult, { kind: 'used-before' }>): Problem {
  const at = usedAt ?? ''
  const detail =
    where === 'here'
      ? {
          vi: `Cơ sở đã dùng giấy này lúc ${at} cho lượt ${usedBy}. Chưa lưu gì.`,
          en: `This facility used the slip at ${at} for the visit ${usedBy}. Nothing was stored.`,
        }
      : {
          vi: `Giấy đã được dùng ở nơi khác${at && ` lúc ${at}`}. Chưa lưu gì.`,
          en: `The slip was used elsewhere${at && ` at ${at}`}. Nothing was stored.`,
        }
  return new Problem('referral.used', { detail })
}

/** @throws Problem ledger.unavailable */
async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof PostgresUnavailable ? new Problem('ledger.unavailable', { cause }) : cause
  }
}
