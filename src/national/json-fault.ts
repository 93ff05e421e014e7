import { isForbiddenName } from './unreadable.ts'

export interface JsonFault {
  readonly reason: 'json' | 'duplicate' | 'name'
  /** Offset in the text's characters. */
  readonly at: number
  readonly name?: string
}

interface Scanner {
  readonly text: string
  at: number
  /** Names so far of each open object; `undefined` for a list. */
  readonly open: (Set<string> | undefined)[]
}

/**
 * The first place where a text is not JSON, repeats a name of an object, or has a name that is not allowed. `JSON.parse` names no
 * place for much of that and loses repeated names, so a refused text is walked once more here. The bounds on depth and names are
 * the caller's.
 */
export function jsonFaultOf(text: string): JsonFault | undefined {
  const scanner: Scanner = { text, at: 0, open: [] }
  const { open } = scanner
  let state: 'first' | 'next' | 'done' = 'next'
  for (;;) {
    skipBlanks(scanner)
    const names = open.at(-1)
    const character = text[scanner.at]
    const isEnd = open.length > 0 && character === (names ? '}' : ']')
    if (state === 'next' || (state === 'first' && !isEnd)) {
      const depth = open.length
      const fault = (names && takeName(scanner, names)) ?? takeValue(scanner)
      if (fault) return fault
      state = open.length > depth ? 'first' : 'done'
      continue
    }
    if (open.length === 0) return scanner.at === text.length ? undefined : notJson(scanner)
    if (isEnd) open.pop()
    else if (character !== ',') return notJson(scanner)
    state = isEnd ? 'done' : 'next'
    scanner.at++
  }
}

const notJson = ({ at }: Scanner): JsonFault => ({ reason: 'json', at })

function skipBlanks(scanner: Scanner): void {
  const { text } = scanner
  while (text[scanner.at] === ' ' || text[scanner.at] === '\n' || text[scanner.at] === '\r' || text[scanner.at] === '\t')
    scanner.at++
}

/** A name and its colon. */
function takeName(scanner: Scanner, names: Set<string>): JsonFault | undefined {
  const { text, at } = scanner
  const fault = takeText(scanner)
  if (fault) return fault
  const name = JSON.parse(text.slice(at, scanner.at)) as string
  if (isForbiddenName(name)) return { reason: 'name', at, name }
  if (names.has(name)) return { reason: 'duplicate', at, name }
  names.add(name)
  skipBlanks(scanner)
  if (text[scanner.at] !== ':') return notJson(scanner)
  scanner.at++
  skipBlanks(scanner)
  return undefined
}

const word = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** A value without parts, or what opens one with parts. */
function takeValue(scanner: Scanner): JsonFault | undefined {
  const character = scanner.text[scanner.at]
  if (character === '"') return takeText(scanner)
  if (character === '{' || character === '[') {
    scanner.open.push(character === '{' ? new Set() : undefined)
    scanner.at++
    return undefined
  }
  word.lastIndex = scanner.at
  if (!word.test(scanner.text)) return notJson(scanner)
  scanner.at = word.lastIndex
  return undefined
}

function takeText(scanner: Scanner): JsonFault | undefined {
  const { text } = scanner
  if (text[scanner.at] !== '"') return notJson(scanner)
  for (scanner.at++; text[scanner.at] !== '"'; scanner.at++) {
    // Not a number behind the end.
    if (!(text.charCodeAt(scanner.at) >= 0x20)) return notJson(scanner)
    if (text[scanner.at] !== '\\') continue
    const length = escapeLengthAt(text, scanner.at)
    if (length === 0) return notJson(scanner)
    scanner.at += length - 1
  }
  scanner.at++
  return undefined
}

function escapeLengthAt(text: string, at: number): number {
  if (/["\\/bfnrt]/.test(text[at + 1] ?? '')) return 2
  return /^u[\dA-Fa-f]{4}$/.test(text.slice(at + 1, at + 6)) ? 6 : 0
}
