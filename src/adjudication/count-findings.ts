import type { Finding, Severity } from '../domain/decision.ts'
import type { Decider } from './decide-batch.ts'

/** How often a rule spoke with a severity; `effect: false` for one in shadow. */
export interface FindingCount {
  readonly rule: string
  readonly severity: Severity
  readonly effect: boolean
  count: number
}

/** A decider that also counts what the rules said, so that a shadow shows how it would act. Bounded by rules and severities. */
export function countingFindings(decider: Decider): { decider: Decider; counts: () => readonly FindingCount[] } {
  const counts = new Map<string, FindingCount>()
  function count(findings: readonly Finding[], effect: boolean): void {
    for (const { rule, severity } of findings) {
      const key = `${rule} ${severity} ${effect}`
      const known = counts.get(key)
      if (known) known.count += 1
      else counts.set(key, { rule, severity, effect, count: 1 })
    }
  }
  return {
    decider: {
      ...decider,
      decide(claim, facts) {
        const decided = decider.decide(claim, facts)
        count(decided.decision.findings, true)
        count(decided.decision.shadow, false)
        return decided
      },
    },
    counts: () => [...counts.values()],
  }
}
