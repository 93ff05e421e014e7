import { addDays } from '../../domain/calendar.ts'
import type { Claim, TestResult } from '../../domain/claim.ts'
import { valueOn } from '../../domain/rulebook.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'

const testGroups = new Set(['1', '2', '3'])
const operationGroups = new Set(['8', '18'])

/** CLN-05: no two drug lines of one day hold the same ingredient. A code joins its ingredients with `+`. */
const ingredientOnce: ClaimRule = {
  id: 'CLN-05',
  version: 1,
  on: 'claim',
  propose({ lines }) {
    const first = new Map<string, LineState>()
    const found: Proposal[] = []
    for (const state of inExecutionOrder(lines)) {
      if (state.line.kind !== 'drug') continue
      for (const ingredient of ingredientsOf(state.line.code)) {
        const key = `${state.orderedOn} ${ingredient}`
        const earlier = first.get(key)
        if (earlier === undefined) first.set(key, state)
        // The same code twice is one drug in two lots; DUP-06 asks whether it was billed twice.
        else if (earlier.line.code !== state.line.code)
          found.push({ code: 'ingredient_twice', severity: 'warn', lines: [state], inputs: { ingredient, on: state.orderedOn } })
      }
    }
    return found
  },
}
/** `40.30+40.155` → two; codes outside the list (`00.0000`) name none. */
const ingredientsOf = (code: string): readonly string[] =>
  code.split('+').filter((one) => /^\d{1,2}\.\d{1,4}$/.test(one) && one !== '00.0000')

const indexes = new WeakMap<Claim, ReadonlyMap<string, readonly TestResult[]>>()
/** The results of a claim by their service. */
function resultsOf(claim: Claim): ReadonlyMap<string, readonly TestResult[]> {
  const made = indexes.get(claim)
  if (made !== undefined) return made
  const index = new Map<string, TestResult[]>()
  for (const result of claim.results) {
    const known = index.get(result.serviceCode)
    if (known) known.push(result)
    else index.set(result.serviceCode, [result])
  }
  indexes.set(claim, index)
  return index
}

/** CLN-09: a billed test has a result, and not before its order. */
const testHasResult: LineRule = {
  id: 'CLN-09',
  version: 1,
  on: 'line',
  propose({ line }, { claim }) {
    const { serviceCode: code, orderedAt } = line
    if (!testGroups.has(line.costGroup) || line.scope === '2' || code === undefined) return undefined
    const results = resultsOf(claim).get(code)
    if (results === undefined) return { code: 'no_result', severity: 'pend', inputs: { code } }
    const latest = results
      .map(({ at }) => at ?? '')
      .sort()
      .at(-1)!
    if (orderedAt === undefined || latest === '' || latest >= orderedAt) return undefined
    return { code: 'result_before_order', severity: 'pend', inputs: { code, orderedAt, resultAt: latest } }
  },
}

/** CLN-10: a visit whose main diagnosis is a factor of health status (Z) and that holds nothing but exams and tests. */
const notOnlyTests: ClaimRule = {
  id: 'CLN-10',
  version: 1,
  on: 'claim',
  propose({ claim, lines }) {
    if (!claim.icdMain.startsWith('Z') || lines.length === 0) return undefined
    const tests = lines.filter(({ line }) => testGroups.has(line.costGroup))
    if (tests.length === 0 || lines.some(({ line }) => !testGroups.has(line.costGroup) && line.kind !== 'exam')) return undefined
    return { code: 'only_tests', severity: 'pend', lines: tests, inputs: { icd: claim.icdMain } }
  },
}

/** FRD-02: many visits at many places within few days. */
const manyVisits: ClaimRule = {
  id: 'FRD-02',
  version: 1,
  on: 'claim',
  propose({ claim, facts, rulebook: { parameters }, arrivedOn }) {
    const days = valueOn(parameters.frequentVisitDays, arrivedOn)
    const visitsFrom = valueOn(parameters.frequentVisits, arrivedOn)
    const placesFrom = valueOn(parameters.frequentVisitPlaces, arrivedOn)
    if (days === undefined || visitsFrom === undefined || placesFrom === undefined) return undefined
    const since = addDays(arrivedOn, -days)
    const near = facts.visits.filter(({ arrivedAt }) => arrivedAt.slice(0, 10) > since && arrivedAt <= claim.arrivedAt)
    const places = new Set([claim.facilityCode, ...near.map(({ facilityCode }) => facilityCode)]).size
    const visits = near.length + 1
    if (visits < visitsFrom || places < placesFrom) return undefined
    return {
      code: 'many_visits',
      severity: 'warn',
      inputs: { visits: String(visits), places: String(places), days: String(days) },
    }
  },
}

/** PRV-03: one person does not perform two operations or procedures of a claim at the same time. */
const oneProcedureAtATime: ClaimRule = {
  id: 'PRV-03',
  version: 1,
  on: 'claim',
  propose(context) {
    const lastOf = new Map<string, string>()
    const found: Proposal[] = []
    for (const state of timedProcedures(context)) {
      const { performedAt, resultAt, performedBy } = state.line
      for (const person of performedBy) {
        const busyUntil = lastOf.get(person)
        if (busyUntil !== undefined && busyUntil > performedAt!)
          found.push({
            code: 'at_the_same_time',
            severity: 'pend',
            lines: [state],
            inputs: { from: performedAt!, until: busyUntil },
          })
        if (busyUntil === undefined || busyUntil < resultAt!) lastOf.set(person, resultAt!)
      }
    }
    return found
  },
}
const timedProcedures = ({ lines }: Context): readonly LineState[] =>
  inExecutionOrder(lines).filter(
    ({ line }) => operationGroups.has(line.costGroup) && line.performedAt !== undefined && line.resultAt !== undefined,
  )

/** Rules about clinical plausibility and what only shows over time (stages 7 and 9), in shadow. */
export const clinicalRules: readonly Rule[] = [ingredientOnce, testHasResult, notOnlyTests, manyVisits, oneProcedureAtATime]
