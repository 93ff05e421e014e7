import type { Cache } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import { createTogether } from './together.ts'

/** Room for a ticket inside a challenge: letter, dash, up to five digits. */
export const TICKET_BYTES = 7
/** By what gave the number, so that two sources never give one ticket twice. */
const LETTERS = { ledger: 'B', cache: 'C' } as const
/** Of a process that can reach neither; which of them, chance says once. */
const OWN_LETTERS = 'DEGHKLMNPQRSTUVXY'
const DAY_MS = 36 * 3_600_000
/** Numbers tried in the cache before the process counts by itself. */
const CACHE_TRIES_MAX = 20

export interface Tickets {
  /** The next number of a facility's day, as a patient reads it: `B-042`. Never throws. */
  next(facilityCode: string, day: CalendarDate): Promise<string>
  /** What stands for a number that the ledger has given already. */
  of(number: number): string
}
/** Whose numbers are counted together. */
export interface Counter {
  readonly facilityCode: string
  readonly day: CalendarDate
}

/**
 * Numbers of a facility's day: the ledger counts; while it is down, the cache gives each number to one process; while both are, the process counts
 * by itself under a letter of its own. The letter says which, so in ordinary operation no two tickets of a day are the same.
 */
export function createTickets({ sql, cache, clock }: { sql: Sql; cache: Cache; clock: Clock }): Tickets {
  const ownLetter = OWN_LETTERS[Math.floor(clock.random() * OWN_LETTERS.length)]!
  const fromLedger = createTogether((counters: readonly Counter[]) => nextOfAll(sql, counters), clock)
  /** Of the current day alone: highest numbers seen. */
  const seen = new Map<string, number>()
  let seenOn = ''

  function counted(key: string, day: CalendarDate): number {
    if (day !== seenOn) seen.clear()
    seenOn = day
    return seen.get(key) ?? 0
  }
  async function fromCache(facilityCode: string, day: CalendarDate): Promise<number | undefined> {
    const key = `cache:${facilityCode}`
    for (let tries = 0; tries < CACHE_TRIES_MAX; tries += 1) {
      const number = counted(key, day) + 1
      // Before the answer comes, so that check-ins side by side do not ask for one number.
      seen.set(key, number)
      if (await cache.setIfAbsent(`check-in-ticket:${facilityCode}:${day}:${number}`, '1', DAY_MS)) return number
    }
    return undefined
  }

  return {
    async next(facilityCode, day) {
      try {
        return ticketOf(LETTERS.ledger, await fromLedger({ facilityCode, day }))
      } catch {
        const number = await fromCache(facilityCode, day).catch(() => undefined)
        if (number !== undefined) return ticketOf(LETTERS.cache, number)
        const own = counted(facilityCode, day) + 1
        seen.set(facilityCode, own)
        return ticketOf(ownLetter, own)
      }
    },
    of: (number) => ticketOf(LETTERS.ledger, number),
  }
}

/** As many numbers of each counter as are asked for, by one statement; counters in order, so that two processes never wait for each other. */
async function nextOfAll(sql: Sql, counters: readonly Counter[]): Promise<readonly number[]> {
  const keyOf = ({ facilityCode, day }: Counter) => `${facilityCode} ${day}`
  const groups = [...Map.groupBy(counters, keyOf).entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  const values = [
    groups.map(([, [one]]) => one!.facilityCode),
    groups.map(([, [one]]) => one!.day),
    groups.map(([, all]) => all.length),
  ]
  const { rows } = await sql.query<Counter & { last: number }>(NEXT, values, 'check-in-tickets')
  const lastOf = new Map(rows.map((row) => [keyOf(row), row.last]))
  const next = new Map(groups.map(([key, all]) => [key, lastOf.get(key)! - all.length]))
  return counters.map((counter) => {
    const number = next.get(keyOf(counter))! + 1
    next.set(keyOf(counter), number)
    return number
  })
}

const NEXT = `INSERT INTO check_in_ticket AS t (facility_code, day, last)
  SELECT * FROM unnest($1::text[], $2::date[], $3::integer[])
  ON CONFLICT (facility_code, day) DO UPDATE SET last = t.last + excluded.last
  RETURNING facility_code AS "facilityCode", day::text, last`

const ticketOf = (letter: string, number: number) => `${letter}-${String(number).padStart(3, '0')}`
