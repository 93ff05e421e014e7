import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createOnce } from '../../src/check-in/once.ts'
import { createTickets } from '../../src/check-in/tickets.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { PostgresUnavailable, type Sql } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

const day = '2026-03-10'
const counter = { facilityCode: '01999', day }
const later = () => Date.now() + 60_000
let database: TestDatabase
let asked: string[] = []

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  asked = []
  await database.pool.query('DELETE FROM check_in_ticket')
  await database.pool.query('DELETE FROM check_in_once')
})

/** One process of several, with a cache of its own that has forgotten everything. */
function makeProcess(sql: Sql = database.pool) {
  const cache = createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock: systemClock })
  const counted: Sql = {
    query(text, values, name) {
      asked.push(name ?? '')
      return sql.query(text, values, name)
    },
  }
  const deps = { sql: counted, cache, clock: systemClock }
  return { once: createOnce(deps), tickets: createTickets(deps) }
}
const last = async () => (await database.pool.query<{ last: number }>('SELECT last FROM check_in_ticket')).rows[0]?.last

test('what is used for the first time is numbered by the same statement', async () => {
  const { once } = makeProcess()
  expect(await once.useNumbered('a', 'k_a', later(), counter)).toEqual({ use: 'first', number: 1 })
  expect(asked).toEqual(['check-in-once'])
})

test('several at once have numbers of their own, counted for each facility and day', async () => {
  const { once } = makeProcess()
  const other = { facilityCode: '79001', day }
  const tomorrow = { facilityCode: '01999', day: '2026-03-11' }
  const counters = [counter, other, counter, tomorrow, counter, other]
  await once.useNumbered('before', 'k_before', later(), counter)
  const found = await Promise.all(counters.map((one, index) => once.useNumbered(`n${index}`, `k_${index}`, later(), one)))
  expect(found.map(({ use }) => use)).toEqual(counters.map(() => 'first'))
  const numbersOf = (of: object) => found.filter((_, index) => counters[index] === of).map(({ number }) => number)
  expect([numbersOf(counter), numbersOf(other), numbersOf(tomorrow)]).toEqual([[2, 3, 4], [1, 2], [1]])
  expect(asked).toEqual(['check-in-once', 'check-in-once'])
})

test('what was used before takes no number, whoever had it', async () => {
  await makeProcess().once.useNumbered('a', 'k_a', later(), counter)
  const { once } = makeProcess()
  expect(await once.useNumbered('a', 'k_a', later(), counter)).toEqual({ use: 'again', number: undefined })
  expect(await once.useNumbered('a', 'k_b', later(), counter)).toEqual({ use: 'used', number: undefined })
  expect(await last()).toBe(1)
})

test('of two that name the same at once one has it and one number is taken', async () => {
  const { once } = makeProcess()
  await once.use('warm', 'k', later())
  const found = await Promise.all([
    once.useNumbered('a', 'k_a', later(), counter),
    once.useNumbered('a', 'k_b', later(), counter),
    once.useNumbered('a', 'k_a', later(), counter),
  ])
  expect(found.filter(({ use }) => use === 'first')).toHaveLength(1)
  expect(found.flatMap(({ number }) => number ?? [])).toEqual([1])
  expect(await last()).toBe(1)
})

test('numbers of many processes, with and without a use, are each given once', async () => {
  const processes = Array.from({ length: 4 }, () => makeProcess())
  const found = await Promise.all(
    Array.from({ length: 120 }, async (_, index) => {
      const { once, tickets } = processes[index % processes.length]!
      if (index % 3 === 0) return tickets.next(counter.facilityCode, day)
      const { number } = await once.useNumbered(`m${index}`, `k_${index}`, later(), counter)
      return tickets.of(number!)
    }),
  )
  expect(new Set(found).size).toBe(120)
  expect(await last()).toBe(120)
})

test('with the ledger down it counts once by the cache and has no number of the ledger', async () => {
  const down: Sql = { query: async () => Promise.reject(new PostgresUnavailable('down')) }
  const { once } = makeProcess(down)
  expect(await once.useNumbered('a', 'k_a', later(), counter)).toEqual({ use: 'first', number: undefined })
  expect(await once.useNumbered('a', 'k_b', later(), counter)).toEqual({ use: 'used', number: undefined })
})

test('whom the cache says to be second has the number of the ledger none the less, and it is of nobody else', async () => {
  const cache = createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock: systemClock })
  const once = createOnce({ sql: database.pool, cache, clock: systemClock })
  await cache.setIfAbsent('check-in-once:a', 'k_other', 60_000)
  expect(await once.useNumbered('a', 'k_a', later(), counter)).toEqual({ use: 'used', number: 1 })
  expect(await once.useNumbered('b', 'k_b', later(), counter)).toEqual({ use: 'first', number: 2 })
})
