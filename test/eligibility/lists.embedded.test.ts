import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { RegisterFact } from '../../src/domain/facts.ts'
import { createEligibility, type RunningEligibility } from '../../src/eligibility/create-eligibility.ts'
import { importRegister } from '../../src/eligibility/import.ts'
import type { RegisterKind } from '../../src/eligibility/register-record.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createPool, type PostgresPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

/** Lists, relations, slips and practitioners as they are found again after an import, on a real Postgres. */
const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const cache = createMemoryCache({ entriesMax: 1_000, bytesMax: 10_000_000, clock: systemClock })
let database: TestDatabase
let eligibility: RunningEligibility
/** Names of the statements that the register was asked with. */
let asked: string[]
let isDown: boolean

beforeEach(async () => {
  database = await freshDatabase()
  asked = []
  isDown = false
  eligibility = createEligibility({ ...deps(), pool: watched(database.pool), log: silentLogger })
})
afterEach(async () => {
  await eligibility.stop()
  await database.drop()
})
afterAll(() => cache.close())

const deps = () => ({ pool: database.pool, cache, keyedHash, clock: systemClock })
function watched(pool: PostgresPool): PostgresPool {
  return {
    ...pool,
    async query(text, values, name) {
      asked.push(name ?? text)
      if (isDown) throw new Error('down')
      return pool.query(text, values, name)
    },
  }
}
async function importAll(kind: RegisterKind, asOf: string, rows: readonly object[], options = {}, pool = database.pool) {
  async function* chunks() {
    for (const line of [{ asOf }, ...rows]) yield `${JSON.stringify(line)}\n`
  }
  return importRegister(kind, chunks(), { ...deps(), pool }, options)
}

const drug = (overrides: object = {}) => ({
  ...{ list: 'drug', facilityCode: '01999', code: '40.0001', name: 'Thuốc thử', unitPrice: '1200.000', paymentRate: '50' },
  ...{ scope: 1, validFrom: '2025-01-01', ...overrides },
})
const findCatalogue = async (codes: readonly string[] = ['40.0001'], facilityCode = '01999', list = 'drug' as const) =>
  (await eligibility.findCatalogues([{ facilityCode, codes: codes.map((code) => ({ list, code })) }]))[0]!
const known = <T>(fact: RegisterFact<T>): T => {
  if (fact.kind !== 'known') throw new Error(`not known: ${fact.kind}`)
  return fact.value
}

describe('the lists of a facility', () => {
  test('are not known before the first import, and known as not loaded after one of another facility', async () => {
    expect(await findCatalogue()).toEqual({ kind: 'none', asOf: null })
    await importAll('catalogue', '2026-03-01', [drug({ facilityCode: '02000' })])
    eligibility = createEligibility({ ...deps(), log: silentLogger })
    expect(await findCatalogue()).toEqual({
      ...{ kind: 'known', asOf: '2026-03-01', stale: false },
      value: { loaded: [], listsAsOf: {}, entries: [] },
    })
  })

  test('have every row of a code, whatever its dates, with amounts as exact integers', async () => {
    const rows = [
      drug({ unitPrice: '1250.5', paymentRate: '47.5', validFrom: '2026-01-01' }),
      drug({ validTo: '2025-12-31', payableUnitPrice: '1000', rateLiftedForSign1: true, inPackageCap: false }),
      drug({ code: '40.0002' }),
    ]
    await importAll('catalogue', '2026-03-01', rows)
    const common = { list: 'drug', facilityCode: '01999', code: '40.0001', scope: 1, inPackageCap: false }
    expect(await findCatalogue()).toEqual({
      ...{ kind: 'known', asOf: '2026-03-01', stale: false },
      value: {
        loaded: ['drug'],
        listsAsOf: { drug: '2026-03-01' },
        entries: [
          {
            ...common,
            ...{ unitPriceMilli: 1_200_000, payableUnitPriceMilli: 1_000_000, paymentRateBp: 5_000, rateLiftedForSign1: true },
            ...{ validFrom: '2025-01-01', validTo: '2025-12-31' },
          },
          {
            ...common,
            ...{ unitPriceMilli: 1_250_500, payableUnitPriceMilli: null, paymentRateBp: 4_750, rateLiftedForSign1: false },
            ...{ validFrom: '2026-01-01', validTo: null },
          },
        ],
      },
    })
  })

  test('hold what stands for every facility, before the own rows of a code', async () => {
    await importAll('catalogue', '2026-03-01', [drug(), drug({ facilityCode: null, unitPrice: '900' })])
    const { loaded, entries } = known(await findCatalogue())
    expect(loaded).toEqual(['drug'])
    expect(entries.map(({ facilityCode, unitPriceMilli }) => [facilityCode, unitPriceMilli])).toEqual([
      [null, 900_000],
      ['01999', 1_200_000],
    ])
    const elsewhere = known(await findCatalogue(['40.0001', '40.0009'], '79010'))
    expect(elsewhere.loaded).toEqual(['drug'])
    expect(elsewhere.entries.map(({ facilityCode }) => facilityCode)).toEqual([null])
  })

  test('are told apart: a code of one list is not in another', async () => {
    await importAll('catalogue', '2026-03-01', [drug(), drug({ list: 'service' })])
    expect(known(await findCatalogue()).entries.map(({ list }) => list)).toEqual(['drug'])
    expect(known(await findCatalogue()).loaded).toEqual(['drug', 'service'])
  })

  test('say the same in the same order however they are asked', async () => {
    await importAll('catalogue', '2026-03-01', [
      drug({ code: 'B' }),
      drug({ code: 'A' }),
      drug({ code: 'A', facilityCode: null }),
    ])
    const one = await findCatalogue(['A', 'B'])
    expect(await findCatalogue(['B', 'A', 'B'])).toEqual(one)
    expect(JSON.stringify(await findCatalogue(['B', 'A', 'B']))).toBe(JSON.stringify(one))
    expect(known(one).entries.map(({ code, facilityCode }) => [code, facilityCode])).toEqual([
      ['A', null],
      ['A', '01999'],
      ['B', '01999'],
    ])
  })

  test('are as new as the newest file that named them, not as one of another list or facility', async () => {
    await importAll('catalogue', '2026-01-01', [drug(), drug({ list: 'service', code: 'S' })])
    await importAll('catalogue', '2026-03-01', [drug({ code: '40.0002' }), drug({ facilityCode: '02000' })])
    const fact = await findCatalogue(['40.0009'])
    expect(fact).toMatchObject({ asOf: '2026-01-01', value: { listsAsOf: { drug: '2026-03-01', service: '2026-01-01' } } })
    await importAll('catalogue', '2026-02-01', [drug()])
    eligibility = createEligibility({ ...deps(), log: silentLogger })
    expect(await findCatalogue(['40.0009'])).toMatchObject({ value: { listsAsOf: { drug: '2026-03-01' } } })
  })

  test('that stand in two places are as new as the older', async () => {
    await importAll('catalogue', '2026-03-01', [drug()])
    await importAll('catalogue', '2026-01-01', [drug({ facilityCode: null, code: 'X' })])
    expect(await findCatalogue(['40.0009'])).toMatchObject({ asOf: '2026-01-01', value: { listsAsOf: { drug: '2026-01-01' } } })
  })

  test('of a file with faults are loaded but never new enough to deny for', async () => {
    await importAll('catalogue', '2026-03-01', [drug(), { list: 'drug' }], { partial: true })
    expect(await findCatalogue(['40.0001'])).toMatchObject({
      asOf: '0001-01-01',
      value: { loaded: ['drug'], entries: [{ code: '40.0001' }] },
    })
    await importAll('catalogue', '2026-03-02', [drug(), { list: 'drug' }])
    eligibility = createEligibility({ ...deps(), log: silentLogger })
    expect(await findCatalogue()).toMatchObject({ asOf: '0001-01-01' })
    await importAll('catalogue', '2026-02-01', [drug()])
    eligibility = createEligibility({ ...deps(), log: silentLogger })
    expect(await findCatalogue()).toMatchObject({ value: { listsAsOf: { drug: '2026-02-01' } } })
  })

  test('pass over a code that no register can hold', async () => {
    await importAll('catalogue', '2026-03-01', [drug()])
    expect(known(await findCatalogue(['40.0001', 'a\u0000b', ''])).entries).toHaveLength(1)
    expect((await eligibility.findPractitioners([['a\u0000b']]))[0]).toEqual({ kind: 'none', asOf: null })
  })
})

describe('asking the register', () => {
  const many = (claims: number) =>
    Array.from({ length: claims }, (_, index) => ({
      facilityCode: String(index % 7).padStart(5, '0'),
      codes: Array.from({ length: 20 }, (_, line) => ({ list: 'drug' as const, code: `C${(index * 3 + line) % 500}` })),
    }))

  test('is one query for any number of claims, and none while the copies are fresh', async () => {
    await importAll('catalogue', '2026-03-01', [drug({ code: 'C1', facilityCode: '00001' })])
    const facts = await eligibility.findCatalogues(many(256))
    expect(asked).toEqual(['register-catalogue'])
    expect(facts).toHaveLength(256)
    expect(await eligibility.findCatalogues(many(256))).toEqual(facts)
    expect(asked).toHaveLength(1)
  })

  test('gives nothing that is not asked for again after an import by another process', async () => {
    await importAll('catalogue', '2026-03-01', [drug()])
    await eligibility.start()
    await findCatalogue()
    await importAll('catalogue', '2026-03-02', [drug({ unitPrice: '999' })])
    await expect.poll(async () => known(await findCatalogue()).entries[0]?.unitPriceMilli).toBe(999_000)
  })

  test('an import between copies and a new look is seen whole: no list is newer than its rows', async () => {
    await importAll('catalogue', '2026-01-01', [drug()])
    await findCatalogue(['40.0001', '40.0002'])
    await importAll('catalogue', '2026-03-01', [drug(), drug({ code: '40.0002' })])
    // The first two codes and the list are copies of before, the third is asked for now.
    const fact = await findCatalogue(['40.0001', '40.0002', '40.0003'])
    expect(fact).toMatchObject({ asOf: '2026-03-01', value: { entries: [{ code: '40.0001' }, { code: '40.0002' }] } })
    expect(asked).toHaveLength(3)
  })

  test('that is down gives the last copies marked stale, and is unavailable for what was never read', async () => {
    await importAll('catalogue', '2026-03-01', [drug(), drug({ code: '40.0002' })])
    const fresh = await findCatalogue()
    await importAll('relations', '2026-03-01', [])
    await eligibility.start()
    // Once it listens it looks what it may have missed.
    await expect.poll(() => asked.some((text) => text.includes('SELECT kind, revision'))).toBe(true)
    isDown = true
    await importAll('catalogue', '2026-03-02', [drug({ unitPrice: '1' })])
    await expect.poll(async () => await findCatalogue()).toEqual({ ...fresh, stale: true })
    expect(await findCatalogue(['40.0002'])).toEqual({ kind: 'unavailable' })
    expect(await eligibility.findRelations([['S1'], []])).toEqual([{ kind: 'unavailable' }, { kind: 'unavailable' }])
    isDown = false
    expect(known(await findCatalogue()).entries[0]?.unitPriceMilli).toBe(1_000)
  })

  test('keeps a bounded number of keys', async () => {
    await importAll('relations', '2026-03-01', [])
    const small = createEligibility({ ...deps(), pool: watched(database.pool), log: silentLogger, bounds: { keysMax: 2 } })
    await small.findRelations([['a', 'b', 'c', 'd']])
    await small.findRelations([['c', 'd']])
    expect(asked).toHaveLength(1)
    await small.findRelations([['a']])
    expect(asked).toHaveLength(2)
  })

  test('a register that was never imported is not asked for each batch', async () => {
    for (let batch = 0; batch < 3; batch++) expect(await eligibility.findReferrals(['001085000001'])).toEqual([none])
    expect(asked).toEqual(['register-referrals'])
    await eligibility.start()
    await importAll('referrals', '2026-03-01', [])
    await expect.poll(async () => (await eligibility.findReferrals(['001085000001']))[0]?.kind).toBe('known')
  })
})
const none = { kind: 'none', asOf: null }

describe('the other registers', () => {
  test('relations are found by the code that stands first, of every kind and date', async () => {
    const relation = (kind: string, code: string, other: string, validFrom = '2025-01-01') => ({ kind, code, other, validFrom })
    await importAll('relations', '2026-03-01', [
      relation('step-of', 'S2', 'S1'),
      relation('includes', 'S1', 'V2'),
      relation('includes', 'S1', 'V1', '2026-01-01'),
      relation('includes', 'S1', 'V1'),
      relation('priced-as', 'S1', 'S9'),
      relation('includes', 'S3', 'V1'),
    ])
    const [fact, nothing] = await eligibility.findRelations([['S2', 'S1'], ['V1']])
    expect(known(fact!).map(({ kind, code, other, validFrom }) => [kind, code, other, validFrom])).toEqual([
      ['includes', 'S1', 'V1', '2025-01-01'],
      ['includes', 'S1', 'V1', '2026-01-01'],
      ['includes', 'S1', 'V2', '2025-01-01'],
      ['priced-as', 'S1', 'S9', '2025-01-01'],
      ['step-of', 'S2', 'S1', '2025-01-01'],
    ])
    expect(nothing).toEqual({ kind: 'known', value: [], asOf: '2026-03-01', stale: false })
  })

  test('slips are found by the personal id, without it, and under no other secret', async () => {
    const slip = (id: string, personalId: string) => ({
      ...{ id, kind: 'transfer', personalId, from: '02000', to: '01999', signedAt: '2026-03-01', validTo: null, icd: ['J18'] },
      usedBy: null,
    })
    await importAll('referrals', '2026-03-01', [slip('B', '001085000001'), slip('A', '001085000001'), slip('C', '001085000002')])
    const [fact, nobody] = await eligibility.findReferrals(['001085000001', undefined])
    const { personalId: _, ...expected } = slip('A', '001085000001')
    expect(fact).toEqual({
      ...{ kind: 'known', asOf: '2026-03-01', stale: false },
      value: [expected, { ...expected, id: 'B' }],
    })
    expect(JSON.stringify(fact)).not.toContain('001085')
    expect(nobody).toMatchObject({ kind: 'known', value: [] })
    const other = createEligibility({ ...deps(), keyedHash: createKeyedHash(Buffer.alloc(32, 8)), log: silentLogger })
    expect(await other.findReferrals(['001085000001'])).toEqual([{ kind: 'unavailable' }])
  })

  test('practitioners are found with every registration, by code, facility and date', async () => {
    const registered = (code: string, facilityCode: string, validFrom: string) => ({
      ...{ code, facilityCode, scopes: ['b', 'a'], validFrom, validTo: null },
    })
    await importAll('practitioners', '2026-03-01', [
      registered('P2', '01999', '2025-01-01'),
      registered('P1', '02000', '2025-01-01'),
      registered('P1', '01999', '2026-01-01'),
      registered('P1', '01999', '2025-01-01'),
    ])
    const [fact] = await eligibility.findPractitioners([['P2', 'P1', 'P3']])
    expect(known(fact!).map(({ code, facilityCode, validFrom }) => [code, facilityCode, validFrom])).toEqual([
      ['P1', '01999', '2025-01-01'],
      ['P1', '01999', '2026-01-01'],
      ['P1', '02000', '2025-01-01'],
      ['P2', '01999', '2025-01-01'],
    ])
    expect(known(fact!)[0]?.scopes).toEqual(['a', 'b'])
  })
})

test('a pool that cannot be reached at all makes every list unavailable, and nothing throws', async () => {
  const pool = createPool({ url: 'postgres://127.0.0.1:1/none', max: 1, applicationName: 'test', timeouts: { connectMs: 200 } })
  const cut = createEligibility({ ...deps(), pool, log: silentLogger })
  const codes = [{ facilityCode: '01999', codes: [] }]
  expect(await cut.findCatalogues(codes)).toEqual([{ kind: 'unavailable' }])
  expect(await cut.findPractitioners([[]])).toEqual([{ kind: 'unavailable' }])
  expect(await cut.findReferrals([undefined])).toEqual([{ kind: 'unavailable' }])
  await pool.close()
})
