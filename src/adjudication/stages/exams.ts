import type { Rule } from './rule.ts'

/** Rules about exams of a visit, a day and a table (stage 6). */
export const examRules: readonly Rule[] = []
