import { lastDayByLaw } from '../adjudication/stages/slips.ts'
import { createReferrals, type Referrals } from '../check-in/referrals.ts'
import type { Parts } from './parts.ts'

/** Slips as the rulebook in force dates them, so that the desk and the decision agree on their last day. */
export function openReferrals({ pool, eligibility, keyedHash, clock, rulebook }: Parts): Referrals {
  return createReferrals({
    ...{ pool, eligibility, keyedHash, clock },
    lastDay: (kind, signedAt) => lastDayByLaw(kind, signedAt, rulebook.parameters)?.value,
    disaster: async () => undefined,
  })
}
