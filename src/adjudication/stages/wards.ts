import { addDays } from '../../domain/calendar.ts'
import type { CalendarDate } from '../../domain/claim.ts'
import type { Milli } from '../../domain/money.ts'
import { inExecutionOrder, type LineState } from './context.ts'
import { dayMilli, dayNumber, daysBilled, insuredPriceOf, minutesBetween, stayDaysMax } from './special.ts'

/** A line in a ward, the days it bills and the days it may have been used on, as numbers. */
interface WardStay {
  readonly state: LineState
  readonly ward: string
  readonly firstOn: CalendarDate
  readonly first: number
  /** Last day that the quantity reaches. */
  readonly lastBilled: number
  /** Last day of use (`NGAY_KQ`), where that is later. */
  readonly last: number
}

/** The wards that bill one day, and the two whose prices count. */
interface WardDay {
  readonly wards: ReadonlySet<string>
  readonly dearest: string
  readonly cheapest: string
}

/** A bed line that shares a day with another ward, and the most that it may bill. */
export interface SharedDays {
  readonly state: LineState
  readonly allowed: Milli
  /** Wards on the first shared day. */
  readonly wards: number
  readonly on: CalendarDate
}

/** How a day of several wards is divided. */
export interface Division {
  /** What each ward that counts may bill of it. */
  readonly share: Milli
  /** Where there are three wards or more, one does not count in which the patient lay no longer. */
  readonly shortMinutes: number
}

/** Bed lines of which a day is also billed by another ward. Lines without ward or start are not judged. */
export function sharedDaysOf(beds: readonly LineState[], division: Division): readonly SharedDays[] {
  const stays = inExecutionOrder(beds).flatMap(stayInWard)
  if (new Set(stays.map(({ ward }) => ward)).size < 2) return []
  const days = wardDaysOf(stays, division)
  return stays.flatMap((stay) => {
    let allowed = 0
    let shared: Pick<SharedDays, 'wards' | 'on'> | undefined
    for (let on = stay.first; on <= stay.last; on++) {
      const day = days.get(on)
      const wards = (day?.wards.size ?? 0) + (day?.wards.has(stay.ward) ? 0 : 1)
      if (wards > 1) shared ??= { wards, on: addDays(stay.firstOn, on - stay.first) }
      allowed += wards === 1 ? dayMilli : shareOf(stay, wards, day, division)
    }
    return shared === undefined ? [] : [{ state: stay.state, allowed: allowed as Milli, ...shared }]
  })
}

function stayInWard(state: LineState): readonly WardStay[] {
  const { orderedAt, resultAt, departments } = state.line
  const ward = departments[0]
  if (ward === undefined || orderedAt === undefined) return []
  const firstOn = orderedAt.slice(0, 10)
  const first = dayNumber(firstOn)
  const lastBilled = first + daysBilled(state) - 1
  const end = resultAt === undefined ? lastBilled : dayNumber(resultAt.slice(0, 10))
  const last = Math.min(first + stayDaysMax, Math.max(lastBilled, end))
  return [{ state, ward, firstOn, first, lastBilled, last }]
}

function wardDaysOf(stays: readonly WardStay[], { shortMinutes }: Division): ReadonlyMap<number, WardDay> {
  const onDay = new Map<number, WardStay[]>()
  for (const stay of stays) {
    for (let on = stay.first; on <= stay.lastBilled; on++) {
      const known = onDay.get(on)
      if (known) known.push(stay)
      else onDay.set(on, [stay])
    }
  }
  return new Map(
    [...onDay].map(([on, all]) => {
      const long = all.filter((stay) => !isShort(stay, shortMinutes))
      const counted = long.length > 1 ? long : all
      const dearest = counted.reduce((a, b) => (insuredPriceOf(b.state) > insuredPriceOf(a.state) ? b : a))
      const cheapest = counted.reduce((a, b) => (insuredPriceOf(b.state) <= insuredPriceOf(a.state) ? b : a))
      return [on, { wards: new Set(all.map(({ ward }) => ward)), dearest: dearest.ward, cheapest: cheapest.ward }]
    }),
  )
}

/** A ward's share of a day; nothing for one of three or more that bills this day alone and is neither the dearest nor the cheapest. */
function shareOf(stay: WardStay, wards: number, day: WardDay | undefined, { share }: Division): number {
  const counts = wards < 3 || stay.first !== stay.last || stay.ward === day?.dearest || stay.ward === day?.cheapest
  return counts ? share : 0
}

function isShort({ state: { line } }: WardStay, shortMinutes: number): boolean {
  const { orderedAt, resultAt } = line
  return orderedAt !== undefined && resultAt !== undefined && minutesBetween(orderedAt, resultAt) <= shortMinutes
}
