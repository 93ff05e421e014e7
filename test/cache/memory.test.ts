import { expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { cacheContract } from '../contract/cache-contract.ts'

cacheContract('in the process', async () => createMemoryCache({ entriesMax: 10_000, bytesMax: 50_000_000, clock: systemClock }), {
  shared: false,
})

const LONG_MS = 60_000

test('over its bound of entries the least recently used goes first', async () => {
  const cache = createMemoryCache({ entriesMax: 2, bytesMax: 1_000_000, clock: systemClock })
  for (const key of ['a', 'b']) await cache.set(key, { value: key, version: 1 }, LONG_MS)
  await cache.getMany(['a'])
  await cache.set('c', { value: 'c', version: 1 }, LONG_MS)
  expect((await cache.getMany(['a', 'b', 'c'])).map((entry) => entry?.value)).toEqual(['a', undefined, 'c'])
})

test('over its bound of bytes entries go, and one larger than the bound is not kept', async () => {
  const cache = createMemoryCache({ entriesMax: 100, bytesMax: 10_000, clock: systemClock })
  await cache.set('large', { value: 'x'.repeat(10_000), version: 1 }, LONG_MS)
  for (const key of ['a', 'b', 'c']) await cache.set(key, { value: key.repeat(1_900), version: 1 }, LONG_MS)
  const found = await cache.getMany(['large', 'a', 'b', 'c'])
  expect(found.map((entry) => entry?.value.length)).toEqual([undefined, undefined, 1_900, 1_900])
})
