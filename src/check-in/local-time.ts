import type { LocalTime } from '../domain/claim.ts'

/** Local time in Vietnam (UTC+7, no daylight saving) of an instant in milliseconds, to the minute. */
export function localTimeOf(epochMs: number): LocalTime {
  return new Date(epochMs + 7 * 3_600_000).toISOString().slice(0, 16)
}
