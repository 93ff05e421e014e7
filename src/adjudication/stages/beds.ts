import { addDays } from '../../domain/calendar.ts'
import type { CalendarDate } from '../../domain/claim.ts'
import { fullRate, type Milli, type RateBp, roundedProduct } from '../../domain/money.ts'
import { type BedKind, type Slice, sliceOn } from '../../domain/rulebook.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'
import {
  boundQuantity,
  boundRate,
  dayMilli,
  daysBetween,
  daysBilled,
  denyLine,
  formatMilli,
  insuredPriceOf,
  isBilled,
  minutesPerHour,
  operationGroup,
  quantityOf,
  specialRate,
  stayOf,
  timeOf,
} from './special.ts'
import { sharedDaysOf } from './wards.ts'

/** `MA_NHOM` of a day-treatment bed: counted by calendar days. */
const dayTreatmentGroup = '14'

const isBed = (state: LineState): boolean => state.line.kind === 'bed' && isBilled(state)
const isDayBed = ({ line }: LineState): boolean => line.costGroup === dayTreatmentGroup

/** The hours up to which there is no bed fee; undefined where the stay is longer, or ends before it begins (INT-04). */
function shortStay(context: Context): Slice<number> | undefined {
  const hours = sliceOn(context.rulebook.parameters.bedFreeHours, context.endedOn)
  const { minutes } = stayOf(context)
  return hours !== undefined && minutes >= 0 && minutes <= hours.value * minutesPerHour ? hours : undefined
}

/** PRC-10: a stay of four hours or less has no bed fee. */
const shortStayHasNoBed: LineRule = {
  id: 'PRC-10',
  version: 1,
  on: 'line',
  propose(state, context) {
    const hours = isBed(state) ? shortStay(context) : undefined
    if (hours === undefined) return undefined
    const inputs = { from: stayOf(context).from, to: context.claim.endedAt, hours: String(hours.value) }
    return { ...denyLine('short_stay', state, inputs), legalBasis: hours.legalBasis }
  },
}

/** PRC-11: in two wards on one day half a day each; in three or more half a day of the dearest and of the cheapest. */
const severalWards: ClaimRule = {
  id: 'PRC-11',
  version: 1,
  on: 'claim',
  propose(context) {
    const share = specialRate(context, 'bed-of-several-wards')
    const hours = sliceOn(context.rulebook.parameters.bedFreeHours, context.endedOn)
    if (share === undefined || hours === undefined) return undefined
    const beds = context.lines.filter((state) => isBed(state) && !isDayBed(state))
    const division = {
      share: roundedProduct(fullRate, dayMilli, share.value) as Milli,
      shortMinutes: hours.value * minutesPerHour,
    }
    return sharedDaysOf(beds, division).flatMap(({ state, allowed, wards, on }) =>
      boundQuantity('several_wards', state, allowed, { wards: String(wards), on }),
    )
  },
}

/** PRC-12: a stretcher is paid half; a bed is shared by two, three or nobody. */
const sharedBed: LineRule = {
  id: 'PRC-12',
  version: 1,
  on: 'line',
  propose(state, context) {
    if (!isBed(state)) return undefined
    const claimed = state.line.serviceRateBp
    const beds = state.line.beds.map((bed) => specialRate(context, `bed-${bed.slice(0, 1)}`))
    const reduced = beds.filter((rate) => rate !== undefined)
    const [highest] = [...reduced].sort((a, b) => b.value - a.value)
    if (highest !== undefined && reduced.length === beds.length && claimed > highest.value)
      return boundRate('stretcher', state, highest)
    if (highest !== undefined && reduced.length < beds.length && claimed > highest.value)
      return { code: 'mixed_beds', severity: 'pend', inputs: { beds: state.line.beds.join(', ') } }
    return isSharingRate(claimed, context)
      ? undefined
      : { code: 'unknown_rate', severity: 'pend', inputs: { claimed: String(claimed / 100) } }
  },
}
const isSharingRate = (rate: RateBp, context: Context): boolean =>
  rate === 0 || ['bed-alone', 'bed-of-two', 'bed-of-three'].some((of) => specialRate(context, of)?.value === rate)

/** PRC-13: the price of a surgical bed is paid for ten days after an operation, then that of a medical bed. */
const surgicalBed: ClaimRule = {
  id: 'PRC-13',
  version: 2,
  on: 'claim',
  propose(context) {
    const days = sliceOn(context.rulebook.parameters.surgicalBedDays, context.endedOn)
    if (days === undefined) return undefined
    const beds = context.lines.filter(isBed).map((state) => ({ state, kind: kindOfBed(state, context) }))
    const surgical = beds.filter(({ kind }) => kind === 'surgical')
    if (surgical.length === 0) return undefined
    const operations = operationDays(context)
    const priceFor = medicalPrices(beds.filter(({ kind }) => kind === 'medical').map(({ state }) => state))
    return surgical.flatMap(({ state }) => {
      const late = lateDays(state, days.value, operations)
      return late === undefined ? [] : afterTenDays(state, late, days, priceFor)
    })
  },
}

function afterTenDays(
  state: LineState,
  { operation, first, whole }: LateDays,
  { value, legalBasis }: Slice<number>,
  priceFor: (state: LineState) => Milli | undefined,
): readonly Proposal[] {
  const inputs = { operation, days: String(value), on: first }
  const pend = (code: string): Proposal => ({ code, severity: 'pend', lines: [state], inputs, legalBasis })
  if (!whole) return [pend('spans')]
  const price = priceFor(state)
  if (price === undefined) return [pend('no_medical_price')]
  const claimed = insuredPriceOf(state)
  if (claimed <= price) return []
  const [before, after] = [formatMilli(claimed), formatMilli(price)]
  return [
    {
      code: 'medical_price',
      severity: 'reduce',
      lines: [state],
      inputs: { ...inputs, claimed: before, price: after },
      legalBasis,
      limits: { unitPriceHospitalMilli: withAgreed(state, price), unitPriceInsuredMilli: price },
      effect: { field: 'DON_GIA_BH', before, after, bearer: 'provider' },
    },
  ]
}

/** What the patient had agreed to pay on top of the insured price stays. */
const withAgreed = ({ line }: LineState, price: Milli): Milli =>
  (price + Math.max(0, line.unitPriceHospitalMilli - line.unitPriceInsuredMilli)) as Milli

/** What kind the beginning of a bed's name says it is; codes are each facility's own. */
function kindOfBed({ line }: LineState, { rulebook, endedOn }: Context): BedKind | undefined {
  const name = foldName(line.name ?? '')
  for (const [beginning, kinds] of rulebook.bedKinds) {
    if (name.startsWith(beginning)) return sliceOn(kinds, endedOn)?.value
  }
  return undefined
}
const foldName = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .trim()
    .replace(/\s+/g, ' ')

interface LateDays {
  readonly operation: CalendarDate
  readonly first: CalendarDate
  /** Every day of the line is late. */
  readonly whole: boolean
}

/** The days of the claim's operations, in order. */
function operationDays({ lines }: Context): readonly CalendarDate[] {
  const operations = lines.filter(({ line }) => line.costGroup === operationGroup && line.kind === 'service')
  return [...new Set(operations.map((state) => timeOf(state).slice(0, 10) || state.orderedOn))].sort()
}

/** The first day of a bed line that is more than so many days after the last operation before it. */
function lateDays(state: LineState, days: number, operations: readonly CalendarDate[]): LateDays | undefined {
  const first = startOf(state)
  const last = addDays(first, daysBilled(state) - 1)
  let operation = operations.filter((day) => day <= first).at(-1)
  for (const next of operations.filter((day) => day > first)) {
    // Another operation in time begins the days anew.
    if (operation === undefined || next <= addDays(operation, days + 1)) operation = next
  }
  if (operation === undefined) return undefined
  const late = addDays(operation, days + 1)
  if (late > last) return undefined
  const renewed = operations.some((day) => day > first && day <= last)
  return { operation, first: [late, first].sort()[1]!, whole: late <= first && !renewed }
}

/** The day from which a bed was used: `NGAY_YL`. */
const startOf = ({ line, orderedOn }: LineState): CalendarDate => line.orderedAt?.slice(0, 10) ?? orderedOn

/** The listed price of a medical bed that the claim bills itself: of the same ward, else the dearest. */
function medicalPrices(medical: readonly LineState[]): (state: LineState) => Milli | undefined {
  const dearest = new Map<string | undefined, Milli>()
  const anyWard = 'any ward'
  for (const { line, listing } of medical) {
    if (listing.kind !== 'listed') continue
    const price = listing.entry.payableUnitPriceMilli ?? listing.entry.unitPriceMilli
    for (const ward of [line.departments[0], anyWard]) dearest.set(ward, Math.max(price, dearest.get(ward) ?? 0) as Milli)
  }
  return ({ line }) => dearest.get(line.departments[0]) ?? dearest.get(anyWard)
}

/** PRC-09: bed days are out − in, and one more after some endings; over four and under twenty-four hours are one. */
const bedDays: ClaimRule = {
  id: 'PRC-09',
  version: 1,
  on: 'claim',
  propose(context) {
    const billed = context.lines.filter(isBed)
    if (billed.length === 0 || stayOf(context).minutes < 0) return undefined
    const beds = inExecutionOrder(billed)
    const { days, calendarDays, legalBasis } = allowedDays(context)
    return [
      ...cutFromTheLast(
        beds.filter((state) => !isDayBed(state)),
        'too_many',
        days,
        context,
      ),
      ...cutFromTheLast(beds.filter(isDayBed), 'too_many_day_beds', calendarDays, context),
    ].map((proposal) => (legalBasis === undefined ? proposal : { ...proposal, legalBasis }))
  },
}

/** Bed days of a stay, and calendar days of day treatment. */
function allowedDays(context: Context) {
  const { claim, rulebook, endedOn } = context
  const { from, minutes } = stayOf(context)
  const difference = daysBetween(from.slice(0, 10), endedOn)
  const oneDay = sliceOn(rulebook.parameters.bedOneDayHours, endedOn)
  const calendarDays = difference + 1
  if (oneDay !== undefined && minutes < oneDay.value * minutesPerHour)
    return { days: 1, calendarDays, legalBasis: oneDay.legalBasis }
  const endings = [`KET_QUA_DTRI ${claim.outcome}`, `MA_LOAI_RV ${claim.dischargeType}`]
  const [most] = endings
    .map((ending) => sliceOn(rulebook.bedEndings.get(ending), endedOn))
    .filter((ending) => ending !== undefined)
    .sort((a, b) => b.value - a.value)
  return { days: difference + (most?.value ?? 0), calendarDays, legalBasis: most?.legalBasis }
}

/** Takes what is above the allowed days from the last line backwards, in the declared order. */
function cutFromTheLast(beds: readonly LineState[], code: string, days: number, context: Context): readonly Proposal[] {
  const sum = beds.reduce((total, state) => total + quantityOf(state), 0)
  const inputs = { from: stayOf(context).from, to: context.claim.endedAt, days: String(days), sum: formatMilli(sum) }
  let excess = sum - days * dayMilli
  const found: Proposal[] = []
  for (const state of [...beds].reverse()) {
    if (excess <= 0) break
    const quantity = quantityOf(state)
    const cut = Math.min(quantity, excess)
    excess -= cut
    found.push(...boundQuantity(code, state, (quantity - cut) as Milli, inputs))
  }
  return found
}

/** Rules about single beds (stage 6). */
export const bedRules: readonly Rule[] = [shortStayHasNoBed, severalWards, sharedBed]

/** The sum of bed days (stage 6), which counts what the rules before left. */
export const bedDayRules: readonly Rule[] = [bedDays]

/** The price of the bed days that are left: a medical bed of which none is paid does not give its price. */
export const bedPriceRules: readonly Rule[] = [surgicalBed]
