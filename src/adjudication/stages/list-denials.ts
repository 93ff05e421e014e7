import type { LineState } from './context.ts'
import type { Proposal } from './rule.ts'
import { denyLine } from './special.ts'

/** A line within the insured scope that asks the fund for something; for others lists and prices say nothing. */
export const asksTheFund = ({ line, card: { reading }, computed }: LineState): boolean =>
  computed.insuredAmount > 0 && (line.scope === '1' || (line.scope === '3' && reading?.terms.paysScope3 === true))

/** Denies where the list or register is as new as the order, else pends: what has been added since is not known. */
export function denyIfFresh(code: string, state: LineState, asOf: string, inputs: Readonly<Record<string, string>>): Proposal {
  const { orderedOn } = state
  return asOf >= orderedOn
    ? denyLine(code, state, inputs)
    : { code: 'register_older', severity: 'pend', inputs: { asOf, on: orderedOn } }
}
export const registerUnavailable: Proposal = { code: 'register_unavailable', severity: 'pend' }
