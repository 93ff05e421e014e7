import { jsonTypeOf } from './fault-texts.ts'
import { type FaultList, sttOf } from './faults.ts'
import type { WireClaim } from './reading.ts'
import type { NationalTable } from './tables/table.ts'
import { CLAIM_TABLES } from './tables/tables.ts'
import { isForbiddenName, Unreadable } from './unreadable.ts'
import { rowFromObject } from './validators/rows.js'

type RawRow = Readonly<Record<string, unknown>>

/** Tables by name as JSON or the envelope brought them, nothing checked yet. */
export type RawClaim = Readonly<Record<string, unknown>>

export interface Normalised {
  /** What is no table, no row or no known field is left out of it, and a fault; values may still be anything. */
  readonly wire: WireClaim
  /** Names seen in tables and rows, for the comparison with the text (duplicates). */
  readonly names: number
}

const tableReaders = CLAIM_TABLES.map(createTableReader)
const knownTables: ReadonlySet<string> = new Set(CLAIM_TABLES.map(({ name }) => name))

/**
 * The wire form: empty fields, rows' `null`s and empty tables dropped, numbers in their shortest form, members sorted, rows in their
 * order. Faults of structure (an unknown table or field, a list where an object belongs) go to `faults`; values are left to validation.
 * @throws Unreadable for a name that is not allowed
 */
export function normalise(raw: RawClaim, faults: FaultList): Normalised {
  const reading = { names: 0, faults }
  const tables: Record<string, unknown> = {}
  for (const name in raw) {
    reading.names++
    if (knownTables.has(name)) continue
    if (isForbiddenName(name)) throw new Unreadable('name')
    faults.add('table.unknown', { table: name })
  }
  for (const { name, read } of tableReaders) {
    const value = raw[name]
    if (value !== undefined && value !== null) tables[name] = read(value, reading)
  }
  return { wire: arrange(tables), names: reading.names }
}

/** Sorted as RFC 8785 wants the members of an object, so that the wire form can be serialised as it stands. */
const namesSorted = CLAIM_TABLES.map(({ name }) => name).sort()

/** The wire form of normalised tables; those without rows are dropped. */
export function arrange(tables: Readonly<Record<string, unknown>>): WireClaim {
  const wire: Record<string, unknown> = {}
  for (const name of namesSorted) if (tables[name] !== undefined) wire[name] = tables[name]
  return wire as WireClaim
}

interface Reading {
  names: number
  readonly faults: FaultList
}

function createTableReader({ name, arrangement, fields }: NationalTable) {
  const known = new Set(fields.map(([field]) => field))
  const readRow = rowFromObject[name]!
  /** Names of the row before: rows of one sender come in one order, so most rows are known by comparing it. */
  let usual: readonly string[] = []

  function row(value: RawRow, index: number | undefined, reading: Reading): unknown {
    const out = readRow(value)
    let position = 0
    for (const field in value) {
      if (field !== usual[position]) return uncommonRow(value, index, out, reading)
      position++
    }
    reading.names += position
    return out
  }

  function uncommonRow(value: RawRow, index: number | undefined, out: Record<string, unknown>, reading: Reading): unknown {
    const names = Object.keys(value)
    reading.names += names.length
    let allKnown = true
    for (const field of names) {
      if (known.has(field)) continue
      if (isForbiddenName(field)) throw new Unreadable('name')
      allKnown = false
      reading.faults.add('field.unknown', { table: name, index, stt: index === undefined ? undefined : sttOf(out), field })
    }
    if (allKnown) usual = names
    return out
  }

  function rows(values: readonly unknown[], reading: Reading): unknown {
    if (values.length === 0) return undefined
    return values.map((value, index) => {
      if (isRow(value)) return row(value, index, reading)
      reading.faults.add('row.type', { table: name, index }, { sent: jsonTypeOf(value) })
      return value
    })
  }

  function read(value: unknown, reading: Reading): unknown {
    if (arrangement !== 'many' && isRow(value)) return row(value, undefined, reading)
    if (arrangement !== 'single' && Array.isArray(value)) {
      const repeated = arrangement === 'singleOrMany' && value.length === 1
      return repeated && isRow(value[0]) ? row(value[0], undefined, reading) : rows(value, reading)
    }
    reading.faults.add('table.type', { table: name }, { sent: jsonTypeOf(value) })
    return undefined
  }
  return { name, read }
}

const isRow = (value: unknown): value is RawRow => typeof value === 'object' && value !== null && !Array.isArray(value)
