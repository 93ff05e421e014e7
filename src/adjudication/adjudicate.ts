import type { Claim, Totals } from '../domain/claim.ts'
import type { Decision, Finding, LineDecision, Outcome } from '../domain/decision.ts'
import type { Facts } from '../domain/facts.ts'
import { formatMoney, type Money, zero } from '../domain/money.ts'
import type { Rulebook, RuleCard, Wording } from '../domain/rulebook.ts'
import { benefitsOf } from './stages/benefits.ts'
import { type Context, compareRefs, createContext, type LineState } from './stages/context.ts'
import { moneyOf } from './stages/derive-money.ts'
import { type Findings, type Gathered, gather, mergeProposal, ruleErrorCode, runExplanation, runRule } from './stages/merge.ts'
import { phases as allPhases, invariantRule, withdrawalRule } from './stages/registry.ts'
import type { Phase, Rule } from './stages/rule.ts'
import { sumTotals, zeroTotals } from './stages/totals.ts'

/**
 * Decides a claim: a pure function of claim, facts and rulebook. Never throws for what a claim or register says; a rule that throws
 * pends its line, a broken invariant pends too.
 * @param phases the registered rules; a test may hand in another order
 */
export function adjudicate(claim: Claim, facts: Facts, rulebook: Rulebook, phases: readonly Phase[] = allPhases): Decision {
  const context = createContext(claim, facts, rulebook)
  const findings: Findings = new Map()
  const shadow: Findings = new Map()
  for (const phase of phases) runPhase(phase, context, findings, shadow)
  for (const phase of phases) for (const rule of phase.rules) explain(rule, context, findings)
  return decisionOf(context, listOf(findings), listOf(shadow))
}

/** What a void decides: nothing is paid any more. */
export function withdraw(claimed: Totals, rulebook: Rulebook): Decision {
  const card = rulebook.rules.get(withdrawalRule.id)!
  const money = formatMoney(-claimed.fundPays as Money)
  const finding: Finding = {
    rule: card.id,
    version: card.version,
    group: card.group,
    severity: 'deny',
    lines: [],
    effect: { field: 'T_BHTT', before: formatMoney(claimed.fundPays), after: '0.00', money, bearer: 'provider' },
    legalBasis: card.legalBasis,
    inputs: {},
    message: card.messages.get('withdrawn')!,
  }
  return {
    outcome: 'deny',
    claimed,
    decided: zeroTotals,
    benefits: [],
    lines: [],
    findings: [finding],
    shadow: noFindings,
    copayCounted: zero,
    rulebook: { version: rulebook.version, sha256: rulebook.sha256 },
  }
}

function runPhase(phase: Phase, context: Context, findings: Findings, shadow: Findings): void {
  phase.before?.(context)
  const proposals: (() => void)[] = []
  for (const rule of phase.rules) {
    const card = context.rules.active.get(rule.id)
    const shadowed = context.rules.shadow.get(rule.id)
    if (shadowed !== undefined) runRule(rule, context, (proposal, of) => gather(shadow, shadowed, proposal, of, context))
    if (card === undefined) continue
    runRule(rule, context, (proposal, of) => {
      gather(findings, card, proposal, of, context)
      // Merged after the phase: no rule sees what another of its phase proposed.
      proposals.push(() => mergeProposal(context, proposal, of))
    })
  }
  for (const merge of proposals) merge()
}

function explain(rule: Rule, context: Context, findings: Findings): void {
  const card = rule.explain && context.rules.active.get(rule.id)
  if (card === undefined) return
  runExplanation(rule, context, (proposal, of) => {
    gather(findings, card, proposal, of, context)
    if (proposal.severity === 'pend') mergeProposal(context, proposal, of)
  })
}

const noFindings: readonly never[] = []

/** A finding's proposals with their lines in order. */
interface Ordered extends Omit<Gathered, 'lines'> {
  readonly lines: readonly LineState[] | null
}
const listOf = (findings: Findings): readonly Ordered[] =>
  findings.size === 0 ? noFindings : [...findings.values()].map(inOrder).sort(compareGathered)
const inOrder = (gathered: Gathered): Ordered => ({
  ...gathered,
  lines: gathered.lines && [...gathered.lines].sort((a, b) => compareRefs(a.ref, b.ref)),
})

/** By stage, rule, first line (the claim as a whole before any), then content: never by the order of rules or rows. */
function compareGathered(a: Ordered, b: Ordered): number {
  const byStage = a.card.stage - b.card.stage
  if (byStage !== 0) return byStage
  if (a.card.id !== b.card.id) return a.card.id < b.card.id ? -1 : 1
  const first = a.lines?.[0]?.ref
  const second = b.lines?.[0]?.ref
  const byLine = first && second ? compareRefs(first, second) : Number(first !== undefined) - Number(second !== undefined)
  if (byLine !== 0) return byLine
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function decisionOf(context: Context, gathered: readonly Ordered[], shadow: readonly Ordered[]): Decision {
  const { claim, lines, rulebook, route } = context
  const decided = sumTotals(
    lines,
    ({ line }) => line,
    ({ settled }) => settled,
  )
  const findingsOf = new Map<LineState, number[]>()
  for (const [index, { lines: named }] of gathered.entries()) {
    for (const state of named ?? []) {
      const known = findingsOf.get(state)
      if (known) known.push(index)
      else findingsOf.set(state, [index])
    }
  }
  return {
    outcome: outcomeOf(context, decided),
    claimed: claim.totals,
    decided,
    benefits: benefitsOf(context),
    lines: lines.map((state) => lineDecision(state, findingsOf.get(state) ?? noIndexes)),
    findings: gathered.map((one) => findingOf(one, context)),
    shadow: shadow.map((one) => findingOf(one, context)),
    copayCounted: route?.terms.counts ? decided.copay : zero,
    ...alarmsOf([...gathered, ...shadow]),
    rulebook: { version: rulebook.version, sha256: rulebook.sha256 },
  }
}
const noIndexes: readonly number[] = []

function alarmsOf(gathered: readonly Ordered[]): Pick<Decision, 'alarms'> {
  const alarms = gathered.filter(({ card, proposal }) => proposal.code === ruleErrorCode || card.id === invariantRule)
  return alarms.length === 0 ? {} : { alarms: [...new Set(alarms.map(({ card }) => card.id))] }
}

function lineDecision({ ref, line, settled }: LineState, findings: readonly number[]): LineDecision {
  return { table: ref.table, stt: ref.stt, claimed: line.amounts, decided: settled, findings }
}

function findingOf(gathered: Ordered, context: Context): Finding {
  const { card, proposal, lines } = gathered
  const inputs = proposal.inputs ?? {}
  const { effect } = proposal
  return {
    rule: card.id,
    version: card.version,
    group: card.group,
    severity: proposal.severity,
    lines: lines === null ? [] : lines.map(({ ref }) => ref),
    effect: effect && {
      field: effect.field,
      before: effect.before,
      after: effect.after,
      money: formatMoney(moneyOf(gathered, context)),
      bearer: effect.bearer,
    },
    legalBasis: proposal.legalBasis ?? card.legalBasis,
    inputs,
    message: wordingOf(card, proposal.code, inputs),
  }
}

const ruleErrorWording: Wording = {
  vi: 'Quy tắc không chạy được trên dữ liệu này; chuyển người xem xét.',
  en: 'The rule could not run on this data; a person has to look.',
}

/** What a finding says, in both languages. */
export function wordingOf(card: RuleCard, code: string, inputs: Readonly<Record<string, string>>): Wording {
  const wording = card.messages.get(code) ?? ruleErrorWording
  return { vi: filled(wording.vi, inputs), en: filled(wording.en, inputs) }
}

/** Words and names of inputs in turn, words first: texts of the rulebook alone, each cut once. */
const cutTexts = new Map<string, readonly string[]>()

function filled(text: string, inputs: Readonly<Record<string, string>>): string {
  let parts = cutTexts.get(text)
  if (parts === undefined) {
    parts = text.split(/\{(\w+)\}/)
    cutTexts.set(text, parts)
  }
  let whole = parts[0]!
  for (let at = 1; at < parts.length; at += 2) whole += (inputs[parts[at]!] ?? '–') + parts[at + 1]!
  return whole
}

function outcomeOf({ claim, lines, denied, pended }: Context, decided: Totals): Outcome {
  if (denied !== null || (lines.length > 0 && lines.every((state) => state.denied !== null))) return 'deny'
  if (pended || lines.some((state) => state.pended)) return 'pend'
  const asClaimed =
    differsNowhere(claim.totals, decided) && lines.every(({ line, settled }) => differsNowhere(line.amounts, settled))
  return asClaimed ? 'accept' : 'adjust'
}

function differsNowhere<T extends object>(claimed: T, decided: T): boolean {
  for (const key in claimed) if (claimed[key] !== decided[key]) return false
  return true
}
