import { hash } from 'node:crypto'
import type { Ledger, StoredVersion } from '../ledger/ledger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { type Fault, Problem } from '../platform/problem.ts'
import { VOID_MEDIA_TYPE, voidContent } from '../stream/records.ts'
import type { Admission } from './admission.ts'
import { refuseEncoding } from './claim-intake.ts'
import { claimIdOf } from './claim-reading-routes.ts'
import { count, FILING_ROLES, filedReply, refusalKind } from './claim-routes.ts'
import type { CheckIdempotency } from './idempotency.ts'
import { mediaTypeOf } from './media-type.ts'
import { preferenceOf, type WaitBounds } from './prefer.ts'
import { ClientGone, type ReadBytes } from './read-bytes.ts'
import type { Receipts } from './receipt.ts'
import type { Reply } from './reply.ts'
import type { Ids } from './request-ids.ts'
import type { CallerRequest, Router } from './route.ts'
import type { Submission, Submitter } from './submit-claim.ts'

export interface VoidRouteDeps {
  readonly ledger: Pick<Ledger, 'findVersion'>
  readonly submitter: Submitter
  readonly checkIdempotency: CheckIdempotency
  readonly receipts: Receipts
  readonly readBytes: ReadBytes
  readonly admission: Admission
  readonly ids: Ids
  readonly metrics: Metrics
  readonly wait: WaitBounds
}

const BODY_BYTES_MAX = 16 * 1024
const REASON_CHARS_MAX = 1_000
/** Versions below a void among which the one that it withdrew is looked for. */
const WITHDRAWN_BACK_MAX = 100

/** `POST /v1/claims/{claimId}/void`: a version that pays nothing, filed and answered as a claim is. */
export function addVoidRoute(router: Router, deps: VoidRouteDeps): void {
  const { ledger, submitter, checkIdempotency, readBytes, metrics } = deps

  async function readBody(request: CallerRequest): Promise<Buffer> {
    const held = deps.admission.hold()
    try {
      return await readBytes(request.incoming, { bytesMax: BODY_BYTES_MAX, held })
    } finally {
      held.letGo()
    }
  }
  async function voidClaim(request: CallerRequest): Promise<Reply> {
    deps.admission.check()
    const { facilityCode } = request.caller
    const claimId = claimIdOf(request)
    const current = await ledger.findVersion(claimId, { facilityCode, version: undefined })
    if (!current) throw new Problem('claim.not_found')
    if (current.status === 'held') throw nothingToVoid()
    refuseEncoding(request)
    if (mediaTypeOf(request.header('content-type')) !== 'application/json') throw new Problem('request.media_type')
    const body = await readBody(request)
    const reason = reasonOf(body)
    const keyed = await checkIdempotency(request.header('idempotency-key'), facilityCode, `void ${claimId}`, () =>
      hash('sha256', body),
    )
    const prefer = preferenceOf(request.header('prefer'), deps.wait)
    const begun = await submitter.begin(voidSubmission(current, reason, request, deps.ids), {
      deadline: prefer.waitMs === 0 ? undefined : request.arrivedAt + prefer.waitMs,
      gone: () => request.gone(),
    })
    const filed = count(metrics, await submitter.settle(begun))
    await keyed?.accepted(claimId)
    return filedReply(filed, request, prefer, deps)
  }

  router.guarded('POST', '/v1/claims/{claimId}/void', FILING_ROLES, async (request) => {
    try {
      return await voidClaim(request)
    } catch (thrown) {
      if (!(thrown instanceof ClientGone)) metrics.filed(refusalKind(thrown), false)
      throw thrown
    }
  })
}

function voidSubmission(current: StoredVersion, reason: string, request: CallerRequest, ids: Ids): Submission {
  const { claimId, facilityCode, encounterId, streamKey } = current
  const content = contentOf(current, reason)
  return {
    head: {
      submissionId: ids.submission(),
      receivedAt: new Date(request.receivedAtMs).toISOString(),
      facilityCode,
      claimId,
      contentSha256: content.contentSha256,
      bodySha256: hash('sha256', content.bytes),
      contentType: VOID_MEDIA_TYPE,
      // A void has no national tables: it is read by its media type, in whatever release.
      release: '4750',
    },
    streamKey,
    value: content.bytes,
    encounterId,
  }
}

/**
 * A void that is sent again names the version that it withdrew, not itself: so it is the same content and is replayed. That version
 * need not be the one just below: what arrives late is stored already superseded and takes a number in between.
 */
function contentOf(current: StoredVersion, reason: string) {
  const { claimId, version } = current
  for (let withdrawn = version - 1; withdrawn > 0 && withdrawn >= version - WITHDRAWN_BACK_MAX; withdrawn -= 1) {
    const earlier = voidContent({ claimId, version: withdrawn, reason })
    if (earlier.contentSha256 === current.contentSha256) return earlier
  }
  return voidContent({ claimId, version, reason })
}

/** A held version decides no money, so a void would have nothing to withdraw and would only be held as well. */
function nothingToVoid(): Problem {
  return new Problem('request.invalid', {
    detail: {
      vi: 'Phiên bản hiện tại đang bị giữ: chưa trả khoản nào cho đến khi có quyết định. Chưa lưu gì. Hãy huỷ sau khi có quyết định.',
      en: 'The current version is held: it pays nothing until it is decided. Nothing was stored. Void it once it is decided.',
    },
  })
}

/** @throws Problem request.unreadable · claim.invalid */
function reasonOf(body: Buffer): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new Problem('request.unreadable')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Problem('request.unreadable')
  const { reason, ...others } = parsed as Record<string, unknown>
  const errors = Object.keys(others).map(() => unknownField)
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > REASON_CHARS_MAX || hasControls(reason)) {
    errors.push(reasonFault)
  }
  if (errors.length > 0) throw new Problem('claim.invalid', { errors })
  return (reason as string).trim()
}

/** NUL cannot be stored as text; other controls have no place in a reason. */
function hasControls(text: string): boolean {
  if (!text.isWellFormed()) return true
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) return true
  }
  return false
}

const reasonFault: Fault = {
  pointer: '/reason',
  code: 'void.reason',
  detail: {
    vi: `reason phải là lý do huỷ, từ 1 đến ${REASON_CHARS_MAX} ký tự.`,
    en: `reason must say why, in 1 to ${REASON_CHARS_MAX} characters.`,
  },
}
const unknownField: Fault = {
  pointer: '',
  code: 'field.unknown',
  detail: { vi: 'Chỉ nhận trường reason.', en: 'Only the field reason is known.' },
}
