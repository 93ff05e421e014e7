import { isUtf8 } from 'node:buffer'
import { holdsRefusedCharacters } from './characters.ts'
import { Unreadable } from './unreadable.ts'

/** Elements in one body, its decoded tables included. */
export const elementsMax = 1_000_000

/** An element with element children, or a leaf with text. Attributes are checked for form and not kept: no national field is one. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  /** Text of a leaf with references resolved and CDATA unwrapped; empty where there are children. */
  readonly text: string
  /** Offsets in the document's characters, from `<` to behind the closing `>`. */
  readonly start: number
  readonly end: number
}
interface OpenElement {
  readonly name: string
  children: XmlElement[]
  text: string
  readonly start: number
  end: number
}

/** What all documents of one body may hold together. */
export interface XmlBudget {
  elements: number
  /** A document holds characters that no field may have, a carriage return or a numeric reference. */
  mayHoldControls: boolean
}

const noChildren: XmlElement[] = []

/** @throws Unreadable when the bytes are not UTF-8. A byte order mark is dropped. */
export function decodeXml(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Unreadable('utf8')
  const document = bytes.toString('utf8')
  return document.charCodeAt(0) === 0xfeff ? document.slice(1) : document
}

/**
 * Reads the part of XML 1.0 that the national envelope uses, strictly: elements, text, CDATA, comments, the declaration, the five
 * named and the numeric references. DOCTYPE and every other entity are refused, so nothing can expand. General parsers take some
 * forty times the work of `JSON.parse` for the same claim, and their leniency and entity handling have been the holes.
 * @throws Unreadable
 */
export function parseXml(document: string, depthMax: number, budget: XmlBudget): XmlElement {
  const reader = { document, at: 0, depthMax, budget }
  budget.mayHoldControls ||= document.includes('&#') || holdsRefusedCharacters(document)
  readProlog(reader)
  const root = readTree(reader)
  skipMisc(reader)
  if (reader.at !== document.length) throw new Unreadable('xml')
  return root
}

interface Reader {
  readonly document: string
  at: number
  readonly depthMax: number
  readonly budget: XmlBudget
}

function readProlog(reader: Reader): void {
  const { document } = reader
  skipBlanks(reader)
  if (reader.at === 0 && document.startsWith('<?xml') && isBlank(document.charCodeAt(5))) {
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

function readTree(reader: Reader): XmlElement {
  const { document } = reader
  const open: OpenElement[] = []
  let current = readOpenTag(reader)
  if (current.end !== 0) return current
  for (;;) {
    const { at } = reader
    const lt = document.indexOf('<', at)
    if (lt === -1) throw new Unreadable('xml')
    if (lt > at) addText(current, resolve(document.slice(at, lt)))
    const next = document.charCodeAt(lt + 1)
    reader.at = lt
    if (next === 0x2f) {
      reader.at = endOfClosingTag(document, lt, current.name)
      current.end = reader.at
      const parent = open.pop()
      if (!parent) return current
      current = parent
    } else if (next === 0x21) readMarked(reader, current)
    else if (next === 0x3f) reader.at = endOfInstruction(document, lt)
    else {
      const child = readOpenTag(reader)
      if (current.children === noChildren) {
        if (current.text !== '' && !isBlankText(current.text)) throw new Unreadable('xml')
        current.children = []
        current.text = ''
      }
      current.children.push(child)
      if (child.end === 0 && !readLeaf(reader, child)) {
        open.push(current)
        if (open.length >= reader.depthMax) throw new Unreadable('depth')
        current = child
      }
    }
  }
}

/** Most elements are plain leaves: text up to the closing tag, nothing else. */
function readLeaf(reader: Reader, leaf: OpenElement): boolean {
  const { document, at } = reader
  const lt = document.indexOf('<', at)
  if (lt === -1) throw new Unreadable('xml')
  if (document.charCodeAt(lt + 1) !== 0x2f) return false
  if (lt > at) leaf.text = resolve(document.slice(at, lt))
  reader.at = endOfClosingTag(document, lt, leaf.name)
  leaf.end = reader.at
  return true
}

/** The element of an opening tag; its `end` is 0 unless it closed itself. */
function readOpenTag(reader: Reader): OpenElement {
  const { document, at: start } = reader
  if (document.charCodeAt(start) !== 0x3c) throw new Unreadable('xml')
  if (++reader.budget.elements > elementsMax) throw new Unreadable('parts')
  let at = start + 1
  while (isNameCode(document.charCodeAt(at))) at++
  const name = document.slice(start + 1, at)
  if (name === '' || name.length > 200) throw new Unreadable('xml')
  const element: OpenElement = { name, children: noChildren, text: '', start, end: 0 }
  let code = document.charCodeAt(at)
  if (code !== 0x3e) {
    at = skipAttributes(document, at)
    code = document.charCodeAt(at)
    if (code === 0x2f) {
      if (document.charCodeAt(++at) !== 0x3e) throw new Unreadable('xml')
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
  if (code !== 0x3e && code !== 0x2f) throw new Unreadable('xml')
  return at
}

function endOfClosingTag(document: string, lt: number, name: string): number {
  let at = lt + 2 + name.length
  if (!document.startsWith(name, lt + 2)) throw new Unreadable('xml')
  while (isBlank(document.charCodeAt(at))) at++
  if (document.charCodeAt(at) !== 0x3e) throw new Unreadable('xml')
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
  if (end === -1 || document.charCodeAt(end + 2) !== 0x3e) throw new Unreadable('xml')
  return end + 3
}

function endOfInstruction(document: string, at: number): number {
  const end = document.indexOf('?>', at)
  if (end === -1 || /^<\?xml\b/i.test(document.slice(at, at + 6))) throw new Unreadable('xml')
  return end + 2
}

const named: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

function resolve(raw: string): string {
  if (!raw.includes('&')) return raw
  if (/&(?!#?\w{1,10};)/.test(raw)) throw new Unreadable('xml')
  return raw.replace(/&(#?)(\w{1,10});/g, (_, numeric: string, name: string) => {
    const value = numeric === '' ? named.get(name) : characterOf(name)
    if (value === undefined) throw new Unreadable(numeric === '' ? 'doctype' : 'xml')
    return value
  })
}

/** A numeric reference to a character that XML allows. */
function characterOf(digits: string): string | undefined {
  const code = /^x[\da-f]{1,6}$/i.test(digits)
    ? Number.parseInt(digits.slice(1), 16)
    : /^\d{1,7}$/.test(digits)
      ? Number(digits)
      : 0
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code < 0xd800) ||
    (code > 0xdfff && code < 0xfffe) ||
    code > 0xffff
  return allowed && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isNameCode = (code: number): boolean =>
  (code >= 0x41 && code <= 0x5a) ||
  code === 0x5f ||
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2d ||
  code === 0x2e ||
  code === 0x3a

function isBlankText(value: string): boolean {
  for (let index = 0; index < value.length; index++) if (!isBlank(value.charCodeAt(index))) return false
  return true
}

function skipBlanks(reader: Reader): void {
  while (isBlank(reader.document.charCodeAt(reader.at))) reader.at++
}
