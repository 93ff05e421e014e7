import type { CalendarDate } from '../domain/claim.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Staff, StatedPerson } from './check-in.ts'
import type { CoverageView } from './coverage/coverage.ts'
import type { LookUp } from './coverage/look-up.ts'
import { comparePersons } from './evidence/stated.ts'
import { localTimeOf } from './local-time.ts'
import { staffOfLook } from './looks.ts'
import type { NoteLook } from './note-looks.ts'
import { auditSubjectOf, memberQueryOf } from './person-keys.ts'

export interface EligibilityCheckRequest {
  readonly facilityCode: string
  readonly member: StatedPerson
  /** The day asked; today without it. */
  readonly at: CalendarDate | undefined
  readonly visit: { readonly category: string; readonly careType: string }
  readonly staff: Staff | undefined
  readonly clientId: string
  /** Of the request: makes its line of the access log its own. */
  readonly requestId: string
}
export type EligibilityCheckAnswer = Omit<CoverageView, 'surelyNotCovered'>

export interface EligibilityCheckDeps {
  readonly lookUp: LookUp
  readonly noteLook: NoteLook
  readonly keyedHash: KeyedHash
  readonly clock: Clock
}
/** @throws LookNotNoted: then nothing is shown */
export type CheckEligibility = (request: EligibilityCheckRequest) => Promise<EligibilityCheckAnswer>

const FIELDS = ['coverage', 'benefit-rate', 'copay', 'alerts']

/** Cover on a day without a visit: who looked is noted before anything is shown. */
export function createEligibilityCheck({ lookUp, noteLook, keyedHash, clock }: EligibilityCheckDeps): CheckEligibility {
  return async function checkEligibility(request) {
    const { facilityCode, member: person, visit, staff, clientId, requestId } = request
    const nowMs = clock.now()
    const on = request.at ?? vietnamDate(nowMs)
    const at = on === vietnamDate(nowMs) ? localTimeOf(nowMs) : `${on}T12:00`
    const found = await lookUp({ facilityCode, person, visit, at, on, checkInId: requestId, claimId: undefined })
    const known = found.member.kind === 'known' ? found.member.value : undefined
    const ref = keyedHash.digest('audit-ref', requestId)
    await noteLook({
      ...{ ref, actor: `client ${clientId}`, action: 'eligibility.check', facilityCode, purpose: 'eligibility', fields: FIELDS },
      subject: auditSubjectOf(known, memberQueryOf(person), requestId, keyedHash),
      ...staffOfLook(staff, ref, keyedHash),
    })
    const { surelyNotCovered: _, ...view } = found.view
    const comparison = known && comparePersons(person, known)
    if (comparison === undefined || comparison.verdict === 'same') return view
    const alerts = [...view.alerts, ...comparison.reasons]
    // Somebody else's data is not shown to who knows the number alone.
    if (comparison.verdict === 'other')
      return { ...hidden(view), alerts: comparison.reasons, legacyCode: comparison.legacyCode ?? '060' }
    return { ...view, alerts, legacyCode: comparison.legacyCode ?? view.legacyCode }
  }
}

/** Where from and how old, and nothing of the person. */
function hidden({ coverage, eligibility }: Pick<CoverageView, 'coverage' | 'eligibility'>) {
  const nothing = {
    ...{ cardNumber: null, validFrom: null, validTo: null, daysLeft: null, benefitRateHere: null },
    ...{ registeredFacility: null, fiveYearsFrom: null, copayCounted: null, exempt: false },
  }
  return { coverage: { ...coverage, ...nothing, status: 'unknown' as const }, eligibility }
}
