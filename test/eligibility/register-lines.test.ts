import { expect, test } from 'vitest'
import { linesOf } from '../../src/eligibility/register-lines.ts'

const MIB = 1_048_576

/** The lines of bytes that arrive in pieces of a size. */
async function linesIn(bytes: Buffer, size: number) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const lines = []
  for await (const line of linesOf(chunks())) lines.push(line)
  return lines
}

test('lines are the same however the bytes are cut, also within a letter', async () => {
  const bytes = Buffer.from('\uFEFF{"a":"Nguyễn"}\r\n\n  \n{"b":"Ánh"}\n{"c":1}')
  for (const size of [1, 2, 3, 7, 1_000])
    expect(await linesIn(bytes, size)).toEqual([
      { number: 1, text: '{"a":"Nguyễn"}' },
      { number: 4, text: '{"b":"Ánh"}' },
      { number: 5, text: '{"c":1}' },
    ])
})

test('a line that is not UTF-8 or longer than 1 MiB has a number and no text, and the next one is read', async () => {
  const bytes = Buffer.concat([
    Buffer.from([0x61, 0xff, 0x0a]),
    Buffer.alloc(3 * MIB, 'x'),
    Buffer.from('\n{}\n'),
    Buffer.alloc(2 * MIB),
  ])
  for (const size of [10_000, MIB, 10 * MIB])
    expect(await linesIn(bytes, size)).toEqual([
      { number: 1, text: undefined },
      { number: 2, text: undefined },
      { number: 3, text: '{}' },
      { number: 4, text: undefined },
    ])
})
