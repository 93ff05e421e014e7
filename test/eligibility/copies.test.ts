import { beforeEach, describe, expect, test } from 'vitest'
import { type Cache, CacheUnavailable } from '../../src/cache/cache.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createCopies } from '../../src/eligibility/copies.ts'
import type { RegisterReading } from '../../src/eligibility/read-register.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { silentLogger } from '../../src/platform/log.ts'

/** A register of text rows that can be slow, down, and counts what it is asked. */
function makeRegister() {
  const rows = new Map<string, { value: string; asOf: string }>()
  const register = {
    rows,
    revision: 1,
    asOf: '2026-03-01' as string | null,
    isDown: false,
    queries: [] as (readonly string[])[],
    /** What a reading waits for; it sees the register as it was when it began. */
    until: Promise.resolve(),
    async read(keys: readonly string[]): Promise<RegisterReading<string>> {
      register.queries.push(keys)
      if (register.isDown) throw new Error('down')
      const seen = keys.flatMap((key) => (rows.has(key) ? [[key, rows.get(key)!] as const] : []))
      const { revision, asOf } = register
      await register.until
      return { revision, asOf, rows: new Map(seen) }
    },
  }
  return register
}

const START = Date.parse('2026-03-10T03:00:00Z')
const bounds = { freshMs: 10_000, noneFreshMs: 1_000, keepMs: 100_000, lastKnownMax: 3 }
const known = (value: string, { asOf = '2026-03-01', stale = false } = {}) => ({ kind: 'known', value, asOf, stale })

let now: number
const clock: Clock = {
  now: () => now,
  monotonic: () => now,
  sleep: () => new Promise((resolve) => setTimeout(resolve, 20)),
  random: () => 0,
}
let register: ReturnType<typeof makeRegister>
let shared: Cache
let cacheIsDown: boolean
/** What the cache was asked. */
let looks: (readonly string[])[] = []

/** One process: its own copies over the shared cache. */
function makeProcess(more: { heldMs?: number } = {}) {
  const cache: Cache = {
    ...shared,
    async getMany(keys) {
      looks.push(keys)
      return cacheIsDown ? Promise.reject(new CacheUnavailable('down')) : shared.getMany(keys)
    },
    set: async (...args) => (cacheIsDown ? Promise.reject(new CacheUnavailable('down')) : shared.set(...args)),
  }
  return createCopies<string>({
    ...bounds,
    ...more,
    prefix: 'row:',
    cache,
    clock,
    log: silentLogger,
    read: (keys) => register.read(keys),
    encode: (copy) => JSON.stringify(copy),
    decode: (text) => JSON.parse(text),
    isSettled: (value) => value !== 'not covered',
  })
}
beforeEach(() => {
  now = START
  cacheIsDown = false
  looks = []
  register = makeRegister()
  shared = createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock })
  register.rows.set('a', { value: 'A', asOf: '2026-03-01' })
  register.rows.set('b', { value: 'B', asOf: '2026-02-01' })
})
const find = async (copies: ReturnType<typeof makeProcess>, ...keys: string[]) => (await copies.findFirst([keys]))[0]

describe('what the register knows', () => {
  test('is asked once and then answered from the cache, also to other processes', async () => {
    expect(await find(makeProcess(), 'a')).toEqual(known('A'))
    expect(await find(makeProcess(), 'a')).toEqual(known('A'))
    expect(register.queries).toEqual([['a']])
  })
  test('that is held answers from this process for a while, and an import is heard of at once', async () => {
    const copies = makeProcess({ heldMs: 5_000 })
    await find(copies, 'a')
    await find(copies, 'a')
    looks = []
    now += 4_999
    expect(await find(copies, 'a')).toEqual(known('A'))
    expect(looks).toEqual([])
    now += 1
    expect(await find(copies, 'a', 'b')).toEqual(known('A'))
    expect(looks).toEqual([['row:a', 'row:b']])
    register.rows.set('a', { value: 'A2', asOf: '2026-03-02' })
    register.revision = 2
    copies.imported(2)
    expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-02' }))
    expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-02' }))
  })
  test('is found by the first key that it knows, in the order of the keys', async () => {
    const copies = makeProcess()
    expect(await find(copies, 'x', 'b', 'a')).toEqual(known('B', { asOf: '2026-02-01' }))
    expect(await find(copies, 'a', 'b')).toEqual(known('A'))
    expect(await find(copies, 'x', 'y')).toEqual({ kind: 'none', asOf: '2026-03-01' })
  })
  test('of many at once is two queries at most, in the order asked, as each would have been alone', async () => {
    const lists = [['a'], ['x', 'b'], ['b', 'a'], ['x'], [], ['x', 'y', 'a'], ['a']]
    const together = await makeProcess().findFirst(lists)
    expect(register.queries.length).toBe(2)
    for (const [index, list] of lists.entries()) {
      shared = createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock })
      expect(await find(makeProcess(), ...list)).toEqual(together[index])
    }
    expect(together[4]).toEqual({ kind: 'none', asOf: null })
  })
  test('is asked for by one flight per key, however many wait for it', async () => {
    const copies = makeProcess()
    const facts = await Promise.all(Array.from({ length: 100 }, () => find(copies, 'a')))
    expect(new Set(facts.map((fact) => JSON.stringify(fact))).size).toBe(1)
    expect(register.queries).toEqual([['a']])
  })
  test('that is not there, or not covered, is asked for again sooner', async () => {
    register.rows.set('n', { value: 'not covered', asOf: '2026-03-01' })
    const copies = makeProcess()
    await copies.findFirst([['a'], ['x'], ['n']])
    now += bounds.noneFreshMs - 1
    await copies.findFirst([['a'], ['x'], ['n']])
    expect(register.queries.length).toBe(1)
    now += 1
    register.rows.set('x', { value: 'X', asOf: '2026-03-10' })
    expect(await find(copies, 'x')).toEqual(known('X', { asOf: '2026-03-10' }))
    await copies.findFirst([['a'], ['n']])
    expect(register.queries.slice(1)).toEqual([['x'], ['n']])
    now = START + bounds.freshMs
    await find(copies, 'a')
    expect(register.queries.at(-1)).toEqual(['a'])
  })
})

describe('an import', () => {
  /** Readings begin and do not end until what is returned is called. */
  function holdReadings(): () => void {
    let release = () => {}
    register.until = new Promise((done) => {
      release = done
    })
    return release
  }
  function importA(value: string) {
    register.revision++
    register.rows.set('a', { value, asOf: '2026-03-09' })
  }
  test('that a process is told of makes it ask again', async () => {
    const copies = makeProcess()
    await find(copies, 'a')
    importA('A2')
    copies.imported(register.revision)
    expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
  })
  test('is not undone by a process that read before it and stores after it', async () => {
    const [slow, quick] = [makeProcess(), makeProcess()]
    const release = holdReadings()
    const old = find(slow, 'a')
    await expect.poll(() => register.queries.length).toBe(1)
    register.until = Promise.resolve()
    importA('A2')
    expect(await find(quick, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
    release()
    expect(await old).toEqual(known('A'))
    for (const copies of [slow, quick, makeProcess()])
      expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
  })
  test('that a process is told of in the midst of a reading makes the next caller ask for itself', async () => {
    const copies = makeProcess()
    const release = holdReadings()
    const old = find(copies, 'a')
    await expect.poll(() => register.queries.length).toBe(1)
    register.until = Promise.resolve()
    importA('A2')
    copies.imported(register.revision)
    expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
    release()
    expect(await old).toEqual(known('A'))
    expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
  })
})

describe('while the register is down', () => {
  test('a fresh copy answers as ever, an older one is marked stale, and nobody is said not to be there', async () => {
    const copies = makeProcess()
    await copies.findFirst([['a'], ['x']])
    register.isDown = true
    expect(await find(copies, 'a')).toEqual(known('A'))
    now += bounds.freshMs
    expect(await copies.findFirst([['a'], ['x'], ['x', 'a'], ['y']])).toEqual([
      known('A', { stale: true }),
      { kind: 'unavailable' },
      known('A', { stale: true }),
      { kind: 'unavailable' },
    ])
  })
  test('another process answers stale from the cache', async () => {
    await find(makeProcess(), 'a')
    register.isDown = true
    now += bounds.freshMs
    expect(await find(makeProcess(), 'a')).toEqual(known('A', { stale: true }))
  })
  test('and the cache too, this process answers stale from what it knew last', async () => {
    const copies = makeProcess()
    await find(copies, 'a')
    register.isDown = true
    cacheIsDown = true
    expect(await find(copies, 'a')).toEqual(known('A', { stale: true }))
    expect(await find(makeProcess(), 'a')).toEqual({ kind: 'unavailable' })
  })
  test('what this process knew last is bounded, and forgotten when too old', async () => {
    const copies = makeProcess()
    for (const key of ['k1', 'k2', 'k3', 'k4']) {
      register.rows.set(key, { value: key, asOf: '2026-03-01' })
      await find(copies, key)
    }
    register.isDown = true
    cacheIsDown = true
    expect(await find(copies, 'k1')).toEqual({ kind: 'unavailable' })
    expect(await find(copies, 'k2')).toEqual(known('k2', { stale: true }))
    now += bounds.keepMs
    expect(await find(copies, 'k2')).toEqual({ kind: 'unavailable' })
  })
  test('and back again, it is asked at once', async () => {
    const copies = makeProcess()
    register.isDown = true
    expect(await find(copies, 'a')).toEqual({ kind: 'unavailable' })
    register.isDown = false
    expect(await find(copies, 'a')).toEqual(known('A'))
  })
})

test('while the cache is down every answer is right and comes from the register', async () => {
  cacheIsDown = true
  const copies = makeProcess()
  for (let ask = 0; ask < 3; ask++) expect(await find(copies, 'a')).toEqual(known('A'))
  register.rows.set('a', { value: 'A2', asOf: '2026-03-09' })
  expect(await find(copies, 'a')).toEqual(known('A2', { asOf: '2026-03-09' }))
})

test('a cached copy that cannot be read counts as none', async () => {
  await shared.set('row:a', { value: '{}', version: 99 }, 10_000)
  const copies = createCopies<string>({
    ...bounds,
    prefix: 'row:',
    cache: shared,
    clock,
    log: silentLogger,
    read: (keys) => register.read(keys),
    encode: (copy) => JSON.stringify(copy),
    decode: () => undefined,
    isSettled: () => true,
  })
  expect(await find(copies, 'a')).toEqual(known('A'))
})

describe('for a desk that cannot wait', () => {
  const soon = async (copies: ReturnType<typeof makeProcess>, ...keys: string[]) => (await copies.findSoon([keys], 300))[0]

  const slowly = () => {
    let answer = () => {}
    register.until = new Promise((resolve) => {
      answer = resolve
    })
    return () => answer()
  }
  test('a late register counts as not reachable: the last copy answers, marked, and its late answer is kept', async () => {
    const copies = makeProcess()
    await find(copies, 'a')
    now += bounds.freshMs + 1
    const answer = slowly()
    expect(await soon(copies, 'a')).toEqual({ fact: known('A', { stale: true }), source: 'last-known' })
    expect(await soon(copies, 'c')).toEqual({ fact: { kind: 'unavailable' }, source: 'none' })
    answer()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await soon(copies, 'a')).toMatchObject({ fact: { kind: 'known', stale: false } })
  })
  test('says who answered', async () => {
    const copies = makeProcess()
    expect((await soon(copies, 'a'))?.source).toBe('register')
    expect((await soon(copies, 'a'))?.source).toBe('cache')
    expect(await soon(copies, 'x')).toMatchObject({ fact: { kind: 'none' }, source: 'register' })
    expect((await soon(copies, 'x'))?.source).toBe('cache')
    register.isDown = true
    now += bounds.freshMs + 1
    expect((await soon(copies, 'a'))?.source).toBe('last-known')
  })
})
