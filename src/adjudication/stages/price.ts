import type { Rule } from './rule.ts'

/** Rules about prices and payable levels (stage 5). */
export const priceRules: readonly Rule[] = []
