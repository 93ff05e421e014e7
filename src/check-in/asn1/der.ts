/** What a text breaks of X.690 DER, for reason codes. */
export type DerFaultCode = 'trailing' | 'indefinite' | 'length' | 'truncated' | 'bounds' | 'value'

export class DerFault extends Error {
  override readonly name = 'DerFault'
  readonly code: DerFaultCode
  constructor(code: DerFaultCode) {
    super(`not DER: ${code}`)
    this.code = code
  }
}

/** One element. `bytes` is the whole of it (tag, length, content), `children` is empty for a primitive. */
export interface Der {
  /** Identifier octets as one number: 0x30, 0xa0, 0x5f1f. */
  readonly tag: number
  readonly bytes: Uint8Array
  readonly content: Uint8Array
  readonly children: readonly Der[]
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  sequence: 0x30,
  set: 0x31,
} as const

interface DerOptions {
  /**
   * Accepts over-long lengths and loose primitives, for bytes that somebody trusted has vouched for already (pinned certificates, groups whose
   * hash is signed): a few genuine ones break DER there. Indefinite lengths and trailing bytes are refused in either case.
   */
  readonly loose?: boolean
}

/** Levels of nesting that are read; certificates need about a dozen. */
const DEPTH_MAX = 24
/** Elements in one text: an SOD has some hundreds, a revocation list of a large state ten thousand. */
const ELEMENTS_MAX = 500_000

interface Walk {
  readonly loose: boolean
  elements: number
}

/**
 * Reads exactly one element that fills `bytes`, strictly: definite and shortest lengths, well-formed primitives, nothing behind.
 * @throws DerFault
 */
export function readDer(bytes: Uint8Array, { loose = false }: DerOptions = {}): Der {
  const walk: Walk = { loose, elements: 0 }
  const element = readElement(bytes, 0, 0, walk)
  if (element.bytes.length !== bytes.length) throw new DerFault('trailing')
  return element
}

function readElement(bytes: Uint8Array, start: number, depth: number, walk: Walk): Der {
  walk.elements += 1
  if (depth > DEPTH_MAX || walk.elements > ELEMENTS_MAX) throw new DerFault('bounds')
  const { tag, constructed, at } = readTag(bytes, start)
  const { length, from } = readLength(bytes, at, walk.loose)
  if (from + length > bytes.length) throw new DerFault('truncated')
  const content = bytes.subarray(from, from + length)
  const children: Der[] = []
  if (constructed) {
    for (let offset = 0; offset < content.length; ) {
      const child = readElement(content, offset, depth + 1, walk)
      children.push(child)
      offset += child.bytes.length
    }
  }
  if (!walk.loose) checkUniversal(tag, constructed, content)
  return { tag, bytes: bytes.subarray(start, from + length), content, children }
}

function readTag(bytes: Uint8Array, start: number): { tag: number; constructed: boolean; at: number } {
  const first = bytes[start]
  if (first === undefined) throw new DerFault('truncated')
  const constructed = (first & 0x20) !== 0
  if ((first & 0x1f) !== 0x1f) return { tag: first, constructed, at: start + 1 }
  const second = bytes[start + 1]
  if (second === undefined) throw new DerFault('truncated')
  if (second < 0x1f || second > 0x7f) throw new DerFault('value')
  return { tag: (first << 8) | second, constructed, at: start + 2 }
}

function readLength(bytes: Uint8Array, at: number, loose: boolean): { length: number; from: number } {
  const first = bytes[at]
  if (first === undefined) throw new DerFault('truncated')
  if (first < 0x80) return { length: first, from: at + 1 }
  if (first === 0x80) throw new DerFault('indefinite')
  const count = first & 0x7f
  if (count > 4) throw new DerFault('bounds')
  if (at + 1 + count > bytes.length) throw new DerFault('truncated')
  let length = 0
  for (let index = 1; index <= count; index++) length = length * 256 + bytes[at + index]!
  if (!loose && (length < 0x80 || length < 256 ** (count - 1))) throw new DerFault('length')
  return { length, from: at + 1 + count }
}

/** Universal types that must be constructed, and those that must not. */
const CONSTRUCTED = new Set([0x08, 0x0b, 0x10, 0x11])

function checkUniversal(tag: number, constructed: boolean, content: Uint8Array): void {
  if (tag > 0x3f) return
  const type = tag & 0x1f
  if (type === 0 || constructed !== CONSTRUCTED.has(type)) throw new DerFault('value')
  const wrong =
    (tag === TAG.boolean && !(content.length === 1 && (content[0] === 0 || content[0] === 0xff))) ||
    (tag === TAG.integer && !isShortestInteger(content)) ||
    (tag === TAG.null && content.length !== 0) ||
    (tag === TAG.bitString && !isBitString(content)) ||
    (tag === TAG.oid && !isOid(content))
  if (wrong) throw new DerFault('value')
}

function isShortestInteger(content: Uint8Array): boolean {
  const [first, second] = content
  if (first === undefined) return false
  if (second === undefined) return true
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80)
}

function isBitString(content: Uint8Array): boolean {
  const unused = content[0]
  if (unused === undefined || unused > 7) return false
  if (content.length === 1) return unused === 0
  return (content[content.length - 1]! & ((1 << unused) - 1)) === 0
}

function isOid(content: Uint8Array): boolean {
  if (content.length === 0 || content.length > 64 || content[content.length - 1]! >= 0x80) return false
  return content.every((byte, index) => byte !== 0x80 || (index > 0 && content[index - 1]! >= 0x80))
}

/** @throws DerFault when the element is not an object identifier */
export function oidOf(element: Der | undefined): string {
  if (element?.tag !== TAG.oid || !isOid(element.content)) throw new DerFault('value')
  const arcs: number[] = []
  let value = 0
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    if (arcs.length === 0) {
      const top = Math.min(2, Math.floor(value / 40))
      arcs.push(top, value - top * 40)
    } else arcs.push(value)
    value = 0
  }
  return arcs.join('.')
}

/** A small non-negative INTEGER. @throws DerFault when it is not one */
export function smallIntegerOf(element: Der | undefined): number {
  if (element?.tag !== TAG.integer || element.content.length !== 1 || element.content[0]! > 0x7f) throw new DerFault('value')
  return element.content[0]!
}

/** The value of a positive INTEGER in lower-case hex without leading zeros. @throws DerFault when it is not an INTEGER */
export function integerHexOf(element: Der | undefined): string {
  if (element?.tag !== TAG.integer) throw new DerFault('value')
  return hex(element.content).replace(/^(00)+(?=.)/, '')
}

/** The octets of a BIT STRING of whole octets. @throws DerFault */
export function bitStringOf(element: Der | undefined): Uint8Array {
  if (element?.tag !== TAG.bitString || element.content[0] !== 0) throw new DerFault('value')
  return element.content.subarray(1)
}

/** @throws DerFault when the element has another tag */
export function expectTag(element: Der | undefined, tag: number): Der {
  if (element?.tag !== tag) throw new DerFault('value')
  return element
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** Writes one element: identifier, shortest length, the contents one after the other. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const identifier = tag > 0xff ? [tag >> 8, tag & 0xff] : [tag]
  const size = content.length
  const octets: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Buffer.concat([Buffer.from([...identifier, ...(size < 0x80 ? [size] : [0x80 | octets.length, ...octets])]), content])
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function writeOid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const octets = [first! * 40 + second!, ...rest].flatMap((arc) => {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80)
    return digits
  })
  return writeDer(TAG.oid, Buffer.from(octets))
}
