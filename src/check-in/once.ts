import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'

/**
 * `first`: it counts now. `again`: the same check-in had it before, so this one was sent twice. `used`: another check-in had it.
 * `unknown`: neither cache nor ledger could say.
 */
export type Use = 'first' | 'again' | 'used' | 'unknown'

export interface Once {
  /** Uses up a nonce, the id of a token, or a check-in itself. Never throws. */
  use(what: string, holder: string, expiresAtMs: number): Promise<Use>
  /** Removes what has expired. @throws PostgresUnavailable */
  clean(): Promise<void>
}

const CACHE_MS_MIN = 60_000

/**
 * Single use by unique insert, in the cache and again in the ledger: a cache that failed over may have forgotten. Either of them that says `used`
 * is believed; one that is down leaves it to the other.
 */
export function createOnce({ sql, cache, clock }: { sql: Sql; cache: Cache; clock: Clock }): Once {
  async function inCache(what: string, holder: string, lifeMs: number): Promise<Use> {
    const key = `check-in-once:${what}`
    if (await cache.setIfAbsent(key, holder, lifeMs)) return 'first'
    const [entry] = await cache.getMany([key])
    return entry === undefined ? 'unknown' : entry.value === holder ? 'again' : 'used'
  }
  async function inLedger(what: string, holder: string, expiresAtMs: number): Promise<Use> {
    const values = [what, holder, new Date(expiresAtMs).toISOString()]
    const { rows } = await sql.query<{ holder: string }>(INSERT, values, 'check-in-once')
    if (rows[0] !== undefined) return 'first'
    const found = await sql.query<{ holder: string }>(
      'SELECT holder FROM check_in_once WHERE used = $1',
      [what],
      'check-in-once-held',
    )
    return found.rows[0] === undefined ? 'unknown' : found.rows[0].holder === holder ? 'again' : 'used'
  }
  return {
    async use(what, holder, expiresAtMs) {
      const lifeMs = Math.max(CACHE_MS_MIN, expiresAtMs - clock.now())
      const said = await Promise.all([
        inCache(what, holder, lifeMs).catch(() => 'unknown' as const),
        inLedger(what, holder, expiresAtMs).catch(() => 'unknown' as const),
      ])
      return (['used', 'again', 'first'] as const).find((use) => said.includes(use)) ?? 'unknown'
    },
    async clean() {
      await sql.query('DELETE FROM check_in_once WHERE expires_at < $1', [new Date(clock.now() - KEPT_MS).toISOString()])
    },
  }
}
/** After its end a nonce is refused as expired; a while longer, so that clocks that differ do no harm. */
const KEPT_MS = 3_600_000

const INSERT = `INSERT INTO check_in_once (used, holder, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING holder`
