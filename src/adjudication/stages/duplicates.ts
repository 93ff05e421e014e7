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
    const acts = createActs()
    const found: Proposal[] = []
    for (const state of inExecutionOrder(lines)) {
      const { line } = state
      // What a further exam is paid is the matter of PRC-05.
      if (line.kind !== 'service' || line.scope === '2') continue
      // A second operation of the same code has its own TYLE_TT_DV, and a part that the fund does not pay its own PHAM_VI.
      const first = acts.firstOrAdd(`${line.code} ${line.serviceRateBp} ${line.scope}`, state)
      if (first !== undefined) found.push(twice(state, first))
    }
    return found
  },
}

/**
 * Acts by what they are and when: performed at the same minute; where one of two names no such time, ordered at the same minute. Kept by
 * these times, so that a claim of many equal services costs no more than its lines.
 */
function createActs() {
  const performed = new Map<string, Act>()
  const ordered = new Map<string, Act>()
  const onlyOrdered = new Map<string, Act>()
  let count = 0
  return {
    /** The first of the acts before that is the same; the line becomes one of them where there is none. */
    firstOrAdd(what: string, state: LineState): LineState | undefined {
      const { performedAt, orderedAt } = state.line
      const [done, asked] = [`${what} ${performedAt}`, `${what} ${orderedAt}`]
      const byOrder = orderedAt === undefined ? undefined : (performedAt === undefined ? ordered : onlyOrdered).get(asked)
      const byTime = performedAt === undefined ? undefined : performed.get(done)
      const same = byTime !== undefined && (byOrder === undefined || byTime.at < byOrder.at) ? byTime : byOrder
      if (same !== undefined) return same.state
      const act = { state, at: count++ }
      const add = (to: Map<string, Act>, key: string) => to.has(key) || to.set(key, act)
      if (performedAt !== undefined) add(performed, done)
      if (orderedAt !== undefined) add(ordered, asked)
      if (orderedAt !== undefined && performedAt === undefined) add(onlyOrdered, asked)
      return undefined
    },
  }
}
interface Act {
  readonly state: LineState
  readonly at: number
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
