import { sliceOn } from '../../domain/rulebook.ts'
import type { LineRule, Rule } from './rule.ts'
import { denyLine, isBilled, stayOf } from './special.ts'

const minutesPerHour = 60

/** PRC-10: a stay of four hours or less has no bed fee. */
const shortStayHasNoBed: LineRule = {
  id: 'PRC-10',
  version: 1,
  on: 'line',
  propose(state, context) {
    if (state.line.kind !== 'bed' || !isBilled(state)) return undefined
    const hours = sliceOn(context.rulebook.parameters.bedFreeHours, context.endedOn)
    const { from, minutes } = stayOf(context)
    // A stay that ends before it begins is a matter of INT-04.
    if (hours === undefined || minutes < 0 || minutes > hours.value * minutesPerHour) return undefined
    const inputs = { from, to: context.claim.endedAt, hours: String(hours.value) }
    return { ...denyLine('short_stay', state, inputs), legalBasis: hours.legalBasis }
  },
}

/** Rules about beds (stage 6). */
export const bedRules: readonly Rule[] = [shortStayHasNoBed]
