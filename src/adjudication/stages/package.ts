import type { Rule } from './rule.ts'

/** Rules about the ceiling on the supplies of one technique (stage 5). */
export const packageRules: readonly Rule[] = []
