import type { Rule } from './rule.ts'

/** Rules about the facility’s lists: what may be billed at all (stage 4). */
export const catalogueRules: readonly Rule[] = []
