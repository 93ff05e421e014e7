import type { Rule } from './rule.ts'

/** Rules about the same thing twice, stays that overlap (stage 2). */
export const overlapRules: readonly Rule[] = []
