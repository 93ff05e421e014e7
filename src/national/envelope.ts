import type { FaultCode } from './fault-texts.ts'
import { createFaultList, type FaultList, sttOf } from './faults.ts'
import { arrange } from './normalise.ts'
import { decodeXml, parseXml, type RowShape, type XmlContext, type XmlElement, type XmlRow } from './read-xml.ts'
import type { ReadBounds, WireClaim } from './reading.ts'
import type { NationalTable } from './tables/table.ts'
import { CLAIM_TABLES, tableByName } from './tables/tables.ts'
import { placed, Unreadable } from './unreadable.ts'
import { rowFromValues } from './validators/rows.js'

/** One `HOSO`, normalised. */
export interface EnvelopeClaim {
  readonly wire: WireClaim
  /** Faults found in how tables are wrapped and rows are named. */
  readonly faults: FaultList
  /** Offsets of `<HOSO>…</HOSO>` in the document's characters. */
  readonly start: number
  readonly end: number
}
export interface Envelope {
  /** `MACSKCB`; absent in a lone `HOSO`. */
  readonly facilityCode: string | undefined
  readonly claims: readonly EnvelopeClaim[]
  readonly document: string
  readonly mayHoldControls: boolean
}

export type EnvelopeBounds = Pick<ReadBounds, 'depthMax' | 'claimsMax' | 'faultsMax'>

/**
 * Reads `GIAMDINHHS` with tables in base64, inline or as text; with `lone`, a single `<HOSO>` too (a record that was cut out of an
 * envelope).
 * @throws Unreadable
 */
export function readEnvelope(bytes: Buffer, bounds: EnvelopeBounds, lone: boolean): Envelope {
  const document = decodeXml(bytes)
  try {
    return readDocument(document, bounds, lone)
  } catch (cause) {
    throw placed(cause, document)
  }
}

function readDocument(document: string, bounds: EnvelopeBounds, lone: boolean): Envelope {
  const context: XmlContext = { depthMax: bounds.depthMax, rowShapes, elements: 0, mayHoldControls: false }
  const root = parseXml(document, context)
  const read = (claim: XmlElement) => readClaim(claim, context, bounds.faultsMax)
  if (lone && root.name === 'HOSO') {
    const claims = [read(root)]
    return { facilityCode: undefined, claims, document, mayHoldControls: context.mayHoldControls }
  }
  if (root.name !== 'GIAMDINHHS') throw new Unreadable('envelope', { at: root.start, name: root.name })
  const list = child(child(root, 'THONGTINHOSO'), 'DANHSACHHOSO')
  const elements = list?.children.filter(({ name }) => name === 'HOSO') ?? []
  if (elements.length === 0) throw new Unreadable('claimless', { countMax: bounds.claimsMax })
  if (elements.length > bounds.claimsMax) throw new Unreadable('claims', { count: elements.length, countMax: bounds.claimsMax })
  const claims = elements.map(read)
  const facilityCode = child(child(root, 'THONGTINDONVI'), 'MACSKCB')?.text.trim()
  return { facilityCode: facilityCode || undefined, claims, document, mayHoldControls: context.mayHoldControls }
}

const child = (element: XmlElement | undefined, name: string) => element?.children.find((one) => one.name === name)

/** Rows are read where their element stands, whichever table was announced; `addTable` then sees whether it is the right one. */
const rowShapes: ReadonlyMap<string, RowShape> = new Map(
  CLAIM_TABLES.flatMap(({ name, container, fields }) => {
    if (!container) return []
    const names = fields.map(([field]) => field)
    const shape: RowShape = {
      fields: names,
      positions: new Map(names.map((field, position) => [field, position])),
      followers: [...names.keys(), names.length - 1],
      build: rowFromValues[name]!,
    }
    return [[container.row ?? container.root, shape] as const]
  }),
)

type Row = Readonly<Record<string, unknown>>
interface Gathered {
  readonly tables: Record<string, Row | Row[]>
  readonly faults: FaultList
}

function readClaim(claim: XmlElement, context: XmlContext, faultsMax: number): EnvelopeClaim {
  const gathered: Gathered = { tables: {}, faults: createFaultList(faultsMax) }
  for (const file of claim.children) {
    if (file.name !== 'FILEHOSO') throw new Unreadable('stranger', { at: file.start })
    const kind = child(file, 'LOAIHOSO')?.text.trim() ?? ''
    const content = child(file, 'NOIDUNGFILE')
    const table = tableByName.get(kind)
    if (!table?.container || table.name === 'XML0')
      gathered.faults.add('table.unknown', { table: /^XML\d{1,2}$/.test(kind) ? kind : 'FILEHOSO' })
    else if (content) addTable(gathered, table, tableRoot(content, context, table.name))
  }
  const { tables, faults } = gathered
  return { wire: arrange(tables), faults, start: claim.start, end: claim.end }
}

/** The table's root element: inline, or in a document of its own as text or base64. `undefined`: nothing was sent. */
function tableRoot(content: XmlElement, context: XmlContext, table: string): XmlElement | undefined {
  if (content.children.length > 0) return content.children.length === 1 ? content.children[0] : content
  const text = content.text.trim()
  if (text === '') return undefined
  try {
    return parseXml(text.startsWith('<') ? text : decodeXml(decodeBase64(text, content.start)), context)
  } catch (cause) {
    throw cause instanceof Unreadable ? cause.with({ table }) : cause
  }
}

/** Strict: `Buffer` skips what is no base64, so the decoded length tells. Blanks and line ends inside are allowed. */
function decodeBase64(text: string, at: number): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (isWhole(text, bytes.length)) return bytes
  const packed = text.replace(/[ \t\r\n]+/g, '')
  if (!isWhole(packed, bytes.length)) throw new Unreadable('base64', { at })
  return bytes
}

function isWhole(text: string, decodedLength: number): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return text.length % 4 === 0 && decodedLength === (text.length / 4) * 3 - padding && !text.includes('-') && !text.includes('_')
}

function addTable(gathered: Gathered, table: NationalTable, root: XmlElement | undefined): void {
  if (root === undefined) return
  const { tables } = gathered
  const { name, arrangement, container } = table
  const fault = (code: FaultCode): void => {
    gathered.faults.add(code, { table: name })
  }
  if (root.name !== container!.root) {
    fault('table.structure')
    return
  }
  if (arrangement === 'many') {
    addRows(gathered, table, root, () => fault('table.structure'))
    return
  }
  const row = rowOf(gathered, name, root.row!, undefined)
  const before = tables[name]
  if (before === undefined) tables[name] = row
  else if (arrangement === 'singleOrMany') tables[name] = [before, row].flat()
  else fault('table.repeated')
}

function addRows(gathered: Gathered, { name, container }: NationalTable, root: XmlElement, misbuilt: () => void): void {
  const before = gathered.tables[name] as Row[] | undefined
  const rows: Row[] = before ?? []
  for (const list of root.children) {
    if (list.name === 'CHUKYDONVI') continue
    if (list.name !== container!.list || list.children.some((one) => one.name !== container!.row)) misbuilt()
    else for (const element of list.children) rows.push(rowOf(gathered, name, element.row!, rows.length))
  }
  if (rows.length > 0) gathered.tables[name] = rows
}

function rowOf({ faults }: Gathered, table: string, { row, unknown }: XmlRow, index: number | undefined): Row {
  for (const field of unknown)
    faults.add('field.unknown', { table, index, stt: index === undefined ? undefined : sttOf(row), field })
  return row
}
