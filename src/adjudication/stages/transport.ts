import { valueOn } from '../../domain/rulebook.ts'
import type { Context, LineState } from './context.ts'
import { boundPrice, isPriced } from './price-bounds.ts'
import type { LineRule, Proposal, Proposed, Rule } from './rule.ts'
import { denyLine } from './special.ts'

/** `MA_DOITUONG_KCB` of an emergency. */
const emergency = '2'
/** `VC.xxxxx`: transport to facility xxxxx. */
const transportTo = /^VC\.([0-9A-Z]{5})$/

/** PRC-15: transport is paid for the listed groups, from a stay or an emergency to the facility of the transfer. */
const transportOfListedGroups: LineRule = {
  id: 'PRC-15',
  version: 1,
  on: 'line',
  propose(state, context) {
    const { line, card, listing, orderedOn } = state
    // A card whose sign cannot be read pends by BEN-01.
    if (line.kind !== 'transport' || !isPriced(state) || card.reading === undefined) return undefined
    const { group } = card.reading
    if (valueOn(context.rulebook.codes.get('transport_card_group')?.get(group), context.endedOn) === undefined)
      return denyLine('group_not_listed', state, { group })
    const above =
      listing.kind === 'listed' && listing.entry.unitPriceMilli > 0
        ? boundPrice('above_list', state, listing.entry.unitPriceMilli, { on: orderedOn })
        : undefined
    return [doubtsOf(state, context), above].flat().filter((proposal) => proposal !== undefined)
  },
}

function doubtsOf({ line }: LineState, { claim, inpatient }: Context): Proposed {
  const found: Proposal[] = []
  if (!inpatient && claim.visitCategory !== emergency) found.push({ code: 'no_stay', severity: 'pend' })
  const to = transportTo.exec(line.code)?.[1]
  if (claim.referredTo === undefined) found.push({ code: 'no_destination', severity: 'pend' })
  else if (to !== undefined && to !== claim.referredTo) {
    found.push({ code: 'other_destination', severity: 'pend', inputs: { to, referredTo: claim.referredTo } })
  }
  return found
}

/** Rules about the transport of patients (stage 5). */
export const transportRules: readonly Rule[] = [transportOfListedGroups]
