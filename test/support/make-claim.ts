import type { Amounts, Claim, ClaimLine, Totals } from '../../src/domain/claim.ts'
import {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueList,
  type Coverage,
  catalogueLists,
  type Facility,
  type FacilityPeriod,
  type Facts,
  type Member,
  type RegisterFact,
} from '../../src/domain/facts.ts'
import { amountOf, type Money, parseMilli, parseMoney, parseRate, shareOf, subtract, zero } from '../../src/domain/money.ts'

/** Synthetic claims and registers. Nobody here exists. */

export const noAmounts: Amounts = {
  hospitalAmount: zero,
  insuredAmount: zero,
  fundPays: zero,
  copay: zero,
  selfPays: zero,
  otherSources: zero,
}

export interface LineInput {
  readonly table?: 'XML2' | 'XML3'
  readonly stt?: number
  readonly group?: string
  readonly code?: string
  readonly supplyCode?: string
  readonly scope?: '1' | '2' | '3'
  readonly quantity?: string
  readonly price?: string
  /** Where it differs from the hospital's price. */
  readonly insuredPrice?: string
  readonly serviceRate?: string
  readonly listRate?: string
  /** `MUC_HUONG` */
  readonly rate?: string
  readonly other?: string
  readonly amounts?: Partial<Readonly<Record<keyof Amounts, string>>>
  readonly orderedAt?: string
  readonly performedAt?: string
  readonly paymentMethod?: string
  readonly fundingSource?: string
  /** `MA_DICH_VU` of the technique that a supply or drug was used in. */
  readonly serviceCode?: string
  readonly name?: string
  readonly resultAt?: string
  readonly orderedBy?: readonly string[]
  readonly performedBy?: readonly string[]
  readonly departments?: readonly string[]
  readonly beds?: readonly string[]
  /** `GOI_VTYT` */
  readonly supplyPackage?: string
  readonly tender?: string
  readonly icd?: readonly string[]
  readonly anaesthesia?: string
}

const kindOfGroup: Readonly<Record<string, ClaimLine['kind']>> = {
  '10': 'supply',
  '11': 'supply',
  '12': 'transport',
  '13': 'exam',
  '14': 'bed',
  '15': 'bed',
  '16': 'bed',
}

/** A line whose claimed amounts follow from its own factors, unless `amounts` says otherwise. */
export function makeLine(input: LineInput = {}): ClaimLine {
  const table = input.table ?? 'XML3'
  const quantityMilli = parseMilli(input.quantity ?? '1')
  const unitPriceHospitalMilli = parseMilli(input.price ?? '1000000')
  const unitPriceInsuredMilli = parseMilli(input.insuredPrice ?? input.price ?? '1000000')
  const serviceRateBp = parseRate(input.serviceRate ?? '100')
  const scope = input.scope ?? '1'
  const insuredRateBp = parseRate(input.listRate ?? (scope === '2' ? '0' : '100'))
  const benefitRateBp = parseRate(input.rate ?? '80')
  const hospitalAmount = amountOf(quantityMilli, unitPriceHospitalMilli, serviceRateBp)
  const insuredAmount = amountOf(quantityMilli, unitPriceInsuredMilli, serviceRateBp, insuredRateBp)
  const fundPays = shareOf(insuredAmount, benefitRateBp)
  const computed: Amounts = {
    hospitalAmount,
    insuredAmount,
    fundPays,
    copay: subtract(insuredAmount, fundPays),
    selfPays: subtract(hospitalAmount, insuredAmount),
    otherSources: parseMoney(input.other ?? '0'),
  }
  const given = Object.entries(input.amounts ?? {}).map(([key, text]) => [key, parseMoney(text)] as const)
  const amounts: Amounts = { ...computed, ...Object.fromEntries(given) }
  const group = input.group ?? (table === 'XML2' ? '4' : '8')
  return {
    table,
    stt: input.stt ?? 1,
    kind: table === 'XML2' ? 'drug' : input.supplyCode !== undefined ? 'supply' : (kindOfGroup[group] ?? 'service'),
    costGroup: group,
    code: input.code ?? input.supplyCode ?? '10.0001.0000',
    serviceCode:
      input.serviceCode ?? (table === 'XML3' && input.supplyCode === undefined ? (input.code ?? '10.0001.0000') : undefined),
    supplyCode: input.supplyCode,
    name: input.name,
    scope,
    quantityMilli,
    unitPriceHospitalMilli,
    unitPriceInsuredMilli,
    serviceRateBp,
    insuredRateBp,
    benefitRateBp,
    amounts,
    otherSourceParts: { stateBudget: zero, foreignAid: zero, domesticAid: zero, rest: amounts.otherSources },
    ceiling: undefined,
    orderedAt: input.orderedAt ?? '2026-03-10T08:30',
    performedAt: input.performedAt ?? input.orderedAt ?? '2026-03-10T08:30',
    resultAt: input.resultAt,
    orderedBy: input.orderedBy ?? [],
    performedBy: input.performedBy ?? [],
    departments: input.departments ?? [],
    beds: input.beds ?? [],
    supplyPackage: input.supplyPackage,
    tender: input.tender,
    paymentMethod: input.paymentMethod ?? '1',
    fundingSource: input.fundingSource ?? (table === 'XML2' ? '1' : undefined),
    icd: input.icd ?? [],
    anaesthesia: input.anaesthesia,
    machine: undefined,
  }
}

/** The header sums of lines, on the claimed amounts, written down once more and apart from the engine. */
export function totalsOf(lines: readonly ClaimLine[]): Totals {
  const sum = (pick: (line: ClaimLine) => number) => lines.reduce((total, line) => total + pick(line), 0) as Money
  return {
    drugs: sum((line) => (line.table === 'XML2' ? line.amounts.hospitalAmount : 0)),
    supplies: sum((line) => (line.table === 'XML3' && line.supplyCode !== undefined ? line.amounts.hospitalAmount : 0)),
    hospitalAmount: sum((line) => line.amounts.hospitalAmount),
    insuredAmount: sum((line) => line.amounts.insuredAmount),
    fundPays: sum((line) => line.amounts.fundPays),
    copay: sum((line) => line.amounts.copay),
    selfPays: sum((line) => line.amounts.selfPays),
    otherSources: sum((line) => line.amounts.otherSources),
    feeForService: sum((line) => (line.paymentMethod === '1' ? line.amounts.fundPays : 0)),
  }
}

/** An outpatient visit of sample 01's member at the registered place. */
export function makeClaim(overrides: Partial<Claim> = {}): Claim {
  const lines = overrides.lines ?? [makeLine()]
  return {
    facilityCode: '01999',
    encounterId: 'TN-1000',
    release: '3176',
    patient: { fullName: 'NGUYEN VAN THU A', personalId: '001000000001', birthDate: '1985-01-01', sex: '1' },
    cards: [{ cardNumber: 'DN4010000000001', registeredFacility: '01999', validFrom: '2026-01-01', validTo: '2026-12-31' }],
    area: undefined,
    visitCategory: '1.1',
    careType: '01',
    arrivedAt: '2026-03-10T08:00',
    admittedAt: undefined,
    endedAt: '2026-03-10T10:30',
    paidAt: '2026-03-10T10:40',
    icdMain: 'J02.9',
    icdOther: [],
    referralSlip: undefined,
    referredFrom: undefined,
    referredTo: undefined,
    outcome: '2',
    dischargeType: '1',
    treatmentDays: 0,
    note: undefined,
    accident: undefined,
    copayExemptFrom: undefined,
    fiveYearsFrom: undefined,
    totals: totalsOf(lines),
    results: [],
    strayRows: [],
    rowCounts: { XML1: 1, XML3: lines.length },
    ...overrides,
    lines,
  }
}

export function makeCoverage(overrides: Partial<Coverage> = {}): Coverage {
  return {
    cardNumber: 'DN4010000000001',
    validFrom: '2026-01-01',
    validTo: '2026-12-31',
    registeredFacility: '01999',
    fiveYearsFrom: '2027-01-01',
    area: null,
    status: 'active',
    ...overrides,
  }
}

export function makeMember(overrides: Partial<Member> = {}): Member {
  return {
    personalId: '001000000001',
    socialInsuranceNumber: '0000000001',
    fullName: 'NGUYỄN VĂN THỬ A',
    birthDate: '1985-01-01',
    sex: 'male',
    deceasedOn: null,
    version: 1,
    coverages: [makeCoverage()],
    copayCounted: [],
    ...overrides,
  }
}

export function makeFacility(period: Partial<FacilityPeriod> = {}): Facility {
  return {
    code: '01999',
    name: 'Bệnh viện thử nghiệm',
    province: '01',
    periods: [
      {
        validFrom: '2015-01-01',
        validTo: null,
        level: 'specialised',
        formerLevel: 'central',
        points: null,
        kind: 'hospital',
        contract: true,
        ...period,
      },
    ],
  }
}

export function known<T>(value: T, asOf = '2026-03-31'): RegisterFact<T> {
  return { kind: 'known', value, asOf, stale: false }
}

/** A register of which nothing was ever imported: its rules stay silent. */
export const nothingLoaded = { kind: 'none', asOf: null } as const

export function makeFacts(overrides: Partial<Facts> = {}): Facts {
  return {
    receivedOn: '2026-03-10',
    member: known(makeMember()),
    facility: known(makeFacility()),
    visits: [],
    earlierVersion: null,
    catalogue: nothingLoaded,
    relations: nothingLoaded,
    referrals: nothingLoaded,
    practitioners: nothingLoaded,
    examTables: [],
    checkIn: nothingLoaded,
    ...overrides,
  }
}

/** A row of the facility's lists; prices and rates as decimal text. */
export interface EntryInput {
  readonly list?: CatalogueList
  readonly code: string
  readonly unitPrice?: string
  readonly payableUnitPrice?: string
  readonly paymentRate?: string
  readonly rateLiftedForSign1?: boolean
  readonly scope?: number
  readonly inPackageCap?: boolean
  readonly everyFacility?: boolean
  readonly validFrom?: string
  readonly validTo?: string | null
}

export function makeEntry(input: EntryInput): CatalogueEntry {
  return {
    list: input.list ?? 'service',
    facilityCode: input.everyFacility ? null : '01999',
    code: input.code,
    unitPriceMilli: parseMilli(input.unitPrice ?? '1000000'),
    payableUnitPriceMilli: input.payableUnitPrice === undefined ? null : parseMilli(input.payableUnitPrice),
    paymentRateBp: parseRate(input.paymentRate ?? '100'),
    rateLiftedForSign1: input.rateLiftedForSign1 ?? false,
    scope: input.scope ?? 1,
    inPackageCap: input.inPackageCap ?? false,
    validFrom: input.validFrom ?? '2015-01-01',
    validTo: input.validTo ?? null,
  }
}

/** A catalogue whose loaded lists are those of its entries and the ones named. */
export function makeCatalogue(entries: readonly EntryInput[], alsoLoaded: readonly CatalogueList[] = []): Catalogue {
  const made = entries.map(makeEntry)
  const lists = new Set([...alsoLoaded, ...made.map(({ list }) => list)])
  return { loaded: catalogueLists.filter((list) => lists.has(list)), entries: made }
}
