/**
 * Money and the exact integers it is computed from. Amounts are integers of 1/100 đồng, quantities and unit prices
 * integers of 1/1000, rates integers of 1/100 per cent (47.5 % = 4750). Floats never touch an amount.
 */
export type Money = number & { readonly unit: '1/100 đồng' }
/** Quantity or unit price in 1/1000. */
export type Milli = number & { readonly unit: '1/1000' }
/** Rate in 1/100 per cent: 100 % = 10000. */
export type RateBp = number & { readonly unit: '1/100 %' }

export const zero = 0 as Money
/** 100 %. */
export const fullRate = 10_000 as RateBp

/**
 * The one place that multiplies, divides and rounds: the product of the factors over the divisor, half up (towards positive infinity).
 * Products above 2^53 go through BigInt; both paths agree. Factors are integers, the divisor a positive integer below 2^52.
 */
export function roundedProduct(divisor: number, a: number, b: number, c = 1, d = 1): number {
  const product = a * b * c * d
  if (product > Number.MAX_SAFE_INTEGER || product < -Number.MAX_SAFE_INTEGER) {
    return Number(divideHalfUp(BigInt(a) * BigInt(b) * BigInt(c) * BigInt(d), BigInt(divisor)))
  }
  let rest = product % divisor
  if (rest < 0) rest += divisor
  // Adding zero turns -0 into 0, which would otherwise print differently.
  return (product - rest) / divisor + (2 * rest >= divisor ? 1 : 0) + 0
}

/** The quotient of exact integers, half up; the divisor is positive. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const shifted = 2n * dividend + divisor
  const doubled = 2n * divisor
  const quotient = shifted / doubled
  return shifted < 0n && quotient * doubled !== shifted ? quotient - 1n : quotient
}

/** Quantity × unit price × up to two rates, as money. */
export function amountOf(quantity: Milli, unitPrice: Milli, rateA: RateBp = fullRate, rateB: RateBp = fullRate): Money {
  // 1/1000 × 1/1000 to 1/100. Whole per cents are taken as per cents, so that ordinary amounts stay below 2^53.
  let divisor = 10_000
  let a: number = rateA
  let b: number = rateB
  if (a === 10_000) a = 1
  else if (a % 100 === 0) [a, divisor] = [a / 100, divisor * 100]
  else divisor *= 10_000
  if (b === 10_000) b = 1
  else if (b % 100 === 0) [b, divisor] = [b / 100, divisor * 100]
  else divisor *= 10_000
  return roundedProduct(divisor, quantity, unitPrice, a, b) as Money
}

/** A share of an amount, half up to 1/100 đồng. */
export function shareOf(amount: Money, rate: RateBp): Money {
  return (rate === fullRate ? amount : roundedProduct(10_000, amount, rate)) as Money
}

/** A rate of a rate: 80 % of 40 % is 32 %. */
export function rateOfRate(rate: RateBp, of: RateBp): RateBp {
  return roundedProduct(10_000, rate, of) as RateBp
}

export const add = (a: Money, b: Money): Money => (a + b) as Money
export const subtract = (a: Money, b: Money): Money => (a - b) as Money
export const smaller = <T extends number>(a: T, b: T): T => (a < b ? a : b)

/**
 * Reads a decimal (`884406.78`, `-0.5`, `15`) as an integer of 10^-decimals.
 * @throws RangeError when it is no decimal, has more decimals than allowed or does not fit 2^53
 */
export function parseDecimal(text: string, decimals: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  const fraction = match?.[3] ?? ''
  if (!match || fraction.length > decimals) throw new RangeError(`not a decimal with at most ${decimals} decimals`)
  const value = Number(`${match[1]}${match[2]}${fraction.padEnd(decimals, '0')}`)
  if (!Number.isSafeInteger(value)) throw new RangeError('decimal out of range')
  return value + 0
}
export const parseMoney = (text: string): Money => parseDecimal(text, 2) as Money
export const parseMilli = (text: string): Milli => parseDecimal(text, 3) as Milli
/** Per cent to RateBp: `47.5` → 4750. */
export const parseRate = (text: string): RateBp => parseDecimal(text, 2) as RateBp

/** Always two decimals: `0.00`, `884406.78`. */
export function formatMoney(amount: Money): string {
  const digits = String(Math.abs(amount)).padStart(3, '0')
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
/** Per cent without trailing zeros: `80`, `47.5`, `0`. */
export const formatRate = (rate: RateBp): string => String(rate / 100)
