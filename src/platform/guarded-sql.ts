import type { Clock } from './clock.ts'
import { PostgresUnavailable, type Sql } from './postgres.ts'

export interface GuardBounds {
  /** Statements under way, waiting for a connection included; above it the next fails at once. */
  readonly underWayMax: number
  /** A statement that takes longer hangs: nobody queues behind it, ms. */
  readonly hangsMs: number
  /** After a failure nothing is asked for so long; then one statement tries, ms. */
  readonly pauseMs: number
}
export const guardBounds: GuardBounds = { underWayMax: 64, hangsMs: 800, pauseMs: 500 }

/**
 * Statements that fail at once while Postgres does not answer, for callers that have another way and people waiting. Once one hangs or
 * fails, one at a time is let through until one is answered in time. What is refused has reached nobody.
 */
export function createGuardedSql(sql: Sql, clock: Clock, bounds: GuardBounds = guardBounds): Sql {
  const underWay = new Map<symbol, number>()
  let isSuspect = false
  let closedUntil = Number.NEGATIVE_INFINITY

  function refusal(now: number): string | undefined {
    const [oldest] = underWay.values()
    if (oldest !== undefined && now - oldest > bounds.hangsMs) isSuspect = true
    if (now < closedUntil || (isSuspect && underWay.size > 0)) return 'Postgres does not answer in time'
    return underWay.size >= bounds.underWayMax ? 'too many statements wait for Postgres' : undefined
  }

  return {
    async query(text, values, name) {
      const began = clock.monotonic()
      const refused = refusal(began)
      if (refused !== undefined) throw new PostgresUnavailable(refused)
      const id = Symbol()
      underWay.set(id, began)
      try {
        const result = await sql.query<never>(text, values, name)
        if (clock.monotonic() - began <= bounds.hangsMs) isSuspect = false
        return result
      } catch (cause) {
        if (cause instanceof PostgresUnavailable) {
          isSuspect = true
          closedUntil = clock.monotonic() + bounds.pauseMs
        }
        throw cause
      } finally {
        underWay.delete(id)
      }
    },
  }
}
