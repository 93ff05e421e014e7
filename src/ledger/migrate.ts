import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresPool, Sql } from '../platform/postgres.ts'

const FOLDER = join(import.meta.dirname, 'migrations')
/** One process migrates at a time; the others wait this long for it at most. */
const LOCK_WAIT_MS_MAX = 60_000
const LOCK_POLL_MS = 100
/** Any fixed number: names the advisory lock of migrations in this database. */
const LOCK_KEY = 4_750_001

interface Migration {
  readonly name: string
  readonly sha256: string
  readonly text: string
}

/**
 * Applies the SQL files that the database lacks, in the order of their names, each once and all in one transaction. Statements are
 * bound by the pool's time-outs: a migration of a large table wants a pool of its own.
 * @returns names of what was applied
 * @throws Error when a file that was applied has changed or is gone: such a database belongs to another release
 */
export async function migrate(pool: PostgresPool, folder: string = FOLDER): Promise<readonly string[]> {
  const files = await readMigrations(folder)
  const deadline = performance.now() + LOCK_WAIT_MS_MAX
  for (;;) {
    const applied = await pool.transaction((sql) => applyMissing(sql, files))
    if (applied) return applied
    if (performance.now() > deadline) throw new Error('another process has been migrating the database for over a minute')
    await new Promise((done) => setTimeout(done, LOCK_POLL_MS))
  }
}

/** `undefined` when another process holds the lock. */
async function applyMissing(sql: Sql, files: readonly Migration[]): Promise<readonly string[] | undefined> {
  const lock = await sql.query<{ held: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS held', [LOCK_KEY])
  if (!lock.rows[0]?.held) return undefined
  await sql.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  )
  const { rows } = await sql.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM schema_migration')
  const known = new Map(files.map((file) => [file.name, file.sha256]))
  for (const { name, sha256 } of rows) {
    if (known.get(name) !== sha256)
      throw new Error(`migration ${name} was applied and is now ${known.has(name) ? 'changed' : 'gone'}`)
  }
  const done = new Set(rows.map(({ name }) => name))
  const missing = files.filter(({ name }) => !done.has(name))
  for (const { name, sha256, text } of missing) {
    await sql.query(text)
    await sql.query('INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)', [name, sha256])
  }
  return missing.map(({ name }) => name)
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      return { name, text, sha256: createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex') }
    }),
  )
}
