import { type Cache, CacheUnavailable } from '../cache/cache.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import { Problem } from '../platform/problem.ts'

/** How long a key is remembered. */
const KEY_LIFE_MS = 24 * 3_600_000
const KEY = /^[\x21-\x7e]{1,255}$/
const PREFIX = 'idempotency:'

/** One request that carries an `Idempotency-Key`. */
export interface KeyedRequest {
  /** The request was accepted: from now on the key stands for this body. Best effort, never throws. */
  accepted(claimId: string | undefined): Promise<void>
}
export type CheckIdempotency = (
  header: string | undefined,
  facilityCode: string,
  route: string,
  bodySha256: () => string,
) => Promise<KeyedRequest | undefined>

/**
 * `Idempotency-Key`, best effort: it catches a client that uses one key for two bodies. The guarantee is the content itself. Refused
 * requests are not remembered, nor envelopes of which every claim was; a cache that cannot be asked checks nothing.
 * @throws Problem request.invalid · idempotency.key_reused (with `Location` of the first)
 */
export function createIdempotency(cache: Cache, keyedHash: KeyedHash): CheckIdempotency {
  return async function check(header, facilityCode, route, bodySha256) {
    if (header === undefined) return undefined
    if (!KEY.test(header)) {
      throw new Problem('request.invalid', {
        detail: {
          vi: 'Idempotency-Key phải có 1 đến 255 ký tự ASCII, không khoảng trắng.',
          en: 'Idempotency-Key must have 1 to 255 visible ASCII characters.',
        },
      })
    }
    const key = PREFIX + keyedHash.digest('idempotency', `${facilityCode} ${route} ${header.replaceAll('"', '')}`)
    const digest = bodySha256()
    const [earlierDigest, claimId] = (await read(cache, key))?.split(' ') ?? []
    if (earlierDigest !== undefined && earlierDigest !== digest) {
      throw new Problem('idempotency.key_reused', claimId ? { headers: { Location: `/v1/claims/${claimId}` } } : {})
    }
    return {
      async accepted(acceptedId) {
        if (earlierDigest !== undefined) return
        try {
          await cache.set(key, { value: `${digest} ${acceptedId ?? ''}`, version: 1 }, KEY_LIFE_MS)
        } catch (cause) {
          if (!(cause instanceof CacheUnavailable)) throw cause
        }
      },
    }
  }
}

async function read(cache: Cache, key: string): Promise<string | undefined> {
  try {
    const [entry] = await cache.getMany([key])
    return entry?.value
  } catch (cause) {
    if (cause instanceof CacheUnavailable) return undefined
    throw cause
  }
}
