import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cache, CacheUnavailable } from '../../src/cache/cache.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { applyMembers } from '../../src/eligibility/apply-members.ts'
import { createEligibility } from '../../src/eligibility/create-eligibility.ts'
import { preloadMembers } from '../../src/eligibility/preload.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { makeMember } from '../support/make-member.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const HOUR_MS = 3_600_000
let database: TestDatabase
let shared: Cache
let shiftMs = 0
const clock = { ...systemClock, now: () => Date.now() + shiftMs }
const members = Array.from({ length: 700 }, (_, number) =>
  makeMember({
    // Of every tenth no personal id is known.
    personalId: number % 10 === 0 ? null : `001${String(number).padStart(9, '0')}`,
    socialInsuranceNumber: String(1_000_000 + number).padStart(10, '0'),
    fullName: `NGUYỄN THỊ THỬ ${number}`,
    coverages: [
      { cardNumber: `DN401${String(1_000_000 + number).padStart(10, '0')}` },
      { cardNumber: `HT301${String(2_000_000 + number).padStart(10, '0')}` },
    ],
    copayCounted: number % 3 === 0 ? [{ year: 2026, amount: `${number}.50`, asOf: '2026-03-01' }] : [],
  }),
)

beforeAll(async () => {
  database = await freshDatabase()
  await applyMembers(
    database.pool,
    keyedHash,
    members.map((member) => ({ member, asOf: '2026-03-01' })),
  )
  shared = createMemoryCache({ entriesMax: 100_000, bytesMax: 100_000_000, clock })
  const report = await preloadMembers({ pool: database.pool, cache: shared, keyedHash, clock, keepMs: 24 * HOUR_MS })
  expect(report).toMatchObject({ members: 700, keys: 700 * 3 - 70 })
})
afterAll(() => database.drop())

/** A process that cannot ask the register. */
const without = (cache: Cache) => {
  const pool = { ...database.pool, query: () => Promise.reject(new Error('the register is down')) }
  return createEligibility({ pool: pool as never, cache, keyedHash, clock, log: silentLogger })
}
const queriesOf = ({ personalId, socialInsuranceNumber, coverages }: (typeof members)[0]) => [
  { personalId: personalId ?? undefined, socialInsuranceNumbers: [socialInsuranceNumber!], cardNumbers: [] },
  { personalId: undefined, socialInsuranceNumbers: [socialInsuranceNumber!], cardNumbers: [] },
  ...coverages.map(({ cardNumber }) => ({ personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [cardNumber] })),
]

describe('a preloaded cache', () => {
  test('knows every member by every number, as the register does, without the register', async () => {
    shiftMs = 0
    const found = await without(shared).findMembers(members.flatMap(queriesOf))
    const expected = members.flatMap((member) =>
      queriesOf(member).map(() => ({ kind: 'known', value: member, asOf: '2026-03-01', stale: false })),
    )
    expect(found).toEqual(expected)
  })
  test('knows nobody who is not in it', async () => {
    const nobody = { personalId: '001999999999', socialInsuranceNumbers: [], cardNumbers: ['DN4019999999999'] }
    expect(await without(shared).findMembers([nobody])).toEqual([{ kind: 'unavailable' }])
  })
  test('grown old still answers when the register is down, and says that it is old', async () => {
    shiftMs = HOUR_MS
    const [found] = await without(shared).findMembersSoon([queriesOf(members[5]!)[0]!], 500)
    expect(found).toMatchObject({ fact: { kind: 'known', stale: true }, source: 'last-known' })
    shiftMs = 0
  })
  test('gives way to what changed after it', async () => {
    const deps = { pool: database.pool, cache: shared, keyedHash, clock, log: silentLogger }
    const changed = { ...members[5]!, version: 2, fullName: 'LÊ THỊ MỚI' }
    const { changedKeys, revision } = await applyMembers(database.pool, keyedHash, [{ member: changed, asOf: '2026-03-02' }])
    await createEligibility(deps).membersChanged(changedKeys, revision)
    const answers = await without(shared).findMembers(queriesOf(changed))
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'known', value: { version: 2 }, asOf: '2026-03-02' })
  })
  test('holds nobody in the open', async () => {
    const held: string[] = []
    const spying: Cache = {
      ...shared,
      async set(key, { value }) {
        held.push(key, value, Buffer.from(value, 'base64').toString('latin1'))
        return true
      },
    }
    await preloadMembers({ pool: database.pool, cache: spying, keyedHash, clock, keepMs: HOUR_MS })
    const text = held.join('\n')
    for (const said of ['NGUY', 'THỬ', '001000000005', 'DN401000']) expect(text).not.toContain(said)
  })
  test('is only said to be there when all of it is', async () => {
    const empty = createMemoryCache({ entriesMax: 100_000, bytesMax: 100_000_000, clock })
    let writes = 0
    const failing: Cache = {
      ...empty,
      async set(...given) {
        if (++writes > 5) throw new CacheUnavailable('down')
        return empty.set(...given)
      },
    }
    const quick = { ...clock, sleep: async () => {} }
    await expect(
      preloadMembers({ pool: database.pool, cache: failing, keyedHash, clock: quick, keepMs: HOUR_MS }),
    ).rejects.toThrow(CacheUnavailable)
    expect(await without(empty).findMembers([queriesOf(members[1]!)[0]!])).toEqual([{ kind: 'unavailable' }])
  })
})
