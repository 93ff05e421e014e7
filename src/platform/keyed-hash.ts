import { hash } from 'node:crypto'

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
function base32(hex: string): string {
  let out = ''
  let bits = 0
  let held = 0
  for (let at = 0; out.length < 26; at++) {
    held = (held << 4) | Number.parseInt(hex[at]!, 16)
    bits += 4
    if (bits >= 5) {
      out += alphabet[(held >> (bits - 5)) & 31]
      bits -= 5
    }
    held &= (1 << bits) - 1
  }
  return out
}

export function createKeyedHash(secret: Buffer): KeyedHash {
  const hmac = createHmacSha256(secret)
  const mac = (parts: readonly string[]) => hmac(parts.join('\u0000'))
  return {
    claimId: (facilityCode, encounterId) => `c_${base32(mac(['claim', facilityCode, encounterId]))}`,
    member: (kind, identifier) => mac(['member', kind, identifier]).slice(0, 32),
    digest: (purpose, value) => mac([purpose, value]),
  }
}

const BLOCK = 64
const SHA256 = 32
/** Longer texts get bytes of their own. */
const ROOM = 1_024

/**
 * HMAC-SHA-256 (RFC 2104) as hex. Every claim needs a dozen of them, of a few bytes each: two hashes at one go cost less than half of
 * `createHmac`, which makes an object with a state for each.
 */
function createHmacSha256(secret: Buffer): (text: string) => string {
  const key = Buffer.alloc(BLOCK)
  ;(secret.length > BLOCK ? hash('sha256', secret, 'buffer') : secret).copy(key)
  const inner = Buffer.alloc(BLOCK + ROOM)
  const outer = Buffer.alloc(BLOCK + SHA256)
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36
    outer[at] = byte ^ 0x5c
  }
  return (text) => {
    // No character takes more than three bytes of UTF-8.
    const bytes =
      text.length * 3 <= ROOM
        ? inner.subarray(0, BLOCK + inner.write(text, BLOCK))
        : Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text)])
    outer.write(hash('sha256', bytes, 'binary'), BLOCK, 'binary')
    return hash('sha256', outer, 'hex')
  }
}
