import type { CalendarDate } from '../domain/claim.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'

/** What one query saw of a register whose keys have any number of rows, all of one snapshot. */
export interface RowsReading<T> {
  /** Grows with every import; 0 before the first. */
  readonly revision: number
  /** Of the newest whole file imported; `null` before the first. */
  readonly asOf: CalendarDate | null
  /** In a fixed order; a key that is not here has none. */
  readonly rows: ReadonlyMap<string, readonly T[]>
}
export type ReadRows<T> = (keys: readonly string[]) => Promise<RowsReading<T>>

export interface RowCopyBounds {
  /** How long a copy answers without asking the register, milliseconds. */
  readonly freshMs: number
  /** The same for a key without rows. */
  readonly noneFreshMs: number
  /** How long a copy answers as stale while the register is down, milliseconds. */
  readonly keepMs: number
  /** Keys kept in this process; the ones not asked for longest go first. */
  readonly keysMax: number
}
export interface RowCopiesDeps<T> extends RowCopyBounds {
  readonly part: string
  readonly read: ReadRows<T>
  readonly clock: Clock
  readonly log: Logger
}

/** What is known under the keys asked for; `undefined` under a key that the register was not there to answer for. */
export interface KnownRows<T> {
  rowsOf(key: string): readonly T[] | undefined
  /** `undefined`: no import yet, or not known. */
  readonly asOf: CalendarDate | undefined
  /** The register does not answer now: these are the last copies. */
  readonly stale: boolean
}
export interface RowCopies<T> {
  /** At most two queries, none where all copies are fresh. Answers that are not stale are all of one revision. Never throws. */
  find(keys: readonly string[]): Promise<KnownRows<T>>
  /** The register has changed: copies of before answer only as stale. */
  imported(revision: number): void
}

/** Registers imported in part alone are as old as this. */
export const NEVER_WHOLE: CalendarDate = '0001-01-01'

interface RowCopy<T> {
  readonly rows: readonly T[]
  readonly revision: number
  readonly readAt: number
}
interface RegisterState {
  readonly revision: number
  readonly asOf: CalendarDate | null
  readonly readAt: number
}

/**
 * Decoded rows by key, in this process alone: rows of lists are many, small and asked for by the thousand in a batch, so a shared cache would cost
 * more than the index of Postgres does.
 */
export function createRowCopies<T>(deps: RowCopiesDeps<T>): RowCopies<T> {
  const { read, clock, log, freshMs, noneFreshMs, keepMs, keysMax } = deps
  const copies = new Map<string, RowCopy<T>>()
  let newestRevision = 0
  let state: RegisterState | undefined
  let fails = false

  function isFresh(copy: RowCopy<T> | undefined, now: number): copy is RowCopy<T> {
    if (copy === undefined || copy.revision < newestRevision) return false
    return now - copy.readAt < (copy.rows.length === 0 ? noneFreshMs : freshMs)
  }

  function keep(key: string, copy: RowCopy<T>): void {
    copies.delete(key)
    copies.set(key, copy)
    for (const oldest of copies.keys()) {
      if (copies.size <= keysMax) break
      copies.delete(oldest)
    }
  }

  async function ask(keys: readonly string[], into: Map<string, RowCopy<T>>): Promise<RegisterState> {
    const readAt = clock.now()
    const { revision, asOf, rows } = await read(keys)
    fails = false
    newestRevision = Math.max(newestRevision, revision)
    const seen = { revision, asOf, readAt }
    if (revision >= (state?.revision ?? 0)) state = seen
    for (const key of keys) {
      const copy = { rows: rows.get(key) ?? none, revision, readAt }
      into.set(key, copy)
      keep(key, copy)
    }
    return seen
  }

  /** Copies of any age that may still be used. */
  function lastKnown(keys: readonly string[]): KnownRows<T> {
    const now = clock.now()
    const found = new Map(keys.map((key) => [key, copies.get(key)]))
    return {
      rowsOf(key) {
        const copy = found.get(key)
        return copy && now - copy.readAt < keepMs ? copy.rows : undefined
      },
      asOf: asOfOf(state),
      stale: true,
    }
  }

  return {
    async find(keys) {
      const now = clock.now()
      const neverImported = state?.revision === 0 && newestRevision === 0 && now - state.readAt < noneFreshMs
      if (neverImported) return { rowsOf: () => none, asOf: undefined, stale: false }
      const found = new Map<string, RowCopy<T>>()
      const missing: string[] = []
      for (const key of new Set(keys)) {
        const copy = copies.get(key)
        if (isFresh(copy, now)) {
          found.set(key, copy)
          keep(key, copy)
        } else missing.push(key)
      }
      let seen = state
      try {
        if (missing.length > 0 || seen === undefined) {
          seen = await ask(missing, found)
          const { revision } = seen
          // An import came between the copies and this look: all of it once more, in one snapshot.
          if ([...found.values()].some((copy) => copy.revision < revision)) seen = await ask([...found.keys()], found)
        }
      } catch (cause) {
        if (!fails) log.warn('register.unavailable', { part: deps.part }, cause)
        fails = true
        return lastKnown([...new Set(keys)])
      }
      return { rowsOf: (key) => found.get(key)?.rows, asOf: asOfOf(seen), stale: false }
    },
    imported(revision) {
      newestRevision = Math.max(newestRevision, revision)
    },
  }
}

const none: readonly never[] = []

function asOfOf(state: RegisterState | undefined): CalendarDate | undefined {
  return state === undefined || state.revision === 0 ? undefined : (state.asOf ?? NEVER_WHOLE)
}
