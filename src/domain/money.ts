/**
 * Money and the exact integers it is computed from. Amounts are integers of 1/100 đồng, quantities and unit prices
 * integers of 1/1000, rates integers of 1/100 per cent (47.5 % = 4750). Floats never touch an amount.
 */
export type Money = number & { readonly unit: '1/100 đồng' }
/** Quantity or unit price in 1/1000. */
export type Milli = number & { readonly unit: '1/1000' }
/** Rate in 1/100 per cent: 100 % = 10000. */
export type RateBp = number & { readonly unit: '1/100 %' }
