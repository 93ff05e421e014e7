import type { CalendarDate } from '../domain/claim.ts'
import { vietnamDate } from '../platform/clock.ts'
import type { CheckInReason } from './check-in.ts'
import type { Decided } from './outcome.ts'

/** Days of a disaster at most, first and last included; opening another goes on. */
export const DISASTER_DAYS_MAX = 30
/** A disaster that nobody confirms within this is as if never opened. */
export const CONFIRM_MS_MAX = 24 * 3_600_000

/** A disaster as two operators opened it, or the first of them alone. Days are of Vietnam, both included. */
export interface Disaster {
  readonly id: string
  readonly provinces: readonly string[]
  readonly from: CalendarDate
  readonly to: CalendarDate
  readonly reason: string
  /** Client ids of operators. */
  readonly openedBy: string
  readonly openedAt: string
  readonly confirmedBy: string | null
  readonly confirmedAt: string | null
  readonly closedBy: string | null
  readonly closedAt: string | null
  readonly closedReason: string | null
}
export type DisasterState = 'pending' | 'lapsed' | 'ahead' | 'open' | 'closed' | 'ended'

export function stateOf({ openedAt, confirmedAt, closedAt, from, to }: Disaster, atMs: number): DisasterState {
  if (closedAt !== null && Date.parse(closedAt) <= atMs) return 'closed'
  if (confirmedAt === null) return atMs - Date.parse(openedAt) < CONFIRM_MS_MAX ? 'pending' : 'lapsed'
  const day = vietnamDate(atMs)
  return day < from ? 'ahead' : day > to ? 'ended' : 'open'
}

/**
 * The disaster that is open for a province at an instant; of several the one that ends last.
 * @param atMs also of a check-in made offline before: a disaster that was closed since counts until then
 */
export function disasterFor(province: string, atMs: number, list: readonly Disaster[]): Disaster | undefined {
  return list
    .filter((one) => one.provinces.includes(province) && stateOf(one, atMs) === 'open')
    .reduce<Disaster | undefined>((last, one) => (last === undefined || one.to > last.to ? one : last), undefined)
}

export const disasterAlert = ({ to }: Pick<Disaster, 'to'>): CheckInReason => ({
  code: 'disaster',
  message: {
    vi: `Đang trong tình huống thiên tai, dịch bệnh (đến ${printed(to)}): tiếp nhận ngay, xác nhận giấy tờ sau.`,
    en: `A disaster is open (until ${printed(to)}): admit at once, confirm the papers later.`,
  },
})
const printed = (day: CalendarDate) => day.split('-').reverse().join('/')

/** What a chip or a face disproved stays refused, whatever happens outside. */
const PROVEN: ReadonlySet<string> = new Set(['100'])

/**
 * In a disaster weak evidence is taken and confirmed later: what somebody merely states is provisional, and nobody is sent away because the
 * register has no cover or another name.
 */
export function inDisaster(decided: Decided): Decided {
  const { outcome, assurance, legacyCode } = decided
  if (outcome === 'refused') return PROVEN.has(legacyCode) ? decided : { ...decided, outcome: 'provisional', assurance: 'C0' }
  return outcome === 'admitted' && assurance === 'C0' ? { ...decided, outcome: 'provisional' } : decided
}
