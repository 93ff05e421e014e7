import { createHash } from 'node:crypto'
import {
  type ReferralActor,
  type ReferralWish,
  type StoredReferral,
  shown,
  standingOn,
} from '../../src/check-in/referral-record.ts'
import { addDays } from '../../src/domain/calendar.ts'
import type { ReferralsOfRoutes } from '../../src/ingest/referral-routes.ts'

/** Slips in memory that keep the port's promises. */
export function makeReferrals(today = '2026-03-10'): ReferralsOfRoutes & { readonly stored: Map<string, StoredReferral> } {
  const stored = new Map<string, StoredReferral>()
  return {
    stored,
    async issue({ kind, member, to, icd, returnOn, encounterId }, { facilityCode }) {
      const { personalId } = member
      if (personalId === undefined) return { kind: 'refused', why: 'member_unknown' }
      const text = JSON.stringify([kind, personalId, facilityCode, to, icd, returnOn, encounterId])
      const id = `r_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
      const isNew = !stored.has(id)
      const validTo = returnOn ?? addDays(today, 14)
      const record = { id, kind, personalId, from: facilityCode, to, signedAt: today, validTo, icd, usedBy: null }
      if (isNew) stored.set(id, { record, disasterId: null, use: undefined })
      return { kind: 'issued', isNew, referral: shown(stored.get(id)!, today, facilityCode) }
    },
    async read(id, { facilityCode }) {
      const found = stored.get(id)
      return found && [found.record.from, found.record.to].includes(facilityCode) ? shown(found, today, facilityCode) : undefined
    },
    async search({ personalId }, { facilityCode }) {
      return [...stored.values()]
        .filter(({ record }) => record.personalId === personalId && record.to === facilityCode)
        .map((one) => shown(one, today, facilityCode))
    },
    async use(id, encounterId, { facilityCode }) {
      const found = stored.get(id)
      if (found?.record.to !== facilityCode) return { kind: 'not-found' }
      const { signedAt, validTo } = found.record
      if (found.use && found.use.encounterId !== encounterId)
        return { kind: 'used-before', usedAt: found.use.usedAt, where: 'here', usedBy: found.use.encounterId }
      const standing = standingOn(found.record, today)
      if (standing !== 'open' && !found.use) return { kind: standing, signedAt, validTo }
      const used = { ...found, use: found.use ?? { facilityCode, encounterId, usedAt: `${today}T02:00:00.000Z` } }
      stored.set(id, used)
      return { kind: 'used', again: found.use !== undefined, referral: shown(used, today, facilityCode) }
    },
  }
}

export const transferTo = (to: string): ReferralWish => ({
  kind: 'transfer',
  member: { personalId: '001085000001', socialInsuranceNumbers: [], cardNumbers: [] },
  to,
  icd: ['I10'],
  returnOn: undefined,
  encounterId: undefined,
})

/** A slip to 01999 that the visit K-1 used; with `validTo` in the past nobody used it. */
export async function usedReferral(validTo?: string) {
  const referrals = makeReferrals()
  const from: ReferralActor = { facilityCode: '01001', clientId: 'client_a' }
  await referrals.issue(transferTo('01999'), from)
  const [[id, stored]] = [...referrals.stored] as [[string, StoredReferral]]
  if (validTo === undefined) await referrals.use(id, 'K-1', { facilityCode: '01999', clientId: 'client_b' })
  else referrals.stored.set(id, { ...stored, record: { ...stored.record, signedAt: '2026-03-01', validTo } })
  return { referrals, id }
}
