import { addDays } from '../../src/domain/calendar.ts'
import type { Claim, ClaimLine } from '../../src/domain/claim.ts'
import {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueList,
  catalogueLists,
  type ExamTable,
  type Facts,
  type Member,
  noVisitDetails,
  type Practitioner,
  type Referral,
  type RegisterFact,
  type Relation,
  type Visit,
} from '../../src/domain/facts.ts'
import { fullRate, type Milli, parseMoney, parseRate } from '../../src/domain/money.ts'
import { makeCoverage, makeFacility, makeFacts, makeMember } from '../support/make-claim.ts'
import type { AnyVisit } from './any-visit.ts'
import { type Random, randomOf } from './random.ts'

/** What the registers say of a visit: mostly what the claim says, sometimes not, sometimes nothing. The same seed always makes the same. */
export function anyRegisters({ seed, claim, facility }: AnyVisit): Facts {
  const random = randomOf(seed ^ 0x5bd1e995, Math.floor(seed / 6))
  const { pick, chance, wrong } = random
  const asOf = wrong(0.1) ? '2014-01-01' : '2027-12-31'
  const fact = <T>(value: T, silent = 0.06): RegisterFact<T> => {
    if (wrong(silent)) return chance(0.5) ? { kind: 'unavailable' } : { kind: 'none', asOf: chance(0.8) ? asOf : null }
    return { kind: 'known', value, asOf, stale: chance(0.05) }
  }
  const endedOn = claim.endedAt.slice(0, 10)
  const place = !wrong(0.15)
    ? facility
    : { level: pick(['primary', 'basic', 'specialised'] as const), formerLevel: null, points: 60 }
  return makeFacts({
    receivedOn: addDays(endedOn, pick([0, 1, 3, 40])),
    member: fact(anyMember(random, claim)),
    facility: fact(makeFacility({ ...place, contract: !wrong(0.03), ...(wrong(0.02) ? { validFrom: '2030-01-01' } : {}) })),
    visits: anyEarlierVisits(random, claim),
    earlierVersion: !wrong(0.08) ? null : { version: 1, fundClaimed: parseMoney(pick(['0', '999999999'])) },
    catalogue: fact(anyCatalogue(random, claim)),
    relations: fact(anyRelations(random, claim)),
    referrals: fact(anySlips(random, claim), 0.3),
    practitioners: fact(anyPractitioners(random, claim)),
    examTables: anyTables(random, claim),
    checkIn: fact(
      { checkInId: 'k_1', at: wrong(0.1) ? `${endedOn}T06:00` : claim.arrivedAt, assurance: 'C2', outcome: 'admitted' } as const,
      0.3,
    ),
  })
}

function anyMember({ pick, chance, wrong }: Random, claim: Claim): Member {
  const endedOn = claim.endedAt.slice(0, 10)
  const year = Number(endedOn.slice(0, 4))
  const { patient } = claim
  const coverages = claim.cards.flatMap(({ cardNumber, registeredFacility, validFrom, validTo }) => {
    if (wrong(registeredFacility === '01000' ? 0.3 : 0.05)) return []
    const coverage = makeCoverage({
      cardNumber,
      registeredFacility: registeredFacility ?? '01999',
      validFrom: validFrom ?? '2010-01-01',
      validTo: validTo ?? null,
      fiveYearsFrom: claim.fiveYearsFrom ?? pick([null, '2015-01-01', '2015-01-01', addDays(endedOn, 1)]),
      area: claim.area ?? null,
      status: !wrong(0.08) ? 'active' : pick(['withdrawn', 'held', 'replaced'] as const),
    })
    return [coverage]
  })
  const own =
    claim.cards.length === 0 || chance(0.1)
      ? [makeCoverage({ cardNumber: 'HN2010000000001', validFrom: '2010-01-01', validTo: '2035-12-31' })]
      : []
  return makeMember({
    personalId: patient.personalId ?? '001000000001',
    fullName: !wrong(0.04) ? 'NGUYỄN VĂN THỬ A' : 'TRẦN THỊ THỬ B',
    birthDate: !wrong(0.04) ? patient.birthDate : '1970-01-01',
    sex: patient.sex === '1' ? 'male' : patient.sex === '2' ? 'female' : 'unknown',
    deceasedOn: !wrong(0.03) ? null : addDays(endedOn, -pick([0, 1, 2])),
    coverages: [...coverages, ...own],
    copayCounted: chance(0.6)
      ? []
      : [
          {
            year,
            amount: pick(['0.00', '7000000.00', '13900000.00', '15100000.25']),
            asOf: `${year}-${pick(['01-01', '05-31', '08-31'])}`,
          },
        ],
  })
}

/** What the member was treated for before: co-pay of the year, a stay that overlaps, an exam on the same day, drugs that suffice. */
function anyEarlierVisits({ int, pick, chance, wrong }: Random, claim: Claim): readonly Visit[] {
  const arrivedOn = claim.arrivedAt.slice(0, 10)
  const visits: Visit[] = []
  for (let count = wrong(0.5) ? pick([1, 1, 2, 6]) : 0; count > 0; count--) {
    const from = addDays(arrivedOn, -pick([0, 0, 1, 3, 7, 29]))
    const stay = chance(0.25)
    const drug = claim.lines.find(({ kind }) => kind === 'drug')
    const exams = [{ at: `${from}T06:00`, code: '02.1897', unitPriceMilli: 50_600_000 as Milli }]
    visits.push({
      claimId: `c_earlier${count}`,
      facilityCode: chance(0.5) ? claim.facilityCode : pick(['79001', '01001', '31007']),
      careType: stay ? '03' : '01',
      arrivedAt: `${from}T05:30`,
      endedAt: stay ? `${addDays(from, int(0, 4))}T11:00` : `${from}T06:10`,
      outcome: 'accept',
      copayCounted: parseMoney(pick(['0', '120000.5', '9000000'])),
      details: {
        ...noVisitDetails,
        category: chance(0.5) ? claim.visitCategory : '1.1',
        slip: chance(0.5) ? (claim.referralSlip ?? null) : null,
        exams: stay ? [] : exams.slice(0, int(0, 1)),
        supply: drug === undefined || chance(0.5) ? [] : [{ code: drug.code, until: addDays(arrivedOn, pick([-1, 0, 5])) }],
      },
    })
  }
  return visits.sort((a, b) => (a.endedAt + a.claimId < b.endedAt + b.claimId ? -1 : 1))
}

const listOf = ({ kind }: ClaimLine): CatalogueList => (kind === 'drug' || kind === 'supply' || kind === 'bed' ? kind : 'service')

function anyCatalogue(random: Random, claim: Claim): Catalogue {
  const { chance, wrong } = random
  const seen = new Map<string, ClaimLine>()
  for (const line of claim.lines) {
    const known = seen.get(`${listOf(line)} ${line.code}`)
    if (known === undefined || known.unitPriceHospitalMilli < line.unitPriceHospitalMilli)
      seen.set(`${listOf(line)} ${line.code}`, line)
  }
  const entries = [...seen.values()].flatMap((line) => (wrong(0.05) ? [] : anyEntries(random, line)))
  return { loaded: catalogueLists.filter(() => chance(0.85)), entries }
}

function anyEntries({ pick, chance, wrong }: Random, line: ClaimLine): readonly CatalogueEntry[] {
  const price = line.unitPriceHospitalMilli
  const lifted = chance(0.5)
  const entry: CatalogueEntry = {
    list: listOf(line),
    facilityCode: chance(0.7) ? '01999' : null,
    code: line.code,
    unitPriceMilli: (wrong(0.1) ? Math.floor(price / 2) : price) as Milli,
    payableUnitPriceMilli:
      line.unitPriceInsuredMilli < price ? line.unitPriceInsuredMilli : !wrong(0.1) ? null : (Math.floor(price / 3) as Milli),
    paymentRateBp: !wrong(0.08) ? (line.scope === '2' ? fullRate : line.insuredRateBp) : parseRate(pick(['50', '30', '100'])),
    rateLiftedForSign1: lifted,
    scope: !wrong(0.04) ? Number(line.scope) : pick([1, 2, 3]),
    inPackageCap: line.kind === 'supply' && line.insuredRateBp === fullRate && chance(0.8),
    validFrom: '2015-01-01',
    validTo: !wrong(0.05) ? null : pick(['2016-04-30', '2024-12-31']),
  }
  const later = {
    ...entry,
    validFrom: addDays(entry.validTo ?? '2030-01-01', 1),
    validTo: null,
    unitPriceMilli: (price * 2) as Milli,
  }
  return entry.validTo === null || chance(0.5) ? [entry] : [entry, later]
}

/** Supplies inside a technique, steps of a technique, a technique paid at another's price. */
function anyRelations({ pick, chance, wrong }: Random, { lines }: Claim): readonly Relation[] {
  const always = { validFrom: '2015-01-01', validTo: null }
  const techniques = [
    ...new Set(lines.flatMap(({ kind, serviceCode }) => (kind === 'service' && serviceCode !== undefined ? [serviceCode] : []))),
  ]
  const supplies = [...new Set(lines.flatMap(({ supplyCode }) => supplyCode ?? []))]
  const found: Relation[] = []
  if (techniques.length > 0 && supplies.length > 0 && wrong(0.2))
    found.push({ kind: 'includes', code: chance(0.7) ? '10.0555.0494' : pick(techniques), other: pick(supplies), ...always })
  if (techniques.length > 1 && wrong(0.2)) found.push({ kind: 'step-of', code: techniques[0]!, other: techniques[1]!, ...always })
  if (techniques.length > 0 && wrong(0.15))
    found.push({ kind: 'priced-as', code: pick(techniques), other: '18.0001.0001', ...always })
  return found.sort((a, b) => (`${a.kind} ${a.code} ${a.other}` < `${b.kind} ${b.code} ${b.other}` ? -1 : 1))
}

function anySlips({ pick, wrong }: Random, claim: Claim): readonly Referral[] {
  if (claim.referralSlip === undefined || wrong(0.15)) return []
  const arrivedOn = claim.arrivedAt.slice(0, 10)
  const kind = claim.visitCategory === '1.5' ? 're-visit' : pick(['transfer', 'transfer', 'one-year'] as const)
  const signedAt = addDays(arrivedOn, -(wrong(0.3) ? pick([20, 400]) : pick([0, 3, 5])))
  return [
    {
      id: claim.referralSlip,
      kind,
      from: !wrong(0.08) ? '79999' : '01001',
      to: !wrong(0.08) ? claim.facilityCode : '79001',
      signedAt,
      validTo: pick([null, addDays(signedAt, 14), addDays(signedAt, 365)]),
      icd: !wrong(0.3) ? [] : [pick([claim.icdMain, 'I10'])],
      usedBy: !wrong(0.15) ? null : pick([claim.encounterId, 'TN-other']),
    },
  ]
}

function anyPractitioners({ wrong }: Random, { lines, facilityCode }: Claim): readonly Practitioner[] {
  const named = [...new Set(lines.flatMap(({ orderedBy, performedBy }) => [...orderedBy, ...performedBy]))].sort()
  return named.flatMap((code) =>
    wrong(0.1)
      ? []
      : [
          {
            code,
            facilityCode: !wrong(0.05) ? facilityCode : '79001',
            scopes: [],
            validFrom: '2010-01-01',
            validTo: wrong(0.1) ? '2020-01-01' : null,
          },
        ],
  )
}

function anyTables({ pick, wrong }: Random, { lines, arrivedAt }: Claim): readonly ExamTable[] {
  const on = arrivedAt.slice(0, 10)
  const people = [
    ...new Set(lines.flatMap(({ kind, performedBy, orderedBy }) => (kind === 'exam' ? [...performedBy, ...orderedBy] : []))),
  ].sort()
  return people.flatMap((practitioner) => (wrong(0.3) ? [{ practitioner, on, before: pick([1, 63, 64, 65, 70]) }] : []))
}
