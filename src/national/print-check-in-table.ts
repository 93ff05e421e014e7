import { holdsRefusedCharacters } from './characters.ts'
import { element, fieldsOf } from './print-envelope.ts'
import type { WireRow } from './reading.ts'
import { xml0 } from './tables/xml0.ts'

const { root, list, row: rowName } = xml0.container!

/**
 * The national check-in table: rows in the order given, numbered from 1 (`STT`), fields in national order, what is not known as an empty element.
 * `readCheckInTable` reads the same rows from it. A value with characters that no reader takes is printed as not known.
 */
export function printCheckInTable(rows: readonly WireRow[]): Buffer {
  const elements = rows.map((row, index) => element(rowName!, fieldsOf(xml0, { ...readable(row), STT: `${index + 1}` })))
  const signature = '<CHUKYDONVI></CHUKYDONVI>'
  const content = `${element(list!, elements.join('\n'))}\n${signature}`
  return Buffer.from(`<?xml version="1.0" encoding="utf-8"?>\n${element(root, content)}\n`)
}

const readable = (row: WireRow): WireRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => !holdsRefusedCharacters(value)))
