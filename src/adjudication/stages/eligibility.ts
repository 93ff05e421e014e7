import { formatMoney, type Money } from '../../domain/money.ts'
import { compareNames, plainName } from '../../domain/names.ts'
import { sliceOn } from '../../domain/rulebook.ts'
import { isTemporary, otherCardsOf } from './cards.ts'
import type { Context, LineState } from './context.ts'
import { mayHaveTemporaryCode } from './entitlement.ts'
import type { ClaimRule, LineRule, Proposal } from './rule.ts'
import { denyClaim } from './special.ts'

/** Denied only where the register is at least as new as the date judged. */
const isFresh = (asOf: string | null, judgedOn: string): boolean => asOf !== null && asOf >= judgedOn

/** The denial of a line in money; nothing of it is paid. */
function denial(
  code: string,
  bearer: 'provider' | 'patient',
  state: LineState,
  inputs: Readonly<Record<string, string>>,
): Proposal {
  const before = state.line.amounts.fundPays
  const money = -before as Money
  return {
    code,
    severity: 'deny',
    bearer,
    inputs,
    effect: { field: 'T_BHTT', before: formatMoney(before), after: '0.00', money, bearer },
  }
}

/** ELG-01: the member and each card are in the register. */
export const memberIsKnown: ClaimRule = {
  id: 'ELG-01',
  version: 1,
  on: 'claim',
  propose(context) {
    const { cards, arrivedOn } = context
    const { member } = context.facts
    if (member.kind === 'unavailable') return { code: 'register_unavailable', severity: 'pend' }
    // A temporary code is not in the register: whether it is in order is the matter of ELG-07.
    const allowed = mayHaveTemporaryCode(context)
    if (member.kind === 'none') {
      if (member.asOf === null) return { code: 'register_empty', severity: 'pend' }
      if (allowed && cards.length > 0 && cards.every(isTemporary)) return undefined
      return member.asOf >= arrivedOn
        ? { code: 'member_unknown', severity: 'pend', inputs: { asOf: member.asOf } }
        : { code: 'register_older', severity: 'pend', inputs: { asOf: member.asOf, judgedOn: arrivedOn } }
    }
    if (cards.length === 0) return { code: 'no_card', severity: 'pend', inputs: { asOf: member.asOf } }
    const unknown = cards.filter((card) => card.coverage === undefined && !(allowed && isTemporary(card)))
    return unknown.length === 0
      ? undefined
      : {
          code: 'card_unknown',
          severity: 'pend',
          inputs: {
            cards: unknown
              .map(({ cardNumber }) => cardNumber)
              .sort()
              .join(', '),
            asOf: member.asOf,
          },
        }
  },
}

/** ELG-02: a card of the claim is valid on the line's date. Judged only when the register holds every card. */
export const cardIsValid: LineRule = {
  id: 'ELG-02',
  version: 1,
  on: 'line',
  propose(state, { cards, member, memberAsOf, arrivedOn, inpatient }) {
    if (state.card.cover !== 'outside' || member === undefined || cards.length === 0) return undefined
    if (cards.some(({ coverage }) => coverage === undefined)) return undefined
    const { orderedOn } = state
    if (inpatient && expiredDuringStay(cards, arrivedOn)) return undefined
    const inputs = {
      on: orderedOn,
      validFrom: state.card.card?.validFrom ?? '–',
      validTo: state.card.card?.validTo ?? '–',
      asOf: memberAsOf ?? '–',
    }
    if (hasOtherCard(cards, member, orderedOn)) return { code: 'other_card_valid', severity: 'pend', inputs }
    return isFresh(memberAsOf, orderedOn)
      ? denial('not_valid', 'patient', state, inputs)
      : { code: 'register_older', severity: 'pend', inputs }
  },
}

/** Does another active card of the member cover the day? */
const hasOtherCard = (cards: Context['cards'], member: Context['member'], on: string): boolean =>
  otherCardsOf(cards, member).some(({ validFrom, validTo }) => validFrom! <= on && (validTo == null || on <= validTo))

const expiredDuringStay = (cards: Context['cards'], arrivedOn: string): boolean =>
  cards.some(
    ({ validFrom, validTo }) => validTo != null && validTo >= arrivedOn && (validFrom === undefined || validFrom <= arrivedOn),
  )

/** ELG-03: a card that expires during a stay covers to discharge, at most for the days of grace. */
export const expiryDuringStay: LineRule = {
  id: 'ELG-03',
  version: 1,
  on: 'line',
  propose(state, { cards, memberAsOf, inpatient, arrivedOn, rulebook }) {
    const { card, cover } = state.card
    if (cover === 'valid' || card?.coverage === undefined || cards.some(({ coverage }) => coverage === undefined))
      return undefined
    const expiry = card.validTo
    if (expiry == null || !inpatient || !expiredDuringStay(cards, arrivedOn)) return undefined
    const grace = sliceOn(rulebook.parameters.cardGraceDays, expiry)
    const legalBasis = grace?.legalBasis ?? []
    const inputs = { on: state.orderedOn, expiry, days: String(grace?.value ?? 0), asOf: memberAsOf ?? '–' }
    if (cover === 'grace') return { code: 'in_grace', severity: 'info', legalBasis, inputs }
    return isFresh(memberAsOf, state.orderedOn)
      ? { ...denial('after_grace', 'patient', state, inputs), legalBasis }
      : { code: 'register_older', severity: 'pend', inputs }
  },
}

/** ELG-04: the card is neither withdrawn nor held. */
export const cardIsNotWithdrawn: LineRule = {
  id: 'ELG-04',
  version: 1,
  on: 'line',
  propose(state, { memberAsOf, cards, member }) {
    const coverage = state.card.card?.coverage
    if (coverage === undefined || coverage.status === 'active') return undefined
    const inputs = { status: coverage.status, on: state.orderedOn, asOf: memberAsOf ?? '–' }
    if (coverage.status === 'replaced') return { code: 'replaced', severity: 'warn', inputs }
    if (hasOtherCard(cards, member, state.orderedOn)) return { code: 'other_card_valid', severity: 'pend', inputs }
    return isFresh(memberAsOf, state.orderedOn)
      ? denial('withdrawn', 'patient', state, inputs)
      : { code: 'register_older', severity: 'pend', inputs }
  },
}

const sexOf: Readonly<Record<string, string>> = { '1': 'male', '2': 'female' }

/** ELG-05: name, birth date, sex and personal id are those of the register. A name alone never denies. */
export const identityMatches: ClaimRule = {
  id: 'ELG-05',
  version: 1,
  on: 'claim',
  propose({ claim: { patient }, member }) {
    if (member === undefined) return undefined
    const found: Proposal[] = []
    const name = nameFinding(patient.fullName, member.fullName)
    if (name !== undefined) found.push(name)
    const differs: string[] = []
    const known = Math.min(patient.birthDate.length, member.birthDate.length)
    if (patient.birthDate.slice(0, known) !== member.birthDate.slice(0, known)) differs.push('NGAY_SINH')
    const sex = sexOf[patient.sex]
    if (sex !== undefined && member.sex !== 'unknown' && sex !== member.sex) differs.push('GIOI_TINH')
    if (patient.personalId !== undefined && member.personalId !== null && patient.personalId !== member.personalId)
      differs.push('SO_CCCD')
    if (differs.length > 0) found.push({ code: 'identity_differs', severity: 'pend', inputs: { fields: differs.join(', ') } })
    return found
  },
}

/** Hospital systems write names with and without marks: one without any is the same name, marks that differ are looked at. */
function nameFinding(claimed: string, registered: string): Proposal | undefined {
  if (claimed === registered) return undefined
  const { verdict, how, parts } = compareNames(claimed, registered)
  if (verdict === 'same') return undefined
  const inputs = { parts: parts.map((part) => partWords[part]).join(', ') }
  if (how !== 'marks') return { code: how === 'letters' ? 'name_differs' : 'name_order', severity: 'pend', inputs }
  const isPlain = (name: string) => plainName(name) === name.toUpperCase().trim().replace(/\s+/g, ' ')
  return isPlain(claimed) || isPlain(registered) ? undefined : { code: 'name_marks', severity: 'warn', inputs }
}
const partWords = { family: 'họ · family name', middle: 'tên đệm · middle name', given: 'tên · given name' } as const

/** ELG-08: nothing is done after the registered death. */
export const notAfterDeath: ClaimRule = {
  id: 'ELG-08',
  version: 1,
  on: 'claim',
  propose({ claim, member, memberAsOf, lines, arrivedOn }) {
    const deceasedOn = member?.deceasedOn
    if (deceasedOn == null) return undefined
    const after = lines.filter(({ orderedOn }) => orderedOn > deceasedOn)
    if (after.length === 0 && arrivedOn <= deceasedOn) return undefined
    const judgedOn = after[0]?.orderedOn ?? arrivedOn
    const inputs = { deceasedOn, on: judgedOn, asOf: memberAsOf ?? '–' }
    return isFresh(memberAsOf, judgedOn)
      ? denyClaim('after_death', claim, inputs)
      : { code: 'register_older', severity: 'pend', inputs }
  },
}

/** PRV-04: the facility has a contract on the day the visit ended. */
export const facilityHasContract: ClaimRule = {
  id: 'PRV-04',
  version: 1,
  on: 'claim',
  propose({ claim, facts: { facility }, facilityPeriod, endedOn }) {
    if (facility.kind === 'unavailable') return { code: 'register_unavailable', severity: 'pend' }
    if (facility.kind === 'none')
      return facility.asOf === null
        ? { code: 'register_empty', severity: 'pend' }
        : { code: 'facility_unknown', severity: 'pend', inputs: { asOf: facility.asOf } }
    const inputs = { on: endedOn, asOf: facility.asOf }
    if (facilityPeriod === undefined) return { code: 'period_unknown', severity: 'pend', inputs }
    if (facilityPeriod.contract) return undefined
    return isFresh(facility.asOf, endedOn)
      ? denyClaim('no_contract', claim, inputs)
      : { code: 'register_older', severity: 'pend', inputs }
  },
}
