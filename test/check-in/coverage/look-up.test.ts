import { join } from 'node:path'
import { expect, test } from 'vitest'
import { benefitRateHere } from '../../../src/adjudication/benefit-rate-here.ts'
import { loadRulebook } from '../../../src/adjudication/rulebook/load.ts'
import { createLookUp } from '../../../src/check-in/coverage/look-up.ts'
import type { Referral, RegisterFact } from '../../../src/domain/facts.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createKeyedHash } from '../../../src/platform/keyed-hash.ts'
import { known, makeCoverage, makeFacility, makeMember } from '../../support/make-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../../rulebook'))
const on = '2026-03-10'
const member = makeMember({ coverages: [makeCoverage({ registeredFacility: '31002' })] })
const slip: Referral = {
  ...{ id: 'GCT-1', kind: 'transfer', from: '31002', to: '01999', signedAt: '2026-03-05', validTo: null, icd: [], usedBy: null },
}

/** The rate of a transferred patient at a formerly central hospital. */
async function rateWith(shown: string | undefined, referrals?: Promise<RegisterFact<readonly Referral[]>>) {
  const lookUp = createLookUp({
    eligibility: {
      findMembersSoon: async () => [{ fact: known(member, on), source: 'cache' }],
      findFacilitiesSoon: async () => [{ fact: known(makeFacility()), source: 'cache' }],
    },
    findVisits: async () => ({ open: [], sameDay: [], supplyUntil: [], decided: [] }),
    ...(referrals && { findReferrals: async () => [await referrals] }),
    benefitRateHere: (question) => benefitRateHere(rulebook, question),
    copayHere: () => ({ counted: '0.00', exempt: false }),
    ...{ keyedHash: createKeyedHash(Buffer.alloc(32, 7)), clock: systemClock, lookupMsMax: 100, onTrouble: () => {} },
  })
  const { personalId, fullName, birthDate } = member
  const person = {
    personalId: personalId ?? undefined,
    fullName,
    birthDate,
    cardNumber: undefined,
    socialInsuranceNumber: undefined,
  }
  const visit = { category: '1.3', careType: '01', slip: shown }
  const found = await lookUp({
    facilityCode: '01999',
    person,
    visit,
    at: `${on}T08:00`,
    on,
    checkInId: 'k_1',
    claimId: undefined,
  })
  return found.view.coverage.benefitRateHere
}

test('a patient who was transferred gets the rate of the right route, as the decision will, where the slip stands', async () => {
  expect(await rateWith('GCT-1', Promise.resolve(known([slip], on)))).toBe('80')
  expect(await rateWith('GCT-1')).toBe('80')
})
test('without a slip, or with one that the register knows to be of elsewhere or not at all, the rate is that of who comes by himself', async () => {
  const byHimself = await rateWith(undefined)
  expect(Number(byHimself)).toBeLessThan(80)
  expect(await rateWith('GCT-1', Promise.resolve(known([{ ...slip, to: '79001' }], on)))).toBe(byHimself)
  expect(await rateWith('GCT-1', Promise.resolve(known([], on)))).toBe(byHimself)
})
test('a register of slips that does not answer holds nobody up and lowers no rate', async () => {
  expect(await rateWith('GCT-1', new Promise(() => {}))).toBe('80')
})
