import { expect, test } from 'vitest'
import { createNoteLooks, LookNotNoted, readLook } from '../../src/check-in/note-looks.ts'
import type { Look } from '../../src/check-in/record.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type OutgoingRecord, StreamUnavailable } from '../../src/stream/stream.ts'

const lookOf = (ref: string): Look => ({
  ...{ ref, actor: 'client client_1', action: 'eligibility.check', subject: 'ab'.repeat(32), facilityCode: '01999' },
  ...{ purpose: 'eligibility', fields: ['coverage'], staffRef: null, staffSealed: null },
})
function make({ isStoreDown = false, isStreamDown = false, storeMs = 5 } = {}) {
  const written: string[][] = []
  const said: OutgoingRecord[] = []
  const noteLook = createNoteLooks({
    store: {
      async note(looks) {
        await new Promise((resolve) => setTimeout(resolve, storeMs))
        if (isStoreDown) throw new Error('down')
        written.push(looks.map(({ ref }) => ref))
      },
    },
    stream: {
      async append(_, record) {
        if (isStreamDown) throw new StreamUnavailable('down')
        said.push(record)
        return { partition: 0, offset: said.length }
      },
    },
    clock: systemClock,
    onTrouble: () => {},
  })
  return { noteLook, written, said }
}

test('lines that come while one is being written are written together', async () => {
  const { noteLook, written } = make()
  await Promise.all(['a', 'b', 'c'].map((ref) => noteLook(lookOf(ref))))
  expect(written).toEqual([['a'], ['b', 'c']])
})
test('a line that Postgres does not take goes onto the stream, from where it can be read', async () => {
  const { noteLook, said } = make({ isStoreDown: true })
  await noteLook(lookOf('a'))
  expect(said.map(({ headers, value }) => readLook(headers, value))).toEqual([lookOf('a')])
  expect(readLook({ 'content-type': 'application/json' }, Buffer.from('{}'))).toBeUndefined()
})
test('a line that nothing takes is told', async () => {
  const { noteLook } = make({ isStoreDown: true, isStreamDown: true })
  await expect(noteLook(lookOf('a'))).rejects.toThrow(LookNotNoted)
})
test('a Postgres that hangs holds up nobody for long, and the next not at all', async () => {
  const { noteLook, said } = make({ storeMs: 4_000 })
  const startedAt = performance.now()
  await noteLook(lookOf('a'))
  expect(performance.now() - startedAt).toBeLessThan(2_500)
  const nextAt = performance.now()
  await noteLook(lookOf('b'))
  expect(performance.now() - nextAt).toBeLessThan(500)
  expect(said.map(({ headers }) => headers['ce_id'])).toEqual(['a', 'b'])
})
