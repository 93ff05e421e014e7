import { formatMoney } from '../../domain/money.ts'
import type { ClaimRule } from './rule.ts'

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
