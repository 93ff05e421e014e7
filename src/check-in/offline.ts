import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { CheckInCaller } from './check-in.ts'

/** A kiosk without a connection works this long with one key and one batch of challenges. */
export const OFFLINE_KEY_MS = 12 * 3_600_000
/** What a kiosk kept is taken until this long after it was made. */
export const OFFLINE_UPLOAD_MS_MAX = 7 * 24 * 3_600_000
export const OFFLINE_ENTRIES_MAX = 100
/** How far a kiosk's clock may be off. */
export const OFFLINE_SKEW_MS = 60_000
const KEY_BYTES = 32
const ID_RANDOM_BYTES = 6
const TIME_BYTES = 6

export interface OfflineKey {
  readonly keyId: string
  /** 32 bytes, base64url: signs every entry by HMAC-SHA256. */
  readonly key: string
  readonly expiresAt: string
}
/** One entry of a kiosk's queue as it comes in. */
export interface OfflineEntry {
  readonly keyId: string
  /** The text that was signed, to the byte: JSON with `madeAt` and `checkIn`. */
  readonly payload: string
  /** HMAC-SHA256 of the text in UTF-8, base64url. */
  readonly signature: string
}
export type EntryFault = 'offline.key' | 'offline.signature' | 'offline.content' | 'offline.time' | 'offline.too_old'
export type OpenedEntry =
  | { readonly ok: true; readonly madeAtMs: number /** JSON text. */; readonly checkIn: string }
  | { readonly ok: false; readonly fault: EntryFault; readonly madeAtMs: number | undefined }

export interface OfflineKeys {
  issue(caller: CheckInCaller): OfflineKey
  /** Signature before content: nothing of an entry is read that was not signed. Never throws. */
  open(entry: OfflineEntry, caller: CheckInCaller): OpenedEntry
}

/**
 * The key of a queue follows from its id, the client and the kiosk under the gateway's secret, so that every process can check an entry, none has to keep
 * a key, and a client's own secret (of which only a digest is kept) is not needed. The id holds the time of issue.
 */
export function createOfflineKeys(deps: {
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  readonly randomBytes: (count: number) => Buffer
}): OfflineKeys {
  const { keyedHash, clock, randomBytes } = deps
  const keyOf = (keyId: string, { clientId, kioskId }: CheckInCaller) =>
    Buffer.from(keyedHash.digest('offline-key', JSON.stringify([keyId, clientId, kioskId ?? null])), 'hex').subarray(0, KEY_BYTES)

  return {
    issue(caller) {
      const head = Buffer.alloc(TIME_BYTES)
      head.writeUIntBE(clock.now(), 0, TIME_BYTES)
      const keyId = Buffer.concat([head, randomBytes(ID_RANDOM_BYTES)]).toString('base64url')
      const key = keyOf(keyId, caller).toString('base64url')
      return { keyId, key, expiresAt: new Date(clock.now() + OFFLINE_KEY_MS).toISOString() }
    },
    open({ keyId, payload, signature }, caller) {
      const id = Buffer.from(keyId, 'base64url')
      if (id.length !== TIME_BYTES + ID_RANDOM_BYTES || id.toString('base64url') !== keyId) return refused('offline.key')
      const wanted = createHmac('sha256', keyOf(keyId, caller)).update(payload, 'utf8').digest()
      const given = Buffer.from(signature, 'base64url')
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refused('offline.signature')
      const content = contentOf(payload)
      if (content === undefined) return refused('offline.content')
      const { madeAtMs, checkIn } = content
      const issuedAtMs = id.readUIntBE(0, TIME_BYTES)
      const now = clock.now()
      const isWithin = madeAtMs >= issuedAtMs - OFFLINE_SKEW_MS && madeAtMs <= issuedAtMs + OFFLINE_KEY_MS
      if (!isWithin || madeAtMs > now + OFFLINE_SKEW_MS) return refused('offline.time', madeAtMs)
      return now - madeAtMs > OFFLINE_UPLOAD_MS_MAX ? refused('offline.too_old', madeAtMs) : { ok: true, madeAtMs, checkIn }
    },
  }
}

const refused = (fault: EntryFault, madeAtMs?: number): OpenedEntry => ({ ok: false, fault, madeAtMs })

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/

function contentOf(payload: string): { madeAtMs: number; checkIn: string } | undefined {
  try {
    const parsed: unknown = JSON.parse(payload)
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const { madeAt, checkIn = null } = parsed as Readonly<Record<string, unknown>>
    if (typeof madeAt !== 'string' || !INSTANT.test(madeAt) || Number.isNaN(Date.parse(madeAt))) return undefined
    // What nests too deep to be printed fails here.
    return { madeAtMs: Date.parse(madeAt), checkIn: JSON.stringify(checkIn) }
  } catch {
    return undefined
  }
}
