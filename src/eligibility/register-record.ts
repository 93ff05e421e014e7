import asOfSchema from '../../schemas/register/as-of.json' with { type: 'json' }
import catalogueSchema from '../../schemas/register/catalogue.json' with { type: 'json' }
import facilitiesSchema from '../../schemas/register/facilities.json' with { type: 'json' }
import membersSchema from '../../schemas/register/members.json' with { type: 'json' }
import practitionersSchema from '../../schemas/register/practitioners.json' with { type: 'json' }
import referralsSchema from '../../schemas/register/referrals.json' with { type: 'json' }
import relationsSchema from '../../schemas/register/relations.json' with { type: 'json' }
import type { CalendarDate } from '../domain/claim.ts'
import type { Facility, Member, Practitioner, Referral as ReferralFact, Relation } from '../domain/facts.ts'
import { type Checked, compile, type SchemaFault } from '../platform/schema.ts'

export const REGISTER_KINDS = ['members', 'facilities', 'catalogue', 'referrals', 'practitioners', 'relations'] as const
export type RegisterKind = (typeof REGISTER_KINDS)[number]

export interface CatalogueRow {
  readonly list: 'drug' | 'service' | 'supply' | 'bed'
  readonly facilityCode: string | null
  readonly code: string
  readonly name: string
  readonly unitPrice: string
  readonly payableUnitPrice: string | null
  readonly paymentRate: string
  readonly rateLiftedForSign1: boolean
  readonly scope: number
  readonly inPackageCap: boolean
  readonly validFrom: CalendarDate
  readonly validTo: CalendarDate | null
}
/** As the file has it: with whose it is. */
export interface Referral extends ReferralFact {
  readonly personalId: string
}
export type { Practitioner, Relation }
export interface RegisterRecords {
  members: Member
  facilities: Facility
  catalogue: CatalogueRow
  referrals: Referral
  practitioners: Practitioner
  relations: Relation
}

/** One way in which a line is not a record. Never quotes the line. */
export interface LineFault {
  /** RFC 6901 JSON Pointer into the line. */
  readonly pointer: string
  /** A keyword of JSON Schema, or one of ours: `identifier`, `period`, `rate`. */
  readonly code: string
  /** What the keyword asked for, such as `{ limit: 255 }`. */
  readonly wanted?: Readonly<Record<string, unknown>>
  /** Members that the object may have, where one is unknown. */
  readonly members?: readonly string[]
  /** Characters of the text or items of the list at the place. */
  readonly length?: number
}
export type Read<T> = { readonly ok: true; readonly record: T } | { readonly ok: false; readonly faults: readonly LineFault[] }

export const checkAsOf: (value: unknown) => Checked<{ asOf: CalendarDate }> = compile(asOfSchema)

/**
 * How a parsed line of each kind becomes a record: checked against its schema and what a schema cannot say, absent members null,
 * members and lists in a fixed order, so that the same content always has the same text.
 */
export const readRecord: { readonly [K in RegisterKind]: (value: unknown) => Read<RegisterRecords[K]> } = {
  members: reader(membersSchema, memberOf, (member) => [
    ...(member.personalId === null && member.socialInsuranceNumber === null
      ? [{ pointer: '/personalId', code: 'identifier' }]
      : []),
    ...member.coverages.flatMap((coverage, index) => periodFaults(coverage, `/coverages/${index}`)),
  ]),
  facilities: reader(facilitiesSchema, facilityOf, ({ periods }) =>
    periods.flatMap((period, index) => periodFaults(period, `/periods/${index}`)),
  ),
  catalogue: reader(catalogueSchema, catalogueRowOf, (row) => [
    ...periodFaults(row, ''),
    ...(row.inPackageCap && Number(row.paymentRate) < 100 ? [{ pointer: '/paymentRate', code: 'rate' }] : []),
  ]),
  referrals: reader(referralsSchema, referralOf, ({ signedAt, validTo }) => periodFaults({ validFrom: signedAt, validTo }, '')),
  practitioners: reader(practitionersSchema, practitionerOf, (practitioner) => periodFaults(practitioner, '')),
  relations: reader(relationsSchema, relationOf, (relation) => periodFaults(relation, '')),
}

/** `complete` gets what the schema lets through: members that may be null may also be absent. */
function reader<T>(
  schema: object,
  complete: (given: T) => T,
  faultsOf: (record: T) => readonly LineFault[],
): (value: unknown) => Read<T> {
  const check = compile<T>(schema)
  return (value) => {
    const checked = check(value)
    if (!checked.ok) return { ok: false, faults: checked.errors.map((error) => faultOf(error, schema, value)) }
    const record = complete(checked.value)
    const faults = faultsOf(record)
    return faults.length === 0 ? { ok: true, record } : { ok: false, faults }
  }
}

function faultOf({ pointer, code, params }: SchemaFault, schema: object, value: unknown): LineFault {
  const steps = pointer.split('/').slice(1)
  const length = lengthOf(steps.reduce(memberOfValue, value))
  return {
    pointer,
    code,
    wanted: params,
    ...(code === 'additionalProperties' ? { members: membersAt(schema, steps.slice(0, -1)) } : {}),
    ...(length === undefined ? {} : { length }),
  }
}

const memberOfValue = (value: unknown, step: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined
const lengthOf = (value: unknown): number | undefined =>
  typeof value === 'string' || Array.isArray(value) ? value.length : undefined

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
}
function membersAt(schema: SchemaNode, steps: readonly string[]): string[] {
  const node = steps.reduce<SchemaNode | undefined>((one, step) => one?.properties?.[step] ?? one?.items, schema)
  return Object.keys(node?.properties ?? {})
}

function periodFaults(period: { validFrom: CalendarDate; validTo: CalendarDate | null }, at: string): LineFault[] {
  return period.validTo !== null && period.validTo < period.validFrom ? [{ pointer: `${at}/validTo`, code: 'period' }] : []
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function memberOf(given: Member): Member {
  return {
    personalId: given.personalId ?? null,
    socialInsuranceNumber: given.socialInsuranceNumber ?? null,
    fullName: given.fullName,
    birthDate: given.birthDate,
    sex: given.sex,
    deceasedOn: given.deceasedOn ?? null,
    version: given.version,
    coverages: given.coverages
      .map((coverage) => ({
        cardNumber: coverage.cardNumber,
        validFrom: coverage.validFrom,
        validTo: coverage.validTo ?? null,
        registeredFacility: coverage.registeredFacility,
        fiveYearsFrom: coverage.fiveYearsFrom ?? null,
        area: coverage.area ?? null,
        status: coverage.status,
      }))
      .sort((a, b) => byText(a.validFrom, b.validFrom) || byText(a.cardNumber, b.cardNumber)),
    copayCounted: (given.copayCounted ?? [])
      .map(({ year, amount, asOf }) => ({ year, amount, asOf }))
      .sort((a, b) => a.year - b.year || byText(a.asOf, b.asOf)),
  }
}

function facilityOf(given: Facility): Facility {
  return {
    code: given.code,
    name: given.name,
    province: given.province,
    periods: given.periods
      .map((period) => ({
        validFrom: period.validFrom,
        validTo: period.validTo ?? null,
        level: period.level,
        formerLevel: period.formerLevel ?? null,
        points: period.points ?? null,
        kind: period.kind,
        contract: period.contract,
      }))
      .sort((a, b) => byText(a.validFrom, b.validFrom)),
  }
}

function catalogueRowOf(given: CatalogueRow): CatalogueRow {
  return {
    list: given.list,
    facilityCode: given.facilityCode ?? null,
    code: given.code,
    name: given.name,
    unitPrice: given.unitPrice,
    payableUnitPrice: given.payableUnitPrice ?? null,
    paymentRate: given.paymentRate,
    rateLiftedForSign1: given.rateLiftedForSign1 ?? false,
    scope: given.scope,
    inPackageCap: given.inPackageCap ?? false,
    validFrom: given.validFrom,
    validTo: given.validTo ?? null,
  }
}

function referralOf(given: Referral): Referral {
  return {
    id: given.id,
    kind: given.kind,
    personalId: given.personalId,
    from: given.from,
    to: given.to,
    signedAt: given.signedAt,
    validTo: given.validTo ?? null,
    icd: [...(given.icd ?? [])].sort(byText),
    usedBy: given.usedBy ?? null,
  }
}

function practitionerOf(given: Practitioner): Practitioner {
  return {
    code: given.code,
    facilityCode: given.facilityCode,
    scopes: [...given.scopes].sort(byText),
    validFrom: given.validFrom,
    validTo: given.validTo ?? null,
  }
}

function relationOf(given: Relation): Relation {
  return { kind: given.kind, code: given.code, other: given.other, validFrom: given.validFrom, validTo: given.validTo ?? null }
}
