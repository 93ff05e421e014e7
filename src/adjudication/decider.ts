import type { Decision } from '../domain/decision.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import { adjudicate, withdraw } from './adjudicate.ts'
import type { Decided, Decider } from './decide-batch.ts'
import { claimedOf, decidedTotalsJson, encodeDecision } from './encode-decision.ts'
import { type EncodedFacts, encodeFacts, encodeWithdrawal } from './encode-facts.ts'

/**
 * The pure core as the worker, dry-run and replay use it: decide, then make the bytes once.
 * @param onAlarm told of rules that threw and of invariants that broke: bugs of ours, whose lines pend
 */
export function createDecider(
  rulebook: Rulebook,
  engineSha256: string,
  onAlarm: (rules: readonly string[]) => void = () => {},
): Decider {
  function decided(decision: Decision, facts: EncodedFacts): Decided {
    if (decision.alarms) onAlarm(decision.alarms)
    return {
      decision,
      encoded: encodeDecision(decision, facts.sha256),
      decidedTotals: decidedTotalsJson(decision),
      factsText: facts.text,
      factsSha256: facts.sha256,
    }
  }
  return {
    engineSha256,
    decide: (claim, facts) => decided(adjudicate(claim, facts, rulebook), encodeFacts(facts)),
    withdraw(earlier) {
      if (earlier.decision === null) throw new Error('only a decided version can be withdrawn')
      const claimed = claimedOf(earlier.decision)
      return decided(withdraw(claimed, rulebook), encodeWithdrawal(claimed))
    },
  }
}
