import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/ledger/migrate.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await emptyDatabase()
  folder = await mkdtemp(join(tmpdir(), 'bhyt-migrations-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const tables = async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  )
  return rows.map(({ name }) => name)
}

test('every migration of the release applies to an empty database, and a second run finds nothing to do', async () => {
  const files = (await readdir(join(import.meta.dirname, '..', '..', 'src', 'ledger', 'migrations'))).sort()
  expect(await migrate(database.pool)).toEqual(files)
  expect(await migrate(database.pool)).toEqual([])
  expect(await tables()).toEqual(
    expect.arrayContaining(['claim', 'claim_version', 'member_state', 'publication', 'stream_offset']),
  )
})

test('what is missing is applied in order on top of what is there', async () => {
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (id int); INSERT INTO one VALUES (1);')
  expect(await migrate(database.pool, folder)).toEqual(['0001-one.sql'])
  await writeFile(join(folder, '0002-two.sql'), 'CREATE TABLE two AS SELECT id + 1 AS id FROM one;')
  expect(await migrate(database.pool, folder)).toEqual(['0002-two.sql'])
  expect((await database.pool.query('SELECT id FROM two')).rows).toEqual([{ id: 2 }])
})

test('of two processes that migrate at once each file is applied by one', async () => {
  await writeFile(join(folder, '0001-slow.sql'), 'SELECT pg_sleep(0.3); CREATE TABLE slow (id int);')
  const applied = await Promise.all([migrate(database.pool, folder), migrate(database.pool, folder)])
  expect(applied.flat()).toEqual(['0001-slow.sql'])
})

test('a migration that fails leaves nothing of the files before it', async () => {
  await writeFile(join(folder, '0001-good.sql'), 'CREATE TABLE good (id int);')
  await writeFile(join(folder, '0002-bad.sql'), 'CREATE TABLE bad (id nonsense);')
  await expect(migrate(database.pool, folder)).rejects.toThrow(/nonsense/)
  expect(await tables()).toEqual([])
})

test('a file that was changed after it was applied stops the start', async () => {
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (id int);')
  await migrate(database.pool, folder)
  await writeFile(join(folder, '0001-one.sql'), 'CREATE TABLE one (id bigint);')
  await expect(migrate(database.pool, folder)).rejects.toThrow('0001-one.sql was applied and is now changed')
  await rm(join(folder, '0001-one.sql'))
  await expect(migrate(database.pool, folder)).rejects.toThrow('0001-one.sql was applied and is now gone')
})
