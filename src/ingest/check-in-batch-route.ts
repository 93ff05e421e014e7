import batchSchema from '../../schemas/check-in-batch.json' with { type: 'json' }
import keyRequestSchema from '../../schemas/offline-key-request.json' with { type: 'json' }
import type { CheckIns } from '../check-in/check-in.ts'
import { type EntryFault, OFFLINE_UPLOAD_MS_MAX, type OfflineEntry, type OfflineKeys } from '../check-in/offline.ts'
import type { OfflineEntries } from '../check-in/offline-entries.ts'
import { Problem } from '../platform/problem.ts'
import { compile } from '../platform/schema.ts'
import type { Access } from './access/access.ts'
import { readCheckIn } from './check-in-body.ts'
import { DESK_ROLES } from './check-in-routes.ts'
import { jsonContent } from './json-content.ts'
import { asProblem } from './problem-reply.ts'
import type { ReadBytes } from './read-bytes.ts'
import { jsonReply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

export interface OfflineDeps {
  readonly keys: OfflineKeys
  readonly entries: OfflineEntries
}
const BATCH_BYTES_MAX = 8 * 1024 * 1024
const KEY_BODY_BYTES_MAX = 4 * 1024
/** Queues that are taken at once in a process; kiosks that come back together wait their turn. */
const BATCHES_MAX = 8
/** Entries of one queue under way at once. */
const AT_ONCE = 8

const checkBatch = compile<{ kioskId?: string; entries: readonly OfflineEntry[] }>(batchSchema)
const checkKeyRequest = compile<{ kioskId?: string }>(keyRequestSchema)

/** `POST /v1/check-ins/offline-keys` and `POST /v1/check-ins/batch`: a kiosk that works without a connection. */
export function addCheckInBatchRoutes(
  router: Router,
  deps: OfflineDeps & { checkIns: Pick<CheckIns, 'checkIn'>; readBytes: ReadBytes; access: Pick<Access, 'admit'> },
): void {
  const { checkIns, keys, entries, readBytes, access } = deps
  const invalid = 'check_in.invalid' as const
  let batches = 0

  async function takeEntry(request: CallerRequest, entry: OfflineEntry, kioskId: string | undefined): Promise<object> {
    const { clientId, facilityCode } = request.caller
    const caller = { clientId, kioskId }
    const opened = keys.open(entry, caller)
    const madeAtMs = opened.madeAtMs
    try {
      if (!opened.ok) throw refusal(opened.fault)
      const body = readCheckIn(Buffer.from(opened.checkIn), facilityCode, opened.madeAtMs)
      if (body.kioskId !== kioskId) throw refusal('offline.content')
      const checkIn = await checkIns.checkIn({ ...body.request, madeOfflineAtMs: opened.madeAtMs }, caller)
      await entries.note(entry, { ...caller, facilityCode }, { madeAtMs, checkInId: checkIn.checkInId, refused: undefined })
      return { status: 200, checkIn }
    } catch (thrown) {
      const problem = asProblem(thrown)
      const refused = problem.errors[0]?.code ?? problem.code
      await entries.note(entry, { ...caller, facilityCode }, { madeAtMs, checkInId: undefined, refused })
      return request.refusal(thrown)
    }
  }
  async function takeAll(request: CallerRequest, all: readonly OfflineEntry[], kioskId: string | undefined): Promise<object[]> {
    const results: object[] = []
    for (let at = 0; at < all.length; at += AT_ONCE)
      results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map((entry) => takeEntry(request, entry, kioskId)))))
    return results
  }

  router.guarded('POST', '/v1/check-ins/offline-keys', DESK_ROLES, async (request) => {
    const { kioskId } = await jsonContent(request, readBytes, { check: checkKeyRequest, bytesMax: KEY_BODY_BYTES_MAX, invalid })
    return jsonReply(200, keys.issue({ clientId: request.caller.clientId, kioskId }))
  })
  router.guarded('POST', '/v1/check-ins/batch', DESK_ROLES, async (request) => {
    if (batches >= BATCHES_MAX) throw new Problem('gateway.overloaded')
    batches += 1
    try {
      const { kioskId, entries: all } = await jsonContent(request, readBytes, {
        check: checkBatch,
        bytesMax: BATCH_BYTES_MAX,
        invalid,
      })
      // The first of them was counted when the request came.
      access.admit(request.caller, all.length - 1, 'desk')
      return jsonReply(207, { results: await takeAll(request, all, kioskId) })
    } finally {
      batches -= 1
    }
  })
}

const UPLOAD_DAYS = OFFLINE_UPLOAD_MS_MAX / 86_400_000
const FAULT_TEXTS: Readonly<Record<EntryFault, { readonly vi: string; readonly en: string }>> = {
  'offline.key': { vi: 'Mã khoá không đúng dạng.', en: 'This is not the id of a key.' },
  'offline.signature': {
    vi: 'Chữ ký không khớp: nội dung bị đổi, hoặc khoá của máy khác.',
    en: 'The signature does not verify: the content was changed, or the key is of another kiosk.',
  },
  'offline.content': {
    vi: 'Nội dung đã ký không phải JSON có madeAt và checkIn, hoặc kioskId khác.',
    en: 'What was signed is not JSON with madeAt and checkIn, or names another kiosk.',
  },
  'offline.time': {
    vi: 'madeAt nằm ngoài 12 giờ của khoá, hoặc ở tương lai; xem đồng hồ của máy.',
    en: 'madeAt lies outside the 12 hours of the key, or in the future; look at the clock of the kiosk.',
  },
  'offline.too_old': {
    vi: `Lượt này cũ hơn ${UPLOAD_DAYS} ngày; tiếp đón lại khi người bệnh có mặt.`,
    en: `This is older than ${UPLOAD_DAYS} days; check in again when the patient is there.`,
  },
}
const refusal = (fault: EntryFault) =>
  new Problem('check_in.invalid', { errors: [{ pointer: '/payload', code: fault, detail: FAULT_TEXTS[fault] }] })
