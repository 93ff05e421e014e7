import type { Release } from '../domain/claim.ts'
import { type FaultCode, jsonTypeOf, type Measured } from './fault-texts.ts'
import { type FaultList, type FaultPlace, sttOf } from './faults.ts'
import type { WireClaim } from './reading.ts'
import { decimals } from './tables/table.ts'
import { ALTERNATIVES, CLAIM_TABLES, tableByName } from './tables/tables.ts'
import type { RowError, RowValidator } from './validators/all-faults.js'
import { byRelease as allFaults } from './validators/all-faults.js'
import { byRelease as firstFault } from './validators/first-fault.js'

const tableNames = CLAIM_TABLES.map(({ name }) => name)
/** Rows of all tables but XML2 and XML3 together. */
const otherRowsMax = 20_000

/**
 * The release in force at the end of the visit: 4750 from the start, 3176 from 2025-01-01, 1931 from 2026-07-01. A claim that does not
 * say when the visit ended is looked at as one of today.
 */
export function releaseOf(endedAt: string | undefined): Release {
  const date = endedAt?.slice(0, 8)
  if (date === undefined || date >= '20260701') return '1931'
  return date >= '20250101' ? '3176' : '4750'
}

/** Whether every row is valid; the fast way, which stops at the first fault and does not say where. */
export function isValid(wire: WireClaim, release: Release, linesMax: number): boolean {
  if (wire.XML1 === undefined || countLines(wire) > linesMax || countOtherRows(wire) > otherRowsMax) return false
  const validators = firstFault[release]
  for (const name in wire) {
    const table = wire[name]!
    const validate = validators[name]!
    if (!Array.isArray(table)) {
      if (!validate(table)) return false
      continue
    }
    for (const row of table) if (!validate(row)) return false
  }
  return true
}

const countLines = ({ XML2, XML3 }: WireClaim): number => lengthOf(XML2) + lengthOf(XML3)
const countOtherRows = (wire: WireClaim): number =>
  Object.keys(wire).reduce((sum, name) => (isLineTable(name) ? sum : sum + lengthOf(wire[name])), 0)
const isLineTable = (name: string): boolean => name === 'XML2' || name === 'XML3'
const lengthOf = (table: unknown): number => (Array.isArray(table) ? table.length : 0)

/** Every fault of every row. Tables over their bound get that fault alone: their rows are not looked at. */
export function collectFaults(wire: WireClaim, release: Release, linesMax: number, faults: FaultList): void {
  if (wire.XML1 === undefined) faults.add('table.required', { table: 'XML1' })
  const [lines, otherRows] = [countLines(wire), countOtherRows(wire)]
  const tooManyLines = lines > linesMax
  if (tooManyLines) faults.add('claim.too_many_lines', {}, { count: lines, countMax: linesMax })
  const tooManyRows = otherRows > otherRowsMax
  if (tooManyRows) faults.add('claim.too_many_rows', {}, { count: otherRows, countMax: otherRowsMax })
  const validators = allFaults[release]
  for (const name of tableNames) {
    const table: unknown = wire[name]
    if (table === undefined || (isLineTable(name) ? tooManyLines : tooManyRows && Array.isArray(table))) continue
    const validate = validators[name]!
    if (!Array.isArray(table)) collectRow(validate, table, { table: name }, faults)
    else for (const [index, row] of table.entries()) collectRow(validate, row, { table: name, index, stt: sttOf(row) }, faults)
  }
}

/** Every fault of one row. */
export function collectRow(validate: RowValidator, row: unknown, place: FaultPlace, faults: FaultList): void {
  // What is no object has its fault already.
  if (typeof row !== 'object' || row === null || Array.isArray(row) || validate(row)) return
  for (const error of validate.errors ?? []) {
    const fault = faultOf(error, row as Readonly<Record<string, unknown>>, place.table!)
    if (fault) faults.add(fault.code, { ...place, field: fault.field }, fault.measured)
  }
}

interface FoundFault {
  readonly code: FaultCode
  readonly field: string
  readonly measured?: Measured
}

function faultOf(
  { keyword, instancePath, schemaPath, params }: RowError,
  row: Readonly<Record<string, unknown>>,
  table: string,
): FoundFault | undefined {
  const field = instancePath.slice(1)
  const value = row[field]
  switch (keyword) {
    case 'required':
      // Branches of "one of these": reported once, below.
      return schemaPath.includes('/anyOf/') ? undefined : { code: 'field.required', field: String(params['missingProperty']) }
    case 'anyOf':
      return { code: 'field.required', field: ALTERNATIVES[table]![0]! }
    case 'minLength':
      return { code: 'field.required', field }
    case 'maxLength':
      return { code: 'field.length', field, measured: { length: String(value).length, lengthMax: Number(params['limit']) } }
    case 'type':
      return { code: 'field.type', field, measured: { sent: jsonTypeOf(value) } }
    default: {
      const length = surplusDecimals(table, field, value)
      return length === undefined
        ? { code: 'field.format', field, measured: { length: String(value).length } }
        : { code: 'field.decimals', field, measured: { length } }
    }
  }
}

/** Decimals of a number that has more than its field takes. */
function surplusDecimals(table: string, field: string, value: unknown): number | undefined {
  const kind = tableByName.get(table)?.fields.find(([name]) => name === field)?.[1]
  const most = kind === undefined ? undefined : decimals(kind)
  if (most === undefined) return undefined
  const fraction = /^\d+\.(\d+)$/.exec(String(value))?.[1]
  return fraction !== undefined && fraction.length > most ? fraction.length : undefined
}
