import type { CalendarDate } from '../domain/claim.ts'
import type { Member } from '../domain/facts.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool, Sql } from '../platform/postgres.ts'
import { IMPORTED_CHANNEL } from './create-eligibility.ts'
import { LOCK_CLASS } from './import.ts'
import { writeMembers } from './import-members.ts'
import { OtherSecret, secretMark } from './read-register.ts'

export interface FedMember {
  readonly member: Member
  readonly asOf: CalendarDate
}
export interface AppliedMembers {
  readonly applied: number
  readonly unchanged: number
  /** Older than what is stored. */
  readonly ignored: number
  /** The version that is stored says something else: what is stored stays. */
  readonly conflicting: number
  readonly changedKeys: readonly string[]
  readonly revision: number
}

/** A notification holds at most 8,000 bytes, a key is 32. */
const KEYS_PER_NOTIFICATION = 200

/**
 * Single members into the register, in the order given, with the position of the feed in one transaction. A lower version than the stored one is
 * ignored, so the order of the feed and what it says twice cannot matter. Other processes are told which keys changed.
 * @throws PostgresUnavailable · OtherSecret
 */
export function applyMembers(
  pool: PostgresPool,
  keyedHash: KeyedHash,
  fed: readonly FedMember[],
  position?: { readonly topic: string; readonly partition: number; readonly next: number },
): Promise<AppliedMembers> {
  return pool.transaction(async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1, hashtext('members'))", [LOCK_CLASS])
    const done = await writeInRuns(sql, keyedHash, fed)
    if (position) await sql.query(ADVANCE, [position.topic, position.partition, position.next], 'register-feed-advance')
    const revision = await announce(sql, done.changedKeys, secretMark(keyedHash))
    return { ...done, revision }
  })
}

const ADVANCE = `INSERT INTO stream_offset AS o (topic, partition, next) VALUES ($1, $2, $3)
  ON CONFLICT (topic, partition) DO UPDATE SET next = greatest(o.next, excluded.next)`

/** What is as of one day is written together. */
async function writeInRuns(sql: Sql, keyedHash: KeyedHash, fed: readonly FedMember[]) {
  const write = writeMembers(keyedHash)
  const total = { applied: 0, unchanged: 0, ignored: 0, conflicting: 0 }
  const changedKeys = new Set<string>()
  for (let from = 0; from < fed.length; ) {
    const { asOf } = fed[from]!
    const end = fed.findIndex((one, index) => index > from && one.asOf !== asOf)
    const run = fed.slice(from, end < 0 ? fed.length : end)
    const {
      faults,
      changedKeys: keys = [],
      ...counts
    } = await write(
      sql,
      run.map(({ member }, index) => ({ line: index, record: member })),
      asOf,
    )
    for (const count of ['applied', 'unchanged', 'ignored'] as const) total[count] += counts[count]
    total.conflicting += faults.length
    for (const key of keys) changedKeys.add(key)
    from += run.length
  }
  return { ...total, changedKeys: [...changedKeys] }
}

async function announce(sql: Sql, keys: readonly string[], mark: string): Promise<number> {
  const { rows } = await sql.query<{ revision: number; secret_mark: string }>(
    `UPDATE register_state SET revision = revision + $1, secret_mark = coalesce(secret_mark, $2)
      WHERE kind = 'members' RETURNING revision, secret_mark`,
    [keys.length > 0 ? 1 : 0, mark],
    'register-feed-revision',
  )
  const { revision, secret_mark: stored } = rows[0]!
  if (stored !== mark) throw new OtherSecret()
  for (let at = 0; at < keys.length; at += KEYS_PER_NOTIFICATION) {
    const some = keys.slice(at, at + KEYS_PER_NOTIFICATION).join(',')
    await sql.query('SELECT pg_notify($1, $2)', [IMPORTED_CHANNEL, `members ${revision} ${some}`])
  }
  return revision
}
