import type { Rule } from './rule.ts'

/** Rules about several interventions in one operation (stage 6). */
export const operationRules: readonly Rule[] = []
