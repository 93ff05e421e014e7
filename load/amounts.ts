/**
 * National line formulas (QĐ 130 with QĐ 4750, XML2 and XML3), written here again on purpose: the harness is independent of the
 * gateway. Quantities and prices are integers of 1/1000, amounts of 1/100 đồng, rates whole per cent.
 */
export interface LineInput {
  readonly quantityMilli: number
  readonly priceMilli: number
  readonly insuredPriceMilli: number
  /** TYLE_TT_DV, 100 on drugs. */
  readonly serviceRate: number
  /** TYLE_TT_BH. */
  readonly listRate: number
  /** MUC_HUONG. */
  readonly benefitRate: number
}
export interface LineAmounts {
  readonly hospital: number
  readonly insured: number
  readonly fund: number
  readonly copay: number
  readonly self: number
}

/** Half up, in BigInt: 1,000 × 10,000,000 đồng already passes 2^53. */
function product(denominator: bigint, ...factors: readonly number[]): number {
  const numerator = factors.reduce((so, factor) => so * BigInt(factor), 1n)
  return Number((2n * numerator + denominator) / (2n * denominator))
}

export function lineAmounts(line: LineInput): LineAmounts {
  const { quantityMilli, serviceRate, listRate } = line
  const hospital = product(1_000_000n, quantityMilli, line.priceMilli, serviceRate)
  const insured = product(100_000_000n, quantityMilli, line.insuredPriceMilli, serviceRate, listRate)
  const fund = product(100n, insured, line.benefitRate)
  return { hospital, insured, fund, copay: insured - fund, self: hospital - insured }
}

/** 123456 → "1234.56" */
export const amountText = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
/** "1500.000" → 1500000 */
export const milli = (text: string): number => Math.round(Number(text) * 1_000)
