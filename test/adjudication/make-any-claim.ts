import fc from 'fast-check'
import type { Claim } from '../../src/domain/claim.ts'
import { type Facts, noVisitDetails } from '../../src/domain/facts.ts'
import { parseMoney } from '../../src/domain/money.ts'
import {
  known,
  type LineInput,
  makeClaim,
  makeCoverage,
  makeFacility,
  makeFacts,
  makeLine,
  makeMember,
} from '../support/make-claim.ts'

/** Claims and registers of every kind that the rules tell apart, right and wrong ones; all synthetic. */

const days = [
  '2015-12-31',
  '2020-12-31',
  '2023-07-01',
  '2024-06-30',
  '2024-12-31',
  '2025-01-01',
  '2025-12-31',
  '2026-06-30',
  '2026-07-01',
]
const pick = <T>(...of: readonly T[]) => fc.constantFrom(...of)

const anyLine: fc.Arbitrary<LineInput> = fc.record(
  {
    table: pick('XML2' as const, 'XML3' as const),
    quantity: pick('1', '0.5', '3', '20', '1000'),
    price: pick('0', '589.999', '12345.678', '150000', '2657000', '99999999.999'),
    scope: pick('1' as const, '1' as const, '1' as const, '2' as const, '3' as const),
    serviceRate: pick('100', '100', '50', '30', '33'),
    listRate: pick('100', '100', '50', '0'),
    rate: pick('100', '95', '80', '48', '40', '32', '0'),
    other: pick('0', '0', '0', '100', '250000.55'),
    paymentMethod: pick('1', '2'),
    amounts: fc.option(
      fc.record({ hospitalAmount: pick('1', '1000000'), insuredAmount: pick('0', '5000000') }, { requiredKeys: [] }),
      {
        nil: undefined as never,
      },
    ),
  },
  { requiredKeys: ['table', 'quantity', 'price', 'rate'] },
)

export const anyCase: fc.Arbitrary<{ readonly claim: Claim; readonly facts: Facts }> = fc
  .record({
    day: pick(...days),
    lines: fc.array(anyLine, { minLength: 0, maxLength: 8 }),
    category: pick(
      '1.1',
      '1.2',
      '1.3',
      '1.12',
      '1.13',
      '1.14',
      '1.15',
      '1.17',
      '1.18',
      '2',
      '3',
      '3.1',
      '3.2',
      '3.3',
      '3.6',
      '7.2',
      '9',
      '42',
    ),
    careType: pick('01', '02', '03', '04', '09', '99'),
    sign: pick('DN4', 'HT3', 'HN2', 'TE1', 'QN5', 'CN3', 'LH4', 'ZZ9'),
    registered: pick('01999', '79999', '01001'),
    validTo: pick('2035-12-31', '2026-06-25', '2015-01-01', null),
    status: pick('active' as const, 'active' as const, 'withdrawn' as const, 'replaced' as const),
    fiveYearsFrom: pick(null, '2014-01-01', '2026-06-30'),
    counted: pick(null, '0', '13900000', '15100000.25'),
    memberKind: pick('known', 'known', 'known', 'none', 'unavailable'),
    facilityKind: pick('known', 'known', 'known', 'none', 'unavailable'),
    level: pick('primary' as const, 'basic' as const, 'specialised' as const),
    formerLevel: pick('commune' as const, 'district' as const, 'provincial' as const, 'central' as const, null),
    points: pick(null, 40, 60),
    kind: pick('health-station' as const, 'clinic' as const, 'hospital' as const),
    contract: pick(true, true, true, false),
    late: fc.boolean(),
    copayExempt: fc.boolean(),
    stray: pick(false, false, false, true),
  })
  .map((one) => ({ claim: claimOf(one), facts: factsOf(one) }))

type Drawn = Record<string, unknown> & {
  readonly day: string
  readonly lines: readonly LineInput[]
  readonly sign: string
  readonly registered: string
}

function claimOf(one: Drawn): Claim {
  const lines = one.lines.map((line, index) =>
    makeLine({
      stt: index + 1,
      orderedAt: `${one.day}T0${index}:30`,
      ...line,
      ...(line.amounts === undefined ? { amounts: {} } : {}),
    }),
  )
  return makeClaim({
    cards: [
      { cardNumber: `${one.sign}010000000001`, registeredFacility: one.registered, validFrom: undefined, validTo: undefined },
    ],
    visitCategory: one['category'] as string,
    careType: one['careType'] as string,
    arrivedAt: `${one.day}T00:00`,
    endedAt: `${one.day}T23:00`,
    paidAt: `${one.day}T23:30`,
    copayExemptFrom: one['copayExempt'] ? one.day : undefined,
    strayRows: one['stray'] ? [{ table: 'XML2', stt: 1 }] : [],
    lines,
  })
}

function factsOf(one: Drawn): Facts {
  const asOf = one['late'] ? '2014-01-01' : '2026-12-31'
  const year = Number(one.day.slice(0, 4))
  const counted = one['counted'] as string | null
  const member = makeMember({
    coverages: [
      makeCoverage({
        cardNumber: `${one.sign}010000000001`,
        registeredFacility: one.registered,
        validFrom: '2010-01-01',
        validTo: one['validTo'] as string | null,
        status: one['status'] as 'active',
        fiveYearsFrom: one['fiveYearsFrom'] as string | null,
      }),
    ],
    copayCounted: counted === null ? [] : [{ year, amount: counted, asOf: `${year}-05-31` }],
  })
  const facility = makeFacility({
    level: one['level'] as 'basic',
    formerLevel: one['formerLevel'] as 'district',
    points: one['points'] as number | null,
    kind: one['kind'] as 'hospital',
    contract: one['contract'] as boolean,
  })
  const kindOf = (kind: unknown) => (kind === 'none' ? { kind: 'none' as const, asOf } : { kind: 'unavailable' as const })
  return makeFacts({
    receivedOn: one.day,
    member: one['memberKind'] === 'known' ? known(member, asOf) : kindOf(one['memberKind']),
    facility: one['facilityKind'] === 'known' ? known(facility, asOf) : kindOf(one['facilityKind']),
    visits: [
      {
        claimId: 'c_earlier',
        facilityCode: '01999',
        careType: '01',
        arrivedAt: `${one.day}T00:00`,
        endedAt: `${one.day}T00:00`,
        outcome: 'accept',
        copayCounted: parseMoney('120000.5'),
        details: noVisitDetails,
      },
    ],
  })
}
