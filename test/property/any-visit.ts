import { addDays } from '../../src/domain/calendar.ts'
import type { Claim, ClaimCard, Release } from '../../src/domain/claim.ts'
import type { FacilityPeriod } from '../../src/domain/facts.ts'
import { makeClaim, totalsOf } from '../support/make-claim.ts'
import { anyLines } from './any-lines.ts'
import { type Random, randomOf } from './random.ts'

/** How a visit came about, from which the registers of `any-registers.ts` follow. */
export interface AnyVisit {
  readonly seed: number
  readonly claim: Claim
  /** What the facility is, where the category is claimed rightly. */
  readonly facility: Partial<FacilityPeriod>
}

/** Days on both sides of every change of the law since 2016. */
const boundaries = [
  '2016-04-30',
  '2016-05-01',
  '2017-06-30',
  '2017-07-01',
  '2018-06-30',
  '2018-07-01',
  '2018-11-30',
  '2018-12-01',
  '2019-07-01',
  '2020-12-31',
  '2021-01-01',
  '2023-06-30',
  '2023-07-01',
  '2024-06-30',
  '2024-07-01',
  '2024-12-31',
  '2025-01-01',
  '2025-06-30',
  '2025-07-01',
  '2025-12-31',
  '2026-01-01',
  '2026-06-30',
  '2026-07-01',
]
const cardGroups = ['DN4', 'GD4', 'HS4', 'HT3', 'BT2', 'HN2', 'TE1', 'CC1', 'QN5', 'CA5', 'CN3', 'LH4']
const rateOfSign: Readonly<Record<string, string>> = { '1': '100', '2': '100', '3': '95', '4': '80', '5': '100' }
const icds = ['J02.9', 'I10', 'K35.8', 'E11', 'C50', 'I21.0', 'S06.0', 'O80', 'N18.5', 'D66']

interface Route {
  readonly category: string
  readonly facility: Partial<FacilityPeriod>
  readonly at: 'home' | 'away'
  readonly slip?: true
  readonly stay?: boolean
  readonly area?: string
}
const central = { level: 'specialised', formerLevel: 'central', kind: 'hospital' } as const
const provincial = { level: 'specialised', formerLevel: 'provincial', kind: 'hospital' } as const
const district = { level: 'basic', formerLevel: 'district', kind: 'hospital' } as const
const basicFormerProvincial = { level: 'basic', formerLevel: 'provincial', kind: 'hospital' } as const
const basic = { level: 'basic', formerLevel: 'commune', kind: 'hospital', points: 40 } as const
const station = { level: 'primary', formerLevel: 'commune', kind: 'health-station' } as const
const clinic = { level: 'primary', formerLevel: 'district', kind: 'clinic' } as const

/** Categories with facts that give them: until 2024 (Law 46/2014) and since (Law 51/2024). */
const until2024: readonly Route[] = [
  { category: '1', facility: district, at: 'home' },
  { category: '1.1', facility: central, at: 'home' },
  { category: '1.1', facility: station, at: 'home' },
  { category: '1.3', facility: central, at: 'away', slip: true },
  { category: '2', facility: provincial, at: 'away' },
  { category: '3', facility: provincial, at: 'away' },
  { category: '3', facility: clinic, at: 'away' },
  { category: '3.1', facility: central, at: 'away' },
  { category: '3.2', facility: provincial, at: 'away', stay: true },
  { category: '3.3', facility: district, at: 'away' },
  { category: '3.6', facility: provincial, at: 'away', stay: true, area: 'K2' },
]
const since2025: readonly Route[] = [
  { category: '1.1', facility: district, at: 'home' },
  { category: '1.1', facility: central, at: 'home' },
  { category: '1.2', facility: station, at: 'home' },
  { category: '1.3', facility: central, at: 'away', slip: true },
  { category: '1.5', facility: provincial, at: 'away', slip: true },
  { category: '1.7', facility: central, at: 'away' },
  { category: '1.11', facility: clinic, at: 'away' },
  { category: '1.12', facility: basic, at: 'away', stay: false },
  { category: '1.13', facility: { ...basic, points: 60 }, at: 'away', stay: false },
  { category: '1.14', facility: basicFormerProvincial, at: 'away', stay: false },
  { category: '1.15', facility: basicFormerProvincial, at: 'away', stay: true },
  { category: '1.16', facility: basic, at: 'away' },
  { category: '1.17', facility: central, at: 'away' },
  { category: '1.18', facility: provincial, at: 'away', stay: false },
  { category: '2', facility: central, at: 'away' },
  { category: '3.1', facility: central, at: 'away' },
  { category: '3.2', facility: provincial, at: 'away', stay: true },
  { category: '3.3', facility: district, at: 'away' },
  { category: '3.6', facility: provincial, at: 'away', stay: true, area: 'K1' },
  { category: '7', facility: district, at: 'home', stay: false },
]
const oddCategories = ['8', '9', '10', '7.2', '42', '3.4', '1.4']

/** A claim of any kind, right or wrong, of 2016 to 2026. The same seed always makes the same one. */
export function anyVisit(seed: number): AnyVisit {
  const random = randomOf(seed)
  const { int, pick, chance, wrong } = random
  const endedOn = chance(0.5) ? pick(boundaries) : addDays('2016-01-01', int(0, 4017))
  const route = pick(endedOn < '2025-01-01' ? until2024 : since2025)
  const stay = route.stay ?? chance(0.4)
  const days = stay ? pick([0, 1, 2, 3, 5, 9, 16, 24]) : 0
  const arrivedAt = `${addDays(endedOn, -days)}T${pick(['06:30', '07:00', '07:15'])}`
  const endedAt = `${endedOn}T${stay ? pick(['10:00', '16:30', '23:00']) : pick(['11:00', '17:00'])}`
  const cards = anyCards(random, arrivedAt.slice(0, 10), endedOn, route.at === 'home' ? '01999' : '79999')
  const sign = cards[0]?.cardNumber.slice(2, 3) ?? '4'
  const rate = !wrong(0.2) ? (rateOfSign[sign] ?? '80') : pick(['100', '95', '80', '40', '32', '47.5', '0'])
  const lines = anyLines(random, { arrivedAt, endedAt, days, inpatient: stay, rate })
  const totals = totalsOf(lines)
  const listed = route.category === '1.17'
  const claim = makeClaim({
    encounterId: `TN-${seed}`,
    release: releaseOf(endedOn),
    patient: {
      fullName: 'NGUYEN VAN THU A',
      personalId: chance(0.9) ? '001000000001' : undefined,
      birthDate: pick(['1985-01-01', '1985', '1950-07', addDays(endedOn, -40), addDays(endedOn, -1500)]),
      sex: pick(['1', '1', '2', '3']),
    },
    cards,
    area: route.area,
    visitCategory: wrong(0.1) ? pick(oddCategories) : route.category,
    careType: stay
      ? pick(['03', '03', '03', '04', '09'])
      : pick(wrong(0.05) ? ['99'] : ['01', '01', '01', '02', '05', '07', '08']),
    arrivedAt,
    admittedAt: stay ? arrivedAt : undefined,
    endedAt,
    paidAt: chance(0.95) ? `${endedOn}T23:30` : undefined,
    icdMain: listed ? pick(['C50', 'D66']) : wrong(0.05) ? 'Z00.0' : pick(icds),
    icdOther: chance(0.3) ? [pick(icds)] : [],
    referralSlip: route.slip && !wrong(0.05) ? 'GCT-0001' : undefined,
    referredFrom: route.slip ? '79999' : undefined,
    referredTo: chance(0.2) ? '79001' : undefined,
    outcome: pick(['1', '2', '2', '3', '4', '5', '6']),
    dischargeType: pick(['1', '1', '2', '4']),
    treatmentDays: days,
    note: route.category === '2' && !wrong(0.2) ? 'Cấp cứu' : chance(0.2) ? 'Ghi chú' : undefined,
    accident: chance(0.05) ? '1' : undefined,
    copayExemptFrom: wrong(0.05) ? arrivedAt.slice(0, 10) : undefined,
    fiveYearsFrom: chance(0.1) ? '2015-03-01' : undefined,
    lines,
    totals: !wrong(0.03) ? totals : { ...totals, fundPays: (totals.fundPays + 5_000_000) as typeof totals.fundPays },
    results: lines.flatMap(({ serviceCode, costGroup, resultAt }) =>
      serviceCode !== undefined && (costGroup === '1' || costGroup === '2') && !wrong(0.1) ? [{ serviceCode, at: resultAt }] : [],
    ),
    strayRows: wrong(0.01) ? [{ table: 'XML2', stt: 1 }] : [],
    rowCounts: { XML1: 1, XML3: lines.length },
  })
  return { seed, claim, facility: route.facility }
}

const releaseOf = (endedOn: string): Release => (endedOn < '2025-01-01' ? '4750' : endedOn < '2026-07-01' ? '3176' : '1931')

/** One card, or several that follow one another; some expire or begin within the stay. */
function anyCards(
  { pick, chance, wrong }: Random,
  arrivedOn: string,
  endedOn: string,
  registeredFacility: string,
): readonly ClaimCard[] {
  const card = (validFrom: string | undefined, validTo: string | undefined, number: string): ClaimCard => ({
    cardNumber: `${wrong(0.05) ? 'ZZ9' : pick(cardGroups)}01${number}`,
    registeredFacility: wrong(0.05) ? undefined : registeredFacility,
    validFrom,
    validTo,
  })
  const year = endedOn.slice(0, 4)
  const drawn = pick(['one', 'one', 'one', 'one', 'one', 'open', 'expires', 'changes', 'three', 'none', 'bare'] as const)
  if (drawn === 'none' && chance(0.5)) return []
  if (wrong(0.03))
    return [
      {
        ...card('2010-01-01', `${endedOn.slice(0, 4)}-12-31`, '0000000001'),
        cardNumber: 'TE1010000000001',
        registeredFacility: '01000',
      },
    ]
  if (drawn === 'open') return [card(undefined, undefined, '0000000001')]
  if (drawn === 'bare' && wrong(0.5)) return [{ ...card(undefined, undefined, '0000000001'), cardNumber: '0000000001' }]
  if (drawn === 'expires') return [card('2010-01-01', addDays(endedOn, -pick([1, 2, 16])), '0000000001')]
  const middle = addDays(arrivedOn, pick([0, 1, 4]))
  if (drawn === 'changes')
    return [card('2010-01-01', middle, '0000000001'), card(addDays(middle, 1), `${year}-12-31`, '0000000001')]
  if (drawn === 'three')
    return ['0000000001', '0000000002', '0000000003'].map((number) => card(`${year}-01-01`, `${year}-12-31`, number))
  return [card('2010-01-01', `${year}-12-31`, '0000000001')]
}
