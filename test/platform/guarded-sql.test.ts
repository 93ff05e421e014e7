import { expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { createGuardedSql } from '../../src/platform/guarded-sql.ts'
import { PostgresUnavailable, type Sql } from '../../src/platform/postgres.ts'

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const bounds = { underWayMax: 5, hangsMs: 40, pauseMs: 50 }

/** A Postgres that answers when it is told to. */
function standIn() {
  const asked: { answer: () => void; fail: (cause: Error) => void }[] = []
  const sql: Sql = {
    query: () =>
      new Promise((done, fail) => {
        asked.push({ answer: () => done({ rows: [], rowCount: 0 }), fail })
      }),
  }
  return { sql, asked }
}
const refused = (work: Promise<unknown>) =>
  work.then(
    () => false,
    (cause: unknown) => cause instanceof PostgresUnavailable,
  )

test('while one statement hangs nobody queues behind it, and one that is answered in time ends that', async () => {
  const { sql, asked } = standIn()
  const guarded = createGuardedSql(sql, systemClock, bounds)
  const hanging = guarded.query('SELECT 1')
  await pause(60)
  expect(await refused(guarded.query('SELECT 2'))).toBe(true)
  asked[0]!.answer()
  await hanging
  const probe = guarded.query('SELECT 3')
  expect(await refused(guarded.query('SELECT 4'))).toBe(true)
  asked[1]!.answer()
  await probe
  const [fifth, sixth] = [guarded.query('SELECT 5'), guarded.query('SELECT 6')]
  asked[2]!.answer()
  asked[3]!.answer()
  await Promise.all([fifth, sixth])
})

test('after a failure nothing is asked for a while, then one statement tries', async () => {
  const { sql, asked } = standIn()
  const guarded = createGuardedSql(sql, systemClock, bounds)
  const first = guarded.query('SELECT 1')
  asked[0]!.fail(new PostgresUnavailable('down'))
  expect(await refused(first)).toBe(true)
  expect(await refused(guarded.query('SELECT 2'))).toBe(true)
  expect(asked).toHaveLength(1)
  await pause(60)
  const probe = guarded.query('SELECT 3')
  expect(await refused(guarded.query('SELECT 4'))).toBe(true)
  asked[1]!.answer()
  await probe
})

test("a statement of another error than the server's absence closes nothing", async () => {
  const { sql, asked } = standIn()
  const guarded = createGuardedSql(sql, systemClock, bounds)
  const first = guarded.query('SELECT 1')
  asked[0]!.fail(new Error('syntax'))
  await expect(first).rejects.toThrow('syntax')
  const second = guarded.query('SELECT 2')
  asked[1]!.answer()
  await second
})

test('more than the bound fail at once', async () => {
  const { sql, asked } = standIn()
  const guarded = createGuardedSql(sql, systemClock, bounds)
  const all = Array.from({ length: 5 }, () => guarded.query('SELECT 1'))
  expect(await refused(guarded.query('SELECT 6'))).toBe(true)
  for (const { answer } of asked) answer()
  await Promise.all(all)
})
