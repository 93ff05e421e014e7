import type { CalendarDate } from '../domain/claim.ts'
import type { Member } from '../domain/facts.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import { binaryArray, type Sql } from '../platform/postgres.ts'
import type { BatchOutcome, WriteBatch } from './import-kinds.ts'
import { MEMBER_SEAL } from './read-register.ts'
import { createSeal } from './seal.ts'

interface Stored {
  readonly ref: string
  readonly version: number
  readonly sealed: Buffer
}
interface Applied extends Stored {
  readonly keys: readonly string[]
}

/**
 * Who a record is about: the stored member with its personal id; else the one with its social insurance number, when one of the two
 * records has no personal id. A higher version replaces, a lower one is ignored, the same one must say the same. An identifier
 * belongs to the record that named it last.
 */
export function writeMembers(keyedHash: KeyedHash): WriteBatch<Member> {
  const seal = createSeal(keyedHash, MEMBER_SEAL)
  const keysOf = ({ personalId, socialInsuranceNumber, coverages }: Member) => ({
    personal: personalId === null ? undefined : keyedHash.member('personal', personalId),
    insurance: socialInsuranceNumber === null ? undefined : keyedHash.member('insurance', socialInsuranceNumber),
    cards: coverages.map(({ cardNumber }) => keyedHash.member('card', cardNumber)),
  })

  return async (sql, batch, asOf) => {
    const records = batch.map(({ line, record }) => {
      const { personal, insurance, cards } = keysOf(record)
      return { line, record, personal, insurance, cards, identities: [personal, insurance].filter((key) => key !== undefined) }
    })
    const stored = await readStored(
      sql,
      records.flatMap(({ identities }) => identities),
    )
    const applied = new Map<string, Applied>()
    const gone = new Set<string>()
    const confirmed = new Set<string>()
    const faults: { line: number; pointer: string; code: string }[] = []
    let ignored = 0
    let changes = 0

    for (const { line, record, personal, insurance, cards, identities } of records) {
      const byInsurance = insurance ? stored.get(insurance) : undefined
      const known =
        (personal ? stored.get(personal) : undefined) ?? (!personal || byInsurance?.ref === insurance ? byInsurance : undefined)
      const ref = personal ?? known?.ref ?? insurance!
      const sealed = seal.seal(JSON.stringify(record), ref)
      if (known && record.version < known.version) ignored++
      else if (known && record.version === known.version) {
        if (sealed.equals(known.sealed)) confirmed.add(ref)
        else faults.push({ line, pointer: '/version', code: 'version' })
      } else {
        changes++
        if (known && known.ref !== ref) {
          gone.add(known.ref)
          applied.delete(known.ref)
        }
        const next = { ref, version: record.version, sealed, keys: [...identities, ...cards] }
        applied.delete(ref)
        applied.set(ref, next)
        for (const key of identities) stored.set(key, next)
      }
    }
    const changedKeys = await write(sql, applied, gone, confirmed, asOf)
    return { applied: changes, unchanged: confirmed.size, ignored, faults, changedKeys } satisfies BatchOutcome
  }
}

async function readStored(sql: Sql, keys: readonly string[]): Promise<Map<string, Stored>> {
  const { rows } = await sql.query<Stored & { key: string }>(
    `SELECT replace(k.key::text, '-', '') AS key, replace(m.ref::text, '-', '') AS ref, m.version, m.sealed
       FROM unnest($1::uuid[]) AS asked (key)
       JOIN register_member_key k ON k.key = asked.key
       JOIN register_member m ON m.ref = k.ref`,
    [keys],
    'register-stored-members',
  )
  return new Map(rows.map(({ key, ...row }) => [key, row]))
}

async function write(
  sql: Sql,
  applied: ReadonlyMap<string, Applied>,
  gone: ReadonlySet<string>,
  confirmed: ReadonlySet<string>,
  asOf: CalendarDate,
): Promise<readonly string[]> {
  const members = [...applied.values()]
  const owners = new Map(members.flatMap(({ ref, keys }) => keys.map((key) => [key, ref] as const)))
  const refs = members.map(({ ref }) => ref)
  const [given] = await Promise.all([
    sql.query<{ key: string }>(
      `DELETE FROM register_member_key WHERE ref = ANY($1::uuid[]) RETURNING replace(key::text, '-', '') AS key`,
      [[...refs, ...gone]],
      'register-delete-keys',
    ),
    sql.query('DELETE FROM register_member WHERE ref = ANY($1::uuid[])', [[...gone]], 'register-delete-members'),
    sql.query(
      `INSERT INTO register_member (ref, version, as_of, sealed)
       SELECT given.ref, given.version, $4::date, given.sealed
         FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS given (ref, version, sealed)
       ON CONFLICT (ref) DO UPDATE SET version = excluded.version, sealed = excluded.sealed,
             as_of = GREATEST(register_member.as_of, excluded.as_of)`,
      [
        refs,
        members.map(({ version }) => version),
        binaryArray(
          'bytea',
          members.map(({ sealed }) => sealed),
        ),
        asOf,
      ],
      'register-upsert-members',
    ),
    sql.query(
      `INSERT INTO register_member_key (key, ref) SELECT * FROM unnest($1::uuid[], $2::uuid[])
       ON CONFLICT (key) DO UPDATE SET ref = excluded.ref`,
      [[...owners.keys()], [...owners.values()]],
      'register-upsert-keys',
    ),
    sql.query(
      'UPDATE register_member SET as_of = $2::date WHERE ref = ANY($1::uuid[]) AND as_of < $2::date',
      [[...confirmed], asOf],
      'register-confirm-members',
    ),
  ])
  return [...new Set([...owners.keys(), ...given.rows.map(({ key }) => key)])]
}
