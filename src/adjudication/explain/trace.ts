import type { Amounts, Claim } from '../../domain/claim.ts'
import type { Bearer } from '../../domain/decision.ts'
import type { Facts } from '../../domain/facts.ts'
import { type Money, shareOf, smaller, subtract, zero } from '../../domain/money.ts'
import { cardOn, type Rulebook, type RuleCard } from '../../domain/rulebook.ts'
import { type Context, createContext, type LineState } from '../stages/context.ts'
import { mergeLimits, mergeProposal, runExplanation, runRule } from '../stages/merge.ts'
import { phases } from '../stages/registry.ts'
import type { Limits, Proposal } from '../stages/rule.ts'
import { acceptAmounts, applyOtherSources, applyRates } from '../stages/settle.ts'

/** What a rule in force said, with the lines that it said it of (`null`: the claim). */
export interface Move {
  readonly card: RuleCard
  readonly proposal: Proposal
  readonly lines: readonly LineState[] | null
}
/** A run of the engine that was watched. */
export interface Run {
  readonly context: Context
  /** What was said of each line, and of the claim as a whole (`null`). */
  readonly movesOf: ReadonlyMap<LineState | null, readonly Move[]>
}

/** Runs the phases as `adjudicate` does and keeps what each rule said. */
export function watch(claim: Claim, facts: Facts, rulebook: Rulebook): Run {
  const context = createContext(claim, facts, rulebook)
  const movesOf = new Map<LineState | null, Move[]>()
  const heard = (card: RuleCard, proposal: Proposal, of: LineState | null) => {
    const move: Move = { card, proposal, lines: proposal.lines ?? (of === null ? null : [of]) }
    for (const state of move.lines ?? [null]) {
      const known = movesOf.get(state)
      if (known) known.push(move)
      else movesOf.set(state, [move])
    }
  }
  for (const phase of phases) {
    phase.before?.(context)
    const merges: (() => void)[] = []
    for (const rule of phase.rules) {
      const card = context.rules.active.get(rule.id)
      if (card === undefined) continue
      runRule(rule, context, (proposal, of) => {
        heard(card, proposal, of)
        merges.push(() => mergeProposal(context, proposal, of))
      })
    }
    for (const merge of merges) merge()
  }
  for (const { rules } of phases) {
    for (const rule of rules) {
      const card = context.rules.active.get(rule.id)
      if (card !== undefined) runExplanation(rule, context, (proposal, of) => heard(card, proposal, of))
    }
  }
  return { context, movesOf }
}

/** What is known of a line at one point of its way. */
interface Stand {
  /** The amounts are those of the claim, no formula applied yet. */
  readonly asClaimed: boolean
  readonly limits: Limits
  readonly liftsListRate: boolean
  readonly denied: Bearer | null
  readonly claimDenied: Bearer | null
  /** The rate of the decision applies, no longer the claimed one. */
  readonly rated: boolean
  readonly exempted: boolean
}

/** One point on the way: who brought it about, and the amounts after it. */
export interface TracedStep {
  /** `rate` and `exemption` are steps of the engine; their rules only say so. */
  readonly kind: 'rule' | 'rate' | 'exemption'
  readonly card: RuleCard
  /** What was said; `undefined` for a rate that is as claimed. */
  readonly move: Move | undefined
  readonly amounts: Amounts
}

/** The stage that gives the rate; the waiver is part of the rate of the decision and so comes here with it. */
const RATE_STAGE = 3

interface Pending {
  readonly stage: number
  readonly key: string
  readonly step: Omit<TracedStep, 'amounts'>
  readonly apply: (stand: Stand) => Stand
}

/** The way of one line: each step in the order of the stages, with the amounts had everything after it kept silent. */
export function traceLine(run: Run, state: LineState): readonly TracedStep[] {
  const { context } = run
  const pending = [...ruleSteps(run, state), ...rateStep(run, state), ...exemptionStep(run, state)].sort(
    (a, b) => a.stage - b.stage || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  )
  let stand: Stand = {
    asClaimed: true,
    limits: {},
    liftsListRate: false,
    denied: null,
    claimDenied: null,
    rated: false,
    exempted: false,
  }
  return pending.map(({ step, apply }) => {
    stand = apply(stand)
    return { ...step, amounts: amountsAt(stand, state, context) }
  })
}

const noMoney = (stand: Stand): Stand => stand

function ruleSteps({ movesOf }: Run, state: LineState): readonly Pending[] {
  const rateRules = new Set(state.exempted === 0 ? [state.rateRule] : [state.rateRule, 'BEN-12'])
  return [...(movesOf.get(null) ?? []), ...(movesOf.get(state) ?? [])].flatMap((move): Pending[] => {
    const { card, proposal, lines } = move
    const moves = proposal.limits !== undefined || proposal.severity === 'deny' || proposal.liftsListRate === true
    if (lines === null && !moves) return []
    // Told by the steps of the engine.
    if (!moves && rateRules.has(card.id) && proposal.effect !== undefined) return []
    if (proposal.silent && !moves) return []
    const key = `${card.id} ${proposal.code} ${JSON.stringify(proposal.inputs ?? {})}`
    const step = { kind: 'rule', card, move } as const
    const formula = card.id === 'INT-02'
    return [{ stage: card.stage, key, step, apply: moves || formula ? (stand) => moved(stand, move) : noMoney }]
  })
}

function moved(stand: Stand, { proposal, lines }: Move): Stand {
  const bearer = proposal.severity === 'deny' ? (proposal.bearer ?? 'provider') : null
  return {
    ...stand,
    asClaimed: false,
    limits: proposal.limits === undefined ? stand.limits : mergeLimits(stand.limits, proposal.limits),
    liftsListRate: stand.liftsListRate || proposal.liftsListRate === true,
    denied: lines === null ? stand.denied : worse(stand.denied, bearer),
    claimDenied: lines === null ? worse(stand.claimDenied, bearer) : stand.claimDenied,
  }
}
const worse = (a: Bearer | null, b: Bearer | null): Bearer | null => (b === null ? a : a === null || b === 'provider' ? b : a)

function rateStep({ context, movesOf }: Run, state: LineState): readonly Pending[] {
  const whole = context.rulebook.rules.get(state.rateRule)
  if (whole === undefined) return []
  const card = cardOn(whole, context.endedOn)
  const said = movesOf
    .get(state)
    ?.find(({ card: { id }, proposal: { code } }) => id === state.rateRule && (code === 'rate' || code === 'rate_differs'))
  const claimedExempt = wasClaimedExempt(state)
  return [
    {
      stage: RATE_STAGE,
      // Before what else its stage says of the line.
      key: '',
      step: { kind: 'rate', card, move: said },
      apply: (stand) => ({ ...stand, asClaimed: false, rated: true, exempted: stand.exempted || claimedExempt }),
    },
  ]
}

/** The claim has the exemption already: co-pay moved to the fund. */
const wasClaimedExempt = ({ exempted, line }: LineState): boolean =>
  exempted > 0 && line.amounts.fundPays > shareOf(line.amounts.insuredAmount, line.benefitRateBp)

function exemptionStep({ context, movesOf }: Run, state: LineState): readonly Pending[] {
  const whole = context.rulebook.rules.get('BEN-12')
  if (whole === undefined || state.exempted === 0) return []
  const card = cardOn(whole, context.endedOn)
  const said = movesOf.get(state)?.find(({ card: { id }, proposal }) => id === card.id && !proposal.silent)
  const step = { kind: 'exemption', card, move: said } as const
  return [{ stage: card.stage, key: card.id, step, apply: (stand) => ({ ...stand, exempted: true }) }]
}

/** The amounts that the engine's own steps make of a line as it stands. */
function amountsAt(stand: Stand, state: LineState, context: Context): Amounts {
  if (stand.asClaimed) return state.line.amounts
  const line: LineState = {
    ...state,
    limits: stand.limits,
    liftsListRate: stand.liftsListRate,
    denied: stand.denied,
    settled: { hospitalAmount: zero, insuredAmount: zero, fundPays: zero, copay: zero, selfPays: zero, otherSources: zero },
    taken: { self: zero, copay: zero, fund: zero },
  }
  const view: Context = {
    ...context,
    lines: [line],
    denied: stand.claimDenied,
    // Without a route the claimed rate counts.
    route: stand.rated ? context.route : undefined,
  }
  acceptAmounts(view)
  applyRates(view)
  if (stand.exempted) {
    const cut = smaller(state.exempted, line.settled.copay)
    line.settled.copay = subtract(line.settled.copay, cut)
    line.settled.fundPays = (line.settled.fundPays + cut) as Money
  }
  applyOtherSources(view)
  return line.settled
}
