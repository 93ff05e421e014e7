import { formatMoney, formatRate, fullRate, type Money } from '../../domain/money.ts'
import type { LineRule } from './rule.ts'

/** BEN-13: for sign 1 the list rates do not apply. */
export const listRateIsLifted: LineRule = {
  id: 'BEN-13',
  version: 1,
  on: 'line',
  propose({ line, listing, card: { reading } }) {
    if (!reading?.terms.liftsListRate || line.scope !== '1') return undefined
    if (listing.kind === 'listed' && !listing.entry.rateLiftedForSign1) return undefined
    if (line.insuredRateBp <= 0 || line.insuredRateBp >= fullRate) return undefined
    return {
      code: 'lifted',
      severity: 'info',
      liftsListRate: true,
      inputs: { sign: reading.sign, listRate: formatRate(line.insuredRateBp) },
    }
  },
}

/** BEN-14: scope 3 is paid for army, police and cipher only. */
export const scopeThreeForSignFive: LineRule = {
  id: 'BEN-14',
  version: 1,
  on: 'line',
  propose({ line, card: { reading } }) {
    if (line.scope !== '3' || reading === undefined || reading.terms.paysScope3 || line.insuredRateBp === 0) return undefined
    const before = line.amounts.fundPays
    return {
      code: 'scope_not_paid',
      severity: 'deny',
      bearer: 'patient',
      inputs: { sign: reading.sign },
      effect: { field: 'T_BHTT', before: formatMoney(before), after: '0.00', money: -before as Money, bearer: 'patient' },
    }
  },
}
