import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningPostgres, startTestPostgres } from '../../scripts/provision/postgres.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createPool, type PostgresPool } from '../../src/platform/postgres.ts'
import { createEmbeddedStream, type EmbeddedStreamOptions } from '../../src/stream/embedded.ts'
import { type Position, type Stream, TOPICS } from '../../src/stream/stream.ts'
import { collect, consumeOptions, recordOf, TOPIC, until } from '../contract/stream-contract.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
const numbered = (count: number) => Array.from({ length: count }, (_, index) => recordOf(`member-${index}`, `${index}`))

describe('the log in the embedded Postgres', () => {
  let database: TestDatabase
  const opened: Stream[] = []
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((stream) => stream.close(3_000)))
    await database.drop()
  })
  const open = async (pool: PostgresPool, options: Partial<EmbeddedStreamOptions> = {}) => {
    const stream = await createEmbeddedStream({ pool, clock: systemClock, partitions: 6, onTrouble: () => {}, ...options })
    opened.push(stream)
    return stream
  }

  test('the number of partitions is that of the first start', async () => {
    expect((await (await open(database.pool)).ends(TOPIC)).size).toBe(6)
    expect((await (await open(database.pool, { partitions: 24 })).ends(TOPIC)).size).toBe(6)
  })

  test('of two first starts that do not agree on the number of partitions, the first one counts for both', async () => {
    let second: Promise<Stream> | undefined
    await database.pool.transaction(async (sql) => {
      await sql.query(
        'INSERT INTO log_partition (topic, partition) SELECT t, p FROM unnest($1::text[]) AS t, generate_series(0, 5) AS p',
        [TOPICS],
      )
      second = open(database.pool, { partitions: 24 })
      await pause(200)
    })
    const streams = [await second!, await open(database.pool, { partitions: 12 })]
    expect(await Promise.all(streams.map(async (stream) => (await stream.ends(TOPIC)).size))).toEqual([6, 6])
    const [placed, placedByOther] = await Promise.all(streams.map((stream) => stream.appendAll(TOPIC, numbered(50))))
    const partitionsOf = (positions: readonly Position[]) => positions.map(({ partition }) => partition)
    expect(partitionsOf(placed!)).toEqual(partitionsOf(placedByOther!))
  })

  test('the partitions of a process that died are taken over when its lease ends', async () => {
    const dying = createPool({ url: database.url, max: 3, applicationName: 'dying' })
    const doomed = await createEmbeddedStream({ pool: dying, clock: systemClock, partitions: 6, onTrouble: () => {} })
    const first = await collect(doomed)
    await until(
      'it owns all',
      polled(async () => (await ownedBy(database.pool)) === 6),
    )
    await dying.close()
    const survivor = await open(database.pool)
    const { records } = await collect(survivor)
    await survivor.appendAll(TOPIC, numbered(60))
    const startedAt = performance.now()
    await until('the other reads all', () => records.length >= 60)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(first.records).toEqual([])
    await doomed.close(100)
  })

  test('a lease lost while a slice is handled: the partition comes back, and no second slice of it runs beside the first', async () => {
    const stream = await open(database.pool, { bounds: { leaseMs: 300 } })
    await stream.appendAll(TOPIC, numbered(60))
    const inHand = new Set<number>()
    const ledger = new Map<number, number>()
    let overlaps = 0
    let stolen = false
    await stream.consume(
      TOPIC,
      consumeOptions({ positions: async () => new Map(ledger), sliceRecordsMax: 2 }),
      async ({ partition, records }) => {
        if (inHand.has(partition)) overlaps++
        inHand.add(partition)
        if (!stolen) {
          stolen = true
          await database.pool.query("UPDATE log_owner SET until = '-infinity'")
          await pause(800)
        }
        inHand.delete(partition)
        ledger.set(partition, records.at(-1)!.offset + 1)
        return { kind: 'done' }
      },
    )
    await until('all is handled', () => [...ledger.values()].reduce((total, next) => total + next, 0) === 60)
    expect(overlaps).toBe(0)
  })

  test('records go when they are old and every group has them behind it, never before', async () => {
    const stream = await open(database.pool, { bounds: { retentionMs: 1, trimEveryMs: 50 } })
    const positions = await stream.appendAll(TOPIC, numbered(60))
    const { partition } = positions[0]!
    const { records } = await collect(stream)
    await until('read', () => records.length === 60)
    await pause(300)
    expect(await kept(database.pool)).toBe(60)
    stream.hint(TOPIC, 'readers', new Map([[partition, 3]]))
    const inPartition = positions.filter((one) => one.partition === partition).length
    await until(
      'the first three are gone',
      polled(async () => (await kept(database.pool)) === 57),
    )
    expect(inPartition).toBeGreaterThan(3)
    await pause(200)
    expect(await kept(database.pool)).toBe(57)
    const missing: unknown[] = []
    await stream.consume(
      TOPIC,
      consumeOptions({ group: 'late', onMissing: (where, expected, { low }) => missing.push([where, expected, low]) }),
      async () => ({ kind: 'done' }),
    )
    await until('a reader that comes too late is told', () => missing.length > 0)
    expect(missing).toEqual([[partition, 0, 3]])
  })
})

async function kept(pool: PostgresPool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*) AS count FROM log_record')
  return rows[0]!.count
}
async function ownedBy(pool: PostgresPool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*) AS count FROM log_owner WHERE until > now()')
  return rows[0]!.count
}
/** A condition that is asked of the database, for `until`. */
function polled(holds: () => Promise<boolean>): () => boolean {
  let last = false
  let asking = false
  return () => {
    if (!asking) {
      asking = true
      void holds().then((now) => {
        last = now
        asking = false
      })
    }
    return last
  }
}

describe('Postgres dies', () => {
  let server: RunningPostgres
  beforeAll(async () => {
    server = await startTestPostgres(() => {}, { own: true })
  })
  afterAll(() => server?.stop())

  test('appends are refused within 3 s and nothing unacknowledged is claimed; when it is back, all goes on without a restart', async () => {
    const pool = createPool({ url: server.url, max: 5, applicationName: 'test' })
    await migrate(pool)
    const stream = await createEmbeddedStream({ pool, clock: systemClock, partitions: 6, onTrouble: () => {} })
    const tailed = new Set<string>()
    await stream.tail(TOPIC, (records) => {
      for (const { key } of records) tailed.add(key)
    })
    const { records } = await collect(stream)
    const outcomes: Promise<{ key: string; name: string }>[] = []
    for (let index = 0; index < 600; index++) {
      const key = `member-${index}`
      outcomes.push(
        stream.append(TOPIC, recordOf(key, 'x')).then(
          () => ({ key, name: 'acknowledged' }),
          (cause: Error) => ({ key, name: cause.name }),
        ),
      )
      if (index === 300) void server.kill()
      if (index % 10 === 0) await pause(2)
    }
    const settled = await Promise.all(outcomes)
    const startedAt = performance.now()
    await expect(stream.append(TOPIC, recordOf('down', 'x'))).rejects.toMatchObject({ name: 'StreamUnavailable' })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await server.start()
    await until('it is healthy', () => stream.trouble() === undefined)
    await stream.append(TOPIC, recordOf('back', 'x'))
    const acknowledged = settled.filter(({ name }) => name === 'acknowledged').map(({ key }) => key)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(acknowledged.length).toBeLessThan(600)
    await until('the consumer has all', () => {
      const seen = new Set(records.map(({ key }) => key))
      return ['back', ...acknowledged].every((key) => seen.has(key))
    })
    await until('the tail has all', () => ['back', ...acknowledged].every((key) => tailed.has(key)))
    const stored = new Set(records.map(({ key }) => key))
    expect(settled.filter(({ key, name }) => name === 'StreamUnavailable' && stored.has(key))).toEqual([])
    await stream.close(3_000)
    await pool.close()
  })
})
