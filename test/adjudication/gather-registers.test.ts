import { expect, test } from 'vitest'
import { gatherRegisters } from '../../src/adjudication/gather-registers.ts'
import type { Relation } from '../../src/domain/facts.ts'
import type { CatalogueQuery, Eligibility } from '../../src/eligibility/eligibility.ts'
import { known, makeClaim, makeFacts, makeLine, makeMember, nothingLoaded } from '../support/make-claim.ts'

const from = { validFrom: '2015-01-01', validTo: null }

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
  const identifiers = { personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [] }
  const [facts] = await gatherRegisters(eligibility, [{ claim, identifiers }])
  expect([...new Set(related)]).toEqual(['10.1_GT', '10.1', 'N1', '40.1+40.2'])
  expect(new Set(listed.map(({ list, code }) => `${list} ${code}`))).toEqual(
    new Set(['service 10.1_GT', 'service 10.1', 'supply N1', 'drug 40.1+40.2', 'drug 40.1', 'drug 40.2', 'service 10.9']),
  )
  expect(facts!.relations).toMatchObject({ kind: 'known', value: [relations[0], relations[2]] })
})
