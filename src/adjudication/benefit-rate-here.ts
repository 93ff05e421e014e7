import type { CalendarDate, Claim, ClaimLine, LocalTime } from '../domain/claim.ts'
import type { Facility, Facts, Member, Referral, RegisterFact, Visit } from '../domain/facts.ts'
import { formatMoney, formatRate, type Milli, type Money, type RateBp, zero } from '../domain/money.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import { adjudicate } from './adjudicate.ts'
import { createContext } from './stages/context.ts'
import { exemptionStanding } from './stages/cost-sharing.ts'
import { resolveRoutes } from './stages/derive-route.ts'
import { phases } from './stages/registry.ts'
import { applyRates } from './stages/settle.ts'

/** What is asked at the desk, before any service was given. */
export interface BenefitQuestion {
  readonly member: Member
  readonly facility: Facility | undefined
  readonly facilityCode: string
  readonly visit: {
    /** `MA_DOITUONG_KCB` and `MA_LOAI_KCB` */
    readonly category: string
    readonly careType: string
    readonly at: LocalTime
    readonly referral?: { readonly slip: string; readonly from: string }
  }
  readonly on: CalendarDate
  /** The card the visit goes by; without it all of the member's. */
  readonly cardNumber?: string
  readonly referrals?: RegisterFact<readonly Referral[]>
}

/** Only these decide a rate: the rules of the route, then the rates themselves. No line is denied, waived or exempt here. */
const ratePhases = [...phases.filter(({ before }) => before === resolveRoutes), { before: applyRates, rules: [] }]
/** A rate that no decision has: it is left standing where neither card nor route gives one. */
const notTold = -1 as RateBp

/**
 * The rate that a claim of this visit would have in its decision, by the decision's own code; per cent as text (`80`, `32`).
 * @returns `undefined` where the card's sign or the route cannot be told
 */
export function benefitRateHere(rulebook: Rulebook, question: BenefitQuestion): string | undefined {
  const [benefit] = adjudicate(claimOf(question), factsOf(question, []), rulebook, ratePhases).benefits
  return benefit === undefined || benefit.rateBp === notTold ? undefined : formatRate(benefit.rateBp)
}

/**
 * Co-pay counted in the calendar year of `on` and whether co-pay is not collected any more, by the decision's own code.
 * @param visits current decided visits of the member
 * @returns `counted` in đồng with two decimals
 */
export function copayHere(
  rulebook: Rulebook,
  question: Pick<BenefitQuestion, 'member' | 'on' | 'cardNumber'>,
  visits: readonly Visit[],
): { readonly counted: string; readonly exempt: boolean } {
  const { on } = question
  const visit = { category: '', careType: '01', at: `${on}T00:00` }
  const asked = { ...question, facility: undefined, facilityCode: '', visit }
  const { from, counted, threshold } = exemptionStanding(createContext(claimOf(asked), factsOf(asked, visits), rulebook))
  return {
    counted: formatMoney(counted),
    exempt: from !== undefined && from <= on && threshold !== undefined && counted >= threshold,
  }
}

const noAmounts = {
  hospitalAmount: zero,
  insuredAmount: zero,
  fundPays: zero,
  copay: zero,
  selfPays: zero,
  otherSources: zero,
}

/** A visit of one line without money. */
function claimOf({ member, facilityCode, visit, on, cardNumber }: BenefitQuestion): Claim {
  const at = `${on}T${visit.at.slice(11, 16)}`
  const unknown = undefined
  return {
    ...{ facilityCode, encounterId: '', release: '3176', visitCategory: visit.category, careType: visit.careType },
    patient: { fullName: member.fullName, personalId: unknown, birthDate: member.birthDate, sex: '' },
    cards: cardNumber === undefined ? [] : [{ cardNumber, registeredFacility: unknown, validFrom: unknown, validTo: unknown }],
    ...{ area: unknown, arrivedAt: at, admittedAt: unknown, endedAt: at, paidAt: unknown, icdMain: '', icdOther: [] },
    ...{ referralSlip: visit.referral?.slip, referredFrom: visit.referral?.from, referredTo: unknown, outcome: unknown },
    ...{ dischargeType: unknown, treatmentDays: unknown, note: unknown, accident: unknown },
    ...{ copayExemptFrom: unknown, fiveYearsFrom: unknown },
    totals: { ...noAmounts, drugs: zero, supplies: zero, feeForService: zero },
    lines: [lineAt(at)],
    ...{ results: [], strayRows: [], rowCounts: {} },
  }
}

function lineAt(at: LocalTime): ClaimLine {
  const [none, unknown] = [0 as Milli, undefined]
  const noRate = 0 as RateBp
  return {
    ...{
      table: 'XML3',
      stt: 1,
      kind: 'exam',
      costGroup: '13',
      code: '',
      serviceCode: unknown,
      supplyCode: unknown,
      name: unknown,
    },
    ...{ scope: '1', quantityMilli: none, unitPriceHospitalMilli: none, unitPriceInsuredMilli: none },
    ...{ serviceRateBp: noRate, insuredRateBp: noRate, benefitRateBp: notTold, amounts: noAmounts },
    otherSourceParts: { stateBudget: zero, foreignAid: zero, domesticAid: zero, rest: zero },
    ...{
      ceiling: unknown as Money | undefined,
      orderedAt: at,
      performedAt: at,
      resultAt: unknown,
      orderedBy: [],
      performedBy: [],
    },
    ...{ departments: [], beds: [], supplyPackage: unknown, tender: unknown, paymentMethod: '1', fundingSource: unknown },
    ...{ icd: [], anaesthesia: unknown, machine: unknown },
  }
}

const notLoaded = { kind: 'none', asOf: null } as const

function factsOf({ member, facility, on, referrals }: BenefitQuestion, visits: readonly Visit[]): Facts {
  return {
    receivedOn: on,
    member: { kind: 'known', value: member, asOf: on, stale: false },
    facility: facility === undefined ? notLoaded : { kind: 'known', value: facility, asOf: on, stale: false },
    visits,
    ...{ earlierVersion: null, catalogue: notLoaded, relations: notLoaded, referrals: referrals ?? notLoaded },
    ...{ practitioners: notLoaded, examTables: [], checkIn: notLoaded },
  }
}
