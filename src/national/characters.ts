import type { FaultList } from './faults.ts'
import type { WireClaim } from './reading.ts'

/**
 * Controls but tab and line feed, direction overrides, non-characters, lone surrogates: no store and no page takes them well. Also a
 * carriage return, which `foldLineEnds` takes away first.
 */
const refused = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/u

export const holdsRefusedCharacters = (text: string): boolean => refused.test(text)

/** The same for one UTF-16 unit of well-formed text, where no surrogate is alone. */
export const isRefusedCode = (code: number): boolean =>
  code < 0xa0
    ? code >= 0x7f || (code < 0x20 && code !== 0x09 && code !== 0x0a)
    : code >= 0x202a && (code <= 0x202e || (code >= 0x2066 && code <= 0x2069) || code >= 0xfffe)

/**
 * Line ends become line feeds, as an XML reader would have made them, so that XML and JSON of one claim agree. In place: the rows are
 * this reading's own.
 */
export function foldLineEnds(wire: WireClaim): void {
  for (const { row } of rowsOf(wire)) {
    for (const [field, value] of Object.entries(row))
      if (typeof value === 'string' && value.includes('\r')) row[field] = value.replace(/\r\n?/g, '\n')
  }
}

export function collectRefusedCharacters(wire: WireClaim, faults: FaultList): void {
  for (const { row, table, index } of rowsOf(wire)) {
    for (const [field, value] of Object.entries(row))
      if (typeof value === 'string' && refused.test(value)) faults.add('field.characters', { table, index, field })
  }
}

interface PlacedRow {
  readonly table: string
  readonly index: number | undefined
  readonly row: Record<string, unknown>
}

function* rowsOf(wire: WireClaim): Generator<PlacedRow> {
  for (const [table, rows] of Object.entries(wire)) {
    const list: readonly unknown[] = Array.isArray(rows) ? rows : [rows]
    for (const [index, row] of list.entries())
      if (typeof row === 'object' && row !== null)
        yield { table, index: list === rows ? index : undefined, row: row as Record<string, unknown> }
  }
}
