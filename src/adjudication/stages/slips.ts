import type { Rule } from './rule.ts'

/** Rules about transfer and re-visit slips, temporary residence (stage 3). */
export const slipRules: readonly Rule[] = []
