import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'

/** Expiry may come this late, in milliseconds. */
const LATE_MS_MAX = 250
const LONG_MS = 60_000

/**
 * What the port promises, for every adapter. `open` gives the cache of one process; with `shared`, a second one sees the same entries.
 * @returns nothing: it declares tests
 */
export function cacheContract(name: string, open: () => Promise<Cache>, { shared }: { readonly shared: boolean }): void {
  describe(`the cache, ${name}`, () => {
    const prefix = `t${randomBytes(6).toString('hex')}:`
    let keys = 0
    const newKey = () => `${prefix}${++keys}`
    const readValue = async (cache: Cache, key: string) => (await cache.getMany([key]))[0]?.value
    let cache: Cache
    beforeAll(async () => {
      cache = await open()
    })
    afterAll(() => cache.close())

    test('a miss is undefined, and the answer is in the order of the keys', async () => {
      const [a, b, c] = [newKey(), newKey(), newKey()]
      await cache.set(a, { value: 'A', version: 1 }, LONG_MS)
      await cache.set(c, { value: 'C', version: 7 }, LONG_MS)
      expect(await cache.getMany([c, b, a, c])).toEqual([
        { value: 'C', version: 7 },
        undefined,
        { value: 'A', version: 1 },
        { value: 'C', version: 7 },
      ])
      expect(await cache.getMany([])).toEqual([])
    })

    test.each(['Nguyễn Thị Ánh 🏥', '', '|7|x|', '\u0000\n', 'a'.repeat(100_000)])(
      'a value comes back as it was (%#)',
      async (value) => {
        const key = newKey()
        await cache.set(key, { value, version: 1 }, LONG_MS)
        expect(await cache.getMany([key])).toEqual([{ value, version: 1 }])
      },
    )

    test('an old value never overwrites a newer one; the same version does', async () => {
      const key = newKey()
      expect(await cache.set(key, { value: 'new', version: 10 }, LONG_MS)).toBe(true)
      expect(await cache.set(key, { value: 'old', version: 9 }, LONG_MS)).toBe(false)
      expect(await readValue(cache, key)).toBe('new')
      expect(await cache.set(key, { value: 'again', version: 10 }, LONG_MS)).toBe(true)
      expect(await readValue(cache, key)).toBe('again')
      const large = Number.MAX_SAFE_INTEGER
      expect(await cache.set(key, { value: 'largest', version: large }, LONG_MS)).toBe(true)
      expect(await cache.set(key, { value: 'one less', version: large - 1 }, LONG_MS)).toBe(false)
    })

    test('of versions stored at once in any order the highest stays', async () => {
      const key = newKey()
      const versions = Array.from({ length: 50 }, (_, index) => (index * 17) % 50)
      await Promise.all(versions.map((version) => cache.set(key, { value: `v${version}`, version }, LONG_MS)))
      expect(await cache.getMany([key])).toEqual([{ value: 'v49', version: 49 }])
    })

    test('an entry never goes early, and not much too late', async () => {
      const key = newKey()
      await cache.set(key, { value: 'x', version: 1 }, 400)
      await wait(200)
      expect(await readValue(cache, key)).toBe('x')
      await wait(200 + LATE_MS_MAX)
      expect(await readValue(cache, key)).toBeUndefined()
      expect(await cache.set(key, { value: 'older, but alone', version: 0 }, LONG_MS)).toBe(true)
    })

    test('setIfAbsent has one winner of a hundred, and another when it has expired', async () => {
      const key = newKey()
      const claims = Array.from({ length: 100 }, (_, index) => cache.setIfAbsent(key, `${index}`, 400))
      const winners = (await Promise.all(claims)).flatMap((won, index) => (won ? [index] : []))
      expect(winners.length).toBe(1)
      expect(await readValue(cache, key)).toBe(`${winners[0]}`)
      await wait(400 + LATE_MS_MAX)
      expect(await cache.setIfAbsent(key, 'next', LONG_MS)).toBe(true)
    })

    test('what is deleted is gone, whatever its version', async () => {
      const [a, b, c] = [newKey(), newKey(), newKey()]
      await Promise.all([a, b, c].map((key) => cache.set(key, { value: key, version: 5 }, LONG_MS)))
      await cache.delete([a, b, newKey()])
      expect((await cache.getMany([a, b, c])).map((entry) => entry?.value)).toEqual([undefined, undefined, c])
      expect(await cache.set(a, { value: 'older', version: 1 }, LONG_MS)).toBe(true)
    })

    test('invalidate drops everything under its prefix and nothing else', async () => {
      const other = `o${prefix}1`
      const under = [newKey(), newKey()]
      for (const key of [...under, other]) await cache.set(key, { value: key, version: 5 }, LONG_MS)
      await cache.invalidate(prefix)
      expect((await cache.getMany([...under, other])).map((entry) => entry?.value)).toEqual([undefined, undefined, other])
      expect(await cache.set(under[0]!, { value: 'anew', version: 1 }, LONG_MS)).toBe(true)
      expect(await readValue(cache, under[0]!)).toBe('anew')
      expect(await cache.setIfAbsent(under[1]!, 'anew', LONG_MS)).toBe(true)
    })

    test('a thousand keys are one call', async () => {
      const many = Array.from({ length: 1_000 }, newKey)
      await Promise.all(many.slice(0, 200).map((key) => cache.set(key, { value: key, version: 1 }, LONG_MS)))
      const found = await cache.getMany(many)
      expect(found.map((entry) => entry?.value)).toEqual(many.map((key, index) => (index < 200 ? key : undefined)))
    })

    test('a cache that answers reports no trouble', () => {
      expect(cache.trouble()).toBeUndefined()
    })

    if (shared) sharedContract(open, newKey, prefix)
  })
}

function sharedContract(open: () => Promise<Cache>, newKey: () => string, prefix: string): void {
  describe('of several processes', () => {
    let caches: Cache[]
    beforeAll(async () => {
      caches = [await open(), await open()]
    })
    afterAll(() => Promise.all(caches.map((cache) => cache.close())))

    test('what one stores the others see, also that it is newer', async () => {
      const [one, two] = caches as [Cache, Cache]
      const key = newKey()
      await one.set(key, { value: 'new', version: 2 }, LONG_MS)
      expect(await two.getMany([key])).toEqual([{ value: 'new', version: 2 }])
      expect(await two.set(key, { value: 'old', version: 1 }, LONG_MS)).toBe(false)
    })
    test('what one invalidates is gone for all, and what another stores without knowing it is not seen', async () => {
      const [one, two] = caches as [Cache, Cache]
      const [a, b] = [newKey(), newKey()]
      await two.set(a, { value: 'before', version: 1 }, LONG_MS)
      await one.invalidate(prefix)
      await two.set(b, { value: 'read before', version: 1 }, LONG_MS)
      for (const cache of [one, two]) expect(await cache.getMany([a, b])).toEqual([undefined, undefined])
      await two.set(b, { value: 'read after', version: 1 }, LONG_MS)
      expect(await one.getMany([b])).toEqual([{ value: 'read after', version: 1 }])
    })
    test('setIfAbsent has one winner among them', async () => {
      const key = newKey()
      const won = await Promise.all(
        caches.flatMap((cache) => Array.from({ length: 20 }, () => cache.setIfAbsent(key, 'x', LONG_MS))),
      )
      expect(won.filter(Boolean).length).toBe(1)
    })
  })
}
