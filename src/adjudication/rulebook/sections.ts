import { parseMoney, parseRate, type RateBp } from '../../domain/money.ts'
import type {
  BedKind,
  CardGroup,
  CardSign,
  Dated,
  ExclusionRow,
  ListedDisease,
  RouteTerms,
  Rulebook,
  RuleCard,
  RuleState,
  Slice,
  Wording,
} from '../../domain/rulebook.ts'
import type { Cursor } from './cursor.ts'
import { inOrder, readDatedBasis, readDates, readSlice } from './dated.ts'

const dateKeys = ['out', 'in', 'order'] as const
type DateKey = (typeof dateKeys)[number]

/** One value of a parameter as its unit wants it: đồng → Money, per cent → RateBp, count and flag as they are. */
function readValue(at: Cursor, unit: string): number | boolean {
  const text = at.text('value')
  try {
    if (unit === 'dong') {
      if (text.startsWith('-')) at.fault('value: below zero')
      return parseMoney(text)
    }
    if (unit === 'percent') return readRate(at, 'value')
    if (unit === 'flag') return at.oneOf('value', ['yes', 'no']) === 'yes'
  } catch {
    at.fault('value: not a decimal')
    return 0
  }
  if (!/^\d{1,4}$/.test(text)) at.fault('value: expected a whole number')
  return Number(text)
}

function readRate(at: Cursor, key: string): RateBp {
  const text = at.text(key)
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text) || parseRate(text) > 10_000) {
    at.fault(`${key}: expected a percentage from 0 to 100`)
    return 0 as RateBp
  }
  return parseRate(text)
}

export interface Parameter {
  readonly unit: string
  readonly dateKey: DateKey
  readonly values: Dated<number | boolean>
}

export function readParameter(at: Cursor): readonly [string, Parameter] {
  const key = at.text('key')
  const unit = at.oneOf('unit', ['dong', 'percent', 'count', 'flag'])
  const dateKey = at.oneOf('dateKey', dateKeys)
  const slices = at.children('values').map((value) => {
    const slice = readSlice(value, readValue(value, unit))
    value.close()
    return slice
  })
  if (slices.length === 0) at.fault('no value')
  const values = inOrder(slices, at, key)
  const end = values.at(-1)?.to ?? null
  if (end !== null) at.fault(`${key}: ends on ${end} and nothing follows; \`to: null\` is until further notice`)
  at.close()
  return [key, { unit, dateKey, values }]
}

/** How the `then` of a table's rows is read, by the table's key. */
const tableReaders = {
  routes: (then: Cursor): RouteTerms => ({
    inpatientBp: readRate(then, 'inpatient'),
    outpatientBp: readRate(then, 'outpatient'),
    flat: then.truth('flat'),
    waiver: then.truth('waiver'),
    counts: then.truth('counts'),
    byCase: then.truth('byCase'),
    rule: then.text('rule'),
  }),
  visit_categories: (then: Cursor): string => then.text('route'),
  card_signs: (then: Cursor): CardSign => ({
    rateBp: readRate(then, 'rate'),
    liftsListRate: then.truth('listRateLifted'),
    paysScope3: then.truth('scope3'),
    packageCeiling: then.truth('packageCeiling'),
  }),
  card_groups: (then: Cursor): CardGroup => ({ sign: then.text('sign'), overridesPrint: then.truth('overridesPrint') }),
  special_rates: (then: Cursor): RateBp => readRate(then, 'rate'),
  exclusions: (then: Cursor): ExclusionRow => ({
    matter: then.text('matter'),
    effect: then.oneOf('effect', ['deny', 'pend']),
    fromAge: then.integer('fromAge'),
  }),
  bed_endings: (then: Cursor): number => then.integer('days'),
  bed_kinds: (then: Cursor): BedKind => then.oneOf('kind', ['surgical', 'medical']),
}
export type Tables = { [K in keyof typeof tableReaders]: ReadonlyMap<string, Dated<ReturnType<(typeof tableReaders)[K]>>> }
export type TableKey = keyof Tables
export const tableKeys = Object.keys(tableReaders) as readonly TableKey[]

/** The key of a table file, so that the caller can tell which reader to use. */
export const tableKeyOf = (at: Cursor): TableKey => at.oneOf('key', tableKeys)

/** A table with hit policy Unique: for each `when`, rows that follow one another in time. */
export function readTable<K extends TableKey>(at: Cursor, key: K): Tables[K] {
  at.oneOf('hitPolicy', ['unique'])
  at.oneOf('dateKey', dateKeys)
  if (at.has('basis')) at.keys()
  const columns = at.child('columns')
  const [whenColumn = ''] = columns.texts('when')
  const thenColumns = columns.texts('then')
  columns.close()
  const seen = new Set<string>()
  const rows = new Map<string, Slice<unknown>[]>()
  for (const row of at.children('rows')) {
    const id = row.text('id')
    if (seen.has(id)) row.fault(`id ${id} is used twice`)
    seen.add(id)
    const when = row.child('when')
    const name = when.text(whenColumn)
    when.close()
    const then = row.child('then')
    const missing = thenColumns.filter((column) => !then.has(column))
    if (missing.length > 0) then.fault(`no value for ${missing.join(', ')}`)
    const slice = readSlice(row, tableReaders[key](then))
    then.close()
    row.close()
    rows.set(name, [...(rows.get(name) ?? []), slice])
  }
  at.close()
  return new Map([...rows].map(([name, slices]) => [name, inOrder(slices, at, name)])) as unknown as Tables[K]
}

export function readListedDiseases(at: Cursor): Slice<readonly ListedDisease[]> {
  at.oneOf('dateKey', dateKeys)
  const rows = at.children('rows').map((row): ListedDisease => {
    const read = {
      row: String(row.integer('row')),
      include: icdCodes(row, 'include'),
      exclude: icdCodes(row, 'exclude'),
      underAge: row.integerOrNull('underAge'),
    }
    row.text('meaning')
    row.close()
    return read
  })
  const slice = readSlice(at, rows)
  at.close()
  return slice
}

function icdCodes(at: Cursor, key: string): readonly string[] {
  const codes = at.texts(key)
  for (const code of codes) if (!/^[A-Z]\d\d(\.\d+|-[A-Z]\d\d)?$/.test(code)) at.fault(`${key}: ${code} is no ICD code or range`)
  return codes
}

export function readCodeLists(at: Cursor): ReadonlyMap<string, ReadonlyMap<string, Dated<true>>> {
  at.oneOf('dateKey', dateKeys)
  const lists = new Map<string, ReadonlyMap<string, Dated<true>>>()
  for (const list of at.children('lists')) {
    const name = list.text('name')
    list.text('field')
    const codes = new Map<string, Slice<true>[]>()
    for (const entry of list.children('codes')) {
      const code = entry.text('code')
      entry.text('meaning')
      const slice = readSlice(entry, true as const)
      entry.close()
      codes.set(code, [...(codes.get(code) ?? []), slice])
    }
    list.close()
    lists.set(name, new Map([...codes].map(([code, slices]) => [code, inOrder(slices, list, code)])))
  }
  at.close()
  return lists
}

export function readWording(at: Cursor): Wording {
  const wording = { vi: at.text('vi'), en: at.text('en') }
  at.close()
  return wording
}

/** Wording by rule and finding code: `INT-02: { code: { vi, en } }`. */
export function readMessages(at: Cursor): ReadonlyMap<string, ReadonlyMap<string, Wording>> {
  const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
  return new Map(
    at.keys().map((rule) => {
      const codes = at.child(rule)
      const wordings = codes.keys().map((code) => {
        const wording = readWording(codes.child(code))
        const [vi, en] = [placeholders(wording.vi), placeholders(wording.en)]
        if (vi.join() !== en.join()) codes.fault(`${code}: the two languages name different inputs`)
        return [code, wording] as const
      })
      return [rule, new Map(wordings)]
    }),
  )
}

const statusWords = {
  draft: 'draft',
  shadow: 'shadow',
  canary: 'canary',
  active: 'active',
  retired: 'retired',
  'shadow: no-data': 'no-data',
} as const satisfies Readonly<Record<string, RuleState['state']>>
const statusNames = Object.keys(statusWords) as readonly (keyof typeof statusWords)[]

/** Whether the engine runs the rule at all. */
export const runs = ({ state }: RuleState): boolean => state === 'shadow' || state === 'canary' || state === 'active'

/** `status: active`, or a list of dated states, each with the reason for it. */
function readStates(at: Cursor): Dated<RuleState> {
  if (at.isText('status')) {
    const state = statusWords[at.oneOf('status', statusNames)]
    if (state === 'canary') at.fault('status: a canary names its dates, provinces or facilities')
    return [{ from: '0000-01-01', to: null, value: { state, provinces: [], facilities: [] }, legalBasis: [] }]
  }
  const slices = at.children('status').map((one): Slice<RuleState> => {
    const state = statusWords[one.oneOf('state', statusNames)]
    const provinces = one.has('provinces') ? one.texts('provinces') : []
    const facilities = one.has('facilities') ? one.texts('facilities') : []
    const named = provinces.length + facilities.length > 0
    if (named !== (state === 'canary')) one.fault('a canary, and nothing else, names provinces or facilities')
    const [from, to] = [one.date('from'), one.dateOrNull('to')]
    if (to !== null && to < from) one.fault('`from` is after `to`')
    if (to === null && state === 'canary') one.fault('a canary expires')
    one.text('reason')
    one.close()
    return { from, to, value: { state, provinces, facilities }, legalBasis: [] }
  })
  if (slices.length === 0) at.fault('status: no state')
  return inOrder(slices, at, 'status')
}

export function readRuleCard(at: Cursor, messages: ReadonlyMap<string, ReadonlyMap<string, Wording>>): RuleCard {
  const id = at.text('id')
  const dates = readDates(at)
  const card: RuleCard = {
    id,
    ...dates,
    version: at.integer('version'),
    group: at.oneOf('group', ['a', 'b', 'c', 'd', 'đ', 'e', 'g', 'h', 'i', 'k', 'm']),
    stage: at.integer('stage'),
    states: readStates(at),
    name: readWording(at.child('name')),
    readings: at.has('readings') ? at.texts('readings') : [],
    legalBasis: readDatedBasis(at, dates.from, dates.to),
    messages: messages.get(id) ?? new Map<string, Wording>(),
  }
  at.close()
  return card
}

/** Parameters by their name in the code: key of the file, unit, and the date of a claim that selects the value. */
const parameterSpecs = {
  baseSalary: ['base_salary', 'dong', 'out'],
  waiverRateBp: ['waiver_rate', 'percent', 'out'],
  exemptionMonths: ['exemption_months', 'count', 'out'],
  packageMonths: ['package_months', 'count', 'out'],
  cardGraceDays: ['card_grace_days', 'count', 'order'],
  pointsFullBelow: ['points_full_below', 'count', 'out'],
  pointsHalfBelow: ['points_half_below', 'count', 'out'],
  referralWorkingDays: ['referral_working_days', 'count', 'in'],
  referralMonths: ['referral_months', 'count', 'in'],
  temporaryStayDays: ['temporary_stay_days', 'count', 'out'],
  childUnderAge: ['child_under_age', 'count', 'in'],
  otherFacilitiesADay: ['other_facilities_a_day', 'count', 'out'],
  filingWorkingDays: ['filing_working_days', 'count', 'out'],
  filingMonthDay: ['filing_month_day', 'count', 'out'],
  amountTolerance: ['amount_tolerance', 'dong', 'out'],
  serviceRateInHospitalAmount: ['service_rate_in_hospital_amount', 'flag', 'out'],
  examTableExams: ['exam_table_exams', 'count', 'out'],
  examTableRateBp: ['exam_table_rate', 'percent', 'out'],
  bedFreeHours: ['bed_free_hours', 'count', 'out'],
  bedOneDayHours: ['bed_one_day_hours', 'count', 'out'],
  surgicalBedDays: ['surgical_bed_days', 'count', 'out'],
  frequentVisitDays: ['frequent_visit_days', 'count', 'in'],
  frequentVisits: ['frequent_visits', 'count', 'in'],
  frequentVisitPlaces: ['frequent_visit_places', 'count', 'in'],
} as const satisfies Readonly<Record<keyof Rulebook['parameters'], readonly [string, string, DateKey]>>

/** What the domain's rulebook wants of the parameters: each present, of its unit. */
export function parametersOf(found: ReadonlyMap<string, Parameter>, fault: (what: string) => void): Rulebook['parameters'] {
  const entries = Object.entries(parameterSpecs).map(([name, [key, unit, dateKey]]) => {
    const parameter = found.get(key)
    if (parameter === undefined) fault(`parameters: ${key} is missing`)
    else if (parameter.unit !== unit) fault(`parameters: ${key} must have the unit ${unit}`)
    else if (parameter.dateKey !== dateKey) fault(`parameters: ${key} is selected by the date \`${dateKey}\``)
    return [name, parameter?.values ?? []]
  })
  return Object.fromEntries(entries) as Rulebook['parameters']
}
export const parameterKeys: readonly string[] = Object.values(parameterSpecs).map(([key]) => key)
