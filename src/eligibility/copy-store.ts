import type { Cache, CacheEntry } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'

/** What was read of the register for one key; without a value, the register had none. */
export interface Copy<T> {
  readonly value?: T
  /** Of the row; of the register where there is none. */
  readonly asOf: CalendarDate | null
  /** Of the register when it was read. */
  readonly revision: number
  /** Milliseconds since the epoch. */
  readonly readAt: number
}

export interface CopyBounds {
  /** How long a copy answers without asking the register. */
  readonly freshMs: number
  /** The same for "not in the register" and "not covered now". */
  readonly noneFreshMs: number
  /** How long a copy is kept for when the register is down. */
  readonly keepMs: number
  /** Copies kept in this process for when register and cache are both down; the oldest go first. */
  readonly lastKnownMax: number
}

export interface CopyStoreDeps<T> extends CopyBounds {
  /** How long a copy answers from this process without a look into the cache; 0 unless said. For what few ask for and many need. */
  readonly heldMs?: number
  /** Starts every key in the cache; ends with `:`. */
  readonly prefix: string
  /** Text of a copy as the cache may hold it; `decode` gives `undefined` for what cannot be read. */
  readonly encode: (copy: Copy<T>, key: string) => string
  readonly decode: (text: string, key: string) => Copy<T> | undefined
  /** Copies that were preloaded, for keys that the cache has no copy of their own for. */
  readonly findPreloaded?: (keys: readonly string[]) => Promise<ReadonlyMap<string, Copy<T>>>
  readonly cache: Cache
  readonly clock: Clock
  readonly log: Logger
}

export interface CopyStore<T> {
  /** Copies of any age in one round trip, each decoded when it is asked for. None when the cache cannot be asked. */
  cached(keys: readonly string[]): Promise<(key: string) => Copy<T> | undefined>
  /** Keeps what was read; what is `outdated` already goes into no shared place. */
  keep(copies: ReadonlyMap<string, Copy<T>>, outdated: (copy: Copy<T>, key: string) => boolean): void
  /** The newer of this process's and the cache's copy, if it may still be used. */
  last(key: string, fromCache: Copy<T> | undefined): Copy<T> | undefined
}

type Preloaded<T> = ReadonlyMap<string, Copy<T>>
const none: ReadonlyMap<string, never> = new Map<string, never>()

/** Copies in the cache and, bounded, in this process. A lost cache is logged once and otherwise only slower. */
export function createCopyStore<T>(deps: CopyStoreDeps<T>): CopyStore<T> {
  const { cache, clock, log, prefix, decode, encode, noneFreshMs, keepMs, lastKnownMax, heldMs = 0 } = deps
  const lastKnown = new Map<string, Copy<T>>()
  const held = new Map<string, { readonly copy: Copy<T>; readonly until: number }>()
  let cacheFails = false

  async function read(keys: readonly string[]): Promise<readonly [readonly (CacheEntry | undefined)[], Preloaded<T>]> {
    try {
      const found = await cache.getMany(keys.map((key) => prefix + key))
      cacheFails = false
      const missing = keys.filter((_, index) => found[index] === undefined)
      return [found, missing.length === 0 ? none : ((await deps.findPreloaded?.(missing)) ?? none)]
    } catch (cause) {
      if (!cacheFails) log.warn('cache.unavailable', { part: prefix }, cause)
      cacheFails = true
      return [[], none]
    }
  }

  const heldNow = (key: string, now: number): Copy<T> | undefined => {
    const one = held.get(key)
    return one !== undefined && now < one.until ? one.copy : undefined
  }
  function hold(key: string, copy: Copy<T> | undefined, now: number): Copy<T> | undefined {
    if (heldMs > 0 && copy !== undefined) {
      held.set(key, { copy, until: now + heldMs })
      for (const oldest of held.keys()) {
        if (held.size <= lastKnownMax) break
        held.delete(oldest)
      }
    }
    return copy
  }

  return {
    async cached(keys) {
      const now = clock.now()
      const asked = keys.filter((key) => heldNow(key, now) === undefined)
      const [found, preloaded] = asked.length === 0 ? [[], none] : await read(asked)
      const entries = new Map(asked.map((key, index) => [key, found[index]]))
      return (key) => {
        const here = heldNow(key, now)
        if (here !== undefined) return here
        const entry = entries.get(key)
        return hold(key, entry ? decode(entry.value, key) : preloaded.get(key), now)
      }
    },
    keep(copies, outdated) {
      for (const [key, copy] of copies) {
        if ((lastKnown.get(key)?.revision ?? 0) > copy.revision) continue
        // What is read of the register is not held back by what the cache said before.
        held.delete(key)
        lastKnown.delete(key)
        if (copy.value !== undefined) lastKnown.set(key, copy)
        if (outdated(copy, key)) continue
        const ttlMs = copy.value === undefined ? noneFreshMs : keepMs
        // Nobody waits for it: a cache that cannot be written only makes the next one ask again.
        cache.set(prefix + key, { value: encode(copy, key), version: copy.revision }, ttlMs).catch(() => {})
      }
      for (const key of lastKnown.keys()) {
        if (lastKnown.size <= lastKnownMax) break
        lastKnown.delete(key)
      }
    },
    last(key, fromCache) {
      const own = lastKnown.get(key)
      const newer = own && (!fromCache || own.revision >= fromCache.revision) ? own : fromCache
      return newer?.value !== undefined && clock.now() - newer.readAt < keepMs ? newer : undefined
    },
  }
}
