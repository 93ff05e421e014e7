import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/problem.ts'
import type { Access, Caller } from './access.ts'
import type { Clients } from './clients.ts'
import { createRateLimit, type RateBounds } from './rate-limit.ts'
import type { Tokens } from './tokens.ts'

const SCHEME = /^Bearer +/i

/** Tokens and clients together: a token counts only while its client is live, so a revocation does not wait for its expiry. */
export function createAccess(deps: { tokens: Tokens; clients: Clients; clock: Clock }, bounds: RateBounds): Access {
  const admit = { claims: createRateLimit(deps.clock, bounds), desk: createRateLimit(deps.clock, bounds) }
  function known(caller: Caller | undefined): Caller {
    const live = caller && deps.clients.find(caller.clientId)
    if (!live || live.facilityCode !== caller.facilityCode || live.role !== caller.role) {
      throw new Problem('request.unauthenticated', {
        headers: { 'WWW-Authenticate': 'Bearer realm="bhyt-gateway", error="invalid_token"' },
      })
    }
    return live
  }
  return {
    authenticate(authorization) {
      if (authorization === undefined || !SCHEME.test(authorization)) throw new Problem('request.unauthenticated')
      const verified = deps.tokens.verify(authorization.slice(authorization.indexOf(' ') + 1).trimStart())
      return verified instanceof Promise ? verified.then(known) : known(verified)
    },
    admit(caller, cost = 1, lane = 'claims') {
      const waitS = admit[lane](caller.facilityCode, cost)
      if (waitS !== undefined) throw new Problem('caller.over_limit', { retryAfterS: Math.max(1, Math.ceil(waitS)) })
    },
  }
}
