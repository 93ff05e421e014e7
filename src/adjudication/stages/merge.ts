import type { Bearer } from '../../domain/decision.ts'
import type { Money } from '../../domain/money.ts'
import type { RuleCard } from '../../domain/rulebook.ts'
import type { Context, LineState } from './context.ts'
import { lowerRoute } from './derive-route.ts'
import type { Limits, Proposal, Proposed, Rule } from './rule.ts'

/** Findings in the making: proposals of one rule that differ in nothing but their lines. */
export interface Gathered {
  readonly card: RuleCard
  readonly proposal: Proposal
  readonly key: string
  /** `null`: the claim as a whole. */
  readonly lines: Set<LineState> | null
  money: number
  /** Lines whose share of `money` is told from the bounds once the rates are known. */
  readonly derived: Derived[]
}
/** A line as the phases before a proposal left it. */
interface Derived {
  readonly state: LineState
  readonly limits: Limits
  readonly denied: Bearer | null
  readonly proposal: Proposal
}
export type Findings = Map<string, Gathered>

type Receive = (proposal: Proposal, of: LineState | null) => void

/** Runs what a rule has to say, on the claim or on each line. A rule that throws pends what it looked at and says nothing else. */
export function runRule(rule: Rule, context: Context, receive: Receive): void {
  if (rule.propose === undefined) return
  if (rule.on === 'claim') {
    deliver(sayOfClaim(rule.propose, context), null, receive)
    return
  }
  for (const state of context.lines) deliver(sayOfLine(rule.propose, state, context), state, receive)
}

export function runExplanation({ explain }: Rule, context: Context, receive: Receive): void {
  if (explain !== undefined) deliver(sayOfClaim(explain, context), null, receive)
}

// Plain calls in a loop that runs for every rule and line: no closure is made.
function sayOfClaim(propose: (context: Context) => Proposed, context: Context): Proposed {
  try {
    return propose(context)
  } catch {
    return ruleError
  }
}
function sayOfLine(propose: (line: LineState, context: Context) => Proposed, line: LineState, context: Context): Proposed {
  try {
    return propose(line, context)
  } catch {
    return ruleError
  }
}

function deliver(proposed: Proposed, of: LineState | null, receive: Receive): void {
  if (proposed === undefined) return
  if (isOne(proposed)) receive(proposed, of)
  else for (const one of proposed) receive(one, of)
}
export const ruleErrorCode = 'rule_error'
const ruleError: Proposal = { code: ruleErrorCode, severity: 'pend' }
const isOne = (proposed: Proposal | readonly Proposal[]): proposed is Proposal => !Array.isArray(proposed)

/** Folds a proposal into the state, so that the order of proposals cannot matter. */
export function mergeProposal(context: Context, proposal: Proposal, of: LineState | null): void {
  const lines = proposal.lines ?? (of === null ? null : [of])
  if (proposal.severity === 'pend') {
    if (lines === null) context.pended = true
    else for (const state of lines) state.pended = true
  }
  if (proposal.severity === 'deny') {
    const bearer = proposal.bearer ?? 'provider'
    if (lines === null) context.denied = worseBearer(context.denied, bearer)
    else for (const state of lines) state.denied = worseBearer(state.denied, bearer)
  }
  if (proposal.limits !== undefined)
    for (const state of lines ?? context.lines) state.limits = mergeLimits(state.limits, proposal.limits)
  if (proposal.liftsListRate) for (const state of lines ?? context.lines) state.liftsListRate = true
  if (proposal.route !== undefined) context.route = lowerRoute(context.route, proposal.route)
  if (proposal.waiver) context.waived = true
  if (proposal.exemption !== undefined) context.exemption = proposal.exemption
}

/** Where two denials name different bearers, the patient is spared. */
const worseBearer = (a: Bearer | null, b: Bearer): Bearer => (a === null || b === 'provider' ? b : a)

const limitKeys: readonly (keyof Limits)[] = [
  'quantityMilli',
  'unitPriceHospitalMilli',
  'unitPriceInsuredMilli',
  'serviceRateBp',
  'insuredRateBp',
  'hospitalAmount',
  'insuredAmount',
]

export function mergeLimits(a: Limits, b: Limits): Limits {
  const merged: Record<string, number> = { ...a }
  for (const key of limitKeys) {
    const limit = b[key]
    if (limit !== undefined && (merged[key] === undefined || limit < merged[key])) merged[key] = limit
  }
  return merged as Limits
}

/** Adds a proposal to the findings, joining it with its like. */
export function gather(
  findings: Findings,
  card: RuleCard,
  proposal: Proposal,
  of: LineState | null,
  context: Pick<Context, 'lines' | 'denied'>,
): void {
  if (proposal.silent) return
  const lines = proposal.lines ?? (of === null ? null : [of])
  const { effect } = proposal
  const key = keyOf(proposal, lines === null)
  const known = findings.get(`${card.id} ${key}`)
  const money: Money | 0 = effect?.money ?? 0
  const derived =
    effect === undefined || effect.money !== undefined
      ? noneDerived
      : (lines ?? context.lines).map((state) => ({
          state,
          limits: state.limits,
          denied: state.denied ?? context.denied,
          proposal,
        }))
  if (known === undefined) {
    findings.set(`${card.id} ${key}`, { card, proposal, key, lines: lines && new Set(lines), money, derived: [...derived] })
    return
  }
  known.money += money
  known.derived.push(...derived)
  for (const state of lines ?? []) known.lines?.add(state)
}

const noneDerived: readonly Derived[] = []

/** What a finding is beside its lines, as text. */
function keyOf({ code, severity, inputs, effect, legalBasis }: Proposal, ofClaim: boolean): string {
  let key = `${code}\u0000${severity}\u0000${ofClaim}`
  if (inputs !== undefined) for (const name of Object.keys(inputs).sort()) key += `\u0000${name}=${inputs[name]}`
  if (effect !== undefined) key += `\u0001${effect.field}\u0000${effect.before}\u0000${effect.after}\u0000${effect.bearer}`
  return legalBasis === undefined ? key : `${key}\u0002${basisKey(legalBasis)}`
}

/** The basis of a value is one object for all claims of its day. */
const basisKeys = new WeakMap<object, string>()
function basisKey(basis: object): string {
  let known = basisKeys.get(basis)
  if (known === undefined) {
    known = JSON.stringify(basis)
    basisKeys.set(basis, known)
  }
  return known
}
