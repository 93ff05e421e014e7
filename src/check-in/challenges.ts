import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { CheckInCaller } from './check-in.ts'
import { NONCE_BYTES } from './chip/verify-chip.ts'
import { TICKET_BYTES } from './tickets.ts'

export const CHALLENGE_MS = 60_000
/** For work offline. */
export const OFFLINE_CHALLENGE_MS = 12 * 3_600_000
export const OFFLINE_CHALLENGES_MAX = 50
/** A kiosk's clock may be behind by this much. */
export const CLOCK_SKEW_MS = 60_000
const TIME_BYTES = 6
const TAG_BYTES = 16
const HEAD_BYTES = 1 + NONCE_BYTES + TIME_BYTES
const ID_CHARS_MAX = 64

/** A challenge of ours, as its id says. */
export interface OpenedChallenge {
  readonly nonce: Buffer
  readonly expiresAtMs: number
  readonly isOffline: boolean
  readonly isExpired: boolean
  /** Reserved for this check-in. */
  readonly ticket: string | undefined
}
export interface Challenges {
  issue(
    caller: CheckInCaller,
    options: { isOffline: boolean; ticket: string | undefined },
  ): {
    readonly challengeId: string
    readonly nonce: Buffer
    readonly expiresAtMs: number
  }
  /**
   * `undefined` when it is not ours, was changed, or was given to another client or kiosk.
   * @param madeOfflineAtMs when it was answered, where that comes later: it lies within the challenge's life
   */
  open(challengeId: string, caller: CheckInCaller, madeOfflineAtMs?: number): OpenedChallenge | undefined
}

/**
 * A challenge is a signed value: flags (1) | nonce (8) | end (6) | ticket (0 or 5) | keyed hash (16) over these and whom it was given to. So any
 * process can check it, and none has to remember it. Single use is not its matter.
 */
export function createChallenges(deps: {
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  readonly randomBytes: (count: number) => Buffer
}): Challenges {
  const { keyedHash, clock, randomBytes } = deps
  const tagOf = (body: Buffer, { clientId, kioskId }: CheckInCaller) =>
    Buffer.from(
      keyedHash.digest('check-in-challenge', JSON.stringify([body.toString('hex'), clientId, kioskId ?? null])),
      'hex',
    ).subarray(0, TAG_BYTES)

  return {
    issue(caller, { isOffline, ticket }) {
      const nonce = Buffer.from(randomBytes(NONCE_BYTES))
      const expiresAtMs = clock.now() + (isOffline ? OFFLINE_CHALLENGE_MS : CHALLENGE_MS)
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt8(isOffline ? 1 : 0)
      nonce.copy(head, 1)
      head.writeUIntBE(expiresAtMs, 1 + NONCE_BYTES, TIME_BYTES)
      const body = Buffer.concat([head, ticket === undefined ? Buffer.alloc(0) : Buffer.from(ticket.padEnd(TICKET_BYTES))])
      return { challengeId: Buffer.concat([body, tagOf(body, caller)]).toString('base64url'), nonce, expiresAtMs }
    },
    open(challengeId, caller, madeOfflineAtMs) {
      if (challengeId.length > ID_CHARS_MAX) return undefined
      const bytes = Buffer.from(challengeId, 'base64url')
      const bodyBytes = bytes.length - TAG_BYTES
      if (bodyBytes !== HEAD_BYTES && bodyBytes !== HEAD_BYTES + TICKET_BYTES) return undefined
      const body = bytes.subarray(0, bodyBytes)
      if (!timingSafeEqual(bytes.subarray(bodyBytes), tagOf(body, caller))) return undefined
      const expiresAtMs = body.readUIntBE(1 + NONCE_BYTES, TIME_BYTES)
      const isOffline = body.readUInt8() === 1
      const issuedAtMs = expiresAtMs - (isOffline ? OFFLINE_CHALLENGE_MS : CHALLENGE_MS)
      const atMs = madeOfflineAtMs ?? clock.now()
      const isBefore = madeOfflineAtMs !== undefined && atMs < issuedAtMs - CLOCK_SKEW_MS
      return {
        nonce: body.subarray(1, 1 + NONCE_BYTES),
        expiresAtMs,
        isOffline,
        isExpired: atMs > expiresAtMs || isBefore,
        ticket: bodyBytes === HEAD_BYTES ? undefined : body.toString('latin1', HEAD_BYTES).trim(),
      }
    },
  }
}
