/** The first place where two texts differ; `undefined` when they are the same. */
export function firstDifference(stored: Buffer, made: Buffer): { readonly offset: number; readonly pointer: string } | undefined {
  if (stored.equals(made)) return undefined
  const shorter = Math.min(stored.length, made.length)
  let offset = 0
  while (offset < shorter && stored[offset] === made[offset]) offset++
  return { offset, pointer: pointerAt(made, offset) }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** JSON pointer of the member or element that holds the byte at `offset` of a JSON text: names and positions, never a value. */
export function pointerAt(text: Buffer, offset: number): string {
  /** One for each open object (its key so far, none before the first) or array (its position so far). */
  const path: (string | number | undefined)[] = []
  for (let at = 0; at < text.length && at <= offset; at++) {
    const byte = text[at]
    if (byte === QUOTE) {
      const end = endOfString(text, at)
      const isKey = path.length > 0 && typeof path.at(-1) !== 'number' && text[end] === 0x3a
      if (isKey) path[path.length - 1] = JSON.parse(text.toString('utf8', at, end)) as string
      at = end - 1
    } else if (byte === 0x7b) path.push(undefined)
    else if (byte === 0x5b) path.push(0)
    else if ((byte === 0x7d || byte === 0x5d) && at < offset) path.pop()
    else if (byte === 0x2c && at < offset) step(path)
  }
  const named = path.filter((part) => part !== undefined)
  return named.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function step(path: (string | number | undefined)[]): void {
  const last = path.at(-1)
  if (typeof last === 'number') path[path.length - 1] = last + 1
}

/** Just behind the closing quote. */
function endOfString(text: Buffer, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1
  return at + 1
}
