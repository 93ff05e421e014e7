import type { CalendarDate, LocalTime } from '../../domain/claim.ts'
import type { Facility, Member, Referral, RegisterFact } from '../../domain/facts.ts'
import type { DeskEligibility, Eligibility, Sourced } from '../../eligibility/eligibility.ts'
import type { Clock } from '../../platform/clock.ts'
import type { KeyedHash } from '../../platform/keyed-hash.ts'
import type { StatedPerson } from '../check-in.ts'
import { memberQueryOf, memberRefsOf } from '../person-keys.ts'
import type { FindVisits } from '../visits-known.ts'
import type { BenefitRateHere, CopayHere, CoverageView, VisitsKnown } from './coverage.ts'
import { coverageView } from './coverage-view.ts'

export interface LookUpDeps {
  readonly eligibility: DeskEligibility
  readonly findVisits: FindVisits
  /** The slips of a member; without it a slip that is shown counts as on paper. */
  readonly findReferrals?: Eligibility['findReferrals']
  readonly benefitRateHere: BenefitRateHere
  readonly copayHere: CopayHere
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  /** What the desk waits for the register, and again for the ledger, ms; then they count as not reachable. */
  readonly lookupMsMax: number
  readonly onTrouble: (what: string, cause: unknown) => void
}
export interface LookUpQuestion {
  readonly facilityCode: string
  readonly person: StatedPerson | undefined
  readonly visit: { readonly category: string; readonly careType: string; readonly slip?: string | undefined }
  readonly at: LocalTime
  readonly on: CalendarDate
  /** This check-in and the claim that it belongs to are not other visits. */
  readonly checkInId: string
  readonly claimId: string | undefined
}
/** What register and ledger know of the person, within the patience of the desk. */
export interface Found {
  readonly member: RegisterFact<Member>
  readonly memberRefs: readonly [string, ...string[]]
  readonly view: CoverageView
}
interface Slips {
  readonly referral?: { readonly slip: string; readonly from: string }
  readonly referrals?: RegisterFact<readonly Referral[]>
}
/** Never throws. */
export type LookUp = (question: LookUpQuestion) => Promise<Found>

const unknown = { fact: { kind: 'unavailable' }, source: 'none' } as const

export function createLookUp(deps: LookUpDeps): LookUp {
  const { eligibility, benefitRateHere, copayHere, keyedHash, lookupMsMax } = deps
  const within = createWithin(deps)

  /** What the register of slips says of the one that is shown, as the decision will ask it. */
  async function slipsOf(slip: string | undefined, personalId: string | null | undefined): Promise<Slips> {
    if (slip === undefined) return {}
    const none: readonly RegisterFact<readonly Referral[]>[] = [{ kind: 'unavailable' }]
    const id = personalId ?? undefined
    const [referrals] = deps.findReferrals ? await within('referrals', deps.findReferrals([id]), none) : []
    const of = referrals?.kind === 'known' ? referrals.value.find((one) => one.id === slip) : undefined
    return { referral: { slip, from: of?.from ?? '' }, ...(referrals && { referrals }) }
  }

  return async function lookUp({ facilityCode, person, visit, at, on, checkInId, claimId }) {
    const query = memberQueryOf(person)
    const nobodyAsked: readonly Sourced<Member>[] = [unknown]
    const [[member = unknown], [facility = unknown]] = await Promise.all([
      query === undefined ? nobodyAsked : eligibility.findMembersSoon([query], lookupMsMax),
      eligibility.findFacilitiesSoon([facilityCode], lookupMsMax) as Promise<readonly Sourced<Facility>[]>,
    ])
    const known = member.fact.kind === 'known' ? member.fact.value : undefined
    const memberRefs = memberRefsOf(known, query, checkInId, keyedHash)
    const [visits, { referral, referrals }] = await Promise.all([
      known && within('visits', deps.findVisits({ memberRefs, on, checkInId, claimId }), undefined),
      slipsOf(visit.slip, known?.personalId),
    ])
    const view = coverageView({
      ...{ member: member.fact, source: member.source, facility: facility.fact, facilityCode, on },
      ...{ benefitRateHere, copayHere, visits: visits && withStaysOfClaims(visits, at) },
      visit: { category: visit.category, careType: visit.careType, at, ...(referral && { referral }) },
      ...(referrals && { referrals }),
      cardNumber: person?.cardNumber,
    })
    return { member: member.fact, memberRefs, view }
  }
}

/** The other where it takes too long or fails. */
function createWithin({ clock, lookupMsMax, onTrouble }: LookUpDeps) {
  return async function within<T, Other>(what: string, work: Promise<T>, other: Other): Promise<T | Other> {
    const stop = new AbortController()
    const found = work.catch((cause: unknown) => {
      onTrouble(what, cause)
      return other
    })
    try {
      return await Promise.race([found, clock.sleep(lookupMsMax, stop.signal).then(() => other)])
    } finally {
      stop.abort('answered')
    }
  }
}

/** A visit that was filed with its end ahead is a stay that goes on. */
function withStaysOfClaims(visits: VisitsKnown, at: LocalTime): VisitsKnown {
  const stays = visits.decided.filter(({ arrivedAt, endedAt, outcome }) => outcome !== 'deny' && arrivedAt <= at && at < endedAt)
  return stays.length === 0 ? visits : { ...visits, open: [...visits.open, ...stays] }
}
