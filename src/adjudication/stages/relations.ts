import type { CalendarDate, ClaimLine } from '../../domain/claim.ts'
import type { Relation } from '../../domain/facts.ts'
import { type Context, compareRefs, type LineState } from './context.ts'
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

type Index = ReadonlyMap<string, readonly Relation[]>
const keyOf = (kind: Relation['kind'], code: string): string => `${kind} ${code}`
const indexes = new WeakMap<readonly Relation[], Index>()

/** Relations by the code that asks for them: the supply of `includes`, else the technique. */
function indexOf(relations: readonly Relation[]): Index {
  const made = indexes.get(relations)
  if (made !== undefined) return made
  const index = new Map<string, Relation[]>()
  for (const relation of relations) {
    const key = keyOf(relation.kind, relation.kind === 'includes' ? relation.other : relation.code)
    const known = index.get(key)
    if (known) known.push(relation)
    else index.set(key, [relation])
  }
  indexes.set(relations, index)
  return index
}

/** What the register relates to a line on the date of its order, under its code as billed and without the mark of its manner. */
function relationsOf({ line, orderedOn }: LineState, kind: Relation['kind'], { facts }: Context): readonly Relation[] {
  const { relations } = facts
  if (relations.kind !== 'known' || relations.value.length === 0) return none
  const index = indexOf(relations.value)
  const codes = [...new Set([line.code, withoutManner(line.code)])]
  return codes.flatMap((code) => index.get(keyOf(kind, code)) ?? none).filter((relation) => inForce(relation, orderedOn))
}
const none: readonly never[] = []
const asOfRelations = ({ facts: { relations } }: Context): string => (relations.kind === 'known' ? relations.asOf : '')

const techniques = new WeakMap<readonly LineState[], ReadonlyMap<string, readonly LineState[]>>()

/** The techniques of the claim by their code, as billed and without the mark of their manner, in order. */
function techniquesOf({ lines }: Context): ReadonlyMap<string, readonly LineState[]> {
  const made = techniques.get(lines)
  if (made !== undefined) return made
  const index = new Map<string, LineState[]>()
  for (const state of lines) {
    if (!isTechnique(state.line)) continue
    for (const code of new Set([state.line.code, withoutManner(state.line.code)])) {
      const known = index.get(code)
      if (known) known.push(state)
      else index.set(code, [state])
    }
  }
  techniques.set(lines, index)
  return index
}

/** The codes whose price a technique is paid at, on the date of its order. */
export function pricedAs(state: LineState, context: Context): readonly string[] {
  return relationsOf(state, 'priced-as', context).map(({ other }) => other)
}

/** CAT-07: a supply that is inside the price of a technique of the claim is not paid beside it. */
const supplyInsidePrice: LineRule = {
  id: 'CAT-07',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line } = state
    if (line.kind !== 'supply' || !asksTheFund(state)) return undefined
    if (context.facts.relations.kind === 'unavailable') return line.serviceCode === undefined ? undefined : registerUnavailable
    for (const relation of relationsOf(state, 'includes', context)) {
      const technique = techniquesOf(context)
        .get(relation.code)
        ?.find((one) => stands(one) && isUsedIn(state, one, relation.code))
      if (technique === undefined) continue
      return denyIfFresh('inside_price', state, asOfRelations(context), { code: line.code, technique: technique.line.code })
    }
    return undefined
  },
}

/** The technique that a supply names, or, where it names none, one of the same day. */
function isUsedIn(supply: LineState, technique: LineState, code: string): boolean {
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
    const found: Proposal[] = []
    const steps: Step[] = []
    for (const state of techniques) {
      const wholes = wholesOf(state, context)
      const sameDay = wholes.filter((whole) => dayDone(whole) === dayDone(state))
      if (sameDay.length > 0) steps.push({ state, wholes: sameDay })
      else if (wholes[0] !== undefined) found.push(otherDay(state, wholes[0]))
    }
    return [...found, ...judgeSteps(steps, asOfRelations(context))]
  },
}

function wholesOf(step: LineState, context: Context): readonly LineState[] {
  const of = relationsOf(step, 'step-of', context)
  if (of.length === 0) return none
  const index = techniquesOf(context)
  const own = withoutManner(step.line.code)
  const wholes = new Set(of.flatMap(({ other }) => index.get(other) ?? none))
  const standing = [...wholes].filter((whole) => stands(whole) && withoutManner(whole.line.code) !== own)
  return of.length === 1 ? standing : standing.sort((a, b) => compareRefs(a.ref, b.ref))
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
