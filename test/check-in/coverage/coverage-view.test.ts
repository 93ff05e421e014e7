import { describe, expect, test } from 'vitest'
import type { CoverageQuestion, VisitsKnown } from '../../../src/check-in/coverage/coverage.ts'
import { coverageView } from '../../../src/check-in/coverage/coverage-view.ts'
import type { Coverage, Member } from '../../../src/domain/facts.ts'
import { known, makeCoverage, makeFacility, makeMember } from '../../support/make-claim.ts'

const noVisits: VisitsKnown = { open: [], sameDay: [], supplyUntil: [], decided: [] }
const on = '2026-03-10'
const question = (over: Partial<CoverageQuestion> = {}): CoverageQuestion => ({
  member: known(makeMember(), on),
  facility: known(makeFacility()),
  facilityCode: '01999',
  visit: { category: '1.1', careType: '01', at: '2026-03-10T08:00' },
  on,
  cardNumber: undefined,
  visits: noVisits,
  benefitRateHere: ({ cardNumber }) => (cardNumber?.startsWith('HT3') ? '95' : '80'),
  copayHere: () => ({ counted: '12.00', exempt: false }),
  source: 'cache',
  ...over,
})
const withCards = (...coverages: Partial<Coverage>[]): Member => makeMember({ coverages: coverages.map(makeCoverage) })
const look = (member: Member, over: Partial<CoverageQuestion> = {}) =>
  coverageView(question({ member: known(member, on), ...over }))
const codes = (view: ReturnType<typeof coverageView>) => view.alerts.map(({ code }) => code)

describe('the coverage shown at the desk', () => {
  test('is that of the card in force, with rate, registered place, end and days left', () => {
    expect(coverageView(question())).toEqual({
      coverage: {
        ...{ status: 'active', cardNumber: 'DN4010000000001', validFrom: '2026-01-01', validTo: '2026-12-31', daysLeft: 296 },
        ...{
          benefitRateHere: '80',
          registeredFacility: '01999',
          fiveYearsFrom: '2027-01-01',
          copayCounted: '12.00',
          exempt: false,
        },
      },
      eligibility: { source: 'cache', asOf: on, stale: false },
      alerts: [],
      legacyCode: '000',
      surelyNotCovered: false,
    })
  })
  test.each<[string, Partial<Coverage>, string, string]>([
    ['that ended', { validTo: '2026-03-09' }, 'expired', '010'],
    ['that has not begun', { validFrom: '2026-03-11' }, 'not-started', '010'],
    ['that was withdrawn', { status: 'withdrawn' }, 'withdrawn', '110'],
    ['that is held', { status: 'held' }, 'held', '120'],
  ])('a card %s does not cover where the register is as new as the day', (_, card, status, legacyCode) => {
    const view = look(withCards(card))
    expect(view).toMatchObject({
      coverage: { status, benefitRateHere: null, daysLeft: null },
      legacyCode,
      surelyNotCovered: true,
    })
  })
  test('a no of an older or stale register is no no', () => {
    const member = withCards({ validTo: '2026-03-09' })
    for (const fact of [known(member, '2026-03-09'), { ...known(member, on), stale: true } as CoverageQuestion['member']]) {
      const view = coverageView(question({ member: fact }))
      expect(view).toMatchObject({ coverage: { status: 'unknown' }, legacyCode: '101', surelyNotCovered: false })
      expect(codes(view)).toContain('register_older')
    }
  })
  test('a register that does not answer, or was never imported, turns nobody away', () => {
    for (const member of [{ kind: 'unavailable' }, { kind: 'none', asOf: null }, { kind: 'none', asOf: '2026-03-09' }] as const) {
      const view = coverageView(question({ member }))
      expect(view).toMatchObject({ coverage: { status: 'unknown' }, legacyCode: '101', surelyNotCovered: false })
      expect(view.alerts.length).toBe(1)
    }
  })
  test('nobody in a register as new as the day is not covered, and a number that cannot be says so', () => {
    const nobody = { kind: 'none', asOf: on } as const
    const codeOf = (cardNumber?: string) => coverageView(question({ member: nobody, cardNumber })).legacyCode
    expect(coverageView(question({ member: nobody })).surelyNotCovered).toBe(true)
    expect([undefined, 'DN4010000000009', '123', 'DN9010000000009', 'DN4000000000009'].map(codeOf)).toEqual([
      ...['050', '050', '051', '053', '052'],
    ])
  })
  test.each([
    ['QN5010000000001', '001'],
    ['CA5010000000001', '002'],
    ['DN4970000000001', '001'],
  ])('the card %s is one of a ministry: %s', (cardNumber, legacyCode) => {
    expect(look(withCards({ cardNumber })).legacyCode).toBe(legacyCode)
  })
  test('of several cards in force the one that pays most here counts', () => {
    const view = look(withCards({}, { cardNumber: 'HT3010000000002' }), { cardNumber: 'DN4010000000001' })
    expect(view.coverage).toMatchObject({ cardNumber: 'HT3010000000002', benefitRateHere: '95' })
  })
  test('a card that was replaced gives the new one and says so', () => {
    const cards = (validTo: string) => withCards({ status: 'replaced', validTo }, { cardNumber: 'DN4010000000002' })
    const old = { cardNumber: 'DN4010000000001' }
    expect(look(cards('2026-12-31'), old)).toMatchObject({ legacyCode: '004', coverage: { cardNumber: 'DN4010000000002' } })
    expect(look(cards('2026-01-31'), old)).toMatchObject({ legacyCode: '003', coverage: { cardNumber: 'DN4010000000002' } })
    expect(codes(look(cards('2026-01-31'), old))).toContain('card_replaced')
  })
  test('a card number of somebody else is told, the person is found', () => {
    const view = look(makeMember(), { cardNumber: 'DN4010000000777' })
    expect(view).toMatchObject({ legacyCode: '051', coverage: { status: 'active' } })
    expect(codes(view)).toEqual(['card_not_on_record'])
  })
  test('a death on record is shown, and is a no only from its day on', () => {
    const view = look(makeMember({ deceasedOn: '2026-03-01' }))
    expect(view).toMatchObject({ coverage: { status: 'deceased' }, surelyNotCovered: true })
    expect(codes(view)).toContain('death_on_record')
    expect(look(makeMember({ deceasedOn: '2026-03-11' })).coverage.status).toBe('active')
  })
  test('a card that ends soon is pointed out', () => {
    expect(codes(look(withCards({ validTo: '2026-03-20' })))).toEqual(['card_ends_soon'])
  })
})

describe('the alerts', () => {
  test('tell of stays, visits and drugs elsewhere with dates alone', () => {
    const visits: VisitsKnown = {
      open: [{ facilityCode: '31002', careType: '03', arrivedAt: '2026-03-07T10:00' }],
      sameDay: [
        { facilityCode: '31002', arrivedAt: '2026-03-10T07:00' },
        { facilityCode: '01999', arrivedAt: '2026-03-10T07:30' },
      ],
      supplyUntil: ['2026-03-15', '2026-03-28'],
      decided: [],
    }
    const view = look(makeMember(), { visits })
    expect(codes(view)).toEqual(['open_stay_elsewhere', 'several_visits_that_day', 'drug_supply_left'])
    const text = JSON.stringify(view.alerts)
    expect(text).toContain('07/03/2026')
    expect(text).toContain('28/03/2026')
    expect(text).not.toContain('31002')
    for (const { message } of view.alerts) expect(message.vi !== message.en && message.vi !== '').toBe(true)
  })
  test.each([
    [1, 0, 'Ngày 10/03/2026 đã có 1 lượt khác tại đây.', 'There is one other visit on 10/03/2026, here.'],
    [2, 0, 'Ngày 10/03/2026 đã có 2 lượt khác tại đây.', 'There are 2 other visits on 10/03/2026, all of them here.'],
    [0, 1, 'Ngày 10/03/2026 đã có 1 lượt khác ở nơi khác.', 'There is one other visit on 10/03/2026, elsewhere.'],
    [0, 2, 'Ngày 10/03/2026 đã có 2 lượt khác ở nơi khác.', 'There are 2 other visits on 10/03/2026, all of them elsewhere.'],
    [
      ...[1, 1, 'Ngày 10/03/2026 đã có 2 lượt khác, trong đó 1 ở nơi khác.'],
      'There are 2 other visits on 10/03/2026, 1 of them elsewhere.',
    ],
  ] as [number, number, string, string][])(
    'count %i visits here and %i elsewhere that day as people do',
    (here, elsewhere, vi, en) => {
      const at = (facilityCode: string) => ({ facilityCode, arrivedAt: '2026-03-10T07:00' })
      const sameDay = [
        ...Array.from({ length: here }, () => at('01999')),
        ...Array.from({ length: elsewhere }, () => at('31002')),
      ]
      const view = look(makeMember(), { visits: { open: [], sameDay, supplyUntil: [], decided: [] } })
      expect(view.alerts.map(({ message }) => message)).toEqual([{ vi, en }])
    },
  )
  test('say when the visits could not be looked at', () => {
    expect(codes(look(makeMember(), { visits: undefined }))).toEqual(['visits_unknown'])
  })
})
