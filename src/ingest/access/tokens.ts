import type { KeyObject } from 'node:crypto'
import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../platform/clock.ts'
import { type Caller, ROLES, type Role } from './access.ts'

export const TOKEN_LIFE_S = 600
/** Clocks of the processes may differ by this much. */
const CLOCK_TOLERANCE_S = 10
/** Verified tokens kept, so that a signature is checked once per token and process. */
const VERIFIED_MAX = 50_000
const ALGORITHM = 'ES256'
const ISSUER = 'bhyt-gateway'
const AUDIENCE = 'bhyt-gateway'
const TYPE = 'at+jwt'
const TOKEN_CHARS_MAX = 2048

export interface Tokens {
  /** A token of 600 s (ES256, `at+jwt`). */
  issue(caller: Caller, tokenId: string): Promise<string>
  /** The caller of a token, `undefined` when it is not valid now. Synchronous for a token seen before. */
  verify(token: string): Caller | undefined | Promise<Caller | undefined>
}

interface Verified {
  readonly caller: Caller
  readonly expiresAtMs: number
}

export function createTokens(keys: { tokenPrivate: KeyObject; tokenPublic: KeyObject }, clock: Clock): Tokens {
  const kid = createHash('sha256')
    .update(keys.tokenPublic.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 16)
  const verified = new LRUCache<string, Verified>({ max: VERIFIED_MAX })

  async function check(token: string): Promise<Caller | undefined> {
    try {
      const { payload } = await jwtVerify(token, keys.tokenPublic, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
      })
      const { sub, exp, facility, role } = payload
      if (typeof sub !== 'string' || typeof exp !== 'number' || typeof facility !== 'string') return undefined
      if (!ROLES.includes(role as Role)) return undefined
      const caller = { clientId: sub, facilityCode: facility, role: role as Role }
      verified.set(token, { caller, expiresAtMs: (exp + CLOCK_TOLERANCE_S) * 1000 })
      return caller
    } catch {
      return undefined
    }
  }

  return {
    async issue({ clientId, facilityCode, role }, tokenId) {
      const now = Math.floor(clock.now() / 1000)
      return new SignJWT({ facility: facilityCode, role })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(clientId)
        .setJti(tokenId)
        .setIssuedAt(now)
        .setExpirationTime(now + TOKEN_LIFE_S)
        .sign(keys.tokenPrivate)
    },
    verify(token) {
      if (token.length > TOKEN_CHARS_MAX) return undefined
      const known = verified.get(token)
      if (!known) return check(token)
      if (clock.now() < known.expiresAtMs) return known.caller
      verified.delete(token)
      return undefined
    },
  }
}
