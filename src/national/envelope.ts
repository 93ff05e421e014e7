import type { FaultCode, FaultPlace } from './faults.ts'
import type { RawClaim } from './normalise.ts'
import { decodeXml, parseXml, type XmlBudget, type XmlElement } from './read-xml.ts'
import type { NationalTable } from './tables/table.ts'
import { tableByName } from './tables/tables.ts'
import { Unreadable } from './unreadable.ts'

/** One `HOSO` as it was sent. */
export interface EnvelopeClaim {
  readonly raw: RawClaim
  /** Faults in how tables are wrapped; they concern no field. */
  readonly faults: readonly { readonly code: FaultCode; readonly place: FaultPlace }[]
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

/**
 * Reads `GIAMDINHHS` with tables in base64, inline or as text; with `lone`, a single `<HOSO>` too (a record that was cut out of an
 * envelope).
 * @throws Unreadable
 */
export function readEnvelope(bytes: Buffer, depthMax: number, claimsMax: number, lone: boolean): Envelope {
  const document = decodeXml(bytes)
  const budget: XmlBudget = { elements: 0, mayHoldControls: false }
  const root = parseXml(document, depthMax, budget)
  const read = (claim: XmlElement) => readClaim(claim, depthMax, budget)
  if (lone && root.name === 'HOSO') {
    const claims = [read(root)]
    return { facilityCode: undefined, claims, document, mayHoldControls: budget.mayHoldControls }
  }
  if (root.name !== 'GIAMDINHHS') throw new Unreadable('envelope')
  const list = child(child(root, 'THONGTINHOSO'), 'DANHSACHHOSO')
  const elements = list?.children.filter(({ name }) => name === 'HOSO') ?? []
  if (elements.length === 0) throw new Unreadable('envelope')
  if (elements.length > claimsMax) throw new Unreadable('claims')
  const claims = elements.map(read)
  const facilityCode = child(child(root, 'THONGTINDONVI'), 'MACSKCB')?.text.trim()
  return { facilityCode: facilityCode || undefined, claims, document, mayHoldControls: budget.mayHoldControls }
}

const child = (element: XmlElement | undefined, name: string) => element?.children.find((one) => one.name === name)

type RawRow = Record<string, unknown>
interface Gathered {
  readonly raw: Record<string, RawRow | RawRow[]>
  readonly faults: { code: FaultCode; place: FaultPlace }[]
}

function readClaim(claim: XmlElement, depthMax: number, budget: XmlBudget): EnvelopeClaim {
  const gathered: Gathered = { raw: {}, faults: [] }
  for (const file of claim.children) {
    if (file.name !== 'FILEHOSO') throw new Unreadable('envelope')
    const kind = child(file, 'LOAIHOSO')?.text.trim() ?? ''
    const content = child(file, 'NOIDUNGFILE')
    const table = tableByName.get(kind)
    if (!table?.container || table.name === 'XML0')
      gathered.faults.push({ code: 'table.unknown', place: { table: /^XML\d{1,2}$/.test(kind) ? kind : 'FILEHOSO' } })
    else if (content) addTable(gathered, table, tableRoot(content, depthMax, budget))
  }
  return { ...gathered, start: claim.start, end: claim.end }
}

/** The table's root element: inline, or in a document of its own as text or base64. `undefined`: nothing was sent. */
function tableRoot(content: XmlElement, depthMax: number, budget: XmlBudget): XmlElement | undefined {
  if (content.children.length > 0) return content.children.length === 1 ? content.children[0] : content
  const text = content.text.trim()
  if (text === '') return undefined
  return parseXml(text.startsWith('<') ? text : decodeXml(decodeBase64(text)), depthMax, budget)
}

/** Strict: `Buffer` skips what is no base64, so the decoded length tells. Blanks and line ends inside are allowed. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (isWhole(text, bytes.length)) return bytes
  const packed = text.replace(/[ \t\r\n]+/g, '')
  if (!isWhole(packed, bytes.length)) throw new Unreadable('base64')
  return bytes
}

function isWhole(text: string, decodedLength: number): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return text.length % 4 === 0 && decodedLength === (text.length / 4) * 3 - padding && !text.includes('-') && !text.includes('_')
}

function addTable(gathered: Gathered, table: NationalTable, root: XmlElement | undefined): void {
  if (root === undefined) return
  const { name, arrangement, container } = table
  const { root: rootName, list: listName, row: rowName } = container!
  const misbuilt = () => gathered.faults.push({ code: 'table.structure', place: { table: name } })
  if (root.name !== rootName) return void misbuilt()
  if (arrangement !== 'many') {
    const row = readRow(root)
    const before = gathered.raw[name]
    if (before === undefined) gathered.raw[name] = row
    else if (arrangement === 'singleOrMany') gathered.raw[name] = [before, row].flat()
    else gathered.faults.push({ code: 'table.repeated', place: { table: name } })
    return
  }
  const rows = (gathered.raw[name] ?? []) as RawRow[]
  for (const list of root.children) {
    if (list.name === 'CHUKYDONVI') continue
    if (list.name !== listName || list.children.some((one) => one.name !== rowName)) misbuilt()
    else for (const row of list.children) rows.push(readRow(row))
  }
  gathered.raw[name] = rows
}

/** @throws Unreadable when a field occurs twice. A field with elements in it becomes an object, which validation reports. */
function readRow(element: XmlElement): RawRow {
  const row: RawRow = {}
  for (const { name, text, children } of element.children) {
    if (name in row && Object.hasOwn(row, name)) throw new Unreadable('duplicate')
    if (name === '__proto__') throw new Unreadable('name')
    row[name] = children.length === 0 ? text : {}
  }
  return row
}
