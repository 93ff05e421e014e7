import { sliceOn } from '../../domain/rulebook.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'
import { minutesPerHour, stayOf } from './special.ts'

/** `MA_LOAI_KCB`: a stay, one of under four hours, and care of a long illness with exam and drugs alone. */
const inpatient = '03'
const inpatientBelowHours = '09'
const withoutTechniques = '05'

/** INT-05: the care type fits the facts. Exactly four hours are either 03 or 09. */
const careTypeFits: ClaimRule = {
  id: 'INT-05',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, lines, rulebook, endedOn } = context
    if (claim.careType === withoutTechniques) {
      const techniques = lines.filter(({ line }) => line.kind === 'service')
      return techniques.map((state): Proposal => ({ code: 'technique', severity: 'pend', lines: [state] }))
    }
    const hours = sliceOn(rulebook.parameters.bedFreeHours, endedOn)
    const { from, minutes } = stayOf(context)
    if (hours === undefined || minutes < 0) return undefined
    const limit = hours.value * minutesPerHour
    const inputs = { from, to: claim.endedAt, hours: String(hours.value) }
    if (claim.careType === inpatient && minutes < limit) return { code: 'short_stay', severity: 'pend', inputs }
    if (claim.careType === inpatientBelowHours && minutes > limit) return { code: 'long_stay', severity: 'pend', inputs }
    return undefined
  },
}

/** Rules about visit types, codes and signatures that do not fit together (stage 0). */
export const plausibilityRules: readonly Rule[] = [careTypeFits]
