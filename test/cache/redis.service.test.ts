import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import { type Cache, CacheUnavailable } from '../../src/cache/cache.ts'
import { createRedisCache } from '../../src/cache/redis.ts'
import { cacheContract } from '../contract/cache-contract.ts'

const LONG_MS = 60_000
/** The bound of a call is 50 ms; the machine may be busy. */
const REJECTS_WITHIN_MS = 150

async function ready(cache: Cache): Promise<Cache> {
  await vi.waitFor(() => expect(cache.trouble()).toBeUndefined(), { timeout: 5_000, interval: 10 })
  return cache
}
const open = (url: string) => ready(createRedisCache({ url, commandMsMax: 1_000 }))

cacheContract('Redis', () => open(process.env['TEST_REDIS_URL']!), { shared: true })

describe('the cache, Redis Cluster', () => {
  let cluster: RunningRedis
  beforeAll(async () => {
    cluster = await startRedis({ own: true, cluster: true })
  })
  afterAll(() => cluster.stop())
  cacheContract('Redis Cluster', () => open(cluster.url), { shared: true })
})

describe('a Redis that fails', () => {
  let redis: RunningRedis
  let cache: Cache
  beforeAll(async () => {
    redis = await startRedis({ own: true })
  })
  afterAll(() => redis.stop())
  beforeEach(async () => {
    cache = await ready(createRedisCache({ url: redis.url }))
    await cache.set('f:1', { value: 'x', version: 1 }, LONG_MS)
  })
  afterEach(() => cache.close())

  async function refuses(): Promise<number> {
    const before = performance.now()
    await expect(cache.getMany(['f:1'])).rejects.toBeInstanceOf(CacheUnavailable)
    await expect(cache.set('f:1', { value: 'y', version: 2 }, LONG_MS)).rejects.toBeInstanceOf(CacheUnavailable)
    return (performance.now() - before) / 2
  }

  test('is killed: calls reject at once, and when it is back it is used again without a restart', async () => {
    await redis.kill()
    for (let call = 0; call < 20; call++) expect(await refuses()).toBeLessThan(REJECTS_WITHIN_MS)
    await expect.poll(() => cache.trouble()).toContain('no connection')
    await redis.restart()
    await ready(cache)
    expect(await cache.getMany(['f:1'])).toEqual([undefined])
    expect(await cache.set('f:1', { value: 'z', version: 1 }, LONG_MS)).toBe(true)
  })

  test('is killed while calls are under way: all of them end, none hangs', async () => {
    const before = performance.now()
    const calls = Array.from({ length: 200 }, (_, call) => cache.getMany([`f:${call}`]))
    await redis.kill()
    await Promise.allSettled(calls)
    expect(performance.now() - before).toBeLessThan(1_000)
    await redis.restart()
    await ready(cache)
  })

  test('goes silent: a call is given up after 50 ms, the fourth is not even tried, and it is used again when it speaks', async () => {
    redis.pause()
    try {
      for (let call = 0; call < 3; call++) expect(await refuses()).toBeLessThan(REJECTS_WITHIN_MS)
      const before = performance.now()
      for (let call = 0; call < 100; call++) await expect(cache.getMany(['f:1'])).rejects.toBeInstanceOf(CacheUnavailable)
      expect(performance.now() - before).toBeLessThan(REJECTS_WITHIN_MS)
      expect(cache.trouble()).toContain('silent')
    } finally {
      redis.resume()
    }
    await expect.poll(() => cache.getMany(['f:1']).catch(() => undefined), { timeout: 5_000 }).toHaveLength(1)
    expect(cache.trouble()).toBeUndefined()
  })

  test('stays silent for long: its connection is given up and made anew', async () => {
    redis.pause()
    await expect(cache.getMany(['f:1'])).rejects.toBeInstanceOf(CacheUnavailable)
    await expect.poll(() => cache.trouble(), { timeout: 5_000 }).toContain('no connection')
    redis.resume()
    await ready(cache)
  })

  test.each([
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '256mb']],
    ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ] as const)('answers %s: said by name, and over when it is over', async (word, breakIt, mendIt) => {
    await redis.command(...breakIt)
    try {
      await expect(cache.set('f:2', { value: 'y', version: 2 }, LONG_MS)).rejects.toThrow(word)
    } finally {
      await redis.command(...mendIt)
    }
    // A change of role cuts every connection: the cache is back when one is.
    await vi.waitFor(async () => expect(await cache.set('f:2', { value: 'y', version: 2 }, LONG_MS)).toBe(true), 5_000)
  })

  test('forgets its scripts: they are sent again', async () => {
    await redis.command('SCRIPT', 'FLUSH')
    expect(await cache.set('f:1', { value: 'y', version: 2 }, LONG_MS)).toBe(true)
  })

  test('forgets a generation: what was under it is a miss and never comes back', async () => {
    await redis.command('DEL', 'bhyt-generation:f:')
    expect(await cache.getMany(['f:1'])).toEqual([undefined])
    expect(await cache.set('f:3', { value: 'z', version: 1 }, LONG_MS)).toBe(true)
    expect(await cache.getMany(['f:1', 'f:3'])).toEqual([undefined, { value: 'z', version: 1 }])
  })

  test('a server that is not there when the process starts is used when it comes', async () => {
    await redis.kill()
    const late = createRedisCache({ url: redis.url })
    await expect(late.getMany(['f:1'])).rejects.toBeInstanceOf(CacheUnavailable)
    await wait(300)
    await redis.restart()
    await ready(late)
    expect(await late.getMany(['f:1'])).toEqual([undefined])
    await late.close()
    await ready(cache)
  })
})
