import type { CalendarDate } from '../domain/claim.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import type { LineFault, RegisterKind, RegisterRecords } from './register-record.ts'

export interface Numbered<T> {
  readonly line: number
  readonly record: T
}
export interface BatchOutcome {
  /** Records that are new or changed what was stored. */
  readonly applied: number
  /** Records that said what was stored already. */
  readonly unchanged: number
  /** Records older than what is stored. */
  readonly ignored: number
  readonly faults: readonly (LineFault & { readonly line: number })[]
}
/** Writes records in the order of the file, with a handful of statements whatever their number. */
export type WriteBatch<T> = (sql: Sql, batch: readonly Numbered<T>[], asOf: CalendarDate) => Promise<BatchOutcome>
export type Writers = { readonly [K in RegisterKind]: (keyedHash: KeyedHash) => WriteBatch<RegisterRecords[K]> }
