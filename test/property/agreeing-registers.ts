import { addDays } from '../../src/domain/calendar.ts'
import type { Claim, ClaimLine } from '../../src/domain/claim.ts'
import {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueList,
  catalogueLists,
  type Facility,
  type Facts,
  type Member,
  noVisitDetails,
  type RegisterFact,
} from '../../src/domain/facts.ts'
import { type Milli, zero } from '../../src/domain/money.ts'
import { randomOf } from './random.ts'

export interface Assumed {
  readonly member: Member
  readonly facility: Facility
  /** A list was taken to be loaded. */
  readonly listed: boolean
}

/**
 * Whole registers that agree with the claim, made apart from the check's own: names with their diacritics, lists with the claim's prices and with more
 * rows beside them, other periods of the facility, other visits that touch nothing, practitioners who are registered.
 * @param assumed the facility's level and the co-pay counted this year, which are not the claim's to show
 */
export function agreeingRegisters(seed: number, claim: Claim, assumed: Assumed, receivedOn: string): Facts {
  const { member, facility, listed } = assumed
  const { pick, chance } = randomOf(seed ^ 0x27d4eb2f)
  const endedOn = claim.endedAt.slice(0, 10)
  const known = <T>(value: T): RegisterFact<T> => ({
    kind: 'known',
    value,
    asOf: addDays(endedOn, pick([0, 1, 400])),
    stale: chance(0.2),
  })
  const neverLoaded = { kind: 'none', asOf: null } as const
  return {
    receivedOn,
    member: known({
      ...member,
      fullName: member.fullName.replace('NGUYEN VAN', 'NGUYỄN VĂN').replace('THU', 'THỬ'),
      socialInsuranceNumber: '0000000001',
      version: 7,
    }),
    facility: known(withOtherPeriods(facility)),
    visits: chance(0.5) ? [] : [farVisit(addDays(claim.arrivedAt.slice(0, 10), -200))],
    earlierVersion: null,
    catalogue: chance(0.2) && !listed ? neverLoaded : known(listsOf(claim)),
    relations: known(
      chance(0.5) ? [] : [{ kind: 'includes', code: '99.0001.0001', other: 'N99', validFrom: '2010-01-01', validTo: null }],
    ),
    referrals: claim.referralSlip === undefined ? neverLoaded : known([slipOf(claim, pick([0, 1, 4]))]),
    practitioners: chance(0.3) ? neverLoaded : known(practitionersOf(claim)),
    examTables: [],
    checkIn: chance(0.5) ? neverLoaded : known({ checkInId: 'k_1', at: claim.arrivedAt, assurance: 'C3', outcome: 'admitted' }),
  }
}

function withOtherPeriods(facility: Facility): Facility {
  const [period] = facility.periods
  const ended = { ...period!, validFrom: '2000-01-01', validTo: '2014-12-31', contract: false }
  return { ...facility, periods: [ended, period!] }
}

/** At another place, paid, and long gone. */
const farVisit = (on: string): Facts['visits'][number] => ({
  claimId: 'c_far',
  facilityCode: '31007',
  careType: '01',
  arrivedAt: `${on}T08:00`,
  endedAt: `${on}T09:00`,
  outcome: 'accept',
  copayCounted: zero,
  details: { ...noVisitDetails, category: '1.1' },
})

const slipOf = ({ referralSlip, referredFrom, facilityCode, visitCategory, arrivedAt }: Claim, daysAgo: number) => ({
  id: referralSlip!,
  kind: visitCategory === '1.5' ? ('re-visit' as const) : ('transfer' as const),
  from: referredFrom ?? '',
  to: facilityCode,
  signedAt: addDays(arrivedAt.slice(0, 10), -daysAgo),
  validTo: null,
  icd: [],
  usedBy: null,
})

const practitionersOf = ({ lines, facilityCode }: Claim) =>
  [...new Set(lines.flatMap(({ orderedBy, performedBy }) => [...orderedBy, ...performedBy]))]
    .sort()
    .map((code) => ({ code, facilityCode, scopes: [], validFrom: '2000-01-01', validTo: null }))

const listOf = ({ kind }: ClaimLine): CatalogueList => (kind === 'drug' || kind === 'supply' || kind === 'bed' ? kind : 'service')

/** Rows with which every line of their code agrees; a list about which two lines disagree cannot agree with both and is not loaded. */
function listsOf({ lines }: Claim): Catalogue {
  const rows = new Map<string, CatalogueEntry>()
  const torn = new Set<CatalogueList>()
  for (const line of lines) {
    const entry = entryOf(line)
    const key = `${entry.list} ${entry.code}`
    const known = rows.get(key)
    if (known === undefined) rows.set(key, entry)
    else if (
      known.paymentRateBp !== entry.paymentRateBp ||
      known.scope !== entry.scope ||
      known.inPackageCap !== entry.inPackageCap
    )
      torn.add(entry.list)
    else if (known.unitPriceMilli < entry.unitPriceMilli) rows.set(key, entry)
  }
  const entries = [...rows.values()].flatMap((entry) => [
    entry,
    { ...entry, validFrom: '2000-01-01', validTo: '2014-12-31', unitPriceMilli: 1 as Milli },
  ])
  return { loaded: catalogueLists.filter((list) => !torn.has(list)), entries }
}

const entryOf = (line: ClaimLine): CatalogueEntry => ({
  list: listOf(line),
  facilityCode: '01999',
  code: line.code,
  unitPriceMilli: line.unitPriceHospitalMilli,
  payableUnitPriceMilli: null,
  paymentRateBp: line.insuredRateBp,
  rateLiftedForSign1: true,
  scope: Number(line.scope),
  inPackageCap: line.kind === 'supply' && line.supplyPackage !== undefined,
  validFrom: '2015-01-01',
  validTo: null,
})
