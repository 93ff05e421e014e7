import type { CalendarDate, Claim, ClaimCard } from '../domain/claim.ts'
import type {
  Catalogue,
  CatalogueEntry,
  Coverage,
  Facility,
  FacilityPeriod,
  Facts,
  Member,
  Referral,
  RegisterFact,
} from '../domain/facts.ts'
import { formatMoney, type Milli, type Money } from '../domain/money.ts'
import { type Rulebook, valueOn } from '../domain/rulebook.ts'

/** Rows of the hospital's own copy of the registers, where it has one. What it does not hand in is taken to agree with the claim. */
export interface OwnRegisters {
  readonly facility?: Facility
  readonly member?: Member
  readonly catalogue?: Catalogue
}

const everFrom: CalendarDate = '0001-01-01'
/** The rows speak of the claim's own day, however late it is: nothing pends for the age of a register. */
const freshAsOf: CalendarDate = '9999-12-31'

/**
 * Registers that agree with the claim, one after another from the most ordinary: the claim's cards are valid and registered as it says, the person
 * is the one named, the facility is of some level and under contract. Lists that were not handed in are not loaded, so nothing follows
 * from them (but for beds, below). What a rule finds under each of these is shown by the claim itself.
 */
export function* factsAsClaimed(claim: Claim, rulebook: Rulebook, own: OwnRegisters, receivedOn: CalendarDate): Generator<Facts> {
  const facilities = own.facility ? [own.facility] : facilityPeriods.map((period) => facilityOf(claim, period))
  const members = own.member ? [own.member] : [...membersOf(claim, rulebook)]
  const catalogues = own.catalogue ? [own.catalogue] : cataloguesOf(claim)
  for (const member of members)
    for (const [catalogue, facility] of catalogues.flatMap((one) => facilities.map((facility) => [one, facility] as const)))
      yield {
        receivedOn,
        member: known(member),
        facility: known(facility),
        visits: [],
        earlierVersion: null,
        catalogue: known(catalogue),
        relations: known([]),
        referrals: slipsOf(claim),
        practitioners: neverLoaded,
        examTables: [],
        checkIn: neverLoaded,
      }
}

/** A register that is not to hand, of which nothing follows; one that cannot be asked would pend. */
const neverLoaded = { kind: 'none', asOf: null } as const
const nothingLoaded: Catalogue = { loaded: [], entries: [] }

/**
 * No list at all; and, for a stay in several beds, the facility's beds as billed, since one bed may be paid at another's list price (PRC-13).
 * Lines that no one row could agree with leave it unloaded.
 */
function cataloguesOf({ lines, facilityCode }: Claim): readonly Catalogue[] {
  const rows = new Map<string, CatalogueEntry>()
  for (const line of lines) {
    if (line.kind !== 'bed') continue
    const known = rows.get(line.code)
    const [paymentRateBp, scope] = [line.insuredRateBp, Number(line.scope)]
    if (known !== undefined && (known.paymentRateBp !== paymentRateBp || known.scope !== scope)) return [nothingLoaded]
    const unitPriceMilli = Math.max(line.unitPriceHospitalMilli, known?.unitPriceMilli ?? 0) as Milli
    const always = {
      validFrom: everFrom,
      validTo: null,
      payableUnitPriceMilli: null,
      inPackageCap: false,
      rateLiftedForSign1: true,
    }
    rows.set(line.code, { list: 'bed', facilityCode, code: line.code, unitPriceMilli, paymentRateBp, scope, ...always })
  }
  return rows.size < 2 ? [nothingLoaded] : [nothingLoaded, { loaded: ['bed'], entries: [...rows.values()] }]
}

const known = <T>(value: T): RegisterFact<T> => ({ kind: 'known', value, asOf: freshAsOf, stale: false })

const period = (
  level: FacilityPeriod['level'],
  formerLevel: FacilityPeriod['formerLevel'],
  kind: FacilityPeriod['kind'],
  points: number | null = null,
): FacilityPeriod => ({ validFrom: everFrom, validTo: null, level, formerLevel, points, kind, contract: true })

/** One of each that the visit categories tell apart. */
const facilityPeriods: readonly FacilityPeriod[] = [
  period('specialised', 'central', 'hospital'),
  period('specialised', 'provincial', 'hospital'),
  period('basic', 'district', 'hospital'),
  period('basic', 'provincial', 'hospital'),
  period('basic', 'commune', 'hospital'),
  period('basic', 'commune', 'hospital', 60),
  period('primary', 'district', 'clinic'),
  period('primary', 'commune', 'health-station'),
]

function facilityOf({ facilityCode }: Claim, of: FacilityPeriod): Facility {
  return { code: facilityCode, name: '', province: facilityCode.slice(0, 2), periods: [of] }
}

function* membersOf(claim: Claim, rulebook: Rulebook): Generator<Member> {
  const places = claim.cards.some(({ registeredFacility }) => registeredFacility === undefined)
    ? [claim.facilityCode, elsewhere]
    : [elsewhere]
  for (const place of places) {
    yield memberOf(claim, place)
    const counted = countedForExemption(claim, rulebook)
    if (counted !== undefined) yield { ...memberOf(claim, place), copayCounted: [counted] }
  }
}
/** No facility has this code. */
const elsewhere = '-----'

function memberOf(claim: Claim, registeredPlace: string): Member {
  const { patient, cards, area, fiveYearsFrom, copayExemptFrom } = claim
  return {
    personalId: patient.personalId ?? null,
    socialInsuranceNumber: null,
    fullName: patient.fullName,
    birthDate: patient.birthDate,
    sex: patient.sex === '1' ? 'male' : patient.sex === '2' ? 'female' : 'unknown',
    deceasedOn: null,
    version: 1,
    coverages: cards.map((card) => coverageOf(card, registeredPlace, area, fiveYearsFrom ?? copayExemptFrom)),
    copayCounted: [],
  }
}

function coverageOf(
  { cardNumber, validFrom, validTo, registeredFacility }: ClaimCard,
  registeredPlace: string,
  area: string | undefined,
  fiveYearsFrom: CalendarDate | undefined,
): Coverage {
  return {
    cardNumber,
    validFrom: validFrom ?? everFrom,
    validTo: validTo ?? null,
    registeredFacility: registeredFacility ?? registeredPlace,
    fiveYearsFrom: fiveYearsFrom ?? null,
    area: area ?? null,
    status: 'active',
  }
}

/** The slip that the claim names, signed on the day and not used yet. */
function slipsOf({ referralSlip, referredFrom, facilityCode, visitCategory, arrivedAt }: Claim): Facts['referrals'] {
  if (referralSlip === undefined) return neverLoaded
  const kind = visitCategory === '1.5' ? 're-visit' : 'transfer'
  const signedAt = arrivedAt.slice(0, 10)
  const slip: Referral = {
    id: referralSlip,
    kind,
    from: referredFrom ?? '',
    to: facilityCode,
    signedAt,
    validTo: null,
    icd: [],
    usedBy: null,
  }
  return known([slip])
}

/**
 * The co-pay of the year under which the claim's own co-pay is what is left to collect: how much was counted before is the register's to say. In
 * a year with a change of the base salary all of it was counted before the change (NĐ 188 art. 18.2c).
 */
function countedForExemption(claim: Claim, rulebook: Rulebook): Member['copayCounted'][number] | undefined {
  if (claim.copayExemptFrom === undefined && claim.fiveYearsFrom === undefined) return undefined
  const endedOn = claim.endedAt.slice(0, 10)
  const newYear = `${endedOn.slice(0, 4)}-01-01`
  const { baseSalary, exemptionMonths } = rulebook.parameters
  const [base, baseBefore] = [valueOn(baseSalary, endedOn), valueOn(baseSalary, newYear)]
  const months = valueOn(exemptionMonths, endedOn)
  if (base === undefined || baseBefore === undefined || months === undefined) return undefined
  const amount =
    baseBefore === base ? months * base - claim.totals.copay : ((months * base - claim.totals.copay) * baseBefore) / base
  if (amount < 0) return undefined
  return { year: Number(newYear.slice(0, 4)), amount: formatMoney(Math.round(amount) as Money), asOf: newYear }
}
