/** Longer lines are a fault of the file, not a reason to fill the memory. */
const LINE_BYTES_MAX = 1_048_576
const NEWLINE = 0x0a

export interface RegisterLine {
  /** From 1, empty lines counted. */
  readonly number: number
  /** `undefined`: longer than 1 MiB, or not UTF-8. */
  readonly text: string | undefined
}

/** The lines of an NDJSON file without those that hold nothing. Lines end with a line feed, a carriage return before it is dropped. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<RegisterLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  let overlong = false

  function line(bytes: Buffer): RegisterLine | undefined {
    number++
    if (overlong || bytes.length > LINE_BYTES_MAX) {
      overlong = false
      return { number, text: undefined }
    }
    try {
      const text = decoder.decode(bytes).trim()
      return text === '' ? undefined : { number, text }
    } catch {
      return { number, text: undefined }
    }
  }

  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    let data = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes])
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
      const made = line(data.subarray(0, end))
      if (made) yield made
      data = data.subarray(end + 1)
    }
    rest = data
    if (rest.length > LINE_BYTES_MAX) {
      overlong = true
      rest = Buffer.alloc(0)
    }
  }
  if (rest.length > 0 || overlong) {
    const made = line(rest)
    if (made) yield made
  }
}
