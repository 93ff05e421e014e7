import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { CheckInAnswer, CheckInCaller, CheckInReason, CheckInRequest } from './check-in.ts'
import { checkInSeal } from './check-in-store.ts'
import { nothing } from './coverage/coverage-view.ts'
import type { Found } from './coverage/look-up.ts'
import type { EvidenceVerdict } from './evidence/evidence.ts'
import { localTimeOf } from './local-time.ts'
import { staffOfLook } from './looks.ts'
import type { Decided } from './outcome.ts'
import { auditSubjectOf, maskedName, memberQueryOf } from './person-keys.ts'
import { type CheckInRecord, checkInRecord, sealCheckIn } from './record.ts'

interface Parts extends Found {
  readonly request: CheckInRequest
  readonly caller: CheckInCaller
  readonly checkInId: string
  readonly ticket: string
  readonly evidence: EvidenceVerdict
  readonly decided: Decided
  readonly isOffline: boolean
  readonly disasterId: string | null
  /** Beside those of the coverage; they say nothing of the person. */
  readonly moreAlerts: readonly CheckInReason[]
  /** When it was made; of one that a kiosk kept, that is before now. */
  readonly atMs: number
}
export interface Composed {
  readonly answer: CheckInAnswer
  readonly record: CheckInRecord
}

/** The answer for the desk and the record of it: what names a person is in the record's sealed part alone. */
export function composeCheckIn(parts: Parts, { keyedHash }: { keyedHash: KeyedHash }): Composed {
  const answer = answerOf(parts)
  const { request, caller, checkInId, evidence, memberRefs, member, disasterId, atMs } = parts
  const { facilityCode, encounterId, identity, staff, visit } = request
  const known = member.kind === 'known' ? member.value : undefined
  const { source, asOf, stale } = answer.eligibility
  const record = checkInRecord({
    checkInId,
    claimId: encounterId === undefined ? null : keyedHash.claimId(facilityCode, encounterId),
    facilityCode,
    memberRef: memberRefs[0],
    at: new Date(atMs).toISOString(),
    arrivedAt: localTimeOf(visit.arrivedAtMs ?? atMs),
    category: visit.category,
    careType: visit.careType,
    method: identity.method,
    assurance: answer.assurance,
    outcome: answer.outcome,
    ...{ source, asOf, stale, offline: answer.offline, legacyCode: answer.legacyCode, ticket: answer.ticket },
    alerts: answer.alerts.map(({ code }) => code),
    reasons: answer.reasons.map(({ code }) => code),
    evidence: { ...evidence.audit, checks: evidence.checks },
    disasterId,
    look: {
      ref: checkInId,
      actor: `client ${caller.clientId}`,
      action: 'check-in',
      subject: auditSubjectOf(known, memberQueryOf(evidence.person), checkInId, keyedHash),
      facilityCode,
      purpose: 'check-in',
      fields: ['coverage', 'visits'],
      ...staffOfLook(staff, checkInId, keyedHash),
    },
    sealed: sealCheckIn(checkInSeal(keyedHash), checkInId, {
      answer,
      encounterId: encounterId ?? null,
      staff: staff ?? null,
      person: evidence.person ?? null,
      note: identity.method === 'attested' ? (identity.note ?? null) : null,
      category: visit.category,
      ...(request.nationalRow !== undefined && { nationalRow: request.nationalRow }),
    }),
  })
  return { answer, record }
}

function answerOf({ checkInId, ticket, evidence, decided, isOffline, view, member, moreAlerts }: Parts): CheckInAnswer {
  const { outcome, assurance, reasons, offers, legacyCode } = decided
  return {
    ...{ checkInId, ticket, outcome, assurance, offline: isOffline },
    ...{ checks: evidence.checks, reasons, offers },
    // A card of somebody else's, or a forged one, shows nothing of whoever has that number.
    ...(isShown(evidence, decided)
      ? { member: shownMember(evidence, member), coverage: view.coverage, alerts: [...moreAlerts, ...view.alerts] }
      : { member: null, coverage: { ...view.coverage, ...nothing }, alerts: moreAlerts }),
    eligibility: view.eligibility,
    legacyCode,
  }
}

const isShown = ({ standing }: EvidenceVerdict, { reasons }: Decided) =>
  standing !== 'refused' && !reasons.some(({ code }) => HIDING.has(code))
const HIDING: ReadonlySet<string> = new Set(['other_person', 'person_mismatch'])

function shownMember({ person, standing }: EvidenceVerdict, member: Found['member']): CheckInAnswer['member'] {
  // What somebody typed is not answered with what the register has instead.
  const known = member.kind === 'known' && standing === 'proven' ? member.value : undefined
  const name = person?.fullName ?? known?.fullName
  const birthDate = person?.birthDate ?? known?.birthDate
  if (name === undefined) return null
  return { name: maskedName(name), birthYear: birthDate === undefined ? null : Number(birthDate.slice(0, 4)) || null }
}
