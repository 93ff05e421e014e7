/**
 * The two kinds of scalars, normalised: one form for one meaning. What cannot be normalised passes as it is, so that validation
 * reports it; nothing here refuses.
 */

/** Text without surrounding white space; `undefined` for empty and `null`. */
export function text(value: unknown): unknown {
  if (typeof value !== 'string') return value === null ? undefined : value
  const { length } = value
  if (length === 0) return undefined
  if (isPlain(value.charCodeAt(0)) && isPlain(value.charCodeAt(length - 1))) return value
  const trimmed = value.trim()
  return trimmed === '' ? undefined : trimmed
}

/** Neither a space, a control nor one of the rarer blanks that `trim` takes away. */
const isPlain = (code: number): boolean => (code > 0x20 && code < 0xa0) || (code > 0xa0 && code < 0x1680)

/** A number as its shortest decimal string: no superfluous zeros, no exponent. `1500.000` and the JSON number 1500 are `1500`. */
export function decimal(value: unknown): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'string') return value === null ? undefined : value
  const { length } = value
  let point = -1
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    if (code >= 0x30 && code <= 0x39) continue
    if (code !== 0x2e || point !== -1) return untidy(value)
    point = index
  }
  if (length === 0) return undefined
  if (point === -1 ? length === 1 || value.charCodeAt(0) !== 0x30 : point === 0 || point === length - 1) return value
  return shortest(value, point)
}

/** Digits around at most one point. */
function shortest(digits: string, point: number): string {
  let start = 0
  let end = digits.length
  if (point !== -1) {
    while (digits.charCodeAt(end - 1) === 0x30) end--
    if (digits.charCodeAt(end - 1) === 0x2e) end--
  }
  const last = (point === -1 ? digits.length : point) - 1
  while (start < last && digits.charCodeAt(start) === 0x30) start++
  return start === 0 && end === digits.length ? digits : digits.slice(start, end)
}

function untidy(value: string): unknown {
  const trimmed = value.trim()
  if (trimmed === '') return undefined
  return trimmed === value ? value : decimal(trimmed)
}
