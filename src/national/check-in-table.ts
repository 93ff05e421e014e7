import type { Fault } from '../platform/problem.ts'
import { holdsRefusedCharacters } from './characters.ts'
import { jsonTypeOf } from './fault-texts.ts'
import { createFaultList, type FaultList, sttOf } from './faults.ts'
import { assertNoDuplicates, located, parseJson } from './read-json.ts'
import { decodeXml, parseXml, type RowShape, type XmlElement } from './read-xml.ts'
import type { ClaimMediaType, WireRow } from './reading.ts'
import { xml0 } from './tables/xml0.ts'
import { isForbiddenName, placed, Unreadable } from './unreadable.ts'
import { collectRow, releaseOf } from './validate.ts'
import { byRelease } from './validators/all-faults.js'
import { rowFromObject, rowFromValues } from './validators/rows.js'

export interface CheckInTableBounds {
  readonly depthMax: number
  readonly rowsMax: number
  readonly faultsMax: number
}
export type CheckInTableReading =
  | {
      readonly kind: 'refused'
      readonly code: 'request.unreadable' | 'request.too_large'
      readonly detail: { vi: string; en: string }
    }
  | { readonly kind: 'invalid'; readonly errors: readonly Fault[]; readonly errorCount: number }
  /** At least one row; values as in a claim: trimmed, empty fields dropped. */
  | { readonly kind: 'valid'; readonly rows: readonly WireRow[] }

const TABLE = xml0.name
const { root, list, row: rowName } = xml0.container!
const fields = xml0.fields.map(([field]) => field)
const known: ReadonlySet<string> = new Set(fields)
const shape: RowShape = {
  fields,
  positions: new Map(fields.map((field, position) => [field, position])),
  followers: [...fields.keys(), fields.length - 1],
  build: rowFromValues[TABLE]!,
}
const rowShapes: ReadonlyMap<string, RowShape> = new Map([[rowName!, shape]])

/**
 * The national check-in table, which travels alone: `CHI_TIEU_TRANG_THAI_KCB`, or `{"XML0": [{…}]}` (one row may stand without its list). Each row is
 * validated against the release in force on its day of arrival. Never throws for what a body holds.
 */
export function readCheckInTable(bytes: Buffer, mediaType: ClaimMediaType, bounds: CheckInTableBounds): CheckInTableReading {
  const faults = createFaultList(bounds.faultsMax)
  let rows: readonly unknown[]
  try {
    rows = mediaType === 'application/json' ? rowsOfJson(bytes, bounds, faults) : rowsOfXml(bytes, bounds, faults)
  } catch (thrown) {
    const cause = mediaType === 'application/json' ? located(thrown, bytes) : thrown
    if (cause instanceof Unreadable) return { kind: 'refused', code: cause.code, detail: cause.detail }
    throw cause
  }
  if (rows.length === 0) faults.add('table.required', { table: TABLE })
  if (rows.length > bounds.rowsMax) faults.add('claim.too_many_rows', {}, { count: rows.length, countMax: bounds.rowsMax })
  else for (const [index, row] of rows.entries()) judgeRow(row, index, faults)
  if (faults.count > 0) return { kind: 'invalid', errors: faults.listed, errorCount: faults.count }
  return { kind: 'valid', rows: rows as readonly WireRow[] }
}

function judgeRow(row: unknown, index: number, faults: FaultList): void {
  if (!isRow(row)) {
    faults.add('row.type', { table: TABLE, index }, { sent: jsonTypeOf(row) })
    return
  }
  const { NGAY_VAO: arrivedAt } = row
  for (const [field, value] of Object.entries(row)) {
    if (typeof value === 'string' && holdsRefusedCharacters(value)) faults.add('field.characters', { table: TABLE, index, field })
  }
  const release = releaseOf(typeof arrivedAt === 'string' ? arrivedAt : undefined)
  collectRow(byRelease[release][TABLE]!, row, { table: TABLE, index, stt: sttOf(row) }, faults)
}

function rowsOfJson(bytes: Buffer, { depthMax }: CheckInTableBounds, faults: FaultList): readonly unknown[] {
  const { value, names } = parseJson(bytes, depthMax)
  assertNoDuplicates(value, names)
  for (const name of Object.keys(value)) if (name !== TABLE) faults.add('table.unknown', { table: name })
  const table = value[TABLE]
  const rows = Array.isArray(table) ? table : table === undefined || table === null ? [] : [table]
  return rows.map((row: unknown, index) => {
    if (!isRow(row)) return row
    const out = rowFromObject[TABLE]!(row)
    for (const field of Object.keys(row)) addUnlessKnown(field, index, out, faults)
    return out
  })
}

function addUnlessKnown(field: string, index: number, row: Readonly<Record<string, unknown>>, faults: FaultList): void {
  if (known.has(field)) return
  if (isForbiddenName(field)) throw new Unreadable('name')
  faults.add('field.unknown', { table: TABLE, index, stt: sttOf(row), field })
}

function rowsOfXml(bytes: Buffer, { depthMax }: CheckInTableBounds, faults: FaultList): readonly unknown[] {
  const document = decodeXml(bytes)
  let table: XmlElement
  try {
    table = parseXml(document, { depthMax, rowShapes, elements: 0, mayHoldControls: false })
  } catch (cause) {
    throw placed(cause, document)
  }
  const lists = table.children.filter(({ name }) => name !== 'CHUKYDONVI')
  const elements = lists.flatMap(({ children }) => children)
  const isBuilt =
    table.name === root && lists.every(({ name }) => name === list) && elements.every(({ row }) => row !== undefined)
  if (!isBuilt) {
    faults.add('table.structure', { table: TABLE })
    return []
  }
  return elements.map(({ row }, index) => {
    for (const field of row!.unknown) faults.add('field.unknown', { table: TABLE, index, stt: sttOf(row!.row), field })
    return row!.row
  })
}

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
