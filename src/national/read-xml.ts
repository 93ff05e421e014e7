import { isUtf8 } from 'node:buffer'
import { holdsRefusedCharacters, isRefusedCode } from './characters.ts'
import { isForbiddenName, placed, Unreadable } from './unreadable.ts'
import { utf8EndOf } from './utf8.ts'

/** Elements in one body, its decoded tables included. */
export const elementsMax = 500_000

/** A row of a table, made while reading: the elements of a row are never held as a tree. */
export interface XmlRow {
  readonly row: Readonly<Record<string, unknown>>
  /** Names of fields that the table does not have. */
  readonly unknown: readonly string[]
}
/** An element with element children, a leaf with text, or a row. Attributes are checked for form and not kept: no national field is one. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  /** Text of a leaf with references resolved and CDATA unwrapped; blanks where there are children. */
  readonly text: string
  readonly row: XmlRow | undefined
  /** Offsets in the document's characters, from `<` to behind the closing `>`. */
  readonly start: number
  readonly end: number
}
interface OpenElement {
  readonly name: string
  children: XmlElement[]
  text: string
  row: XmlRow | undefined
  readonly start: number
  /** 0 until it is closed. */
  end: number
}

/** How to read the elements of one name as rows: field names in national order. */
export interface RowShape {
  readonly fields: readonly string[]
  readonly positions: ReadonlyMap<string, number>
  /** Which position came after each (by position + 1; 0 is the start of a row) the last time: a guess that a sender's rows confirm. */
  readonly followers: number[]
  readonly build: (values: readonly unknown[]) => Record<string, unknown>
}

/** What all documents of one body share. */
export interface XmlContext {
  readonly depthMax: number
  /** By the name of the row's element. */
  readonly rowShapes: ReadonlyMap<string, RowShape>
  /** Elements read so far. */
  elements: number
  /** A field holds, or may hold, characters that none may have, or a carriage return. */
  mayHoldControls: boolean
}

const noChildren: XmlElement[] = []

/** @throws Unreadable when the bytes are not UTF-8. A byte order mark is dropped. */
export function decodeXml(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Unreadable('utf8', { byte: utf8EndOf(bytes) + 1 })
  const document = bytes.toString('utf8')
  return document.charCodeAt(0) === 0xfeff ? document.slice(1) : document
}

/**
 * Reads the part of XML 1.0 that the national envelope uses, strictly: elements, text, CDATA, comments, the declaration, the five
 * named and the numeric references. DOCTYPE and every other entity are refused, so nothing can expand. A general parser takes some
 * forty times the work of `JSON.parse` for the same claim, and leniency and entities have been their holes.
 * @throws Unreadable
 */
export function parseXml(document: string, context: XmlContext): XmlElement {
  const reader: Reader = { document, at: 0, context }
  try {
    readProlog(reader)
    const root = readElement(reader, 1)
    skipMisc(reader)
    if (reader.at !== document.length) throw new Unreadable('xml')
    return root
  } catch (cause) {
    throw placed(cause, document, reader.at)
  }
}

interface Reader {
  readonly document: string
  at: number
  readonly context: XmlContext
}

function readProlog(reader: Reader): void {
  const { document } = reader
  if (document.startsWith('<?xml') && isBlank(document.charCodeAt(5))) {
    const end = document.indexOf('?>')
    if (end === -1 || end > 200) throw new Unreadable('xml')
    const declared = /encoding\s*=\s*["']([^"']*)["']/.exec(document.slice(0, end))
    if (declared && !/^utf-?8$/i.test(declared[1]!)) throw new Unreadable('encoding')
    reader.at = end + 2
  }
  skipMisc(reader)
}

/** Blanks, comments and processing instructions around the root. */
function skipMisc(reader: Reader): void {
  for (;;) {
    skipBlanks(reader)
    const { document, at } = reader
    if (document.startsWith('<!--', at)) reader.at = endOfComment(document, at)
    else if (document.startsWith('<?', at)) reader.at = endOfInstruction(document, at)
    else return
  }
}

/** The element that opens at the reader's place, with everything in it. */
function readElement(reader: Reader, depth: number): XmlElement {
  const { document, context } = reader
  if (depth > context.depthMax) throw new Unreadable('depth', { countMax: context.depthMax })
  const element = readOpenTag(reader)
  const shape = context.rowShapes.get(element.name)
  if (shape !== undefined) {
    element.row = element.end === 0 ? readRow(reader, element.name, shape, depth) : { row: {}, unknown: [] }
    element.end = reader.at
    return element
  }
  while (element.end === 0) {
    const { at } = reader
    const lt = document.indexOf('<', at)
    if (lt === -1) throw new Unreadable('unclosed', { at: document.length, name: element.name })
    if (lt > at) addText(element, resolve(document.slice(at, lt), at))
    reader.at = lt
    const next = document.charCodeAt(lt + 1)
    if (next === 0x2f) {
      reader.at = endOfClosingTag(document, lt, element.name)
      element.end = reader.at
    } else if (next === 0x21) readMarked(reader, element)
    else if (next === 0x3f) reader.at = endOfInstruction(document, lt)
    else addChild(element, readElement(reader, depth + 1))
  }
  return element
}

function addChild(element: OpenElement, child: XmlElement): void {
  if (element.children === noChildren) {
    if (!isBlankText(element.text)) throw new Unreadable('xml', { at: child.start })
    element.children = []
  }
  element.children.push(child)
}

/** The fields of a row, from behind its opening tag to behind its closing one. */
function readRow(reader: Reader, rowName: string, shape: RowShape, depth: number): XmlRow {
  const { document } = reader
  const { fields } = shape
  const values: unknown[] = new Array(fields.length).fill(undefined)
  const unknown = new Set<string>()
  let before = 0
  for (;;) {
    let { at } = reader
    while (isBlank(document.charCodeAt(at))) at++
    reader.at = at
    if (document.charCodeAt(at) !== 0x3c) throw new Unreadable('xml')
    const next = document.charCodeAt(at + 1)
    if (next === 0x2f) {
      reader.at = endOfClosingTag(document, at, rowName)
      break
    }
    if (next === 0x21 || next === 0x3f) {
      if (next === 0x21 && !document.startsWith('<!--', at)) throw new Unreadable('doctype')
      skipMisc(reader)
      continue
    }
    const position = positionAt(document, at + 1, shape, before)
    let value: unknown = position === undefined ? undefined : readPlainField(reader, fields[position]!)
    if (value === undefined) {
      const field = readElement(reader, depth + 1)
      reader.context.mayHoldControls ||= holdsRefusedCharacters(field.text)
      value = field.children.length === 0 && field.row === undefined ? field.text : {}
      if (position === undefined) addUnknown(unknown, field)
    }
    if (position === undefined) continue
    if (values[position] !== undefined) throw new Unreadable('duplicate', { at, name: fields[position]! })
    values[position] = value
    before = position + 1
  }
  return { row: shape.build(values), unknown: [...unknown] }
}

function addUnknown(unknown: Set<string>, { name, start: at }: XmlElement): void {
  if (unknown.has(name)) throw new Unreadable('duplicate', { at, name })
  if (isForbiddenName(name)) throw new Unreadable('name', { at, name })
  unknown.add(name)
}

/** The position of the field whose name stands at `at`; rows of one sender repeat their order, so it is guessed and compared first. */
function positionAt(document: string, at: number, shape: RowShape, before: number): number | undefined {
  const guess = shape.followers[before]!
  if (isNameAt(document, at, shape.fields[guess]!)) return guess
  let end = at
  while (isNameCode(document.charCodeAt(end))) end++
  const position = shape.positions.get(document.slice(at, end))
  if (position !== undefined) shape.followers[before] = position
  return position
}

function isNameAt(document: string, at: number, name: string): boolean {
  const { length } = name
  if (isNameCode(document.charCodeAt(at + length))) return false
  for (let index = length - 1; index >= 0; index--) if (document.charCodeAt(at + index) !== name.charCodeAt(index)) return false
  return true
}

/** `<NAME>text</NAME>` at the reader's place, as text; `undefined` (and the reader where it was) when it is anything else. */
function readPlainField(reader: Reader, name: string): string | undefined {
  const { document } = reader
  const from = reader.at + name.length + 2
  if (document.charCodeAt(from - 1) !== 0x3e) return undefined
  let at = from
  let refused = false
  let references = false
  let code = document.charCodeAt(at)
  while (code !== 0x3c) {
    if (code === 0x26) references = true
    else if (isRefusedCode(code)) refused = true
    else if (Number.isNaN(code)) throw new Unreadable('unclosed', { at, name })
    code = document.charCodeAt(++at)
  }
  const end = at + name.length + 3
  if (document.charCodeAt(at + 1) !== 0x2f || document.charCodeAt(end - 1) !== 0x3e || !isNameAt(document, at + 2, name))
    return undefined
  const { context } = reader
  if (++context.elements > elementsMax) throw new Unreadable('parts', { countMax: elementsMax })
  if (refused || references) context.mayHoldControls = true
  reader.at = end
  const text = document.slice(from, at)
  return references ? resolve(text, from) : text
}

/** The element of an opening tag; its `end` is 0 unless it closed itself. */
function readOpenTag(reader: Reader): OpenElement {
  const { document, at: start } = reader
  if (document.charCodeAt(start) !== 0x3c) throw new Unreadable('xml')
  if (++reader.context.elements > elementsMax) throw new Unreadable('parts', { countMax: elementsMax })
  let at = start + 1
  while (isNameCode(document.charCodeAt(at))) at++
  const name = document.slice(start + 1, at)
  if (name === '' || name.length > 200) throw new Unreadable(document.charCodeAt(start + 1) === 0x21 ? 'doctype' : 'xml')
  const element: OpenElement = { name, children: noChildren, text: '', row: undefined, start, end: 0 }
  let code = document.charCodeAt(at)
  if (code !== 0x3e) {
    at = skipAttributes(document, at)
    code = document.charCodeAt(at)
    if (code === 0x2f) {
      if (document.charCodeAt(++at) !== 0x3e) throw new Unreadable('xml', { at })
      element.end = at + 1
    }
  }
  reader.at = at + 1
  return element
}

const attribute = /\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')/y

/** @returns the offset of `>` or `/` */
function skipAttributes(document: string, from: number): number {
  let at = from
  attribute.lastIndex = at
  while (attribute.test(document)) at = attribute.lastIndex
  while (isBlank(document.charCodeAt(at))) at++
  const code = document.charCodeAt(at)
  if (code !== 0x3e && code !== 0x2f) throw new Unreadable('xml', { at })
  return at
}

function endOfClosingTag(document: string, lt: number, name: string): number {
  let at = lt + 2 + name.length
  if (!document.startsWith(name, lt + 2)) throw new Unreadable('unclosed', { at: lt, name })
  while (isBlank(document.charCodeAt(at))) at++
  if (document.charCodeAt(at) !== 0x3e) throw new Unreadable('unclosed', { at: lt, name })
  return at + 1
}

/** A comment or CDATA; anything else behind `<!` is a DOCTYPE or a declaration. */
function readMarked(reader: Reader, current: OpenElement): void {
  const { document, at } = reader
  if (document.startsWith('<!--', at)) reader.at = endOfComment(document, at)
  else if (document.startsWith('<![CDATA[', at)) {
    const end = document.indexOf(']]>', at)
    if (end === -1) throw new Unreadable('xml')
    addText(current, document.slice(at + 9, end))
    reader.at = end + 3
  } else throw new Unreadable('doctype')
}

function addText(element: OpenElement, more: string): void {
  if (element.children === noChildren) element.text += more
  else if (!isBlankText(more)) throw new Unreadable('xml')
}

function endOfComment(document: string, at: number): number {
  const end = document.indexOf('--', at + 4)
  if (end === -1 || document.charCodeAt(end + 2) !== 0x3e) throw new Unreadable('xml', { at })
  return end + 3
}

function endOfInstruction(document: string, at: number): number {
  const end = document.indexOf('?>', at)
  if (end === -1 || /^<\?xml\b/i.test(document.slice(at, at + 6))) throw new Unreadable('xml', { at })
  return end + 2
}

const named: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

const reference = /&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|(\w{1,10}));/g

/** Text with its references resolved; `from` is its offset in the document. */
function resolve(raw: string, from: number): string {
  if (!raw.includes('&')) return raw
  const bare = raw.search(/&(?!#\d{1,7};|#x[\dA-Fa-f]{1,6};|\w{1,10};)/)
  if (bare !== -1) throw new Unreadable('xml', { at: from + bare })
  return raw.replace(
    reference,
    (_, decimal: string | undefined, hex: string | undefined, name: string | undefined, offset: number) => {
      const at = from + offset
      if (name === undefined) return characterOf(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal), at)
      const value = named.get(name)
      if (value === undefined) throw new Unreadable('doctype', { at })
      return value
    },
  )
}

function characterOf(code: number, at: number): string {
  const allowed = code < 0xd800 ? code >= 0x20 || code === 9 || code === 10 || code === 13 : code > 0xdfff && code <= 0x10ffff
  if (!allowed || code === 0xfffe || code === 0xffff) throw new Unreadable('xml', { at })
  return String.fromCodePoint(code)
}

const isBlank = (code: number): boolean => code <= 0x20 && (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09)
const nameCodes = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:')
  nameCodes[character.charCodeAt(0)] = 1
const isNameCode = (code: number): boolean => code < 128 && nameCodes[code] === 1

function isBlankText(value: string): boolean {
  for (let index = 0; index < value.length; index++) if (!isBlank(value.charCodeAt(index))) return false
  return true
}

function skipBlanks(reader: Reader): void {
  while (isBlank(reader.document.charCodeAt(reader.at))) reader.at++
}
