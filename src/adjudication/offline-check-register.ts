import type { Claim } from '../domain/claim.ts'
import { type Catalogue, type CatalogueEntry, catalogueLists, type Facility, type Member } from '../domain/facts.ts'
import { parseMilli, parseMoney, parseRate } from '../domain/money.ts'
import type { OwnRegisters } from './offline-check-facts.ts'
import { RegisterRowInvalid, type RegisterRows } from './offline-check-shapes.ts'

/** Picks of the rows those that a claim is about; a person or facility that is not among them counts as not handed in. */
export type FindOwn = (claim: Claim) => OwnRegisters

/** @throws RegisterRowInvalid */
export function createFindOwn({ facilities = [], members = [], catalogue = [] }: RegisterRows): FindOwn {
  const facilityOf = new Map(rowsOf('facility', facilities, readFacility).map((facility) => [facility.code, facility]))
  const people = rowsOf('member', members, readMember)
  const entries = rowsOf('catalogue', catalogue, readEntry)
  const entriesOf = new Map<string, CatalogueEntry[]>()
  for (const entry of entries) {
    const known = entriesOf.get(entry.code)
    if (known) known.push(entry)
    else entriesOf.set(entry.code, [entry])
  }
  return (claim) => {
    const facility = facilityOf.get(claim.facilityCode)
    const member = people.find((one) => isAbout(claim, one))
    const own = entries.length === 0 ? undefined : catalogueOf(claim, entries, entriesOf)
    return { ...(facility && { facility }), ...(member && { member }), ...(own && { catalogue: own }) }
  }
}

function catalogueOf(
  { facilityCode, lines }: Claim,
  entries: readonly CatalogueEntry[],
  entriesOf: ReadonlyMap<string, readonly CatalogueEntry[]>,
): Catalogue {
  const isOurs = (entry: CatalogueEntry) => entry.facilityCode === null || entry.facilityCode === facilityCode
  const codes = new Set(lines.flatMap(({ code, serviceCode, supplyCode }) => [code, serviceCode ?? code, supplyCode ?? code]))
  return {
    loaded: catalogueLists.filter((list) => entries.some((entry) => entry.list === list && isOurs(entry))),
    entries: [...codes].sort().flatMap((code) => (entriesOf.get(code) ?? []).filter(isOurs)),
  }
}

function isAbout({ patient, cards }: Claim, { personalId, socialInsuranceNumber, coverages }: Member): boolean {
  if (personalId !== null && personalId === patient.personalId) return true
  return cards.some(
    ({ cardNumber }) =>
      (socialInsuranceNumber !== null && cardNumber.slice(-10) === socialInsuranceNumber) ||
      coverages.some((coverage) => coverage.cardNumber === cardNumber),
  )
}

type Row = Readonly<Record<string, unknown>>

/** The rows after the first line of a file, which may be `{"asOf": …}`. */
function rowsOf<T>(kind: string, rows: readonly unknown[], read: (row: Row) => T): readonly T[] {
  return rows.flatMap((row, index) => {
    const fault = (what: string, cause?: unknown) =>
      new RegisterRowInvalid(`${kind} row ${index + 1}: ${what}`, cause === undefined ? {} : { cause })
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw fault('an object is wanted')
    if (index === 0 && 'asOf' in row && Object.keys(row).length === 1) return []
    try {
      return [read(row as Row)]
    } catch (cause) {
      throw fault(cause instanceof RangeError ? cause.message : 'not the shape of a register line', cause)
    }
  })
}

function text(row: Row, member: string): string {
  const value = row[member]
  if (typeof value !== 'string') throw new RangeError(`${member}: text is wanted`)
  return value
}
const textOrNull = (row: Row, member: string): string | null => (row[member] == null ? null : text(row, member))

function list(row: Row, member: string): readonly Row[] {
  const value = row[member]
  if (!Array.isArray(value)) throw new RangeError(`${member}: a list is wanted`)
  return value as readonly Row[]
}

function oneOf<T extends string>(row: Row, member: string, allowed: readonly T[]): T {
  const value = allowed.find((one) => one === row[member])
  if (value === undefined) throw new RangeError(`${member}: one of ${allowed.join(', ')} is wanted`)
  return value
}

function decimal<T>(row: Row, member: string, parse: (decimal: string) => T): T {
  const value = text(row, member)
  try {
    return parse(value)
  } catch {
    throw new RangeError(`${member}: a decimal in a string is wanted`)
  }
}

function numberOrNull(row: Row, member: string): number | null {
  const value = row[member] ?? null
  if (value !== null && typeof value !== 'number') throw new RangeError(`${member}: a number is wanted`)
  return value
}

const levels = ['primary', 'basic', 'specialised'] as const
const formerLevels = ['commune', 'district', 'provincial', 'central'] as const
const kinds = ['health-station', 'clinic', 'hospital'] as const

function readFacility(row: Row): Facility {
  return {
    code: text(row, 'code'),
    name: text(row, 'name'),
    province: text(row, 'province'),
    periods: list(row, 'periods').map((period) => ({
      validFrom: text(period, 'validFrom'),
      validTo: textOrNull(period, 'validTo'),
      level: oneOf(period, 'level', levels),
      formerLevel: period['formerLevel'] == null ? null : oneOf(period, 'formerLevel', formerLevels),
      points: numberOrNull(period, 'points'),
      kind: oneOf(period, 'kind', kinds),
      contract: period['contract'] === true,
    })),
  }
}

function readMember(row: Row): Member {
  return {
    personalId: textOrNull(row, 'personalId'),
    socialInsuranceNumber: textOrNull(row, 'socialInsuranceNumber'),
    fullName: text(row, 'fullName'),
    birthDate: text(row, 'birthDate'),
    sex: oneOf(row, 'sex', ['male', 'female', 'unknown']),
    deceasedOn: textOrNull(row, 'deceasedOn'),
    version: numberOrNull(row, 'version') ?? 1,
    coverages: list(row, 'coverages').map((coverage) => ({
      cardNumber: text(coverage, 'cardNumber'),
      validFrom: text(coverage, 'validFrom'),
      validTo: textOrNull(coverage, 'validTo'),
      registeredFacility: text(coverage, 'registeredFacility'),
      fiveYearsFrom: textOrNull(coverage, 'fiveYearsFrom'),
      area: textOrNull(coverage, 'area'),
      status: oneOf(coverage, 'status', ['active', 'withdrawn', 'held', 'replaced']),
    })),
    copayCounted: (row['copayCounted'] === undefined ? [] : list(row, 'copayCounted')).map((counted) => {
      decimal(counted, 'amount', parseMoney)
      return { year: numberOrNull(counted, 'year') ?? 0, amount: text(counted, 'amount'), asOf: text(counted, 'asOf') }
    }),
  }
}

function readEntry(row: Row): CatalogueEntry {
  return {
    list: oneOf(row, 'list', catalogueLists),
    facilityCode: textOrNull(row, 'facilityCode'),
    code: text(row, 'code'),
    unitPriceMilli: decimal(row, 'unitPrice', parseMilli),
    payableUnitPriceMilli: row['payableUnitPrice'] == null ? null : decimal(row, 'payableUnitPrice', parseMilli),
    paymentRateBp: decimal(row, 'paymentRate', parseRate),
    rateLiftedForSign1: row['rateLiftedForSign1'] === true,
    scope: numberOrNull(row, 'scope') ?? 1,
    inPackageCap: row['inPackageCap'] === true,
    validFrom: text(row, 'validFrom'),
    validTo: textOrNull(row, 'validTo'),
  }
}
