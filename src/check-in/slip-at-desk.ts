import type { CheckInCaller, CheckInReason, CheckInRequest } from './check-in.ts'
import type { ShownReferral, UseResult } from './referral-record.ts'
import type { Referrals } from './referrals.ts'

/** Visits that stand on a slip: transfer, re-visit. */
const BY_SLIP: ReadonlySet<string> = new Set(['1.3', '1.5'])

/** Reads or uses the slip that a check-in names. Never throws and never stops a check-in: what is wrong is told. */
export type SlipAtDesk = (
  request: CheckInRequest,
  caller: CheckInCaller,
  memberRefs: readonly string[],
) => Promise<readonly CheckInReason[]>

/**
 * With the visit's `MA_LK` the slip is used for it; without, it is only looked at, because the claim will name the visit that used it.
 */
export function createSlipAtDesk(
  referrals: Pick<Referrals, 'read' | 'use'>,
  onTrouble: (what: string, cause: unknown) => void,
): SlipAtDesk {
  return async ({ facilityCode, encounterId, visit }, { clientId }, memberRefs) => {
    const { slip, category } = visit
    if (slip === undefined || !BY_SLIP.has(category)) return []
    const actor = { facilityCode, clientId, memberRefs }
    try {
      const code =
        encounterId === undefined
          ? codeOfStatus((await referrals.read(slip, actor))?.status)
          : codeOfUse(await referrals.use(slip, encounterId, actor))
      return code === undefined ? [] : [{ code, message: SLIP_ALERTS[code] }]
    } catch (cause) {
      onTrouble('slip', cause)
      return [{ code: 'slip_not_checked', message: SLIP_ALERTS.slip_not_checked }]
    }
  }
}

const ofStatus = { open: undefined, used: 'slip_used', expired: 'slip_expired', 'not-yet': 'slip_not_yet' } as const
const codeOfStatus = (status: ShownReferral['status'] | undefined) => (status === undefined ? 'slip_unknown' : ofStatus[status])
function codeOfUse({ kind }: UseResult): keyof typeof SLIP_ALERTS | undefined {
  if (kind === 'used') return undefined
  if (kind === 'other-person') return 'slip_other_person'
  return kind === 'used-before'
    ? 'slip_used'
    : kind === 'expired'
      ? 'slip_expired'
      : kind === 'not-yet'
        ? 'slip_not_yet'
        : 'slip_unknown'
}

const text = (vi: string, en: string) => ({ vi, en })
const SLIP_ALERTS = {
  slip_used: text('Giấy chuyển hoặc giấy hẹn này đã dùng cho lượt khác.', 'The slip was used for another visit.'),
  slip_expired: text('Giấy chuyển hoặc giấy hẹn đã hết hạn.', 'The slip has expired.'),
  slip_not_yet: text('Giấy chuyển hoặc giấy hẹn chưa có hiệu lực.', 'The slip does not hold yet.'),
  slip_other_person: text('Giấy này không phải của người đang tiếp nhận.', 'The slip is not of this person.'),
  slip_unknown: text(
    'Không có giấy điện tử với mã này cho cơ sở; xem giấy bản giấy.',
    'There is no electronic slip with this id for this facility; look at the paper.',
  ),
  slip_not_checked: text(
    'Chưa kiểm tra được giấy chuyển hoặc giấy hẹn; kiểm tra sau.',
    'The slip could not be checked; look later.',
  ),
} as const
