import type { Member, RegisterFact } from '../domain/facts.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import { readMembers } from './read-register.ts'

export interface ShowMemberDeps {
  readonly pool: PostgresPool
  readonly keyedHash: KeyedHash
}

/** What the register knows of a person, read past the cache, and where from. */
export interface ShownMember {
  readonly fact: RegisterFact<Member>
  /** By which kind of identifier the person was found. */
  readonly foundBy: 'personal' | 'insurance' | 'card' | undefined
}

/**
 * For `gateway registry show member ID`. Who looks is noted first: without the note nothing is read.
 * @param identifier personal id, social insurance number or card number, as printed
 * @param actor who asks, as the operating system or the caller's credential says
 * @throws PostgresUnavailable · OtherSecret
 */
export async function showMember({ pool, keyedHash }: ShowMemberDeps, identifier: string, actor: string): Promise<ShownMember> {
  const normal = identifier.replaceAll(/\s/g, '').toUpperCase()
  const keys = (['personal', 'insurance', 'card'] as const).map((kind) => [kind, keyedHash.member(kind, normal)] as const)
  await pool.query('INSERT INTO access_audit (actor, action, subject) VALUES ($1, $2, $3)', [
    actor,
    'register.show-member',
    keyedHash.digest('audit-subject', normal),
  ])
  const { asOf, rows } = await readMembers(pool, keyedHash)(keys.map(([, key]) => key))
  for (const [kind, key] of keys) {
    const row = rows.get(key)
    if (row) return { fact: { kind: 'known', ...row, stale: false }, foundBy: kind }
  }
  return { fact: { kind: 'none', asOf }, foundBy: undefined }
}
