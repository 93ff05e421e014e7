import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { binaryArray, createPool, PostgresUnavailable, sqlStateOf } from '../../src/platform/postgres.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await emptyDatabase()
  await database.pool.query('CREATE TABLE item (id int PRIMARY KEY, note text)')
})
afterAll(() => database.drop())

const small = (max: number, timeouts = {}) => createPool({ url: database.url, max, applicationName: 'test', timeouts })
const count = async () => (await database.pool.query<{ n: number }>('SELECT count(*) AS n FROM item')).rows[0]!.n

describe('values', () => {
  test('large integers come as numbers, instants as ISO text in UTC, bytes as bytes', async () => {
    const { rows, rowCount } = await database.pool.query(
      `SELECT 9007199254740991::bigint AS n, timestamptz '2026-03-10 10:40:00.1+07' AS some, timestamptz '2026-03-10 03:40:00Z' AS none,
         timestamptz '2026-03-10 03:40:00.123456Z' AS more, '\\x00ff'::bytea AS bytes, 1.50::numeric AS amount`,
    )
    expect(rowCount).toBe(1)
    expect(rows).toEqual([
      {
        n: 9007199254740991,
        some: '2026-03-10T03:40:00.100Z',
        none: '2026-03-10T03:40:00.000Z',
        more: '2026-03-10T03:40:00.123Z',
        bytes: Buffer.from([0x00, 0xff]),
        amount: '1.50',
      },
    ])
  })

  test('arrays in binary form arrive as they are: empty, null, quotes, backslashes, Vietnamese', async () => {
    const texts = ['', null, 'a"b\\c{,}', 'NULL', 'Nguyễn Thị Ế']
    const bytes = [Buffer.alloc(0), null, Buffer.from([0, 255, 92, 34])]
    const { rows } = await database.pool.query(
      'SELECT $1::text[] AS texts, $2::bytea[] AS bytes, cardinality($3::text[]) AS none',
      [binaryArray('text', texts), binaryArray('bytea', bytes), binaryArray('text', [])],
    )
    expect(rows).toEqual([{ texts, bytes, none: 0 }])
  })

  test('a prepared statement is the same on every connection', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => database.pool.query('SELECT $1::int + 1 AS n', [n], 'add-one')))
    expect(answers.map(({ rows }) => rows[0])).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }])
  })
})

describe('transactions', () => {
  test('a throw leaves nothing, and the connection is good for the next', async () => {
    const pool = small(1)
    const failed = pool.transaction(async (sql) => {
      await sql.query('INSERT INTO item VALUES (1)')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await count()).toBe(0)
    expect(await pool.transaction(async (sql) => (await sql.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }])
    await pool.close()
  })

  test('an error of the server rolls back and keeps its code', async () => {
    const failed = database.pool.transaction((sql) =>
      Promise.all([sql.query('INSERT INTO item VALUES (1)'), sql.query('INSERT INTO item VALUES (1)'), sql.query('SELECT 1')]),
    )
    const cause = await failed.catch((error: unknown) => error)
    expect(sqlStateOf(cause)).toBe('23505')
    expect(cause).not.toBeInstanceOf(PostgresUnavailable)
    expect(await count()).toBe(0)
  })

  test('a failed statement that was passed over does not look like a commit', async () => {
    const passedOver = database.pool.transaction(async (sql) => {
      await sql.query('INSERT INTO item VALUES (2)')
      await sql.query('SELECT nonsense').catch(() => {})
    })
    await expect(passedOver).rejects.toThrow('rolled back')
    expect(await count()).toBe(0)
  })

  test('statements issued together run in the order issued', async () => {
    const rows = await database.pool.transaction(async (sql) => {
      const [, , last] = await Promise.all([
        sql.query("INSERT INTO item VALUES (3, 'a')"),
        sql.query("UPDATE item SET note = note || 'b'"),
        sql.query('DELETE FROM item RETURNING note'),
      ])
      return last.rows
    })
    expect(rows).toEqual([{ note: 'ab' }])
  })
})

describe('bounds', () => {
  test('a statement that takes too long is ended and nothing of it stays', async () => {
    const pool = small(1, { statementMs: 100 })
    const startedAt = performance.now()
    const cause = await pool.query('SELECT pg_sleep(5)').catch((error: unknown) => error)
    expect(cause).toMatchObject({ name: 'PostgresUnavailable', commitUnknown: false })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.close()
  })

  test('a lock that is not given is given up', async () => {
    const pool = small(2, { lockMs: 100 })
    await database.pool.query('INSERT INTO item VALUES (9) ON CONFLICT DO NOTHING')
    await pool.transaction(async (sql) => {
      await sql.query('SELECT FROM item FOR UPDATE')
      await expect(pool.query('UPDATE item SET note = null')).rejects.toMatchObject({
        name: 'PostgresUnavailable',
        commitUnknown: false,
      })
    })
    await database.pool.query('DELETE FROM item')
    await pool.close()
  })

  test('when every connection is taken, the next call is refused in time and says so', async () => {
    const pool = small(1, { connectMs: 100 })
    await pool.transaction(async () => {
      await expect(pool.query('SELECT 1')).rejects.toThrow('every connection to Postgres is taken')
    })
    // The server is well: no breaker stands in the way of the next call.
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.close()
  })

  test('a connection that is ended in mid-transaction is told apart from one that is ended at its commit', async () => {
    const lost = (at: 'before' | 'commit') =>
      database.pool
        .transaction(async (sql) => {
          const { rows } = await sql.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
          await sql.query('INSERT INTO item VALUES (4)')
          await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
          await new Promise((done) => setTimeout(done, 100))
          if (at === 'before') await sql.query('SELECT 1')
        })
        .catch((error: unknown) => error)
    expect(await lost('before')).toMatchObject({ name: 'PostgresUnavailable', commitUnknown: false })
    expect(await lost('commit')).toMatchObject({ name: 'PostgresUnavailable', commitUnknown: true })
    expect(await count()).toBe(0)
  })
})

describe('listening', () => {
  test('a listener that is stopped while it still connects is gone at once', async () => {
    for (let round = 0; round < 60; round++) {
      const listening = await database.pool.listen('news', () => {})
      await new Promise((done) => setTimeout(done, round % 4))
      await listening.stop()
    }
  }, 20_000)

  const until = async (condition: () => boolean) => {
    const deadline = performance.now() + 10_000
    while (!condition()) {
      if (performance.now() > deadline) throw new Error('it did not happen within 10 s')
      await new Promise((done) => setTimeout(done, 10))
    }
  }

  test('a listener hears what is sent, is told after a lost connection that it may have missed something, and hears again', async () => {
    const heard: (string | undefined)[] = []
    const listening = await database.pool.listen('news', (payload) => void heard.push(payload))
    await until(() => heard.length === 1)
    await database.pool.query("SELECT pg_notify('news', 'one')")
    await until(() => heard.length === 2)
    await database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    await until(() => heard.length === 3)
    await database.pool.query("SELECT pg_notify('news', 'two')")
    await until(() => heard.length === 4)
    expect(heard).toEqual([undefined, 'one', undefined, 'two'])
    await listening.stop()
    await database.pool.query("SELECT pg_notify('news', 'three')")
    await new Promise((done) => setTimeout(done, 100))
    expect(heard).toHaveLength(4)
  })
})

test('no server at the address: refused in time, at once while it is known, with a reason without the password', async () => {
  const pool = createPool({ url: 'postgres://someone:hidden-password@127.0.0.1:1/none', max: 2, applicationName: 'test' })
  await expect(pool.query('SELECT 1')).rejects.toBeInstanceOf(PostgresUnavailable)
  const startedAt = performance.now()
  await expect(pool.transaction(async () => 1)).rejects.toMatchObject({ name: 'PostgresUnavailable', commitUnknown: false })
  expect(performance.now() - startedAt).toBeLessThan(50)
  const trouble = await pool.trouble()
  expect(trouble).toMatch(/cannot be reached \(ECONNREFUSED\)/)
  expect(trouble).not.toContain('hidden-password')
  await pool.close()
})
