import type { Cache } from '../cache/cache.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import { createChallenges, type OpenedChallenge } from './challenges.ts'
import type { CheckInAnswer, CheckInCaller, CheckInRequest, CheckIns, Identity } from './check-in.ts'
import { type CheckInStore, checkInSeal } from './check-in-store.ts'
import { type Composed, composeCheckIn } from './compose-check-in.ts'
import { createLookUp, type LookUpDeps, type LookUpQuestion } from './coverage/look-up.ts'
import { type Disaster, disasterAlert, inDisaster } from './disaster.ts'
import { judgeChip } from './evidence/chip.ts'
import type { EvidenceVerdict } from './evidence/evidence.ts'
import { comparePersons, judgeAttested, judgeCard } from './evidence/stated.ts'
import { judgeToken } from './evidence/token.ts'
import { createGate } from './gate.ts'
import type { KeepRecord } from './keep-record.ts'
import { localTimeOf } from './local-time.ts'
import { listLooks } from './looks.ts'
import { OFFLINE_UPLOAD_MS_MAX } from './offline.ts'
import type { Numbered, Once } from './once.ts'
import { decideOutcome } from './outcome.ts'
import { reasonOf } from './reasons.ts'
import type { SlipAtDesk } from './slip-at-desk.ts'
import type { Tickets } from './tickets.ts'
import { togetherBounds } from './together.ts'
import type { TrustSnapshot } from './trust/snapshot.ts'

export interface CheckInDeps extends LookUpDeps {
  /** The snapshot in force. */
  readonly trust: () => TrustSnapshot
  readonly once: Once
  readonly tickets: Tickets
  readonly store: CheckInStore
  readonly keep: KeepRecord
  readonly cache: Cache
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  readonly randomBytes: (count: number) => Buffer
  /** The disaster that is open for a facility at an instant. */
  readonly disasterAt?: (facilityCode: string, atMs: number) => Promise<Disaster | undefined>
  readonly slipAtDesk?: SlipAtDesk
}

const LIST_MAX = 2_000
/** A check-in that is sent again within this is known by the cache. */
const ANSWER_CACHED_MS = 3_600_000
/** About 2 KB each. */
const RECENT_ANSWERS_MAX = 5_000
/** How long a check-in that has no challenge is remembered as used. */
const ONCE_MS = 36 * 3_600_000
/** Evidence that is worth what it is worth by itself. */
const STATED: ReadonlySet<Identity['method']> = new Set(['card', 'attested'])

/** The use case of the desk: challenge, evidence, register, answer, record. */
export function createCheckIns(deps: CheckInDeps): CheckIns {
  const { clock, keyedHash, tickets, store, once } = deps
  const judge = createJudge(deps)
  const challenges = createChallenges(deps)
  const answers = createAnswers(deps)
  const lookUp = createLookUp(deps)
  /** In step with the statements that check-ins share, so that whoever goes through together is in one of each. */
  const pass = createGate(clock, togetherBounds.everyMs)
  /** Sent twice at once, it is done once. */
  const flights = new Map<string, Promise<CheckInAnswer>>()

  async function run(request: CheckInRequest, caller: CheckInCaller, checkInId: string): Promise<CheckInAnswer> {
    const { identity, facilityCode, madeOfflineAtMs } = request
    const atMs = madeOfflineAtMs ?? clock.now()
    const challenge = identity.method === 'chip' ? challenges.open(identity.challengeId, caller, madeOfflineAtMs) : undefined
    const day = vietnamDate(atMs)
    const { what, untilMs } = usedBy(request, challenge, checkInId, clock.now())
    const counter = challenge?.ticket === undefined ? { facilityCode, day } : undefined
    const using = once.useNumbered(what, checkInId, untilMs, counter)
    async function examine() {
      const evidence = await judge(request, challenge, checkInId, using)
      return { evidence, found: await lookUp(questionOf(request, evidence, checkInId, keyedHash, atMs)) }
    }
    // To look changes nothing: what is worth the same whether it was sent before or not is looked up meanwhile.
    const early = STATED.has(identity.method) ? examine() : undefined
    // It may not be needed, and then nobody would hear that it failed.
    early?.catch(() => {})
    const { use, number } = await using
    const known = use === 'again' ? await answers.find(checkInId) : undefined
    if (known !== undefined) return known
    // It never fails, and nothing waits for it but the answer.
    const numbered = challenge?.ticket ?? (number === undefined ? tickets.next(facilityCode, day) : tickets.of(number))
    const isOffline = challenge?.isOffline === true || madeOfflineAtMs !== undefined
    const [{ evidence, found }, disaster] = await Promise.all([early ?? examine(), deps.disasterAt?.(facilityCode, atMs)])
    const comparison =
      evidence.person !== undefined && found.member.kind === 'known'
        ? comparePersons(evidence.person, found.member.value)
        : undefined
    const ordinary = decideOutcome({ ...request, evidence, comparison, view: found.view, isOffline })
    const decided = disaster === undefined ? ordinary : inDisaster(ordinary)
    const slip = decided.outcome === 'refused' ? undefined : await deps.slipAtDesk?.(request, caller, found.memberRefs)
    const alerts = [...(disaster === undefined ? [] : [disasterAlert(disaster)]), ...(slip ?? [])]
    const more = { ticket: await numbered, isOffline, disasterId: disaster?.id ?? null, moreAlerts: alerts, atMs }
    return answers.keep(composeCheckIn({ request, caller, checkInId, evidence, decided, ...more, ...found }, deps))
  }

  return {
    async openChallenges(facilityCode, caller, { count, offline, ticket }) {
      const day = vietnamDate(clock.now())
      const numbers = ticket ? await Promise.all(Array.from({ length: count }, () => tickets.next(facilityCode, day))) : []
      return Array.from({ length: count }, (_, index) => {
        const number = numbers[index]
        const { challengeId, nonce, expiresAtMs } = challenges.issue(caller, { isOffline: offline, ticket: number })
        const expiresAt = new Date(expiresAtMs).toISOString()
        return { challengeId, nonce: nonce.toString('base64'), expiresAt, ...(number !== undefined && { ticket: number }) }
      })
    },
    checkIn(request, caller) {
      const checkInId = checkInIdOf(request, caller, keyedHash, clock)
      const flying = flights.get(checkInId)
      if (flying) return flying
      const flight = pass()
        .then(() => run(request, caller, checkInId))
        .finally(() => flights.delete(checkInId))
      flights.set(checkInId, flight)
      return flight
    },
    async listOn(facilityCode, day, look) {
      const found = await store.listOn(facilityCode, day, LIST_MAX)
      await store.note(listLooks(found, facilityCode, look, keyedHash, clock.now()))
      return found.map(({ auditSubject: _, ...listed }) => listed)
    },
    confirm: (facilityCode, checkInId, staff) =>
      store.confirm(facilityCode, checkInId, staff, new Date(clock.now()).toISOString()),
  }
}

/** What a check-in uses up, and until when that is remembered. */
function usedBy({ madeOfflineAtMs }: CheckInRequest, challenge: OpenedChallenge | undefined, checkInId: string, nowMs: number) {
  // A queue may bring an answer to any challenge, and bring it again, long after the challenge has ended.
  const lateMs = madeOfflineAtMs !== undefined || challenge !== undefined ? OFFLINE_UPLOAD_MS_MAX : 0
  return {
    what: challenge?.nonce.toString('hex') ?? checkInId,
    untilMs: (challenge?.expiresAtMs ?? nowMs + ONCE_MS) + lateMs,
  }
}

/** What the evidence is worth. */
function createJudge({ clock, trust, once }: CheckInDeps) {
  return async function judge(
    { identity, personMatch, staff, madeOfflineAtMs }: CheckInRequest,
    challenge: OpenedChallenge | undefined,
    id: string,
    using: Promise<Numbered>,
  ) {
    const nowMs = madeOfflineAtMs ?? clock.now()
    if (identity.method === 'chip') {
      // A clerk's look counts where the clerk is named.
      const isFaceMatched = personMatch?.result === 'match' && (personMatch.by === 'face' || staff !== undefined)
      const { use } = await using
      return judgeChip(identity, { challenge, use, trust: trust(), nowMs, isFaceMatched })
    }
    if (identity.method === 'card') return judgeCard(identity)
    if (identity.method === 'attested') return judgeAttested(identity)
    return judgeToken(identity, {
      trust: trust(),
      nowMs,
      use: (what, expiresAtMs) => once.use(what, id, expiresAtMs + OFFLINE_UPLOAD_MS_MAX),
    })
  }
}

/** By client, content and day: what a desk sends twice is one, the same person the next day is another, and what somebody else sends is theirs. */
function checkInIdOf(
  { facilityCode, contentSha256, visit, madeOfflineAtMs }: CheckInRequest,
  { clientId }: CheckInCaller,
  keyedHash: KeyedHash,
  clock: Clock,
): string {
  const day = vietnamDate(visit.arrivedAtMs ?? madeOfflineAtMs ?? clock.now())
  return `k_${keyedHash.digest('check-in', [facilityCode, clientId, day, contentSha256].join('\u0000')).slice(0, 26)}`
}

function questionOf(
  { facilityCode, encounterId, visit }: CheckInRequest,
  { person }: EvidenceVerdict,
  checkInId: string,
  keyedHash: KeyedHash,
  nowMs: number,
): LookUpQuestion {
  const arrivedAtMs = visit.arrivedAtMs ?? nowMs
  const claimId = encounterId === undefined ? undefined : keyedHash.claimId(facilityCode, encounterId)
  const times = { at: localTimeOf(arrivedAtMs), on: vietnamDate(arrivedAtMs) }
  return { facilityCode, person, visit, ...times, checkInId, claimId }
}

/** Makes the answer durable, and finds it when the same check-in comes again. */
function createAnswers({ cache, keyedHash, store, keep, onTrouble }: CheckInDeps) {
  const seal = checkInSeal(keyedHash)
  const keyOf = (checkInId: string) => `check-in-answer:${checkInId}`
  async function inCache(checkInId: string): Promise<CheckInAnswer | undefined> {
    const [entry] = await cache.getMany([keyOf(checkInId)])
    const text = entry && seal.open(Buffer.from(entry.value, 'base64'), keyOf(checkInId))
    return text === undefined ? undefined : (JSON.parse(text) as CheckInAnswer)
  }
  /** Of this process: a desk sends again within seconds, when the ledger may not have it yet and the cache may be away. */
  const recent = new Map<string, CheckInAnswer>()
  function remember(answer: CheckInAnswer): void {
    recent.set(answer.checkInId, answer)
    for (const oldest of recent.keys()) {
      if (recent.size <= RECENT_ANSWERS_MAX) break
      recent.delete(oldest)
    }
  }
  return {
    async find(checkInId: string): Promise<CheckInAnswer | undefined> {
      const remembered = recent.get(checkInId)
      if (remembered !== undefined) return remembered
      const cached = await inCache(checkInId).catch(() => undefined)
      return cached ?? (await store.answer(checkInId).catch(() => undefined))
    },
    async keep({ answer, record }: Composed): Promise<CheckInAnswer> {
      const kept = await keep(record)
      if (kept === 'nowhere') return notRecorded(answer)
      remember(answer)
      const sealed = seal.seal(JSON.stringify(answer), keyOf(answer.checkInId)).toString('base64')
      void cache
        .set(keyOf(answer.checkInId), { value: sealed, version: 1 }, ANSWER_CACHED_MS)
        .catch((cause) => onTrouble('cache', cause))
      return answer
    },
  }
}

/** Nothing holds it: whoever sent it keeps it and sends it again. */
function notRecorded(answer: CheckInAnswer): CheckInAnswer {
  const alert = reasonOf('not_recorded')
  const outcome = answer.outcome === 'admitted' ? 'provisional' : answer.outcome
  return { ...answer, outcome, alerts: [...answer.alerts, alert], reasons: [...answer.reasons, alert] }
}
