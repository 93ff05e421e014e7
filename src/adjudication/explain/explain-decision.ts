import type { Amounts, Claim } from '../../domain/claim.ts'
import type { Decision } from '../../domain/decision.ts'
import type { DecisionExplained, LineExplained, NoteExplained, RuleChange } from '../../domain/explanation.ts'
import type { Facts } from '../../domain/facts.ts'
import type { Rulebook, RuleCard } from '../../domain/rulebook.ts'
import { totalsAreSums } from '../stages/integrity.ts'
import { claimText, isNothing, minus, noAmounts, plus } from './amounts.ts'
import { explainBenefit } from './explain-benefit.ts'
import { explainLine } from './explain-line.ts'
import { type Run, watch } from './trace.ts'

/** What of an explanation follows from claim, facts, rulebook and the decision that they give. */
export type Derived = Pick<
  DecisionExplained,
  'visit' | 'outcome' | 'claimed' | 'decided' | 'rules' | 'benefit' | 'lines' | 'notes'
>

/**
 * Derives a decision again and tells each step: a pure function. The steps of a line end in its decided amounts, and what the rules
 * change adds up from the claimed totals to the decided ones.
 * @param decision what `adjudicate` gives for them
 * @throws Error when the steps do not end in the decision: a fault of ours
 */
export function explainDecision(claim: Claim, facts: Facts, rulebook: Rulebook, decision: Decision): Derived {
  const run = watch(claim, facts, rulebook)
  const ways = run.context.lines.map((_, index) => explainLine(run, index, decision))
  const rules = changesByRule(run, decision, ways)
  const end = rules.at(-1)?.after ?? claimText(claim.totals)
  const reached = claimText(decision.decided)
  if (JSON.stringify(end) !== JSON.stringify(reached)) throw new Error('the steps do not end in the decision')
  return {
    visit: {
      arrivedOn: run.context.arrivedOn,
      endedOn: run.context.endedOn,
      inpatient: run.context.inpatient,
      careType: claim.careType,
      visitCategory: claim.visitCategory,
    },
    outcome: decision.outcome,
    claimed: claimText(claim.totals),
    decided: reached,
    rules,
    benefit: explainBenefit(run.context, decision),
    lines: ways.map(({ line }) => line),
    notes: notesOf(decision),
  }
}

/** What rules in shadow would have said, with the lines of each. */
export function shadowOf({ shadow }: Decision): readonly NoteExplained[] {
  return shadow.map(({ lines, rule, severity, message, legalBasis }, finding) => ({
    ...{ rule, severity, message, legalBasis, finding },
    ...(lines.length === 0 ? {} : { lines }),
  }))
}

/** Findings about the claim as a whole. */
function notesOf({ findings }: Decision): readonly NoteExplained[] {
  return findings.flatMap(({ lines, rule, severity, message, legalBasis }, finding) =>
    lines.length > 0 ? [] : [{ rule, severity, message, legalBasis, finding }],
  )
}

interface Sum {
  readonly card: RuleCard
  change: Amounts
  lines: number
}

/** From the header's totals to the decided ones: first what the sums of the lines put right, then each rule by stage. */
function changesByRule(
  run: Run,
  { claimed }: Decision,
  ways: readonly { readonly traced: ReturnType<typeof explainLine>['traced']; readonly line: LineExplained }[],
): readonly RuleChange[] {
  const sums = new Map<string, Sum>()
  const addTo = (card: RuleCard, change: Amounts) => {
    const known = sums.get(card.id) ?? { card, change: noAmounts, lines: 0 }
    sums.set(card.id, { card, change: plus(known.change, change), lines: known.lines + 1 })
  }
  let ofLines: Amounts = noAmounts
  for (const [index, { traced }] of ways.entries()) {
    let before: Amounts = run.context.lines[index]!.line.amounts
    ofLines = plus(ofLines, before)
    for (const { card, amounts } of traced) {
      const change = minus(amounts, before)
      if (!isNothing(change)) addTo(card, change)
      before = amounts
    }
  }
  const header = minus(ofLines, claimed)
  let after: Amounts = claimed
  const entry = ({ card, change, lines }: Sum): RuleChange => {
    after = plus(after, change)
    return { rule: card.id, name: card.name, change: claimText(change), after: claimText(after), lines }
  }
  const ordered = [...sums.values()].sort((a, b) => a.card.stage - b.card.stage || (a.card.id < b.card.id ? -1 : 1))
  const sumsRule = run.context.rulebook.rules.get(totalsAreSums.id)!
  return [...(isNothing(header) ? [] : [entry({ card: sumsRule, change: header, lines: 0 })]), ...ordered.map(entry)]
}
