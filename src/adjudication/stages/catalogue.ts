import type { ClaimLine } from '../../domain/claim.ts'
import { formatRate } from '../../domain/money.ts'
import { valueOn } from '../../domain/rulebook.ts'
import type { Context, LineState } from './context.ts'
import { asksTheFund, denyIfFresh, registerUnavailable } from './list-denials.ts'
import { ingredientsOf } from './listing.ts'
import { pricedAs } from './relations.ts'
import type { LineRule, Proposed, Rule } from './rule.ts'
import { denyLine } from './special.ts'

/** `MA_THUOC` of an ingredient outside the insured list. */
const outsideTheList = '00.0000'
/** `NGUON_CTRA` of a drug that the insurance fund bought. */
const insuranceFund = '1'

/** CAT-01: a drug is on the facility's list on the date of its order. */
const drugIsListed: LineRule = {
  id: 'CAT-01',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line, listing, orderedOn } = state
    if (line.kind !== 'drug' || !asksTheFund(state)) return undefined
    if (listing.kind === 'unavailable') return registerUnavailable
    if (listing.kind === 'not-loaded') return undefined
    const inputs = { code: line.code, on: orderedOn, asOf: listing.asOf }
    if (line.code === outsideTheList) return denyIfFresh('outside_the_list', state, listing.asOf, inputs)
    if (listing.kind === 'listed') return scopeOfList(state)
    if (isBlood(line, context)) return undefined
    const ingredients = ingredientsOf(line.code)
    const listed = (code: string) => context.findListing('drug', code, orderedOn).kind === 'listed'
    if (ingredients.length > 1 && ingredients.every(listed)) return { code: 'ingredients_listed', severity: 'pend', inputs }
    return denyIfFresh('not_listed', state, listing.asOf, inputs)
  },
}

/** Blood and its products are billed as drugs and stand in no list of drugs. */
const isBlood = ({ costGroup }: ClaimLine, { rulebook, endedOn }: Context): boolean =>
  valueOn(rulebook.codes.get('blood_cost_group')?.get(costGroup), endedOn) === true

/** A row that keeps its code outside the insured scope, or within it for army, police and cipher only. */
function scopeOfList(state: LineState): Proposed {
  const { line, listing, card, orderedOn } = state
  if (listing.kind !== 'listed' || listing.entry.scope === 1) return undefined
  if (listing.entry.scope === 3 && (line.scope === '3' || card.reading === undefined || card.reading.terms.paysScope3))
    return undefined
  const inputs = { code: line.code, on: orderedOn, scope: String(listing.entry.scope) }
  return denyIfFresh('listed_outside_scope', state, listing.asOf, inputs)
}

/** CAT-05: the ratio is that of the list; what is above it the patient bears. */
const rateOfList: LineRule = {
  id: 'CAT-05',
  version: 1,
  on: 'line',
  propose(state) {
    const { line, listing, card } = state
    if (listing.kind !== 'listed' || !asksTheFund(state)) return undefined
    const { paymentRateBp, rateLiftedForSign1 } = listing.entry
    if (rateLiftedForSign1 && (card.reading === undefined || card.reading.terms.liftsListRate)) return undefined
    if (line.insuredRateBp === paymentRateBp) return undefined
    const [before, after] = [formatRate(line.insuredRateBp), formatRate(paymentRateBp)]
    const inputs = { code: line.code, claimed: before, rate: after }
    if (line.insuredRateBp < paymentRateBp) return { code: 'below_the_list', severity: 'warn', inputs }
    return {
      code: 'above_the_list',
      severity: 'reduce',
      inputs,
      limits: { insuredRateBp: paymentRateBp },
      effect: { field: 'TYLE_TT_BH', before, after, bearer: 'patient' },
    }
  },
}

/** CAT-06: a technique, exam or bed is approved at the facility on the date of its order, and has a price. */
const techniqueIsApproved: LineRule = {
  id: 'CAT-06',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line, listing, orderedOn } = state
    if ((line.kind !== 'service' && line.kind !== 'exam' && line.kind !== 'bed') || !asksTheFund(state)) return undefined
    if (listing.kind === 'unavailable') return registerUnavailable
    if (listing.kind === 'not-loaded') return undefined
    const inputs = { code: line.code, on: orderedOn, asOf: listing.asOf }
    if (listing.kind === 'unlisted') return denyIfFresh('not_approved', state, listing.asOf, inputs)
    const unpriced = listing.entry.unitPriceMilli === 0 && pricedAs(state, context).length === 0
    return unpriced ? denyIfFresh('not_priced', state, listing.asOf, inputs) : scopeOfList(state)
  },
}

/** CAT-11: a drug that a project, a programme or another source gave is not paid again. */
const drugIsNotPaidTwice: LineRule = {
  id: 'CAT-11',
  version: 1,
  on: 'line',
  propose(state, { rulebook, endedOn }) {
    const source = state.line.fundingSource
    if (source === undefined || source === insuranceFund || !asksTheFund(state)) return undefined
    // A code that is none is for INT-09.
    if (valueOn(rulebook.codes.get('funding_source')?.get(source), endedOn) === undefined) return undefined
    return denyLine('paid_by_other', state, { source })
  },
}

/** Rules that ask the facility's lists about each line (stage 4). */
export const catalogueRules: readonly Rule[] = [drugIsListed, rateOfList, techniqueIsApproved, drugIsNotPaidTwice]
