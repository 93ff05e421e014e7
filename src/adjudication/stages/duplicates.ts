import { formatMoney } from '../../domain/money.ts'
import { inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'

/** DUP-02: other content under the same `MA_LK` is a new version; one that claims more of the fund is looked at. */
export const newVersionOfClaim: ClaimRule = {
  id: 'DUP-02',
  version: 1,
  on: 'claim',
  propose({ claim, facts: { earlierVersion } }) {
    if (earlierVersion === null) return undefined
    const inputs = {
      earlierVersion: String(earlierVersion.version),
      earlier: formatMoney(earlierVersion.fundClaimed),
      now: formatMoney(claim.totals.fundPays),
    }
    return claim.totals.fundPays > earlierVersion.fundClaimed
      ? { code: 'claims_more', severity: 'pend', inputs }
      : { code: 'new_version', severity: 'warn', inputs }
  },
}

/** DUP-06: the same service at the same minute, or the same order, a second time; the later line is denied. */
export const sameServiceTwice: ClaimRule = {
  id: 'DUP-06',
  version: 1,
  on: 'claim',
  propose({ lines }) {
    const seen = new Map<string, LineState[]>()
    const found: Proposal[] = []
    for (const state of inExecutionOrder(lines)) {
      const { line } = state
      // What a further exam is paid is the matter of PRC-05.
      if (line.kind !== 'service' || line.scope === '2') continue
      // A second operation of the same code has its own TYLE_TT_DV, and a part that the fund does not pay its own PHAM_VI.
      const key = `${line.code} ${line.serviceRateBp} ${line.scope}`
      const earlier = seen.get(key)
      const first = earlier?.find((one) => isSameAct(one, state))
      if (first !== undefined) found.push(twice(state, first))
      else if (earlier) earlier.push(state)
      else seen.set(key, [state])
    }
    return found
  },
}

/** Performed at the same minute; where one of them names no such time, ordered at the same minute. */
function isSameAct({ line: one }: LineState, { line: other }: LineState): boolean {
  if (one.performedAt !== undefined && other.performedAt !== undefined) return one.performedAt === other.performedAt
  return one.orderedAt !== undefined && one.orderedAt === other.orderedAt
}

function twice(state: LineState, first: LineState): Proposal {
  const { line } = state
  return {
    code: 'same_service',
    severity: 'deny',
    bearer: 'provider',
    lines: [state],
    inputs: { at: line.performedAt ?? line.orderedAt ?? '–', first: `${first.ref.table} ${first.ref.stt}` },
    effect: { field: 'T_BHTT', before: formatMoney(line.amounts.fundPays), after: '0.00', bearer: 'provider' },
  }
}

/** Rules about the same thing twice within a claim (stage 2). */
export const duplicateRules: readonly Rule[] = [newVersionOfClaim, sameServiceTwice]
