import type { Rule } from './rule.ts'

/** Rules about beds: days, wards, shared beds, the surgical price (stage 6). */
export const bedRules: readonly Rule[] = []
