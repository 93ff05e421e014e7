import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '../../src/ledger/migrate.ts'
import { createPool, type PostgresPool, sqlStateOf } from '../../src/platform/postgres.ts'

export interface TestDatabase {
  readonly url: string
  readonly pool: PostgresPool
  /** Closes the pool and removes the database. */
  drop(): Promise<void>
}

const CONNECTIONS_MAX = 10
/** Two that make the same name at the same moment meet at the check or at the index. */
const DATABASE_EXISTS = new Set(['42P04', '23505'])

/** The server of this run (`TEST_POSTGRES_URL`, from the project's set-up). */
export function testPostgresUrl(): string {
  const url = process.env['TEST_POSTGRES_URL']
  if (!url) throw new Error('TEST_POSTGRES_URL is not set: this test belongs to the project `embedded` or `service`')
  return url
}

/** A migrated database of its own, copied from a template. */
export function freshDatabase(): Promise<TestDatabase> {
  return asAdmin(async (admin) => makeDatabase(admin, await template(admin)))
}

/** A database without any table, for tests of migrations. */
export function emptyDatabase(): Promise<TestDatabase> {
  return asAdmin((admin) => makeDatabase(admin))
}

async function makeDatabase(admin: PostgresPool, from?: string): Promise<TestDatabase> {
  const name = `bhyt_test_${randomBytes(6).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name}${from ? ` TEMPLATE ${from}` : ''}`)
  const url = urlOf(name)
  const pool = createPool({ url, max: CONNECTIONS_MAX, applicationName: 'test' })
  const drop = async () => {
    await pool.close()
    await asAdmin((sql) => sql.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  }
  return { url, pool, drop }
}

function urlOf(database: string): string {
  const url = new URL(testPostgresUrl())
  url.pathname = `/${database}`
  return url.href
}

async function asAdmin<T>(run: (admin: PostgresPool) => Promise<T>): Promise<T> {
  const admin = createPool({ url: testPostgresUrl(), max: 1, applicationName: 'test-admin', timeouts: { statementMs: 30_000 } })
  try {
    return await run(admin)
  } finally {
    await admin.close()
  }
}

/** One a set of migrations. Made under another name and renamed when whole: of several test processes that start together one wins. */
async function template(admin: PostgresPool): Promise<string> {
  const name = `bhyt_template_${migrationsHash()}`
  const { rows } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
  if (rows.length > 0) return name
  const made = `${name}_${randomBytes(4).toString('hex')}`
  await admin.query(`CREATE DATABASE ${made}`)
  const pool = createPool({ url: urlOf(made), max: 1, applicationName: 'test-template', timeouts: { statementMs: 30_000 } })
  await migrate(pool).finally(() => pool.close())
  try {
    await admin.query(`ALTER DATABASE ${made} RENAME TO ${name}`)
  } catch (cause) {
    await admin.query(`DROP DATABASE ${made} WITH (FORCE)`)
    if (!DATABASE_EXISTS.has(sqlStateOf(cause) ?? '')) throw cause
  }
  return name
}

function migrationsHash(): string {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'ledger', 'migrations')
  const hash = createHash('sha256')
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}
