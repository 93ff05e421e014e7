import { LRUCache } from 'lru-cache'
import type { Clock } from '../platform/clock.ts'
import type { Cache, CacheEntry } from './cache.ts'

export interface MemoryCacheOptions {
  /** Over it the least recently used goes first. */
  readonly entriesMax: number
  /** Characters of keys and values, two bytes each; over it the least recently used goes first. */
  readonly bytesMax: number
  readonly clock: Clock
}
interface Held extends CacheEntry {
  /** Monotonic milliseconds. */
  readonly until: number
}
const ENTRY_OVERHEAD_BYTES = 100

/** The cache of one process alone: nothing is shared and nothing survives it. Never unavailable. */
export function createMemoryCache({ entriesMax, bytesMax, clock }: MemoryCacheOptions): Cache {
  const entries = new LRUCache<string, Held>({
    max: entriesMax,
    maxSize: bytesMax,
    sizeCalculation: ({ value }, key) => 2 * (value.length + key.length) + ENTRY_OVERHEAD_BYTES,
  })

  function live(key: string): Held | undefined {
    const held = entries.get(key)
    if (held === undefined || held.until > clock.monotonic()) return held
    entries.delete(key)
    return undefined
  }
  const store = (key: string, { value, version }: CacheEntry, ttlMs: number) =>
    void entries.set(key, { value, version, until: clock.monotonic() + ttlMs })

  return {
    getMany: async (keys) =>
      keys.map((key) => {
        const held = live(key)
        return held && { value: held.value, version: held.version }
      }),
    async set(key, entry, ttlMs) {
      const held = live(key)
      if (held && held.version > entry.version) return false
      store(key, entry, ttlMs)
      return true
    },
    async setIfAbsent(key, value, ttlMs) {
      if (live(key)) return false
      store(key, { value, version: 0 }, ttlMs)
      return true
    },
    async delete(keys) {
      for (const key of keys) entries.delete(key)
    },
    async invalidate(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) entries.delete(key)
    },
    trouble: () => undefined,
    async close() {
      entries.clear()
    },
  }
}
