/** Kafka's own placement of a keyed record (murmur2 of the key, sign bit off), so that any client puts a key in the same partition. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
}

function murmur2(data: Buffer): number {
  const m = 0x5bd1e995
  const whole = data.length & ~3
  let h = 0x9747b28c ^ data.length
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(data.readInt32LE(at), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  const rest = data.length - whole
  if (rest > 0) {
    for (let index = rest - 1; index >= 0; index--) h ^= data[whole + index]! << (8 * index)
    h = Math.imul(h, m)
  }
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}
