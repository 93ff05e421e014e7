import { formatMoney } from '../../domain/money.ts'
import type { LineRule } from './rule.ts'

/** INV-01: BV = T_BHTT + T_BNCCT + T_BNTT + T_NGUONKHAC, nothing negative, fund ≤ insured ≤ hospital amount. */
export const amountsAddUp: LineRule = {
  id: 'INV-01',
  version: 1,
  on: 'line',
  propose({ settled }) {
    const { hospitalAmount, insuredAmount, fundPays, copay, selfPays, otherSources } = settled
    const sum = fundPays + copay + selfPays + otherSources
    const holds =
      hospitalAmount === sum &&
      insuredAmount <= hospitalAmount &&
      fundPays <= insuredAmount &&
      fundPays >= 0 &&
      copay >= 0 &&
      selfPays >= 0 &&
      otherSources >= 0
    if (holds) return undefined
    const inputs = { hospital: formatMoney(hospitalAmount), sum: formatMoney(sum as typeof fundPays) }
    return { code: 'broken', severity: 'pend', inputs }
  },
}
