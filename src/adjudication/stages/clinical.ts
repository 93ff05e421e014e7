import type { Rule } from './rule.ts'

/** Rules about clinical plausibility and what only shows over time (stages 7 and 9), in shadow. */
export const clinicalRules: readonly Rule[] = []
