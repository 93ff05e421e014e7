import { vietnamDate } from '../../platform/clock.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { verifyActiveAuthentication } from './active-authentication.ts'
import { type SigningTime, verifyChain } from './chain.ts'
import { type CheckResult, type CheckState, ChipFault, failed, notDone, passed, unknown } from './checks.ts'
import { type CardPerson, type ClaimedPerson, checkConsistency, personOf, readCardData } from './consistency.ts'
import { checkDataGroups, type DataGroups, GROUPS_NEEDED } from './data-groups.ts'
import { knownSigners } from './known-signers.ts'
import type { ChipPolicy } from './policy.ts'
import { CHIP_REASONS, type ChipReason, type Effect } from './reasons.ts'
import { checkRevocation } from './revocation.ts'
import { readSecurityObject, type SecurityObject, type Trusted } from './sod.ts'

/** Bytes of the nonce that a chip answers (ICAO 9303-11, 6.1). */
export const NONCE_BYTES = 8

/** What a reader sent, in raw bytes; absent parts were not read. */
export interface ChipEvidence {
  readonly sod: Uint8Array | undefined
  readonly groups: DataGroups
  readonly activeAuthentication: Uint8Array | undefined
}

export interface ChipQuestion {
  readonly evidence: ChipEvidence
  /** The nonce that we gave for this check-in. */
  readonly nonce: Uint8Array
  /** What the store of challenges says of it; it lives elsewhere. */
  readonly challenge: CheckResult
  readonly claimed: ClaimedPerson
  readonly trust: TrustSnapshot
  readonly policy: ChipPolicy
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface ChipChecks {
  readonly challenge: CheckResult
  readonly sod: CheckResult
  readonly chain: CheckResult
  readonly revocation: CheckResult
  /** By number of the group: 1, 13 and 15 always, others where they were sent. */
  readonly dataGroups: Readonly<Record<string, CheckResult>>
  readonly activeAuthentication: CheckResult
  readonly consistency: CheckResult
}

/** The verdict on one reading of a chip. */
export interface ChipVerdict {
  readonly checks: ChipChecks
  /** Each reason once, in the order of the checks; those that only follow from another are left out. */
  readonly reasons: readonly ChipReason[]
  /**
   * `verified`: every check passed, so the chip is genuine, the original and this person's. `lowered`: nothing is disproven, something is not
   * proven. `refused`: something is disproven.
   */
  readonly outcome: 'verified' | 'lowered' | 'refused'
  /** The best level that the chip gives: C3 with a look at the face, C2 without; undefined when refused. */
  readonly assuranceMax: 'C3' | 'C1' | 'C0' | undefined
  /** The person on the card. Present only where a pinned authority signed it. */
  readonly person: CardPerson | undefined
  /** The person as a whole card states it, also where no pinned authority vouches for it: as good as typed by hand. */
  readonly statedPerson: CardPerson | undefined
  /** What an auditor needs later, without anything of the person. */
  readonly evidence: {
    readonly policyVersion: string
    readonly trustVersion: string
    readonly signerFingerprint: string | undefined
    readonly rootFingerprint: string | undefined
    readonly signedAt: SigningTime | undefined
    readonly revocationListAgeHours: number | undefined
  }
}

/**
 * Verifies one reading of a chip, in the order of docs/chip.md. Never throws, whatever the bytes are: each check says what it found, and a check
 * that builds on one that failed is `not-done`.
 */
export function verifyChip(question: ChipQuestion): ChipVerdict {
  const { evidence, trust, policy, now } = question
  const today = vietnamDate(now)
  const sod = attempt(() => readSecurityObject(evidence.sod ?? new Uint8Array(), policy, trustedBy(trust, policy)))
  const groups = checkDataGroups(evidence.groups, sod.value, policy)
  const card = readCardData(provenGroup(evidence, groups, 1), provenGroup(evidence, groups, 13))
  const signedAt = sod.value && signingTime(sod.value, card?.citizen?.issuedOn, now)
  const chain = sod.value && signedAt && attempt(() => verifyChain(sod.value!.signer, signedAt, now, trust, policy))
  const revocation = chain?.value && checkRevocation(sod.value!.signer, chain.value, now, trust, policy)
  const consistency = checkConsistency(card, question.claimed, today, policy)
  const blocked = notDone('needs_earlier_check')
  const checks: ChipChecks = {
    challenge: question.nonce.length === NONCE_BYTES ? question.challenge : failed('challenge_not_nonce'),
    sod: sod.result,
    chain: chain?.result ?? blocked,
    revocation: revocation?.result ?? blocked,
    dataGroups: Object.fromEntries(groups),
    activeAuthentication: checkAnswer(question, groups),
    consistency: groups.get(1)?.state === 'pass' ? consistency.result : blocked,
  }
  const reasons = reasonsOf(checks, consistency.notes)
  const isWhole = card !== undefined && GROUPS_NEEDED.every((number) => groups.get(number)?.state !== 'fail')
  const statedPerson = isWhole ? personOf(card, today) : undefined
  return {
    checks,
    reasons,
    ...outcomeOf(checks, reasons),
    person: chain?.value === undefined ? undefined : statedPerson,
    statedPerson,
    evidence: {
      policyVersion: policy.version,
      trustVersion: trust.version,
      signerFingerprint: sod.value?.signer.fingerprint,
      rootFingerprint: chain?.value?.certificate.fingerprint,
      signedAt,
      revocationListAgeHours: revocation?.listAgeHours,
    },
  }
}

/** Reasons of our own making rather than the card's: the check could not be decided. */
const UNDECIDED: ReadonlySet<ChipReason> = new Set(['chain_no_root'])
const NOT_THERE: ReadonlySet<ChipReason> = new Set(['sod_missing', 'aa_missing', 'aa_key_missing'])

function attempt<T>(check: () => T): { readonly value: T | undefined; readonly result: CheckResult } {
  try {
    return { value: check(), result: passed }
  } catch (cause) {
    if (!(cause instanceof ChipFault)) throw cause
    const { reason } = cause
    const result = UNDECIDED.has(reason) ? unknown(reason) : NOT_THERE.has(reason) ? notDone(reason) : failed(reason)
    return { value: undefined, result }
  }
}

const provenGroup = (evidence: ChipEvidence, groups: ReadonlyMap<number, CheckResult>, number: number) =>
  groups.get(number)?.state === 'pass' ? evidence.groups.get(number) : undefined

function signingTime(sod: SecurityObject, issuedOn: string | undefined, now: number): SigningTime {
  if (sod.signedAt !== undefined) return { at: sod.signedAt, source: 'signer' }
  const issued = issuedOn === undefined ? Number.NaN : Date.parse(`${issuedOn}T00:00:00+07:00`)
  return Number.isNaN(issued) ? { at: now, source: 'now' } : { at: issued, source: 'date-of-issue' }
}

function checkAnswer({ evidence, nonce, policy }: ChipQuestion, groups: ReadonlyMap<number, CheckResult>): CheckResult {
  const dg15 = provenGroup(evidence, groups, 15)
  if (dg15 === undefined) return notDone(evidence.groups.has(15) ? 'needs_earlier_check' : 'aa_key_missing')
  const dg14 = provenGroup(evidence, groups, 14)
  const answer = evidence.activeAuthentication ?? new Uint8Array()
  return attempt(() => verifyActiveAuthentication(dg15, dg14, nonce, answer, policy)).result
}

function reasonsOf(checks: ChipChecks, notes: readonly ChipReason[]): ChipReason[] {
  const { dataGroups, ...others } = checks
  const results = [...Object.values(others), ...Object.values(dataGroups)]
  const found = [...results.map(({ reason }) => reason), ...notes].filter(
    (reason) => reason !== null && reason !== 'needs_earlier_check',
  )
  return [...new Set(found)]
}

function outcomeOf(
  { dataGroups, ...others }: ChipChecks,
  reasons: readonly ChipReason[],
): Pick<ChipVerdict, 'outcome' | 'assuranceMax'> {
  const has = (effect: Effect) => reasons.some((reason) => CHIP_REASONS[reason].effect === effect)
  if (has('refuse')) return { outcome: 'refused', assuranceMax: undefined }
  const all = [...Object.values(others), ...Object.values(dataGroups)]
  const isVerified = all.every(({ state }) => state === 'pass')
  if (isVerified) return { outcome: 'verified', assuranceMax: 'C3' }
  return { outcome: 'lowered', assuranceMax: has('C0') || !has('C1') ? 'C0' : 'C1' }
}

const trustedBy = (trust: TrustSnapshot, policy: ChipPolicy): Trusted => ({
  isPinned: (fingerprint) => trust.fingerprints.has(fingerprint),
  knownSigner: (fingerprint) => knownSigners(trust, policy).get(fingerprint)?.certificate,
})

type States<T> = { readonly [Key in keyof T]: T[Key] extends CheckResult ? CheckState : Readonly<Record<string, CheckState>> }

/** `checks` as the answer shows them: states alone. */
export function statesOf({ dataGroups, ...others }: ChipChecks): States<ChipChecks> {
  const states = (results: Readonly<Record<string, CheckResult>>) =>
    Object.fromEntries(Object.entries(results).map(([name, { state }]) => [name, state]))
  return {
    ...states(others as unknown as Readonly<Record<string, CheckResult>>),
    dataGroups: states(dataGroups),
  } as States<ChipChecks>
}
