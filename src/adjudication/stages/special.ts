import type { CalendarDate, Claim, LocalTime } from '../../domain/claim.ts'
import { formatMoney, formatRate, type Milli, type RateBp } from '../../domain/money.ts'
import { type Slice, sliceOn } from '../../domain/rulebook.ts'
import type { Context, LineState } from './context.ts'
import type { Proposal } from './rule.ts'

/** What the rules of stage 6 share: lines that the fund is asked to pay, the table of special rates, bounds, the stay. */

/** A line that special rates look at. One that is outside the scope, denied already or billed with nothing bears no sequence. */
export const isBilled = (state: LineState): boolean =>
  state.denied === null &&
  state.line.scope !== '2' &&
  state.line.insuredRateBp > 0 &&
  quantityOf(state) > 0 &&
  (state.line.unitPriceInsuredMilli > 0 || state.line.unitPriceHospitalMilli > 0)

/** The quantity that the phases so far left. */
export const quantityOf = ({ line, limits }: LineState): Milli =>
  Math.min(line.quantityMilli, limits.quantityMilli ?? line.quantityMilli) as Milli

/** The insured price that the phases so far left. */
export const insuredPriceOf = ({ line, limits }: LineState): Milli =>
  Math.min(line.unitPriceInsuredMilli, limits.unitPriceInsuredMilli ?? line.unitPriceInsuredMilli) as Milli

/** When a service was used: `NGAY_TH_YL`, else `NGAY_YL`; empty where neither is given. */
export const timeOf = ({ line }: LineState): LocalTime | '' => line.performedAt ?? line.orderedAt ?? ''

/** A row of the table of special rates on the day the visit ended. */
export const specialRate = ({ rulebook, endedOn }: Context, of: string): Slice<RateBp> | undefined =>
  sliceOn(rulebook.specialRates.get(of), endedOn)

/** Bounds `TYLE_TT_DV` of a line; nothing where it is not above. The provider bears the difference. */
export function boundRate(
  code: string,
  state: LineState,
  { value, legalBasis }: Pick<Slice<RateBp>, 'value' | 'legalBasis'>,
  inputs: Readonly<Record<string, string>> = {},
): readonly Proposal[] {
  const claimed = state.line.serviceRateBp
  if (claimed <= value) return []
  const [before, after] = [formatRate(claimed), formatRate(value)]
  return [
    {
      code,
      severity: 'reduce',
      lines: [state],
      inputs: { ...inputs, claimed: before, rate: after },
      legalBasis,
      limits: { serviceRateBp: value },
      effect: { field: 'TYLE_TT_DV', before, after, bearer: 'provider' },
    },
  ]
}

/** Bounds the quantity of a line; nothing where it is not above. The provider bears the difference. */
export function boundQuantity(
  code: string,
  state: LineState,
  allowed: Milli,
  inputs: Readonly<Record<string, string>> = {},
): readonly Proposal[] {
  if (quantityOf(state) <= allowed) return []
  const [before, after] = [formatMilli(state.line.quantityMilli), formatMilli(allowed)]
  return [
    {
      code,
      severity: 'reduce',
      lines: [state],
      inputs: { ...inputs, claimed: before, allowed: after },
      limits: { quantityMilli: allowed },
      effect: { field: 'SO_LUONG', before, after, bearer: 'provider' },
    },
  ]
}

/** A quantity or price as people write it: `2`, `0.5`. */
export const formatMilli = (milli: number): string => String(milli / 1000)

/** The denial of a line that the patient is not charged for either. */
export function denyLine(code: string, state: LineState, inputs: Readonly<Record<string, string>>): Proposal {
  const before = formatMoney(state.line.amounts.fundPays)
  return {
    code,
    severity: 'deny',
    lines: [state],
    inputs,
    effect: { field: 'T_BHTT', before, after: '0.00', bearer: 'provider' },
  }
}

/** The denial of a claim as a whole, with what it asked of the fund; the patient is not charged. */
export function denyClaim(code: string, { totals }: Claim, inputs: Readonly<Record<string, string>>): Proposal {
  const effect = { field: 'T_BHTT', before: formatMoney(totals.fundPays), after: '0.00', bearer: 'provider' as const }
  return { code, severity: 'deny', bearer: 'provider', inputs, effect }
}

/** Start and length of the stay: from admission to a ward, or from arrival where no such time is given, to its end. */
export function stayOf({ claim: { arrivedAt, admittedAt, endedAt } }: Context): {
  readonly from: LocalTime
  readonly minutes: number
} {
  const from = admittedAt !== undefined && admittedAt > arrivedAt ? admittedAt : arrivedAt
  return { from, minutes: minutesBetween(from, endedAt) }
}

export const minutesPerHour = 60

export const minutesBetween = (from: LocalTime, to: LocalTime): number =>
  (Date.parse(`${to}:00Z`) - Date.parse(`${from}:00Z`)) / 60_000

/** One bed day as a quantity. */
export const dayMilli = 1000
/** Days of one bed line that are looked at one by one; what is beyond is left to the sum of bed days. */
export const stayDaysMax = 366

/** Calendar days that the quantity of a bed line reaches. */
export const daysBilled = (state: LineState): number => Math.min(stayDaysMax, Math.ceil(quantityOf(state) / dayMilli))

/** `MA_NHOM` of operations. */
export const operationGroup = '8'

/** A date as a number that grows by one each day. */
export const dayNumber = (day: CalendarDate): number => Date.parse(`${day}T00:00:00Z`) / 86_400_000

/** Full days from one date to another; negative where the second is earlier. */
export const daysBetween = (from: CalendarDate, to: CalendarDate): number => dayNumber(to) - dayNumber(from)
