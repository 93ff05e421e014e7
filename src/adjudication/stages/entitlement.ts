import type { Rule } from './rule.ts'

/** Rules about which entitlement counts and what is excluded (stage 1). */
export const entitlementRules: readonly Rule[] = []
