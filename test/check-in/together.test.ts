import { expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createOnce } from '../../src/check-in/once.ts'
import { createTickets } from '../../src/check-in/tickets.ts'
import { createTogether, TooLate } from '../../src/check-in/together.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { PostgresUnavailable, type Sql } from '../../src/platform/postgres.ts'

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const memory = () => createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock: systemClock })
const down: Sql = { query: async () => Promise.reject(new PostgresUnavailable('down')) }
const silent: Sql = { query: () => new Promise(() => {}) }

test('what comes while a statement is under way goes into the next one, and each has its own answer', async () => {
  const batches: number[] = []
  const double = createTogether(async (items: readonly number[]) => {
    batches.push(items.length)
    await pause(20)
    return items.map((item) => item * 2)
  }, systemClock)
  const first = double(0)
  await pause(5)
  const found = await Promise.all([first, ...Array.from({ length: 49 }, (_, index) => double(index + 1))])
  expect(found).toEqual(Array.from({ length: 50 }, (_, index) => index * 2))
  expect(batches).toEqual([1, 49])
})

test('who comes in one turn goes together, also where nothing is under way', async () => {
  const batches: number[] = []
  const run = createTogether(async (items: readonly number[]) => {
    batches.push(items.length)
    return items
  }, systemClock)
  await Promise.all([run(1), run(2), run(3)])
  await pause(20)
  await Promise.all([run(4), run(5)])
  expect(batches).toEqual([3, 2])
})

test('who comes alone does not wait; who comes soon after waits for others', async () => {
  const batches: (readonly number[])[] = []
  const run = createTogether(
    async (items: readonly number[]) => {
      batches.push(items)
      return items
    },
    systemClock,
    { batchMax: 3, waitingMax: 100, patienceMs: 5_000, everyMs: 1_000 },
  )
  const began = performance.now()
  await run(1)
  expect(performance.now() - began).toBeLessThan(900)
  const soon = [run(2), run(3)]
  await pause(20)
  expect(batches).toEqual([[1]])
  await Promise.all(soon)
  expect(batches).toEqual([[1], [2, 3]])
})

test('a statement that fails fails for those who were in it alone', async () => {
  let runs = 0
  const run = createTogether(async (items: readonly number[]) => {
    runs += 1
    await pause(10)
    if (runs === 1) throw new Error('first')
    return items
  }, systemClock)
  const first = Promise.allSettled([run(1)])
  await pause(5)
  const found = [...(await Promise.all([first, Promise.allSettled([run(2), run(3)])]))].flat()
  expect(found.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
})

test('nobody waits longer than the patience, nor behind more than the bound', async () => {
  const run = createTogether(() => new Promise<readonly number[]>(() => {}), systemClock, {
    batchMax: 1,
    waitingMax: 2,
    patienceMs: 60,
    everyMs: 0,
  })
  const began = performance.now()
  const found = await Promise.allSettled([run(1), run(2), run(3), run(4)])
  expect(found.map((one) => one.status === 'rejected' && one.reason instanceof TooLate)).toEqual([true, true, true, true])
  expect(performance.now() - began).toBeLessThan(500)
})

test.each([
  ['down', down],
  ['silent', silent],
])('with the ledger %s a nonce still counts once and a ticket still is given once, by the cache', async (_, sql) => {
  const cache = memory()
  const once = createOnce({ sql, cache, clock: systemClock })
  const later = Date.now() + 60_000
  const began = performance.now()
  expect(await once.use('nonce', 'k_1', later)).toBe('first')
  expect(await once.use('nonce', 'k_1', later)).toBe('again')
  expect(await once.use('nonce', 'k_2', later)).toBe('used')
  const tickets = createTickets({ sql, cache, clock: systemClock })
  const given = await Promise.all(Array.from({ length: 20 }, () => tickets.next('01999', '2026-03-10')))
  expect(new Set(given).size).toBe(20)
  expect(performance.now() - began).toBeLessThan(5_000)
})
