import type { Sql } from '../platform/postgres.ts'
import type { KeptEngine, KeptRulebook } from './ledger.ts'

/** See `LedgerOperations.keepRulebook`. */
export async function keepRulebook(sql: Sql, { sha256, version, content }: KeptRulebook): Promise<void> {
  await sql.query('INSERT INTO rulebook (sha256, version, content) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING', [
    sha256,
    version,
    content,
  ])
}

export async function findRulebook(sql: Sql, sha256: string): Promise<KeptRulebook | undefined> {
  const { rows } = await sql.query<KeptRulebook>('SELECT sha256, version, content FROM rulebook WHERE sha256 = $1', [sha256])
  return rows[0]
}

/** See `LedgerOperations.keepEngine`. */
export async function keepEngine(sql: Sql, { sha256, release, commit }: KeptEngine): Promise<void> {
  await sql.query('INSERT INTO engine (sha256, release, commit_id) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING', [
    sha256,
    release,
    commit,
  ])
}

export async function findEngine(sql: Sql, sha256: string): Promise<KeptEngine | undefined> {
  const { rows } = await sql.query<KeptEngine>('SELECT sha256, release, commit_id AS commit FROM engine WHERE sha256 = $1', [
    sha256,
  ])
  return rows[0]
}
