import type { CalendarDate } from '../../domain/claim.ts'
import type { Coverage, Member } from '../../domain/facts.ts'
import type { LegacyCodeName } from '../legacy-codes.ts'
import {
  deathAlert,
  endsSoonAlert,
  otherCardAlert,
  registerDownAlert,
  registerOlderAlert,
  replacedAlert,
  visitAlerts,
} from './alerts.ts'
import { codeOfForm, codeOfStatus, ministryOf } from './card-codes.ts'
import type { Alert, CoverageQuestion, CoverageShown, CoverageStatus, CoverageView } from './coverage.ts'

/** A card that ends within these days is pointed out. */
const ENDS_SOON_DAYS = 15
const DAY_MS = 86_400_000

/** Of somebody whose cover is not known, or not to be shown. */
export const nothing: CoverageShown = {
  status: 'unknown',
  cardNumber: null,
  validFrom: null,
  validTo: null,
  daysLeft: null,
  benefitRateHere: null,
  registeredFacility: null,
  fiveYearsFrom: null,
  copayCounted: null,
  exempt: false,
}

/**
 * What the desk is shown of a member on a day. Pure. A no is a no only where the register is at least as new as the day and answered now;
 * otherwise the status is `unknown` and the patient is not turned away.
 */
export function coverageView(question: CoverageQuestion): CoverageView {
  const { member, source, on } = question
  const asOf = member.kind === 'unavailable' ? null : member.asOf
  const stale = member.kind === 'known' && member.stale
  const eligibility = { source: asOf === null ? ('none' as const) : source, asOf, stale }
  const isSure = asOf !== null && !stale && asOf >= on
  if (member.kind !== 'known') return viewOfNobody(question, eligibility, isSure)
  const standing = standingOf(member.value, question)
  const covered = isCovered(standing.status)
  const status = covered || isSure ? standing.status : 'unknown'
  const coverage = shownOf(member.value, standing, status, question)
  const alerts = [...standing.alerts, ...(isSure || asOf === null ? [] : [registerOlderAlert(asOf)]), ...visitAlerts(question)]
  if (coverage.validTo !== null && coverage.daysLeft !== null && coverage.daysLeft <= ENDS_SOON_DAYS)
    alerts.push(endsSoonAlert(coverage.validTo))
  const legacyCode = status === standing.status ? standing.legacyCode : codeOfStatus(status)
  return { coverage, eligibility, alerts, legacyCode, surelyNotCovered: !covered && isSure }
}

function viewOfNobody(
  { member, cardNumber }: CoverageQuestion,
  eligibility: CoverageView['eligibility'],
  isSure: boolean,
): CoverageView {
  const status = isSure ? 'none' : 'unknown'
  const wrongForm = isSure && cardNumber !== undefined ? codeOfForm(cardNumber) : undefined
  const older = member.kind === 'none' && member.asOf !== null ? registerOlderAlert(member.asOf) : registerDownAlert
  return {
    coverage: { ...nothing, status },
    eligibility,
    alerts: isSure ? [] : [older],
    legacyCode: wrongForm ?? codeOfStatus(status),
    surelyNotCovered: isSure,
  }
}

/** A replaced card still pays while its dates last, as the decision has it (ELG-04). */
const isCovered = (status: CoverageStatus): boolean => status === 'active' || status === 'replaced'

interface Standing {
  readonly status: CoverageStatus
  readonly card: Coverage | undefined
  readonly legacyCode: LegacyCodeName
  readonly alerts: readonly Alert[]
}

function standingOf(member: Member, question: CoverageQuestion): Standing {
  const { on, cardNumber } = question
  const { coverages, deceasedOn } = member
  const shown = cardNumber === undefined ? undefined : coverages.find((one) => isSameCard(one.cardNumber, cardNumber))
  const card = inForce(member, shown, question) ?? shown ?? latest(coverages)
  const isForeign = cardNumber !== undefined && shown === undefined
  const alerts: Alert[] = isForeign ? [otherCardAlert] : []
  const end = (status: CoverageStatus, legacyCode: LegacyCodeName = codeOfStatus(status)) => ({
    status,
    card,
    legacyCode,
    alerts,
  })
  if (deceasedOn !== null && deceasedOn <= on) {
    alerts.push(deathAlert(deceasedOn))
    return end('deceased')
  }
  if (card === undefined) return end('none')
  const status = statusOf(card, on)
  const isReplaced = shown?.status === 'replaced' || (shown !== undefined && shown !== card && !isWithin(shown, on))
  if (isReplaced || status === 'replaced') alerts.push(replacedAlert)
  if (!isCovered(status)) return end(status)
  if (isReplaced) return end(status, isWithin(shown, on) ? '004' : '003')
  return status === 'active' ? end(status, isForeign ? '051' : (ministryOf(card.cardNumber) ?? '000')) : end(status)
}

const isWithin = ({ validFrom, validTo }: Coverage, on: CalendarDate): boolean =>
  validFrom <= on && (validTo === null || on <= validTo)

function statusOf(card: Coverage, on: CalendarDate): CoverageStatus {
  if (card.status === 'withdrawn' || card.status === 'held') return card.status
  if (card.validFrom > on) return 'not-started'
  if (card.validTo !== null && card.validTo < on) return 'expired'
  return card.status
}

/** The card that the visit goes by: an active one before a replaced one, of those the one that pays most here, then the one shown. */
function inForce(member: Member, shown: Coverage | undefined, question: CoverageQuestion): Coverage | undefined {
  const candidates = member.coverages.filter((card) => isCovered(statusOf(card, question.on)))
  if (candidates.length < 2) return candidates[0]
  const ranked = candidates.map((card) => ({
    card,
    isActive: Number(card.status === 'active'),
    rate: Number(rateOf(member, card, question) ?? -1),
  }))
  return ranked.sort(
    (a, b) =>
      b.isActive - a.isActive ||
      b.rate - a.rate ||
      Number(b.card === shown) - Number(a.card === shown) ||
      (a.card.cardNumber < b.card.cardNumber ? -1 : 1),
  )[0]?.card
}

function latest(coverages: readonly Coverage[]): Coverage | undefined {
  return [...coverages].sort((a, b) => ((a.validTo ?? '9999') < (b.validTo ?? '9999') ? 1 : -1))[0]
}

function rateOf(member: Member, card: Coverage, question: CoverageQuestion): string | undefined {
  const { facility, facilityCode, visit, on, referrals, benefitRateHere } = question
  const known = facility.kind === 'known' ? facility.value : undefined
  const asked = { member, facility: known, facilityCode, visit, on, cardNumber: card.cardNumber }
  return benefitRateHere({ ...asked, ...(referrals && { referrals }) })
}

function shownOf(member: Member, { card }: Standing, status: CoverageStatus, question: CoverageQuestion): CoverageShown {
  if (card === undefined) return { ...nothing, status }
  const { on, visits, copayHere } = question
  const { cardNumber, validFrom, validTo, registeredFacility, fiveYearsFrom } = card
  const covered = isCovered(status)
  const copay = copayHere({ member, on, cardNumber }, visits?.decided ?? [])
  return {
    ...{ status, cardNumber, validFrom, validTo, registeredFacility, fiveYearsFrom },
    daysLeft: covered && validTo !== null ? (Date.parse(validTo) - Date.parse(on)) / DAY_MS : null,
    benefitRateHere: covered ? (rateOf(member, card, question) ?? null) : null,
    copayCounted: copay.counted,
    exempt: covered && copay.exempt,
  }
}

/** Equal, or one of them is the bare ten digits of the other. */
function isSameCard(a: string, b: string): boolean {
  return a === b || ((a.length === 10 || b.length === 10) && a.slice(-10) === b.slice(-10))
}
