import { bedDayRules, bedPriceRules, bedRules } from './beds.ts'
import { catalogueRules } from './catalogue.ts'
import { clinicalRules } from './clinical.ts'
import { fiveYearsCapCopay, lowCostIsWaived, otherSourceInOrder } from './cost-sharing.ts'
import { resolveRoutes } from './derive-route.ts'
import { duplicateRules } from './duplicates.ts'
import {
  cardIsNotWithdrawn,
  cardIsValid,
  expiryDuringStay,
  facilityHasContract,
  identityMatches,
  memberIsKnown,
  notAfterDeath,
} from './eligibility.ts'
import { entitlementRules } from './entitlement.ts'
import { admissionRules, examRules } from './exams.ts'
import {
  codesExist,
  lineAmountsFollowFormula,
  rowsLinkToHeader,
  sentInTime,
  totalsAreSums,
  visitTimesInOrder,
} from './integrity.ts'
import { amountsAddUp } from './invariants.ts'
import { operationRules } from './operations.ts'
import { overlapRules } from './overlaps.ts'
import { packageRules } from './package.ts'
import { plausibilityRules } from './plausibility.ts'
import { practitionerRules } from './practitioners.ts'
import { priceRules } from './price.ts'
import { insidePriceRules, stepRules } from './relations.ts'
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
import { slipRules } from './slips.ts'

/**
 * The one list of rules with code, by phase. Rules of one phase see the same state, so their order cannot matter; a phase begins by
 * merging what the ones before it proposed. Group, stage, dates, basis and wording of each are in `rulebook/`.
 */
export const phases: readonly Phase[] = [
  {
    rules: [
      rowsLinkToHeader,
      lineAmountsFollowFormula,
      totalsAreSums,
      visitTimesInOrder,
      sentInTime,
      codesExist,
      ...plausibilityRules,
    ],
  },
  {
    rules: [
      memberIsKnown,
      cardIsValid,
      expiryDuringStay,
      cardIsNotWithdrawn,
      identityMatches,
      notAfterDeath,
      facilityHasContract,
      ...entitlementRules,
      ...practitionerRules,
    ],
  },
  { rules: [...duplicateRules, ...overlapRules] },
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
      ...slipRules,
    ],
  },
  { rules: [listRateIsLifted, scopeThreeForSignFive, ...catalogueRules] },
  // Only a technique that stands has steps, and only one that is paid has supplies inside its price.
  { rules: stepRules },
  { rules: insidePriceRules },
  { rules: priceRules },
  // The package ceiling looks at what the price rules left.
  { rules: packageRules },
  { rules: [...admissionRules, ...bedRules, ...operationRules] },
  // The sequence of exams and the sum of bed days count what is left.
  { rules: [...examRules, ...bedDayRules] },
  { rules: bedPriceRules },
  { rules: clinicalRules },
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

/**
 * Kept before any rule runs, so it says nothing: content that the ledger knows is answered by its first decision (`decide-batch.ts`,
 * unique key of `claim_version`).
 */
export const replayRule = { id: 'DUP-01', version: 1 } as const

export const rules: readonly (Rule | typeof withdrawalRule | typeof replayRule)[] = [
  ...phases.flatMap((phase) => phase.rules),
  withdrawalRule,
  replayRule,
]
