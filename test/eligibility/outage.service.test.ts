import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type RunningPostgres, startTestPostgres } from '../../scripts/provision/postgres.ts'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import type { Cache } from '../../src/cache/cache.ts'
import { createRedisCache } from '../../src/cache/redis.ts'
import { createEligibility, type RunningEligibility } from '../../src/eligibility/create-eligibility.ts'
import { importRegister } from '../../src/eligibility/import.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createPool, type PostgresPool } from '../../src/platform/postgres.ts'
import { makeMember } from '../support/make-member.ts'

/** The register on a real Postgres, read through a real Redis, each of which this file may kill. */
const keyedHash = createKeyedHash(Buffer.alloc(32, 5))
const FRESH_MS = 300
const MEMBERS = 64
let redis: RunningRedis
let postgres: RunningPostgres
let pool: PostgresPool
let cache: Cache
let eligibility: RunningEligibility

const idOf = (index: number) => `0010850${String(index).padStart(5, '0')}`
const queries = Array.from({ length: MEMBERS }, (_, index) => ({
  personalId: idOf(index),
  socialInsuranceNumbers: [],
  cardNumbers: [],
}))

beforeAll(async () => {
  redis = await startRedis({ own: true })
  postgres = await startTestPostgres(() => {}, { own: true })
  pool = createPool({ url: postgres.url, max: 4, applicationName: 'test', timeouts: { connectMs: 500, statementMs: 1_000 } })
  await migrate(pool)
  cache = createRedisCache({ url: redis.url })
  await vi.waitFor(() => expect(cache.trouble()).toBeUndefined())
  const lines = queries.map(({ personalId }) => `${JSON.stringify(makeMember({ personalId, fullName: 'CANARY NAME' }))}\n`)
  async function* chunks() {
    yield* ['{"asOf": "2026-11-01"}\n', ...lines]
  }
  const report = await importRegister('members', chunks(), { pool, cache, keyedHash, clock: systemClock })
  expect(report).toMatchObject({ applied: MEMBERS, cacheDropped: true })
})
afterAll(async () => {
  await cache?.close()
  await pool?.close()
  await Promise.all([redis?.stop(), postgres?.stop()])
})
beforeEach(async () => {
  const bounds = { freshMs: FRESH_MS, noneFreshMs: FRESH_MS }
  eligibility = createEligibility({ pool, cache, clock: systemClock, keyedHash, log: silentLogger, bounds })
  const facts = await eligibility.findMembers(queries)
  expect(facts.map((fact) => fact.kind === 'known' && !fact.stale && fact.value.personalId)).toEqual(
    queries.map(({ personalId }) => personalId),
  )
})

test('Redis holds no name and no identifier, neither in keys nor in values', async () => {
  await vi.waitFor(async () => expect(Number((await redis.command('DBSIZE')).slice(1))).toBeGreaterThan(MEMBERS))
  const { Redis } = await import('ioredis')
  const client = new Redis(redis.url)
  const keys = await client.keys('*')
  const all = [...keys, ...(await client.mget(keys))].join('\n')
  client.disconnect()
  expect(all.length).toBeGreaterThan(1_000)
  expect(all).not.toMatch(/CANARY|001085|DN401/)
})

test('with Redis killed every answer is as before, and it is used again when it is back', async () => {
  await redis.kill()
  const before = performance.now()
  for (let round = 0; round < 5; round++) {
    const facts = await eligibility.findMembers(queries)
    expect(facts.every((fact) => fact.kind === 'known' && !fact.stale)).toBe(true)
  }
  expect(performance.now() - before).toBeLessThan(5_000)
  await redis.restart()
  await vi.waitFor(() => expect(cache.trouble()).toBeUndefined(), { timeout: 5_000 })
  await eligibility.findMembers(queries)
  await vi.waitFor(async () => expect(Number((await redis.command('DBSIZE')).slice(1))).toBeGreaterThan(MEMBERS))
})

test('with Redis silent every answer is as before', async () => {
  redis.pause()
  try {
    for (let round = 0; round < 5; round++) {
      const facts = await eligibility.findMembers(queries)
      expect(facts.every((fact) => fact.kind === 'known' && !fact.stale)).toBe(true)
    }
  } finally {
    redis.resume()
  }
  await vi.waitFor(() => expect(cache.trouble()).toBeUndefined(), { timeout: 5_000 })
})

test('with Postgres killed the last copy answers marked stale, whoever was never read is unavailable, and it resumes by itself', async () => {
  await postgres.kill()
  await wait(FRESH_MS)
  const other = createEligibility({
    pool,
    cache,
    clock: systemClock,
    keyedHash,
    log: silentLogger,
    bounds: { freshMs: FRESH_MS },
  })
  for (const one of [eligibility, other]) {
    const facts = await one.findMembers(queries)
    expect(new Set(facts.map((fact) => fact.kind === 'known' && fact.stale))).toEqual(new Set([true]))
  }
  const nobody = [{ personalId: '001085999999', socialInsuranceNumbers: [], cardNumbers: [] }]
  expect(await eligibility.findMembers(nobody)).toEqual([{ kind: 'unavailable' }])
  await postgres.start()
  await expect
    .poll(async () => (await eligibility.findMembers(nobody))[0], { timeout: 15_000 })
    .toEqual({
      kind: 'none',
      asOf: '2026-11-01',
    })
  const facts = await eligibility.findMembers(queries)
  expect(facts.every((fact) => fact.kind === 'known' && !fact.stale)).toBe(true)
})
