import { formatRate, type Milli } from '../../domain/money.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'
import { boundRate, formatMilli, insuredPriceOf, isBilled, operationGroup, specialRate, timeOf } from './special.ts'

/** `MA_NHOM` of procedures. */
const procedureGroup = '18'
/** `MA_DICH_VU` of a technique that was begun and stopped. */
const stoppedSuffix = '_TB'
const noPrice = 0 as Milli

const isOperation = ({ line }: LineState): boolean => line.costGroup === operationGroup
const isStopped = ({ line }: LineState): boolean => line.serviceCode?.endsWith(stoppedSuffix) ?? false

/** Operations and procedures by the minute at which they began: one session in the theatre. */
function sessionsOf({ lines }: Context): readonly (readonly LineState[])[] {
  const sessions = new Map<string, LineState[]>()
  for (const state of inExecutionOrder(lines)) {
    const { kind, costGroup } = state.line
    const time = timeOf(state)
    if (kind !== 'service' || time === '' || (costGroup !== operationGroup && costGroup !== procedureGroup)) continue
    if (!isBilled(state) || isStopped(state)) continue
    const known = sessions.get(time)
    if (known) known.push(state)
    else sessions.set(time, [state])
  }
  return [...sessions.values()].filter((session) => session.length > 1 && session.some(isOperation))
}

/** The dearest operation; among equal prices the one that the hospital bills highest, so that its own choice stands. */
const dearestOf = (operations: readonly LineState[]): LineState | undefined =>
  [...operations].sort((a, b) => insuredPriceOf(b) - insuredPriceOf(a) || b.line.serviceRateBp - a.line.serviceRateBp)[0]

/** Nobody of the one team belongs to the other; undefined where the claim names nobody. */
function isOtherTeam(one: LineState, other: LineState): boolean | undefined {
  const [team, others] = [one.line.performedBy, other.line.performedBy]
  if (team.length === 0 || others.length === 0) return undefined
  return !team.some((person) => others.includes(person))
}

/** PRC-14: beside the dearest operation of a session the others are paid 50 % or 80 %, procedures 80 %; a stopped one nothing. */
const furtherOperations: ClaimRule = {
  id: 'PRC-14',
  version: 1,
  on: 'claim',
  propose(context) {
    const beside = sessionsOf(context).flatMap((session) => {
      const dearest = dearestOf(session.filter(isOperation))
      return dearest === undefined
        ? []
        : session.filter((state) => state !== dearest).flatMap((state) => besideOf(dearest, state, context))
    })
    return [...beside, ...withoutPrice(context)]
  },
}

function besideOf(dearest: LineState, state: LineState, context: Context): readonly Proposal[] {
  const inputs = { at: timeOf(state), dearest: dearest.line.code }
  if (!isOperation(state)) {
    const rate = specialRate(context, 'procedure')
    return rate === undefined ? [] : boundRate('procedure', state, rate, inputs)
  }
  const otherTeam = isOtherTeam(dearest, state)
  const rate = specialRate(context, otherTeam ? 'operation-other-team' : 'operation-same-team')
  if (rate === undefined) return []
  if (otherTeam !== undefined) return boundRate(otherTeam ? 'other_team' : 'same_team', state, rate, inputs)
  return state.line.serviceRateBp <= rate.value
    ? []
    : [
        {
          code: 'team_unknown',
          severity: 'warn',
          lines: [state],
          inputs: { ...inputs, claimed: formatRate(state.line.serviceRateBp) },
        },
      ]
}

/** A technique that was begun and stopped has no price; what was used in it is paid. */
function withoutPrice({ lines }: Context): readonly Proposal[] {
  const stopped = lines.filter((state) => state.line.kind === 'service' && isBilled(state) && isStopped(state))
  return stopped.map((state) => {
    const before = formatMilli(state.line.unitPriceInsuredMilli)
    return {
      code: 'stopped',
      severity: 'reduce',
      lines: [state],
      limits: { unitPriceHospitalMilli: noPrice, unitPriceInsuredMilli: noPrice },
      effect: { field: 'DON_GIA_BH', before, after: '0', bearer: 'provider' },
    }
  })
}

/** Rules about several operations in one session (stage 6). */
export const operationRules: readonly Rule[] = [furtherOperations]
