import type { CheckInCaller, CheckInReason, CheckInRequest } from './check-in.ts'
import type { UseResult } from './referral-record.ts'
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
  referrals: Pick<Referrals, 'standing' | 'use'>,
  onTrouble: (what: string, cause: unknown) => void,
): SlipAtDesk {
  return async ({ facilityCode, encounterId, visit }, { clientId }, memberRefs) => {
    const { slip, category } = visit
    if (slip === undefined || !BY_SLIP.has(category)) return []
    const actor = { facilityCode, clientId, memberRefs }
    try {
      const found =
        encounterId === undefined ? await referrals.standing(slip, actor) : (await referrals.use(slip, encounterId, actor)).kind
      const code = CODES[found]
      return code === undefined ? [] : [{ code, message: SLIP_ALERTS[code] }]
    } catch (cause) {
      onTrouble('slip', cause)
      return [{ code: 'slip_not_checked', message: SLIP_ALERTS.slip_not_checked }]
    }
  }
}

/** `used`: just now, for this visit. */
const CODES: Readonly<Record<UseResult['kind'] | 'open', keyof typeof SLIP_ALERTS | undefined>> = {
  ...{ open: undefined, used: undefined },
  'used-before': 'slip_used',
  expired: 'slip_expired',
  'not-yet': 'slip_not_yet',
  'other-person': 'slip_other_person',
  'not-found': 'slip_unknown',
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
