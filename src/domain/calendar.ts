import type { CalendarDate } from './claim.ts'

const dayMs = 86_400_000
const startOf = (day: CalendarDate): number => Date.parse(`${day}T00:00:00Z`)
const dayOf = (ms: number): CalendarDate => new Date(ms).toISOString().slice(0, 10)

export function addDays(day: CalendarDate, days: number): CalendarDate {
  return dayOf(startOf(day) + days * dayMs)
}

/** The n-th Monday-to-Friday day after `day`. Public holidays are not known here. */
export function addWorkingDays(day: CalendarDate, days: number): CalendarDate {
  let ms = startOf(day)
  for (let left = days; left > 0; ) {
    ms += dayMs
    const weekday = new Date(ms).getUTCDay()
    if (weekday !== 0 && weekday !== 6) left -= 1
  }
  return dayOf(ms)
}

/** A day of the month that follows. */
export function dayOfNextMonth(day: CalendarDate, dayOfMonth: number): CalendarDate {
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))]
  return dayOf(Date.UTC(year, month, dayOfMonth))
}

/** The same day of the month that many months on; the last of it where it is shorter. */
export function addMonths(day: CalendarDate, months: number): CalendarDate {
  const [year, month, date] = [Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8))]
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)))
}

/** Full years from a birth date (month and day may be unknown: then as if born on the last possible day) to a day. */
export function fullYears(birthDate: string, day: CalendarDate): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4))
  const birthday = birthDate.slice(5).padEnd(5, birthDate.length === 4 ? '12-31' : '-31')
  return day.slice(5) < birthday ? years - 1 : years
}
