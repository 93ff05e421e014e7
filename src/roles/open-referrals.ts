import { lastDayByLaw } from '../adjudication/stages/slips.ts'
import type { DisasterWatch } from '../check-in/disaster-watch.ts'
import { createReferrals, type Referrals } from '../check-in/referrals.ts'
import { addDays } from '../domain/calendar.ts'
import type { Parts } from './parts.ts'

/** Slips as the rulebook in force dates them, so that the desk and the decision agree on their last day. */
export function openReferrals(parts: Parts, disasters: Pick<DisasterWatch, 'at'>): Referrals {
  const { deskPool, eligibility, keyedHash, clock, rulebook, config } = parts
  return createReferrals({
    ...{ pool: deskPool, eligibility, keyedHash, clock },
    lastDay: (kind, signedAt) => lastDayByLaw(kind, signedAt, rulebook.parameters)?.value,
    async disaster(facilityCode, signedAt) {
      const open = await disasters.at(facilityCode, clock.now())
      return open && { id: open.id, lastDay: addDays(signedAt, config.disasterReferralDays) }
    },
  })
}
