import { fullYears } from '../../domain/calendar.ts'
import { formatMoney, formatRate } from '../../domain/money.ts'
import { type ExclusionRow, type Slice, sliceOn, valueOn } from '../../domain/rulebook.ts'
import { isTemporary } from './cards.ts'
import type { Context, LineState } from './context.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'

const emergency = '2'
/** `MA_DOITUONG_KCB` of an organ donor treated right after the donation. */
const donor = '1.6'

/** May this patient be insured by a temporary code: a child below the age of the law, or an organ donor? */
export function mayHaveTemporaryCode({ claim, rulebook, arrivedOn }: Context): boolean {
  if (claim.visitCategory === donor) return true
  const below = valueOn(rulebook.parameters.childUnderAge, arrivedOn)
  return below !== undefined && fullYears(claim.patient.birthDate, arrivedOn) < below
}

/** ELG-06: what was ordered on a day before the card was shown. The check-in dates that. */
export const cardIsShownInTime: ClaimRule = {
  id: 'ELG-06',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, facts, lines } = context
    if (facts.checkIn.kind !== 'known' || facts.checkIn.value.outcome === 'refused') return undefined
    if (claim.visitCategory === emergency || mayHaveTemporaryCode(context)) return undefined
    const shownOn = facts.checkIn.value.at.slice(0, 10)
    const earlier = lines.filter(({ orderedOn, line }) => orderedOn < shownOn && line.scope !== '2')
    return earlier.length === 0 ? undefined : { code: 'shown_later', severity: 'pend', lines: earlier, inputs: { shownOn } }
  },
}

/** ELG-07: a temporary code of a child or donor is in order though the register does not hold it. */
export const temporaryCodeIsAllowed: ClaimRule = {
  id: 'ELG-07',
  version: 1,
  on: 'claim',
  propose(context) {
    const { cards, claim } = context
    if (!cards.some((card) => card.coverage === undefined && isTemporary(card))) return undefined
    if (!mayHaveTemporaryCode(context)) return { code: 'not_entitled', severity: 'pend' }
    return { code: claim.visitCategory === donor ? 'donor' : 'child', severity: 'info' }
  },
}

/** ELG-09: of several entitlements the highest applies. */
export const highestEntitlement: LineRule = {
  id: 'ELG-09',
  version: 1,
  on: 'line',
  propose({ card: { insteadOf, reading } }, { memberAsOf }) {
    if (insteadOf === undefined || reading === undefined) return undefined
    const inputs = { rate: formatRate(reading.terms.rateBp), lower: formatRate(insteadOf.rateBp), asOf: memberAsOf ?? '–' }
    return { code: insteadOf.notClaimed ? 'other_card' : 'highest', severity: 'info', inputs }
  },
}

/** ELG-10: where the entitlement changes during the visit, each line goes by the one of its date. */
export const entitlementChanges: ClaimRule = {
  id: 'ELG-10',
  version: 1,
  on: 'claim',
  propose({ lines }) {
    const found: Proposal[] = []
    let before: LineState | undefined
    const inTime = [...lines].sort((a, b) => (a.orderedOn < b.orderedOn ? -1 : a.orderedOn > b.orderedOn ? 1 : 0))
    for (const state of inTime) {
      if (state.card.reading === undefined || state.card.cover === 'outside') continue
      if (before !== undefined && termsKey(before) !== termsKey(state)) found.push(changeOf(before, state, inTime))
      before = state
    }
    return found
  },
}
const termsKey = ({ card: { reading } }: LineState): string =>
  reading === undefined ? '' : `${reading.terms.rateBp} ${reading.terms.liftsListRate} ${reading.terms.paysScope3}`

function changeOf(before: LineState, after: LineState, inTime: readonly LineState[]): Proposal {
  return {
    code: 'changes',
    severity: 'info',
    lines: inTime.filter(({ orderedOn }) => orderedOn >= after.orderedOn),
    inputs: {
      on: after.orderedOn,
      before: formatRate(before.card.reading!.terms.rateBp),
      after: formatRate(after.card.reading!.terms.rateBp),
    },
  }
}

/** `MA_LOAI_KCB` of periodic check-ups and screening, which have their own law. */
const checkUpCare = new Set(['15', '16'])

/** ELG-11: cases that the law takes out of insurance, as far as the diagnosis tells them surely; else a person looks. */
export const excludedByLaw: LineRule = {
  id: 'ELG-11',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line } = state
    const { claim } = context
    if (line.scope === '2' || checkUpCare.has(claim.careType)) return undefined
    const codes = line.icd.length > 0 ? line.icd : [claim.icdMain, ...claim.icdOther]
    const [first] = codes
    const main = first === undefined ? undefined : exclusionOf(first, context)
    if (first === undefined || main === undefined) return undefined
    const rows = codes.map((code) => exclusionOf(code, context))
    const isSure = rows.every((row) => row?.value.effect === 'deny')
    const inputs = { icd: first }
    const { matter, effect } = main.value
    if (!isSure) return { code: effect === 'pend' ? matter : 'doubt', severity: 'pend', legalBasis: main.legalBasis, inputs }
    return {
      code: matter,
      severity: 'deny',
      bearer: 'patient',
      legalBasis: main.legalBasis,
      inputs,
      effect: { field: 'T_BHTT', before: formatMoney(line.amounts.fundPays), after: '0.00', bearer: 'patient' },
    }
  },
}

/** The longest code of the table that takes an ICD code, for a patient of this age. */
function exclusionOf(icd: string, { rulebook, claim, arrivedOn, endedOn }: Context): Slice<ExclusionRow> | undefined {
  for (let length = icd.length; length >= 3; length--) {
    const row = sliceOn(rulebook.exclusions.get(icd.slice(0, length)), endedOn)
    if (row !== undefined) return fullYears(claim.patient.birthDate, arrivedOn) >= row.value.fromAge ? row : undefined
  }
  return undefined
}

/** ELG-12: a visit that is no emergency has a check-in. */
export const checkInExists: ClaimRule = {
  id: 'ELG-12',
  version: 1,
  on: 'claim',
  propose({ claim, facts: { checkIn } }) {
    if (claim.visitCategory === emergency) return undefined
    if (checkIn.kind === 'unavailable') return { code: 'register_unavailable', severity: 'warn' }
    if (checkIn.kind === 'known') {
      const { outcome, at } = checkIn.value
      return outcome === 'refused' ? { code: 'refused', severity: 'warn', inputs: { on: at.slice(0, 10) } } : undefined
    }
    return checkIn.asOf === null ? undefined : { code: 'missing', severity: 'warn' }
  },
}

/** Rules about cards shown late, temporary codes, several entitlements, exclusions, check-in (stage 1). */
export const entitlementRules: readonly Rule[] = [
  cardIsShownInTime,
  temporaryCodeIsAllowed,
  highestEntitlement,
  entitlementChanges,
  excludedByLaw,
  checkInExists,
]
