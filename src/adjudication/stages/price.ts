import { type Milli, smaller } from '../../domain/money.ts'
import type { Context, LineState } from './context.ts'
import { registerUnavailable } from './list-denials.ts'
import { packRules } from './packs.ts'
import { boundPrice, isPriced, printPrice } from './price-bounds.ts'
import { pricedAs } from './relations.ts'
import type { LineRule, Proposal, Rule } from './rule.ts'
import { formatMilli } from './special.ts'
import { transportRules } from './transport.ts'

/** PRC-01: a drug costs at most the listed price of the tender in force on the date of its order. */
const drugWithinTender: LineRule = {
  id: 'PRC-01',
  version: 1,
  on: 'line',
  propose(state) {
    const { line, listing, orderedOn } = state
    if (line.kind !== 'drug' || listing.kind !== 'listed' || !isPriced(state)) return undefined
    const { unitPriceMilli, payableUnitPriceMilli, validFrom } = listing.entry
    if (unitPriceMilli === 0) return priceMissing(state)
    const allowed = smaller(unitPriceMilli, payableUnitPriceMilli ?? unitPriceMilli)
    return boundPrice('above_tender', state, allowed, { on: orderedOn, from: validFrom })
  },
}

/** A row at 0 has no price yet: what the drug or supply may cost is not known. */
const priceMissing = ({ line, orderedOn }: LineState): Proposal => ({
  code: 'price_missing',
  severity: 'pend',
  inputs: { code: line.code, on: orderedOn },
})

const pricedInTariff = new Set<LineState['line']['kind']>(['service', 'exam', 'bed'])

/** PRC-02: a technique, exam or bed costs at most what the facility's tariff says on the date of its order. */
const serviceWithinTariff: LineRule = {
  id: 'PRC-02',
  version: 1,
  on: 'line',
  propose(state) {
    const { line, listing, orderedOn } = state
    if (!pricedInTariff.has(line.kind) || listing.kind !== 'listed' || !isPriced(state)) return undefined
    const { unitPriceMilli, validFrom } = listing.entry
    // Approved without a price: for CAT-06 and CAT-09.
    if (unitPriceMilli === 0) return undefined
    return boundPrice('above_tariff', state, unitPriceMilli, { on: orderedOn, from: validFrom })
  },
}

/** CAT-09: a technique that is payable at another's price is paid at most that; the provider bears the rest. */
const atAnotherPrice: LineRule = {
  id: 'CAT-09',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line, listing } = state
    if (!pricedInTariff.has(line.kind) || !isPriced(state)) return undefined
    if (context.facts.relations.kind === 'unavailable') return registerUnavailable
    const payable = listing.kind === 'listed' ? listing.entry.payableUnitPriceMilli : null
    const found = [
      ...(payable === null ? [] : [boundPrice('payable_price', state, payable)]),
      ...pricedAs(state, context).map((other) => atPriceOf(other, state, context)),
    ]
    return found.filter((proposal) => proposal !== undefined)
  },
}

function atPriceOf(other: string, state: LineState, { findListing }: Context): Proposal | undefined {
  const listing = findListing('service', other, state.orderedOn)
  if (listing.kind === 'not-loaded') return undefined
  const inputs = { code: state.line.code, other, on: state.orderedOn }
  if (listing.kind === 'unavailable') return registerUnavailable
  if (listing.kind === 'unlisted' || listing.entry.unitPriceMilli === 0)
    return { code: 'price_unknown', severity: 'pend', inputs }
  return boundPrice('priced_as', state, listing.entry.unitPriceMilli, { other })
}

/** PRC-03: a supply is paid at its purchase price, at most at its payable level; above the level the patient pays. */
const supplyWithinLevel: LineRule = {
  id: 'PRC-03',
  version: 1,
  on: 'line',
  propose(state) {
    const { line, listing } = state
    if (line.kind !== 'supply' || !isPriced(state)) return undefined
    if (listing.kind === 'unavailable') return registerUnavailable
    if (listing.kind !== 'listed') return undefined
    const { unitPriceMilli: purchase, payableUnitPriceMilli: level } = listing.entry
    const found: Proposal[] = []
    if (purchase === 0) found.push(priceMissing(state))
    else if (line.unitPriceHospitalMilli > purchase || line.unitPriceInsuredMilli > purchase)
      found.push(abovePurchase(state, purchase))
    if (level !== null && (level < purchase || purchase === 0) && line.unitPriceInsuredMilli > level)
      found.push(aboveLevel(state, level))
    return found
  },
}

function abovePurchase({ line }: LineState, purchase: Milli): Proposal {
  const claimed = Math.max(line.unitPriceHospitalMilli, line.unitPriceInsuredMilli) as Milli
  return {
    code: 'above_purchase',
    severity: 'reduce',
    inputs: { code: line.code, claimed: formatMilli(claimed), price: formatMilli(purchase) },
    limits: { unitPriceHospitalMilli: purchase, unitPriceInsuredMilli: purchase },
    effect: { field: 'DON_GIA_BV', before: printPrice(claimed), after: printPrice(purchase), bearer: 'provider' },
  }
}

function aboveLevel({ line }: LineState, level: Milli): Proposal {
  const claimed = line.unitPriceInsuredMilli
  return {
    code: 'above_level',
    severity: 'reduce',
    inputs: { code: line.code, claimed: formatMilli(claimed), price: formatMilli(level) },
    limits: { unitPriceInsuredMilli: level },
    effect: { field: 'DON_GIA_BH', before: printPrice(claimed), after: printPrice(level), bearer: 'patient' },
  }
}

/** Rules about prices and payable levels (stage 5). */
export const priceRules: readonly Rule[] = [
  drugWithinTender,
  serviceWithinTariff,
  atAnotherPrice,
  supplyWithinLevel,
  ...transportRules,
  ...packRules,
]
