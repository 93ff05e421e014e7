/** The offset of the first byte that is no UTF-8; the length of the bytes where there is none. */
export function utf8EndOf(bytes: Buffer): number {
  const replacement = Buffer.from('\ufffd')
  const text = bytes.toString('utf8')
  let character = 0
  let byte = 0
  for (;;) {
    const next = text.indexOf('\ufffd', character)
    if (next === -1) return bytes.length
    byte += Buffer.byteLength(text.slice(character, next))
    if (!bytes.subarray(byte, byte + replacement.length).equals(replacement)) return byte
    character = next + 1
    byte += replacement.length
  }
}
