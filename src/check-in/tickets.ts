import type { Cache } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import type { Sql } from '../platform/postgres.ts'

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
}

/**
 * Numbers of a facility's day: the ledger counts; while it is down, the cache gives each number to one process; while both are, the process counts
 * by itself under a letter of its own. The letter says which, so in ordinary operation no two tickets of a day are the same.
 */
export function createTickets({ sql, cache, random }: { sql: Sql; cache: Cache; random: () => number }): Tickets {
  const ownLetter = OWN_LETTERS[Math.floor(random() * OWN_LETTERS.length)]!
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
        const { rows } = await sql.query<{ last: number }>(NEXT, [facilityCode, day], 'check-in-ticket')
        return ticketOf(LETTERS.ledger, rows[0]!.last)
      } catch {
        const number = await fromCache(facilityCode, day).catch(() => undefined)
        if (number !== undefined) return ticketOf(LETTERS.cache, number)
        const own = counted(facilityCode, day) + 1
        seen.set(facilityCode, own)
        return ticketOf(ownLetter, own)
      }
    },
  }
}

const NEXT = `INSERT INTO check_in_ticket AS t (facility_code, day, last) VALUES ($1, $2, 1)
  ON CONFLICT (facility_code, day) DO UPDATE SET last = t.last + 1 RETURNING last`

const ticketOf = (letter: string, number: number) => `${letter}-${String(number).padStart(3, '0')}`
