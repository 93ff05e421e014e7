import { createHmac, createSecretKey } from 'node:crypto'

/**
 * Keyed hashes for everything that would otherwise carry a person's identifier: stream keys, member references, claim ids. The
 * secret lies in `GATEWAY_KEYS_DIR` and must never change: ids and keys would change with it.
 */
export interface KeyedHash {
  /** `c_` and 26 characters: opaque and stable for one facility and `MA_LK`. */
  claimId(facilityCode: string, encounterId: string): string
  /** 32 hex characters for one identifier of a member, `kind` keeping personal ids and card numbers apart. */
  member(kind: 'personal' | 'insurance' | 'card' | 'name', identifier: string): string
  /** 64 hex characters, for secrets of clients and idempotency keys. */
  digest(purpose: string, value: string): string
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Crockford base 32 of the first 130 bits. */
function base32(bytes: Buffer): string {
  let out = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5 && out.length < 26) {
      out += alphabet[(held >> (bits - 5)) & 31]
      bits -= 5
    }
    held &= (1 << bits) - 1
  }
  return out
}

export function createKeyedHash(secret: Buffer): KeyedHash {
  // A key as bytes would be made into a key object at each call: five times the cost of the hash.
  const key = createSecretKey(secret)
  const mac = (parts: readonly string[]) => createHmac('sha256', key).update(parts.join('\u0000')).digest()
  return {
    claimId: (facilityCode, encounterId) => `c_${base32(mac(['claim', facilityCode, encounterId]))}`,
    member: (kind, identifier) => mac(['member', kind, identifier]).toString('hex').slice(0, 32),
    digest: (purpose, value) => mac([purpose, value]).toString('hex'),
  }
}
