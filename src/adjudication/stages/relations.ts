import type { CalendarDate, ClaimLine } from '../../domain/claim.ts'
import type { Relation } from '../../domain/facts.ts'
import type { Context, LineState } from './context.ts'
import { asksTheFund, denyIfFresh, registerUnavailable } from './list-denials.ts'
import { withoutManner } from './listing.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'

/** Relations between codes of a claim: a supply inside a price, a step of a technique, a technique at another's price. */

const isTechnique = ({ kind }: ClaimLine): boolean => kind === 'service' || kind === 'exam'

/** A technique that is billed with a price and not denied: what belongs to it is paid with it. */
const stands = ({ line, denied }: LineState): boolean => isTechnique(line) && denied === null && line.unitPriceHospitalMilli > 0

/** Under local anaesthesia or not, the relations of a technique are the same. */
const isCode = (billed: string, code: string): boolean => billed === code || withoutManner(billed) === code

const dayDone = ({ line, orderedOn }: LineState): CalendarDate => line.performedAt?.slice(0, 10) ?? orderedOn

const inForce = ({ validFrom, validTo }: Relation, on: CalendarDate): boolean => validFrom <= on && on <= (validTo ?? on)

function relationsOf({ facts: { relations } }: Context, kind: Relation['kind']): readonly Relation[] {
  return relations.kind === 'known' ? relations.value.filter((relation) => relation.kind === kind) : []
}
const asOfRelations = ({ facts: { relations } }: Context): string => (relations.kind === 'known' ? relations.asOf : '')

/** The codes whose price a technique is paid at, on the date of its order. */
export function pricedAs({ line, orderedOn }: LineState, context: Context): readonly string[] {
  return relationsOf(context, 'priced-as')
    .filter((relation) => isCode(line.code, relation.code) && inForce(relation, orderedOn))
    .map(({ other }) => other)
}

/** CAT-07: a supply that is inside the price of a technique of the claim is not paid beside it. */
const supplyInsidePrice: LineRule = {
  id: 'CAT-07',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line, orderedOn } = state
    if (line.kind !== 'supply' || !asksTheFund(state)) return undefined
    if (context.facts.relations.kind === 'unavailable') return line.serviceCode === undefined ? undefined : registerUnavailable
    for (const relation of relationsOf(context, 'includes')) {
      if (relation.other !== line.code || !inForce(relation, orderedOn)) continue
      const technique = context.lines.find((one) => stands(one) && isUsedIn(state, one, relation.code))
      if (technique === undefined) continue
      return denyIfFresh('inside_price', state, asOfRelations(context), { code: line.code, technique: technique.line.code })
    }
    return undefined
  },
}

/** The technique that a supply names, or, where it names none, one of the same day. */
function isUsedIn(supply: LineState, technique: LineState, code: string): boolean {
  if (!isCode(technique.line.code, code)) return false
  const named = supply.line.serviceCode
  return named === undefined ? dayDone(supply) === dayDone(technique) : isCode(named, code)
}

interface Step {
  readonly state: LineState
  readonly wholes: readonly LineState[]
}

/** CAT-08: a technique that is a step of another, or follows from its result, is not paid beside it on the same day. */
const stepOfTechnique: ClaimRule = {
  id: 'CAT-08',
  version: 1,
  on: 'claim',
  propose(context) {
    const techniques = context.lines.filter((state) => stands(state) && asksTheFund(state))
    if (context.facts.relations.kind === 'unavailable') {
      const several = new Set(techniques.map(({ line }) => line.code)).size > 1
      return several ? { ...registerUnavailable, lines: techniques } : undefined
    }
    const relations = relationsOf(context, 'step-of')
    if (relations.length === 0) return undefined
    const found: Proposal[] = []
    const steps: Step[] = []
    for (const state of techniques) {
      const wholes = wholesOf(state, relations, context)
      const sameDay = wholes.filter((whole) => dayDone(whole) === dayDone(state))
      if (sameDay.length > 0) steps.push({ state, wholes: sameDay })
      else if (wholes[0] !== undefined) found.push(otherDay(state, wholes[0]))
    }
    return [...found, ...judgeSteps(steps, asOfRelations(context))]
  },
}

const none: readonly never[] = []

function wholesOf(step: LineState, relations: readonly Relation[], { lines }: Context): readonly LineState[] {
  const of = relations.filter((relation) => isCode(step.line.code, relation.code) && inForce(relation, step.orderedOn))
  if (of.length === 0) return none
  return lines.filter(
    (whole) =>
      stands(whole) &&
      withoutManner(whole.line.code) !== withoutManner(step.line.code) &&
      of.some(({ other }) => isCode(whole.line.code, other)),
  )
}

const otherDay = (state: LineState, whole: LineState): Proposal => ({
  code: 'other_day',
  severity: 'warn',
  lines: [state],
  inputs: { code: state.line.code, whole: whole.line.code },
})

/**
 * A step is denied where one of its wholes is paid; a whole that is itself a denied step pays for nothing. What is left are techniques
 * that are steps of one another.
 */
function judgeSteps(steps: readonly Step[], asOf: string): readonly Proposal[] {
  const open = new Map(steps.map((step) => [step.state, step]))
  const denied = new Map<LineState, LineState>()
  for (let before = -1; before !== open.size; ) {
    before = open.size
    for (const { state, wholes } of open.values()) {
      const paid = wholes.find((whole) => !open.has(whole) && !denied.has(whole))
      if (paid !== undefined) denied.set(state, paid)
      if (paid !== undefined || wholes.every((whole) => denied.has(whole))) open.delete(state)
    }
  }
  const circular = [...open.keys()].map((state): Proposal => {
    const [whole] = open.get(state)!.wholes
    return { code: 'circular', severity: 'pend', lines: [state], inputs: { code: state.line.code, whole: whole!.line.code } }
  })
  return [
    ...circular,
    ...[...denied].map(([state, whole]) => ({
      ...denyIfFresh('step_of', state, asOf, { code: state.line.code, whole: whole.line.code }),
      lines: [state],
    })),
  ]
}

/** Steps (stage 4), once it is known which techniques the lists let stand. */
export const stepRules: readonly Rule[] = [stepOfTechnique]
/** Supplies inside a price (stage 4), once it is known which techniques are paid. */
export const insidePriceRules: readonly Rule[] = [supplyInsidePrice]
