/** The port of the shared cache. Adapters: `redis.ts` (ioredis) and `memory.ts` (lru-cache). Losing it makes the gateway slower, never wrong. */

/** The cache cannot be asked now (timeout 50 ms, breaker, LOADING, READONLY …). The caller goes on without it. */
export class CacheUnavailable extends Error {
  readonly retryable = true
  override readonly name = 'CacheUnavailable'
}

export interface CacheEntry {
  readonly value: string
  /** Larger wins: an old value never overwrites a newer one. */
  readonly version: number
}

export interface Cache {
  /** One round trip for all keys; `undefined` where there is none. Order of the answer is the order of the keys. @throws CacheUnavailable */
  getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]>
  /** Stores unless a newer version is there. @returns whether it was stored. @throws CacheUnavailable */
  set(key: string, entry: CacheEntry, ttlMs: number): Promise<boolean>
  /** One winner among all callers until it expires. @throws CacheUnavailable */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>
  delete(keys: readonly string[]): Promise<void>
  /** Drops everything under a prefix for every process (generation counter, not a scan). @throws CacheUnavailable */
  invalidate(prefix: string): Promise<void>
  trouble(): string | undefined
  close(): Promise<void>
}
