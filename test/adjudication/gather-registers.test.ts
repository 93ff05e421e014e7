import { expect, test } from 'vitest'
import { gatherRegisters } from '../../src/adjudication/gather-registers.ts'
import type { Referral, RegisterFact, Relation } from '../../src/domain/facts.ts'
import type { CatalogueQuery, Eligibility } from '../../src/eligibility/eligibility.ts'
import { NEVER_WHOLE } from '../../src/eligibility/row-copies.ts'
import { known, makeClaim, makeFacts, makeLine, makeMember, nothingLoaded } from '../support/make-claim.ts'

const from = { validFrom: '2015-01-01', validTo: null }

const identifiers = { personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [] }
const only = (referrals: RegisterFact<readonly Referral[]>): Eligibility => ({
  findMembers: async (asked) => asked.map(() => known(makeMember())),
  findFacilities: async (codes) => codes.map(() => makeFacts().facility),
  findCatalogues: async (queries) => queries.map(() => nothingLoaded),
  findRelations: async (asked) => asked.map(() => nothingLoaded),
  findReferrals: async (asked) => asked.map(() => referrals),
  findPractitioners: async (asked) => asked.map(() => nothingLoaded),
})

test('slips that were issued here are no register of the paper ones, while no register was imported whole', async () => {
  const issued: Referral = {
    id: 'r_1',
    kind: 'transfer',
    from: '01001',
    to: '01999',
    signedAt: '2026-03-01',
    validTo: null,
    icd: [],
    usedBy: null,
  }
  const slipsOf = async (referralSlip: string, asOf: string) => {
    const claim = makeClaim({ referralSlip, referredFrom: '01001' })
    const [facts] = await gatherRegisters(only({ kind: 'known', value: [issued], asOf, stale: false }), [{ claim, identifiers }])
    return facts!.referrals
  }
  expect(await slipsOf('GIAY-1', NEVER_WHOLE)).toEqual({ kind: 'none', asOf: null })
  expect(await slipsOf('r_1', NEVER_WHOLE)).toMatchObject({ kind: 'known', value: [{ id: 'r_1' }] })
  expect(await slipsOf('GIAY-1', '2026-03-09')).toMatchObject({ kind: 'known', asOf: '2026-03-09' })
})

test('lists and relations are asked for a technique however it was done, and for whose price it is paid at', async () => {
  const relations: Relation[] = [
    { kind: 'includes', code: '10.1', other: 'N1', ...from },
    { kind: 'includes', code: '10.1', other: 'N2', ...from },
    { kind: 'priced-as', code: '10.1', other: '10.9', ...from },
  ]
  let related: readonly string[] = []
  let listed: CatalogueQuery['codes'] = []
  const eligibility: Eligibility = {
    findMembers: async (asked) => asked.map(() => known(makeMember())),
    findFacilities: async (codes) => codes.map(() => makeFacts().facility),
    findCatalogues: async (queries) => {
      listed = queries[0]!.codes
      return queries.map(() => nothingLoaded)
    },
    findRelations: async (asked) => {
      related = asked[0]!
      return asked.map(() => known(relations))
    },
    findReferrals: async (asked) => asked.map(() => nothingLoaded),
    findPractitioners: async (asked) => asked.map(() => nothingLoaded),
  }
  const claim = makeClaim({
    lines: [
      makeLine({ code: '10.1_GT' }),
      makeLine({ stt: 2, supplyCode: 'N1', group: '10', serviceCode: '10.1_GT' }),
      makeLine({ table: 'XML2', code: '40.1+40.2' }),
    ],
  })
  const [facts] = await gatherRegisters(eligibility, [{ claim, identifiers }])
  expect([...new Set(related)]).toEqual(['10.1_GT', '10.1', 'N1', '40.1+40.2'])
  expect(new Set(listed.map(({ list, code }) => `${list} ${code}`))).toEqual(
    new Set(['service 10.1_GT', 'service 10.1', 'supply N1', 'drug 40.1+40.2', 'drug 40.1', 'drug 40.2', 'service 10.9']),
  )
  expect(facts!.relations).toMatchObject({ kind: 'known', value: [relations[0], relations[2]] })
})
