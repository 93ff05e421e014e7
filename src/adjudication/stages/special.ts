import type { LocalTime } from '../../domain/claim.ts'
import { formatMoney, formatRate, type RateBp } from '../../domain/money.ts'
import { type Slice, sliceOn } from '../../domain/rulebook.ts'
import type { Context, LineState } from './context.ts'
import type { Proposal } from './rule.ts'

/** What the rules of stage 6 share: lines that the fund is asked to pay, the table of special rates, a stay in minutes. */

/** A line that special rates look at. One that is outside the scope, denied already or billed with nothing bears no sequence. */
export const isBilled = ({ line, denied }: LineState): boolean =>
  denied === null &&
  line.scope !== '2' &&
  line.insuredRateBp > 0 &&
  line.quantityMilli > 0 &&
  (line.unitPriceInsuredMilli > 0 || line.unitPriceHospitalMilli > 0)

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

/** Start and length of the stay: from admission to a ward, or from arrival where no such time is given, to its end. */
export function stayOf({ claim: { arrivedAt, admittedAt, endedAt } }: Context): { from: LocalTime; minutes: number } {
  const from = admittedAt !== undefined && admittedAt > arrivedAt ? admittedAt : arrivedAt
  return { from, minutes: minutesBetween(from, endedAt) }
}

export const minutesBetween = (from: LocalTime, to: LocalTime): number =>
  (Date.parse(`${to}:00Z`) - Date.parse(`${from}:00Z`)) / 60_000
