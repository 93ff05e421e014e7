import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  amountOf,
  divideHalfUp,
  formatMoney,
  formatRate,
  type Milli,
  type Money,
  parseDecimal,
  parseMilli,
  parseMoney,
  parseRate,
  type RateBp,
  rateOfRate,
  roundedProduct,
  shareOf,
} from '../../src/domain/money.ts'

/** Half up on exact integers, written down once more: floor((2n + d) / 2d). */
function exact(product: bigint, divisor: bigint): bigint {
  const top = 2n * product + divisor
  const bottom = 2n * divisor
  const floor = top / bottom
  return top % bottom < 0n ? floor - 1n : floor
}
const milli = fc.integer({ min: 0, max: 10 ** 12 }) as fc.Arbitrary<Milli>
const rate = fc.integer({ min: 0, max: 10_000 }) as fc.Arbitrary<RateBp>
const money = fc.integer({ min: -(10 ** 14), max: 10 ** 14 }) as fc.Arbitrary<Money>

describe('rounding', () => {
  test('a half goes up, a hair below it down', () => {
    expect(roundedProduct(10, 5, 1)).toBe(1)
    expect(roundedProduct(10, 4, 1)).toBe(0)
    expect(roundedProduct(100, 149, 1)).toBe(1)
    expect(roundedProduct(100, 150, 1)).toBe(2)
    expect(roundedProduct(10, -5, 1)).toBe(0)
    expect(roundedProduct(10, -6, 1)).toBe(-1)
    expect(Object.is(roundedProduct(10, -1, 1), 0)).toBe(true)
  })
  test('the number path and the BigInt path agree with exact arithmetic', () => {
    fc.assert(
      fc.property(
        milli,
        fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
        rate,
        fc.integer({ min: 1, max: 10 ** 12 }),
        (a, b, c, divisor) => {
          const wanted = exact(BigInt(a) * BigInt(b) * BigInt(c), BigInt(divisor))
          if (wanted > BigInt(Number.MAX_SAFE_INTEGER) || wanted < -BigInt(Number.MAX_SAFE_INTEGER)) return
          expect(BigInt(roundedProduct(divisor, a, b, c))).toBe(wanted)
          expect(divideHalfUp(BigInt(a) * BigInt(b) * BigInt(c), BigInt(divisor))).toBe(wanted)
        },
      ),
      { numRuns: 2_000 },
    )
  })
  test('around 2^53 no hundredth is lost', () => {
    for (const product of [2 ** 53 - 1, 2 ** 53 - 2, 2 ** 53 - 5_000]) {
      expect(BigInt(roundedProduct(10_000, product, 1))).toBe(exact(BigInt(product), 10_000n))
    }
    expect(roundedProduct(10_000, 2 ** 52 + 1, 3)).toBe(Number(exact((2n ** 52n + 1n) * 3n, 10_000n)))
  })
})

describe('amounts', () => {
  test('quantity, price and two rates by the formula, exactly', () => {
    fc.assert(
      fc.property(milli, milli, rate, rate, (quantity, price, a, b) => {
        const wanted = exact(BigInt(quantity) * BigInt(price) * BigInt(a) * BigInt(b), 10n ** 12n)
        if (wanted > BigInt(Number.MAX_SAFE_INTEGER)) return
        expect(BigInt(amountOf(quantity, price, a, b))).toBe(wanted)
      }),
      { numRuns: 2_000 },
    )
  })
  test('1,000 pieces of 10,000,000 đồng at 33 %', () => {
    expect(formatMoney(amountOf(parseMilli('1000'), parseMilli('10000000'), parseRate('33')))).toBe('3300000000.00')
  })
  test('three pieces of 589.999 đồng are 1,770.00', () => {
    expect(formatMoney(amountOf(parseMilli('3'), parseMilli('589.999')))).toBe('1770.00')
  })
  test('a share and the rest make the amount', () => {
    expect(formatMoney(shareOf(parseMoney('61728.39'), parseRate('80')))).toBe('49382.71')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 14 }) as fc.Arbitrary<Money>, rate, (amount, of) => {
        const share = shareOf(amount, of)
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(amount)
      }),
    )
  })
  test('a higher rate never gives less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }) as fc.Arbitrary<Money>, rate, rate, (amount, a, b) => {
        expect(shareOf(amount, Math.max(a, b) as RateBp)).toBeGreaterThanOrEqual(shareOf(amount, Math.min(a, b) as RateBp))
      }),
    )
  })
  test('80 % of 40 % is 32 %, 95 % of 50 % is 47.5 %', () => {
    expect(formatRate(rateOfRate(parseRate('80'), parseRate('40')))).toBe('32')
    expect(formatRate(rateOfRate(parseRate('95'), parseRate('50')))).toBe('47.5')
  })
})

describe('decimals', () => {
  test('text to amount and back is the same amount', () => {
    fc.assert(
      fc.property(money, (amount) => {
        expect(parseMoney(formatMoney(amount))).toBe(amount)
        expect(formatMoney(amount)).toMatch(/^-?\d+\.\d\d$/)
      }),
    )
  })
  test('few decimals are filled up, more than allowed are refused', () => {
    expect(parseMoney('15')).toBe(1500)
    expect(parseMoney('0.5')).toBe(50)
    expect(parseMilli('589.999')).toBe(589_999)
    expect(formatMoney(parseMoney('-0.05'))).toBe('-0.05')
    for (const bad of ['', '1.', '.5', '1.005', '1e3', ' 1', '+1', '1,5', '99999999999999999']) {
      expect(() => parseDecimal(bad, 2)).toThrow(RangeError)
    }
  })
  test('zero has one form', () => {
    expect(Object.is(parseMoney('-0'), 0)).toBe(true)
    expect(formatMoney(parseMoney('0'))).toBe('0.00')
    expect(formatRate(0 as RateBp)).toBe('0')
  })
})
