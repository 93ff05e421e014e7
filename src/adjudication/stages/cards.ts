import { addDays } from '../../domain/calendar.ts'
import type { CalendarDate, Claim } from '../../domain/claim.ts'
import type { LegalBasis } from '../../domain/decision.ts'
import type { Coverage, Member } from '../../domain/facts.ts'
import { fullRate, type RateBp } from '../../domain/money.ts'
import { type CardSign, type Rulebook, sliceOn } from '../../domain/rulebook.ts'

/** A card of the claim with what the register holds of it. */
export interface CardFact {
  readonly cardNumber: string
  readonly coverage: Coverage | undefined
  readonly validFrom: CalendarDate | undefined
  readonly validTo: CalendarDate | null | undefined
  readonly registeredFacility: string | undefined
}

/** The card that a line goes by on its date. */
export interface CardChoice {
  readonly card: CardFact | undefined
  /** `grace`: expired during the stay and still covered; `outside`: no card of the claim covers the date. */
  readonly cover: 'valid' | 'grace' | 'outside'
  readonly reading: SignReading | undefined
  /** Another card that is valid too, at a lower rate: of several entitlements the highest applies (ELG-09). */
  readonly insteadOf?: { readonly rateBp: RateBp; readonly notClaimed: boolean }
}
export interface SignReading {
  readonly sign: string
  readonly printed: string
  readonly group: string
  readonly terms: CardSign
  /** Of the sign, or of the text that reads the group as another sign. */
  readonly legalBasis: readonly LegalBasis[]
}

/** The claim's cards, or the member's where the claim names none. In order of the claim. */
export function cardsOf(claim: Claim, member: Member | undefined): readonly CardFact[] {
  const coverages = member?.coverages ?? []
  if (claim.cards.length === 0) return coverages.map(factOf)
  return claim.cards.map((card) => {
    const coverage = coverages.find(({ cardNumber }) => sameCard(cardNumber, card.cardNumber))
    if (coverage !== undefined) return factOf(coverage)
    return {
      cardNumber: card.cardNumber,
      coverage: undefined,
      validFrom: card.validFrom,
      validTo: card.validTo,
      registeredFacility: card.registeredFacility,
    }
  })
}

/** Other active cards of a member whose card the claim names: the register knows them to be of the same person. */
export function otherCardsOf(cards: readonly CardFact[], member: Member | undefined): readonly CardFact[] {
  if (member === undefined || !cards.some(({ coverage }) => coverage !== undefined)) return []
  return member.coverages
    .filter(({ status, cardNumber }) => status === 'active' && !cards.some((card) => sameCard(card.cardNumber, cardNumber)))
    .map(factOf)
}

/** A temporary code of a person without card: registered at its province and `000` (the national tables). */
export const isTemporary = ({ cardNumber, registeredFacility }: Pick<CardFact, 'cardNumber' | 'registeredFacility'>): boolean =>
  cardNumber.length === 15 && registeredFacility === `${cardNumber.slice(3, 5)}000`

const factOf = (coverage: Coverage): CardFact => ({
  cardNumber: coverage.cardNumber,
  coverage,
  validFrom: coverage.validFrom,
  validTo: coverage.validTo,
  registeredFacility: coverage.registeredFacility,
})

/** Equal, or one of them is the bare ten digits of the other. */
export function sameCard(a: string, b: string): boolean {
  if (a === b) return true
  if (a.length !== 10 && b.length !== 10) return false
  return a.slice(-10) === b.slice(-10)
}

/** What the third character is read as on a day: as printed, or as the law has it whatever is printed (NQ 261/2025). */
export function readSign(cardNumber: string, day: CalendarDate, rulebook: Rulebook): SignReading | undefined {
  if (cardNumber.length < 15) return undefined
  const [group, printed] = [cardNumber.slice(0, 2), cardNumber.slice(2, 3)]
  const listed = sliceOn(rulebook.cardGroups.get(group), day)
  const overrides = listed?.value.overridesPrint === true
  const sign = overrides ? listed.value.sign : printed
  const row = sliceOn(rulebook.cardSigns.get(sign), day)
  return row && { sign, printed, group, terms: row.value, legalBasis: overrides ? listed.legalBasis : row.legalBasis }
}

interface Visit {
  readonly arrivedOn: CalendarDate
  readonly inpatient: boolean
  /** Cards of the register that the claim does not name, and the last day for which they are known. */
  readonly others: readonly CardFact[]
  readonly othersUntil: CalendarDate | null
}

/** Picks per date, remembering dates already asked: of the cards that cover it an active one, of those the highest rate. */
export function createChooseCard(
  cards: readonly CardFact[],
  rulebook: Rulebook,
  visit: Visit,
): (day: CalendarDate) => CardChoice {
  let lastDay: CalendarDate | undefined
  let lastChoice: CardChoice | undefined
  const known = new Map<CalendarDate, CardChoice>()
  return function chooseCard(day) {
    if (day === lastDay && lastChoice) return lastChoice
    const choice = known.get(day) ?? pick(cards, rulebook, visit, day)
    known.set(day, choice)
    lastDay = day
    lastChoice = choice
    return choice
  }
}

function pick(cards: readonly CardFact[], rulebook: Rulebook, visit: Visit, day: CalendarDate): CardChoice {
  const choiceOf = (card: CardFact | undefined, cover: CardChoice['cover']): CardChoice => ({
    card,
    cover,
    reading: card && readSign(card.cardNumber, day, rulebook),
  })
  const covers = (card: CardFact, on: CalendarDate) =>
    (card.validFrom === undefined || card.validFrom <= on) && (card.validTo == null || on <= card.validTo)
  const valid = cards.filter((card) => covers(card, day))
  if (valid.length > 0) {
    const choices = valid.map((card) => choiceOf(card, 'valid'))
    const known = visit.othersUntil !== null && day <= visit.othersUntil
    const others = known ? visit.others.filter((card) => covers(card, day)).map((card) => choiceOf(card, 'valid')) : []
    return highest(choices, others)
  }
  const inGrace = visit.inpatient
    ? cards.filter((card) => covers(card, visit.arrivedOn) && card.validTo != null && day <= graceEnd(card.validTo, rulebook))
    : []
  if (inGrace.length > 0) return best(inGrace.map((card) => choiceOf(card, 'grace')))
  // During a stay the card that expired is the one to judge, not one that begins later.
  const expired = visit.inpatient ? cards.filter((card) => covers(card, visit.arrivedOn) && card.validTo != null) : []
  const outside = expired.length > 0 ? expired : cards
  return outside.length === 0 ? choiceOf(undefined, 'outside') : best(outside.map((card) => choiceOf(card, 'outside')))
}

const graceEnd = (expiry: CalendarDate, rulebook: Rulebook): CalendarDate =>
  addDays(expiry, sliceOn(rulebook.parameters.cardGraceDays, expiry)?.value ?? 0)

const noRate = -1 as RateBp

const rate = ({ reading }: CardChoice): RateBp => reading?.terms.rateBp ?? noRate
const isActive = ({ card }: CardChoice): number => (card?.coverage === undefined || card.coverage.status === 'active' ? 1 : 0)

/** The best card of the claim, or one that it does not name and that pays more; it says which other was valid at a lower rate. */
function highest(claimed: readonly CardChoice[], others: readonly CardChoice[]): CardChoice {
  const own = best(claimed)
  if (isActive(own) === 0 || own.reading === undefined) return own
  const other = others.length === 0 ? own : best(others)
  if (rate(other) > rate(own)) return { ...other, insteadOf: { rateBp: rate(own), notClaimed: true } }
  const lower = claimed.filter((choice) => isActive(choice) && rate(choice) < rate(own) && rate(choice) !== noRate)
  return lower.length === 0 ? own : { ...own, insteadOf: { rateBp: rate(best(lower)), notClaimed: false } }
}

function best(choices: readonly CardChoice[]): CardChoice {
  if (choices.length === 1) return choices[0]!
  return choices.reduce((a, b) => {
    const order = isActive(b) - isActive(a) || rate(b) - rate(a)
    if (order !== 0) return order > 0 ? b : a
    return (b.card?.cardNumber ?? '') < (a.card?.cardNumber ?? '') ? b : a
  })
}

/** Is the rate of the card below 100 %? */
export const hasCopay = ({ reading }: CardChoice): boolean => reading === undefined || reading.terms.rateBp < fullRate
