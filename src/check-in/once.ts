import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import { createTogether } from './together.ts'

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
  const inLedger = createTogether((uses: readonly LedgerUse[]) => useAll(sql, uses), clock)

  return {
    async use(what, holder, expiresAtMs) {
      const lifeMs = Math.max(CACHE_MS_MIN, expiresAtMs - clock.now())
      const said = await Promise.all([
        inCache(what, holder, lifeMs).catch(() => 'unknown' as const),
        inLedger({ what, holder, expiresAtMs }).catch(() => 'unknown' as const),
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

interface LedgerUse {
  readonly what: string
  readonly holder: string
  readonly expiresAtMs: number
}

/** Many by one statement, in the order of what is used, so that two processes never wait for each other. */
async function useAll(sql: Sql, uses: readonly LedgerUse[]): Promise<readonly Use[]> {
  const sorted = [...uses].sort((a, b) => (a.what < b.what ? -1 : 1))
  const values = [
    sorted.map(({ what }) => what),
    sorted.map(({ holder }) => holder),
    sorted.map(({ expiresAtMs }) => new Date(expiresAtMs).toISOString()),
  ]
  const inserted = await sql.query<Held>(INSERT, values, 'check-in-once')
  const first = new Map(inserted.rows.map(({ used, holder }) => [used, holder]))
  const others = uses.filter(({ what }) => !first.has(what)).map(({ what }) => what)
  const found = others.length === 0 ? [] : (await sql.query<Held>(HELD, [others], 'check-in-once-held')).rows
  const heldBy = new Map([...first, ...found.map(({ used, holder }) => [used, holder] as const)])
  return uses.map(({ what, holder }) => {
    const other = heldBy.get(what)
    if (other !== holder) return other === undefined ? 'unknown' : 'used'
    // What was inserted now counts for the first that asked.
    return first.delete(what) ? 'first' : 'again'
  })
}

interface Held {
  readonly used: string
  readonly holder: string
}
const INSERT = `INSERT INTO check_in_once (used, holder, expires_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING RETURNING used, holder`
const HELD = 'SELECT used, holder FROM check_in_once WHERE used = ANY ($1)'
