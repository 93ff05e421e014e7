import { createHash, randomBytes } from 'node:crypto'
import { Cluster } from 'ioredis'
import { type Clock, systemClock } from '../platform/clock.ts'
import { type Cache, type CacheEntry, CacheUnavailable } from './cache.ts'
import { createBreaker } from './redis-breaker.ts'
import { connectRedis } from './redis-client.ts'

export interface RedisCacheOptions {
  /** `redis://…`, `rediss://…` or `redis-cluster://host:port,host:port`. */
  readonly url: string
  /** Of one call, whatever it takes; then `CacheUnavailable`. */
  readonly commandMsMax?: number
  readonly clock?: Clock
}
const COMMAND_MS_MAX = 50

/**
 * A value is kept as `generation|version|value`. The generation belongs to the key's prefix (up to and including its first `:`) and is
 * read together with the values: what was stored under another one is not there any more. A generation that Redis has forgotten
 * is made anew, never reused, so what is forgotten can only be a miss.
 */
const SET_IF_NEWER = script(`
  local held = redis.call('GET', KEYS[1])
  if held then
    local generation, version = string.match(held, '^([^|]*)|(%d+)|')
    if generation == ARGV[1] and tonumber(version) > tonumber(ARGV[2]) then return 0 end
  end
  redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2] .. '|' .. ARGV[3], 'PX', ARGV[4])
  return 1`)
const SET_IF_ABSENT = script(`
  local held = redis.call('GET', KEYS[1])
  if held and string.match(held, '^([^|]*)|') == ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2] .. '|' .. ARGV[3], 'PX', ARGV[4])
  return 1`)

/** The same with the generation of now, in one round trip; -1 where Redis has forgotten it. A cluster keeps the two keys in two places. */
const SET_IF_ABSENT_NOW = script(`
  local generation = redis.call('GET', KEYS[2])
  if not generation then return -1 end
  local held = redis.call('GET', KEYS[1])
  if held and string.match(held, '^([^|]*)|') == generation then return 0 end
  redis.call('SET', KEYS[1], generation .. '|0|' .. ARGV[1], 'PX', ARGV[2])
  return 1`)

interface Script {
  readonly text: string
  readonly sha: string
}
function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

const dataKey = (key: string) => `bhyt:${key}`
const generationKey = (prefix: string) => `bhyt-generation:${prefix}`
const prefixOf = (key: string) => key.slice(0, key.indexOf(':') + 1)
const lifeOf = (ttlMs: number) => Math.max(1, Math.ceil(ttlMs))
const newGeneration = () => randomBytes(9).toString('base64url')

/** The script by its hash; a server that does not know it is told the text. */
async function evaluate(
  client: ReturnType<typeof connectRedis>,
  { text, sha }: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...values)
  } catch (cause) {
    if (wordOf(cause) !== 'NOSCRIPT') throw cause
    return await client.eval(text, keys.length, ...keys, ...values)
  }
}

async function inGeneration(
  client: ReturnType<typeof connectRedis>,
  one: Script,
  key: string,
  generation: string,
  { version, value }: CacheEntry,
  ttlMs: number,
): Promise<boolean> {
  return (await evaluate(client, one, [dataKey(key)], [generation, version, value, lifeOf(ttlMs)])) === 1
}

/**
 * The cache that processes share. Each call is answered or rejects with `CacheUnavailable` within `commandMsMax`; a server that comes
 * back is used again by itself. `invalidate` takes a key's prefix up to and including its first `:`.
 */
export function createRedisCache(options: RedisCacheOptions): Cache {
  const { url, commandMsMax = COMMAND_MS_MAX, clock = systemClock } = options
  const client = connectRedis(url)
  const breaker = createBreaker(clock, () => inTime(client.ping()))
  const generations = new Map<string, string>()

  async function ask<T>(run: () => Promise<T>): Promise<T> {
    if (client.status !== 'ready') throw new CacheUnavailable('no connection to the cache')
    if (breaker.isOpen()) throw new CacheUnavailable('the cache has gone silent')
    try {
      const answer = await inTime(run())
      breaker.answered()
      return answer
    } catch (cause) {
      if (cause instanceof CacheUnavailable) breaker.silent()
      throw cause instanceof CacheUnavailable ? cause : new CacheUnavailable(`the cache answers ${wordOf(cause)}`, { cause })
    }
  }

  async function inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, fail) => {
      const giveUp = () => fail(new CacheUnavailable(`the cache did not answer within ${commandMsMax} ms`))
      // A process that was late itself first takes what has come meanwhile.
      timer = setTimeout(() => setImmediate(giveUp), commandMsMax)
    })
    return Promise.race([answer, late]).finally(() => clearTimeout(timer))
  }

  const read = (keys: readonly string[]): Promise<(string | null)[]> =>
    client instanceof Cluster ? Promise.all(keys.map((key) => client.get(key))) : client.mget(...keys)

  async function makeGeneration(key: string): Promise<string> {
    const made = newGeneration()
    return (await client.set(key, made, 'NX')) === 'OK' ? made : ((await client.get(key)) ?? made)
  }
  async function generationOf(prefix: string): Promise<string> {
    const key = generationKey(prefix)
    const generation = (await client.get(key)) ?? (await makeGeneration(key))
    generations.set(prefix, generation)
    return generation
  }

  async function setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    const prefix = prefixOf(key)
    if (!(client instanceof Cluster)) {
      const said = await evaluate(client, SET_IF_ABSENT_NOW, [dataKey(key), generationKey(prefix)], [value, lifeOf(ttlMs)])
      if (said !== -1) return said === 1
    }
    return inGeneration(client, SET_IF_ABSENT, key, await generationOf(prefix), { value, version: 0 }, ttlMs)
  }

  return {
    async getMany(keys) {
      if (keys.length === 0) return []
      const prefixes = [...new Set(keys.map(prefixOf))]
      const found = await ask(() => read([...prefixes.map(generationKey), ...keys.map(dataKey)]))
      prefixes.forEach((prefix, index) => {
        const generation = found[index]
        if (generation) generations.set(prefix, generation)
        else generations.delete(prefix)
      })
      return keys.map((key, index) => entryOf(found[prefixes.length + index], generations.get(prefixOf(key))))
    },
    set: (key, entry, ttlMs) =>
      ask(async () => {
        const generation = generations.get(prefixOf(key)) ?? (await generationOf(prefixOf(key)))
        return inGeneration(client, SET_IF_NEWER, key, generation, entry, ttlMs)
      }),
    setIfAbsent: (key, value, ttlMs) => ask(() => setIfAbsent(key, value, ttlMs)),
    delete: (keys) => ask(async () => void (await Promise.all(keys.map((key) => client.del(dataKey(key)))))),
    invalidate: (prefix) =>
      ask(async () => {
        const generation = newGeneration()
        await client.set(generationKey(prefix), generation)
        generations.set(prefix, generation)
      }),
    trouble() {
      if (client.status !== 'ready') return `no connection to the cache (${client.status})`
      return breaker.isOpen() ? 'the cache has gone silent' : undefined
    },
    async close() {
      breaker.close()
      client.disconnect()
    },
  }
}

function entryOf(held: string | null | undefined, generation: string | undefined): CacheEntry | undefined {
  if (!held || generation === undefined) return undefined
  const first = held.indexOf('|')
  const second = held.indexOf('|', first + 1)
  if (second < 0 || held.slice(0, first) !== generation) return undefined
  return { version: Number(held.slice(first + 1, second)), value: held.slice(second + 1) }
}

const KNOWN_WORDS = /\b(LOADING|READONLY|OOM|NOSCRIPT|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM|MISCONF)\b/

/** What the server says by name, also from within a script, where older servers wrap it; never more of its text. */
function wordOf(cause: unknown): string {
  return (cause instanceof Error ? KNOWN_WORDS.exec(cause.message)?.[0] : undefined) ?? 'with an error'
}
