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
  /** Of members: every key that may answer otherwise than before. */
  readonly changedKeys?: readonly string[]
}
/** Writes records in the order of the file, with a handful of statements whatever their number. */
export type WriteBatch<T> = (sql: Sql, batch: readonly Numbered<T>[], asOf: CalendarDate) => Promise<BatchOutcome>
/** One import. `finish` comes after the last batch, in the same transaction. */
export interface Writer<T> {
  readonly write: WriteBatch<T>
  /** @param asOf of the file; `undefined`: it had faults, so nothing counts as being as new as it */
  readonly finish?: (sql: Sql, asOf: CalendarDate | undefined) => Promise<void>
}
export type Writers = { readonly [K in RegisterKind]: (keyedHash: KeyedHash) => Writer<RegisterRecords[K]> }
