import { fiveYearsCapCopay, lowCostIsWaived, otherSourceInOrder } from './cost-sharing.ts'
import { resolveRoutes } from './derive-route.ts'
import { newVersionOfClaim } from './duplicates.ts'
import {
  cardIsNotWithdrawn,
  cardIsValid,
  expiryDuringStay,
  facilityHasContract,
  identityMatches,
  memberIsKnown,
  notAfterDeath,
} from './eligibility.ts'
import {
  codesExist,
  lineAmountsFollowFormula,
  rowsLinkToHeader,
  sentInTime,
  totalsAreSums,
  visitTimesInOrder,
} from './integrity.ts'
import { amountsAddUp } from './invariants.ts'
import {
  cardSignGivesRate,
  categoryFollowsFacts,
  centralOffRoute,
  emergencyIsRecorded,
  groupReadsAsSignTwo,
  outpatientOffRoute,
  stationPaysFlat,
} from './route.ts'
import type { Phase, Rule } from './rule.ts'
import { listRateIsLifted, scopeThreeForSignFive } from './scope.ts'
import { acceptAmounts, applyExemption, applyOtherSources, applyRates } from './settle.ts'

/**
 * The one list of rules with code, by phase. Rules of one phase see the same state, so their order cannot matter; a phase begins by
 * merging what the ones before it proposed. Group, stage, dates, basis and wording of each are in `rulebook/`.
 */
export const phases: readonly Phase[] = [
  { rules: [rowsLinkToHeader, lineAmountsFollowFormula, totalsAreSums, visitTimesInOrder, sentInTime, codesExist] },
  {
    rules: [
      memberIsKnown,
      cardIsValid,
      expiryDuringStay,
      cardIsNotWithdrawn,
      identityMatches,
      notAfterDeath,
      facilityHasContract,
    ],
  },
  { rules: [newVersionOfClaim] },
  {
    before: resolveRoutes,
    rules: [
      cardSignGivesRate,
      groupReadsAsSignTwo,
      categoryFollowsFacts,
      stationPaysFlat,
      emergencyIsRecorded,
      centralOffRoute,
      outpatientOffRoute,
    ],
  },
  { rules: [listRateIsLifted, scopeThreeForSignFive] },
  { before: acceptAmounts, rules: [lowCostIsWaived] },
  { before: applyRates, rules: [fiveYearsCapCopay, otherSourceInOrder] },
  {
    before(context) {
      applyExemption(context)
      applyOtherSources(context)
    },
    rules: [amountsAddUp],
  },
]

/** A finding of this rule is a fault of ours. */
export const invariantRule = amountsAddUp.id

/** What `withdraw` says; it has no `propose` of its own. */
export const withdrawalRule = { id: 'VOID-01', version: 1 } as const

export const rules: readonly (Rule | typeof withdrawalRule)[] = [...phases.flatMap((phase) => phase.rules), withdrawalRule]
