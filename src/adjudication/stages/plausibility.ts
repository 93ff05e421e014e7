import type { Rule } from './rule.ts'

/** Rules about visit types, codes and signatures that do not fit together (stage 0). */
export const plausibilityRules: readonly Rule[] = []
