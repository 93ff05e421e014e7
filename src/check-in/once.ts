import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import type { Counter } from './tickets.ts'
import { createTogether } from './together.ts'

/**
 * `first`: it counts now. `again`: the same check-in had it before, so this one was sent twice. `used`: another check-in had it.
 * `unknown`: neither cache nor ledger could say.
 */
export type Use = 'first' | 'again' | 'used' | 'unknown'

export interface Numbered {
  readonly use: Use
  /** The next of the counter, for what the ledger saw used for the first time; `undefined` otherwise and where it did not answer. */
  readonly number: number | undefined
}

export interface Once {
  /** Uses up a nonce, the id of a token, or a check-in itself. Never throws. */
  use(what: string, holder: string, expiresAtMs: number): Promise<Use>
  /** The same, and by the same statement the number of a ticket, where a counter is named. Never throws. */
  useNumbered(what: string, holder: string, expiresAtMs: number, counter: Counter | undefined): Promise<Numbered>
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

  async function useNumbered(what: string, holder: string, expiresAtMs: number, counter?: Counter): Promise<Numbered> {
    const lifeMs = Math.max(CACHE_MS_MIN, expiresAtMs - clock.now())
    const [cached, { use, number }] = await Promise.all([
      inCache(what, holder, lifeMs).catch(() => 'unknown' as const),
      inLedger({ what, holder, expiresAtMs, counter }).catch(() => notSaid),
    ])
    return { use: (['used', 'again', 'first'] as const).find((one) => one === cached || one === use) ?? 'unknown', number }
  }

  return {
    use: async (what, holder, expiresAtMs) => (await useNumbered(what, holder, expiresAtMs)).use,
    useNumbered,
    async clean() {
      await sql.query('DELETE FROM check_in_once WHERE expires_at < $1', [new Date(clock.now() - KEPT_MS).toISOString()])
    },
  }
}
/** After its end a nonce is refused as expired; a while longer, so that clocks that differ do no harm. */
const KEPT_MS = 3_600_000

const notSaid: Numbered = { use: 'unknown', number: undefined }

interface LedgerUse {
  readonly what: string
  readonly holder: string
  readonly expiresAtMs: number
  readonly counter: Counter | undefined
}

/** Many by one statement, in the order of what is used, so that two processes never wait for each other. */
async function useAll(sql: Sql, uses: readonly LedgerUse[]): Promise<readonly Numbered[]> {
  const sorted = [...uses].sort((a, b) => (a.what < b.what ? -1 : 1))
  const values = [
    sorted.map(({ what }) => what),
    sorted.map(({ holder }) => holder),
    sorted.map(({ expiresAtMs }) => new Date(expiresAtMs).toISOString()),
    sorted.map(({ counter }) => counter?.facilityCode ?? null),
    sorted.map(({ counter }) => counter?.day ?? null),
  ]
  const { rows } = await sql.query<Held | Counted>(INSERT, values, 'check-in-once')
  const first = new Map(rows.flatMap((row) => (row.used === null ? [] : [[row.used, row.holder] as const])))
  const numbers = numbersOf(rows.flatMap((row) => (row.used === null ? [row] : [])))
  const others = uses.filter(({ what }) => !first.has(what)).map(({ what }) => what)
  const found = others.length === 0 ? [] : (await sql.query<Held>(HELD, [others], 'check-in-once-held')).rows
  const heldBy = new Map([...first, ...found.map(({ used, holder }) => [used, holder] as const)])
  return uses.map(({ what, holder, counter }) => {
    const other = heldBy.get(what)
    if (other !== holder) return { use: other === undefined ? 'unknown' : 'used', number: undefined }
    // What was inserted now counts for the first that asked.
    if (!first.delete(what)) return { use: 'again', number: undefined }
    return { use: 'first', number: counter && numbers(counter) }
  })
}

/** Hands out what the statement counted, the lowest first and no more of it. */
function numbersOf(counted: readonly Counted[]): (counter: Counter) => number | undefined {
  const keyOf = ({ facilityCode, day }: Counter) => `${facilityCode} ${day}`
  const left = new Map(counted.map((row) => [keyOf(row), { next: row.last - row.taken + 1, last: row.last }]))
  return (counter) => {
    const of = left.get(keyOf(counter))
    if (of === undefined || of.next > of.last) return undefined
    of.next += 1
    return of.next - 1
  }
}

interface Held {
  readonly used: string
  readonly holder: string
}
/** How many numbers of a counter were taken, and the highest of them. */
interface Counted extends Counter {
  readonly used: null
  readonly taken: number
  readonly last: number
}
/** Uses first, numbers after, counters in order: whoever waits for a counter waits for nobody's use. */
const INSERT = `WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::date[])
      AS a (used, holder, expires_at, facility_code, day)
  ), inserted AS (
    INSERT INTO check_in_once (used, holder, expires_at) SELECT used, holder, expires_at FROM asked
    ON CONFLICT DO NOTHING RETURNING used, holder
  ), taken AS MATERIALIZED (
    SELECT a.facility_code, a.day, count(DISTINCT i.used)::integer AS count
    FROM inserted i JOIN asked a ON a.used = i.used AND a.holder = i.holder
    WHERE a.facility_code IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
  ), counted AS (
    INSERT INTO check_in_ticket AS t (facility_code, day, last) SELECT facility_code, day, count FROM taken
    ON CONFLICT (facility_code, day) DO UPDATE SET last = t.last + excluded.last
    RETURNING facility_code, day, last
  )
  SELECT used, holder, NULL AS "facilityCode", NULL AS day, NULL::integer AS taken, NULL::integer AS last FROM inserted
  UNION ALL SELECT NULL, NULL, c.facility_code, c.day::text, t.count, c.last
    FROM counted c JOIN taken t ON t.facility_code = c.facility_code AND t.day = c.day`
const HELD = 'SELECT used, holder FROM check_in_once WHERE used = ANY ($1)'
