import { isUtf8 } from 'node:buffer'
import { jsonTypeOf } from './fault-texts.ts'
import { jsonFaultOf } from './json-fault.ts'
import { isForbiddenName, placed, Unreadable } from './unreadable.ts'
import { utf8EndOf } from './utf8.ts'

/** Objects and arrays in one body: far above what the bounds on rows allow. */
const containersMax = 100_000
/** Names in one body: rows at their bounds with every field. */
const namesMax = 500_000

export interface ParsedRecord {
  readonly value: Readonly<Record<string, unknown>>
  /** Holds an escape or a byte that may begin a control or a direction mark: strings must be looked at one by one. */
  readonly mayHoldControls: boolean
}
export interface ParsedJson extends ParsedRecord {
  /** Name–value pairs in the text, duplicates included. */
  readonly names: number
}

/**
 * One pass over the bytes for depth and names, then `JSON.parse`. Duplicate names vanish in `JSON.parse`, so the text's colons are
 * counted here and compared with the object's keys by the caller (`assertNoDuplicates`), which walks them anyway.
 * @throws Unreadable
 */
export function parseJson(bytes: Buffer, depthMax: number): ParsedJson {
  const names = countNames(bytes, depthMax)
  if (!isUtf8(bytes)) throw new Unreadable('utf8', { byte: utf8EndOf(bytes) + 1 })
  return { ...parseJsonRecord(bytes), names }
}

/** Without the pass for depth and duplicates, for bytes that `parseJson` has read before. @throws Unreadable */
export function parseJsonRecord(bytes: Buffer): ParsedRecord {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Unreadable('json')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unreadable('object', { sent: jsonTypeOf(value) })
  return { value: value as Readonly<Record<string, unknown>>, mayHoldControls: mayHoldControls(bytes) }
}

/** Raw controls are no JSON, so only an escape can bring one; DEL, C1 and direction marks start with 7F, C2, E2. */
const mayHoldControls = (bytes: Buffer): boolean =>
  bytes.includes(0x5c) || bytes.includes(0xe2) || bytes.includes(0xc2) || bytes.includes(0x7f)

function countNames(bytes: Buffer, depthMax: number): number {
  let depth = 0
  let names = 0
  let containers = 0
  const { length } = bytes
  for (let index = 0; index < length; index++) {
    const byte = bytes[index]!
    if (byte === 0x22) {
      for (index++; index < length; index++) {
        const inner = bytes[index]!
        if (inner === 0x22) break
        if (inner === 0x5c) index++
      }
    } else if (byte === 0x3a) names++
    else if (byte === 0x7b || byte === 0x5b) {
      containers++
      if (++depth > depthMax) throw tooDeep(bytes, index, depthMax)
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  if (containers > containersMax) throw new Unreadable('parts', { countMax: containersMax })
  if (names > namesMax) throw new Unreadable('parts', { countMax: namesMax })
  return names
}

function tooDeep(bytes: Buffer, index: number, countMax: number): unknown {
  const before = bytes.toString('utf8', 0, index)
  return placed(new Unreadable('depth', { at: before.length, countMax }), before)
}

/** What was thrown for a body, with the place in its text and the name that is in the way; other causes as they are. */
export function located(cause: unknown, bytes: Buffer): unknown {
  if (!(cause instanceof Unreadable) || !['json', 'duplicate', 'name'].includes(cause.reason)) return cause
  const text = bytes.toString('utf8')
  const fault = jsonFaultOf(text)
  if (fault === undefined) return cause
  const { reason, ...facts } = fault
  return placed(new Unreadable(reason, facts), text)
}

/** @throws Unreadable when the text named more pairs than the object kept, or names one that is not allowed */
export function assertNoDuplicates(value: unknown, names: number): void {
  if (countKeys(value) !== names) throw new Unreadable('duplicate')
}

/** Depth is bounded by `countNames`. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0)
  let keys = 0
  for (const [name, item] of Object.entries(value)) {
    if (isForbiddenName(name)) throw new Unreadable('name')
    keys += 1 + countKeys(item)
  }
  return keys
}
