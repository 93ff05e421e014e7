import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { Member } from '../../src/domain/facts.ts'
import { applyMembers } from '../../src/eligibility/apply-members.ts'
import { createEligibility, type RunningEligibility } from '../../src/eligibility/create-eligibility.ts'
import { startRegisterFeed } from '../../src/eligibility/feed.ts'
import { createMemberRecords } from '../../src/eligibility/feed-record.ts'
import { publishMembers } from '../../src/eligibility/publish.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createEmbeddedStream } from '../../src/stream/embedded.ts'
import type { OutgoingRecord, Slice, SliceOutcome } from '../../src/stream/stream.ts'
import { type Random, randomOf } from '../property/random.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { makeMember } from '../support/make-member.ts'
import { sized } from '../support/size.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const records = createMemberRecords(keyedHash)
let database: TestDatabase
let feeding: RunningEligibility
let other: RunningEligibility
let troubles: string[]

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query('TRUNCATE register_member, register_member_key')
  await database.pool.query('UPDATE register_state SET as_of = NULL, secret_mark = NULL')
  // Two processes over one cache.
  const cache = createMemoryCache({ entriesMax: 100_000, bytesMax: 200_000_000, clock: systemClock })
  const deps = { pool: database.pool, cache, keyedHash, clock: systemClock, log: silentLogger }
  feeding = createEligibility(deps)
  other = createEligibility(deps)
  troubles = []
})

/** What handles the slices of the topic. */
async function openFeed(): Promise<(slice: Slice) => Promise<SliceOutcome>> {
  let handler: ((slice: Slice) => Promise<SliceOutcome>) | undefined
  await startRegisterFeed({
    stream: {
      async consume(_, __, handle) {
        handler = handle
        return { stop: async () => {}, waiting: () => 0 }
      },
      hint: () => {},
    },
    ...{ pool: database.pool, keyedHash, eligibility: feeding, offsets: async () => new Map(), log: silentLogger },
    onTrouble: (what) => troubles.push(what),
  })
  return handler!
}
const sliceOf = (given: readonly OutgoingRecord[], partition = 0, from = 0): Slice => ({
  partition,
  records: given.map((record, index) => ({ ...record, partition, offset: from + index, appendedAt: 0 })),
})
const idOf = (number: number) => `001${String(number).padStart(9, '0')}`
const cardOf = (number: number) => `DN4010${String(number).padStart(9, '0')}`
const memberOf = (number: number, version: number): Member =>
  makeMember({
    ...{ personalId: idOf(number), version, socialInsuranceNumber: String(number).padStart(10, '0') },
    fullName: `NGUYEN VAN THU ${version}`,
    // The card changes on the way: what is gone must not be found any more.
    coverages: [{ cardNumber: cardOf(number * 10 + Math.floor(version / 3)) }],
  }) as unknown as Member
const versionOf = async (by: RunningEligibility, number: number) => {
  const [fact] = await by.findMembers([{ personalId: idOf(number), socialInsuranceNumbers: [], cardNumbers: [] }])
  return fact?.kind === 'known' ? fact.value.version : undefined
}

function shuffled<T>(given: readonly T[], { int }: Random): T[] {
  const out = [...given]
  for (let last = out.length - 1; last > 0; last--) {
    const at = int(0, last)
    ;[out[last], out[at]] = [out[at]!, out[last]!]
  }
  return out
}

describe('the feed of the register', () => {
  test('never lets an old value overwrite a newer one, in whatever order and however often it comes', async () => {
    const apply = await openFeed()
    for (let seed = 1; seed <= sized(12, 200); seed++) {
      await database.pool.query('TRUNCATE register_member, register_member_key')
      const random = randomOf(seed)
      const numbers = Array.from({ length: 8 }, (_, index) => seed * 100 + index)
      const said = numbers.flatMap((number) => [1, 2, 3, 4, 5].map((version) => ({ number, version })))
      const order = shuffled([...said, ...said.filter(() => random.chance(0.4))], random)
      const newest = new Map<number, number>()
      for (let from = 0; from < order.length; ) {
        const some = order.slice(from, from + random.int(1, 12))
        await apply(sliceOf(some.map(({ number, version }) => records.encode(memberOf(number, version), '2026-03-01'))))
        for (const { number, version } of some) newest.set(number, Math.max(version, newest.get(number) ?? 0))
        for (const number of numbers) {
          expect(await versionOf(random.chance(0.5) ? feeding : other, number)).toBe(newest.get(number))
        }
        from += some.length
      }
    }
    expect(troubles).toEqual([])
  })

  test('answers from the cache as the register would, after any changes', { timeout: sized(60_000, 1_200_000) }, async () => {
    const apply = await openFeed()
    const lookUps = sized(4_000, 100_000)
    const random = randomOf(7)
    const versions = new Map<number, number>()
    const membersMax = 300
    const past = createEligibility({
      pool: database.pool,
      cache: createMemoryCache({ entriesMax: 1, bytesMax: 1_000, clock: systemClock }),
      ...{ keyedHash, clock: systemClock, log: silentLogger, bounds: { freshMs: 0, noneFreshMs: 0 } },
    })
    for (let done = 0; done < lookUps; done += 100) {
      const changed = Array.from({ length: random.int(0, 20) }, () => random.int(1, membersMax))
      const fed = changed.map((number) => {
        const version = (versions.get(number) ?? 0) + random.int(0, 2)
        versions.set(number, Math.max(version, versions.get(number) ?? 0))
        return records.encode(memberOf(number, Math.max(1, version)), '2026-03-01')
      })
      if (fed.length > 0) await apply(sliceOf(fed))
      const queries = Array.from({ length: 100 }, () => {
        const number = random.int(1, membersMax)
        const by = random.int(0, 2)
        return {
          personalId: by === 0 ? idOf(number) : undefined,
          socialInsuranceNumbers: by === 1 ? [String(number).padStart(10, '0')] : [],
          cardNumbers: by === 2 ? [cardOf(number * 10 + random.int(0, 2))] : [],
        }
      })
      const answers = await (random.chance(0.5) ? feeding : other).findMembers(queries)
      expect(answers).toEqual(await past.findMembers(queries))
    }
  })

  test('is told to other processes key by key, and leaves the copies of others alone', { timeout: 30_000 }, async () => {
    await other.start()
    const own = createEligibility({
      pool: database.pool,
      cache: createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock: systemClock }),
      ...{ keyedHash, clock: systemClock, log: silentLogger },
    })
    await own.start()
    const apply = await openFeed()
    await apply(sliceOf([records.encode(memberOf(1, 1), '2026-03-01'), records.encode(memberOf(2, 1), '2026-03-01')]))
    expect([await versionOf(own, 1), await versionOf(own, 2)]).toEqual([1, 1])
    await apply(sliceOf([records.encode(memberOf(1, 2), '2026-03-01')]))
    // It has a cache of its own, so only the notification can tell it.
    await expect.poll(() => versionOf(own, 1), { timeout: 5_000 }).toBe(2)
    // Once what it does after it has begun to listen is over, a change of one member costs no other's copy.
    let version = 2
    const sourceOfTheOther = async () => {
      await versionOf(own, 2)
      version += 1
      await apply(sliceOf([records.encode(memberOf(1, version), '2026-03-01')]))
      await expect.poll(() => versionOf(own, 1), { timeout: 5_000 }).toBe(version)
      const query = { personalId: idOf(2), socialInsuranceNumbers: [], cardNumbers: [] }
      return (await own.findMembersSoon([query], 1_000))[0]?.source
    }
    await expect.poll(sourceOfTheOther, { timeout: 10_000 }).toBe('cache')
    await Promise.all([own.stop(), other.stop()])
  })

  test('passes over what it cannot read or what contradicts the stored version, tells of it, and goes on', async () => {
    const apply = await openFeed()
    const good = records.encode(memberOf(1, 1), '2026-03-01')
    const foreign = createMemberRecords(createKeyedHash(Buffer.alloc(32, 8))).encode(memberOf(2, 1), '2026-03-01')
    const moved = { ...records.encode(memberOf(3, 1), '2026-03-01'), key: good.key }
    const contradicting = records.encode({ ...memberOf(1, 1), fullName: 'LE VAN KHAC' }, '2026-03-01')
    const tombstone = { ...good, value: null }
    await apply(sliceOf([good, foreign, moved, contradicting, tombstone, records.encode(memberOf(4, 1), '2026-03-01')]))
    expect([await versionOf(other, 1), await versionOf(other, 2), await versionOf(other, 3), await versionOf(other, 4)]).toEqual([
      ...[1, undefined, undefined, 1],
    ])
    expect(troubles).toEqual(['records'])
  })

  test('holds nobody in the open', () => {
    const { key, value, headers } = records.encode(memberOf(1, 1), '2026-03-01')
    const text = `${key} ${value?.toString('latin1')} ${JSON.stringify(headers)}`
    for (const said of [idOf(1), cardOf(10), 'NGUYEN', '0000000001']) expect(text).not.toContain(said)
  })

  test('remembers how far it is with what it wrote', async () => {
    const fed = [{ member: memberOf(1, 1), asOf: '2026-03-01' }]
    await applyMembers(database.pool, keyedHash, fed, { topic: 'registry.members.v1', partition: 3, next: 42 })
    await applyMembers(database.pool, keyedHash, fed, { topic: 'registry.members.v1', partition: 3, next: 17 })
    const { rows } = await database.pool.query<{ next: number }>(
      "SELECT next FROM stream_offset WHERE topic = 'registry.members.v1' AND partition = 3",
    )
    expect(rows).toEqual([{ next: 42 }])
  })

  test('brings a published file into the register of whoever consumes it', async () => {
    const stream = await createEmbeddedStream({
      ...{ pool: database.pool, partitions: 2, clock: systemClock, onTrouble: () => {}, appendBounds: {} },
    })
    async function* file() {
      yield `{"asOf":"2026-03-01"}\n${JSON.stringify(memberOf(1, 1))}\nnot json\n`
      yield `${JSON.stringify(memberOf(2, 7))}\n`
    }
    const report = await publishMembers(file(), { stream, keyedHash, clock: systemClock })
    expect(report).toMatchObject({
      asOf: '2026-03-01',
      lines: 3,
      published: 2,
      faultyLines: 1,
      faults: [{ line: 3, code: 'json' }],
    })
    const feed = await startRegisterFeed({
      ...{ stream, pool: database.pool, keyedHash, eligibility: feeding, log: silentLogger },
      offsets: async () => new Map(),
      onTrouble: (what) => troubles.push(what),
    })
    await expect.poll(() => versionOf(other, 2), { timeout: 10_000 }).toBe(7)
    expect(await versionOf(other, 1)).toBe(1)
    await feed.stop(2_000)
    await stream.close(2_000)
  })
})
