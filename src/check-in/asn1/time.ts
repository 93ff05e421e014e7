import { type Der, DerFault } from './der.ts'

const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** UTCTime or GeneralizedTime in the only form that DER and RFC 5280 allow (seconds, `Z`), in milliseconds. @throws DerFault */
export function timeOf(element: Der | undefined): number {
  if (element === undefined) throw new DerFault('value')
  const text = Buffer.from(element.content).toString('latin1')
  const match = (
    element.tag === UTC_TIME ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text)
  if (match === null || (element.tag !== UTC_TIME && element.tag !== GENERALIZED_TIME)) throw new DerFault('value')
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  const fullYear = element.tag === UTC_TIME ? (year < 50 ? 2000 + year : 1900 + year) : year
  const instant = Date.UTC(fullYear, month - 1, day, hour, minute, second)
  const back = new Date(instant)
  const isReal =
    back.getUTCMonth() === month - 1 && back.getUTCDate() === day && back.getUTCHours() === hour && minute < 60 && second < 60
  if (!isReal) throw new DerFault('value')
  return instant
}
