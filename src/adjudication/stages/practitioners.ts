import type { Rule } from './rule.ts'

/** Rules about scope and hours of practitioners, in shadow (stage 4). */
export const practitionerRules: readonly Rule[] = []
