import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import type { Cache } from '../../src/cache/cache.ts'
import { createRedisCache } from '../../src/cache/redis.ts'
import { createEligibility } from '../../src/eligibility/create-eligibility.ts'
import type { MemberQuery } from '../../src/eligibility/eligibility.ts'
import { importRegister } from '../../src/eligibility/import.ts'
import { preloadMembers } from '../../src/eligibility/preload.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import type { PostgresPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { makeMember } from '../support/make-member.ts'
import { sized } from '../support/size.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 5))
const MEMBERS = sized(20_000, 200_000)
const HOUR_MS = 3_600_000
/** 100 million in 20 GB. */
const BYTES_PER_MEMBER_MAX = 200
let shiftMs = 0
const clock = { ...systemClock, now: () => Date.now() + shiftMs }
let database: TestDatabase
let redis: RunningRedis
let cache: Cache

const numberOf = (index: number) => String((index * 7_919) % 10_000_000_000).padStart(10, '0')
const idOf = (index: number) => `0011${String(index * 31).padStart(8, '0')}`
const memberOf = (index: number) =>
  makeMember({
    ...{ personalId: idOf(index), socialInsuranceNumber: numberOf(index), fullName: `NGUYỄN THỊ THỬ ${index % 997}` },
    birthDate: `${1940 + (index % 80)}-0${1 + (index % 9)}-1${index % 10}`,
    coverages: [{ cardNumber: `DN401${numberOf(index)}`, registeredFacility: `0${1000 + (index % 900)}` }],
  })
const queryOf = (index: number): MemberQuery => ({
  ...{ personalId: index % 2 === 0 ? idOf(index) : undefined, socialInsuranceNumbers: [] },
  cardNumbers: index % 2 === 0 ? [] : [`DN401${numberOf(index)}`],
})
async function* registerFile() {
  yield '{"asOf":"2026-03-01"}\n'
  for (let index = 0; index < MEMBERS; index++) yield `${JSON.stringify(memberOf(index))}\n`
}
const usedBytes = async () => Number(/used_memory:(\d+)/.exec(await redis.command('INFO', 'memory'))?.[1])
/** A register whose every answer takes five seconds. */
const slow = (): PostgresPool => ({
  ...database.pool,
  query: () => new Promise((_, fail) => setTimeout(() => fail(new Error('late')), 5_000)),
})
const open = (pool: PostgresPool) => createEligibility({ pool, cache, keyedHash, clock, log: silentLogger, isCacheShared: true })

beforeAll(async () => {
  redis = await startRedis({ own: true })
  cache = createRedisCache({ url: redis.url, commandMsMax: 1_000 })
  await vi.waitFor(() => expect(cache.trouble()).toBeUndefined())
  database = await freshDatabase()
  await importRegister('members', registerFile(), { pool: database.pool, cache, keyedHash, clock })
}, 300_000)
afterAll(async () => {
  await cache?.close()
  await Promise.all([redis?.stop(), database?.drop()])
})

describe('the register in a real Redis', () => {
  test('takes fewer bytes a member than 100 million may', { timeout: 300_000 }, async () => {
    const before = await usedBytes()
    const { members } = await preloadMembers({ pool: database.pool, cache, keyedHash, clock, keepMs: 2 * HOUR_MS })
    expect(members).toBe(MEMBERS)
    expect(((await usedBytes()) - before) / MEMBERS).toBeLessThan(BYTES_PER_MEMBER_MAX)
  })
  test('answers for everybody while the register takes five seconds: fresh at first, marked stale later', async () => {
    const some = Array.from({ length: 50 }, (_, index) => (index * 389) % MEMBERS)
    const young = await open(slow()).findMembersSoon(some.map(queryOf), 1_000)
    expect(young.map(({ fact, source }) => [fact.kind === 'known' && fact.value.personalId, source])).toEqual(
      some.map((index) => [idOf(index), 'cache']),
    )
    shiftMs = HOUR_MS
    const desk = open(slow())
    for (const index of some.slice(0, 5)) {
      const startedAt = performance.now()
      const [old] = await desk.findMembersSoon([queryOf(index)], 200)
      expect(old).toMatchObject({
        fact: { kind: 'known', stale: true, value: { personalId: idOf(index) } },
        source: 'last-known',
      })
      expect(performance.now() - startedAt).toBeLessThan(1_000)
    }
    shiftMs = 0
  })
  test('is not missed when it is killed: the register answers', { timeout: 60_000 }, async () => {
    await redis.kill()
    const desk = open(database.pool)
    const found = await desk.findMembersSoon([queryOf(1), queryOf(2)], 3_000)
    expect(found.map(({ fact, source }) => [fact.kind, source])).toEqual([
      ['known', 'register'],
      ['known', 'register'],
    ])
  })
})
