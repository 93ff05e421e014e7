import type { CalendarDate } from '../domain/claim.ts'
import type { Facility, Member } from '../domain/facts.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import { createSeal, type Seal } from './seal.ts'

/** What one query saw of the register, all of one snapshot. */
export interface RegisterReading<T> {
  /** Grows with every import. */
  readonly revision: number
  /** Copies read at an older revision than this do not count any more. Where it is absent, only those of the newest do. */
  readonly wholeRevision?: number
  /** Of the newest file imported; `null` before the first. */
  readonly asOf: CalendarDate | null
  /** By the key asked for; a key that is not here is not in the register. */
  readonly rows: ReadonlyMap<string, { readonly value: T; readonly asOf: CalendarDate }>
}
export type ReadRegister<T> = (keys: readonly string[]) => Promise<RegisterReading<T>>

interface Row {
  readonly revision: number
  readonly whole_revision?: number
  readonly register_as_of: CalendarDate | null
  readonly key: string | null
  readonly as_of: CalendarDate
}

/** The register was imported under another member secret: nobody in it can be found, which is not the same as not being in it. */
export class OtherSecret extends Error {
  override readonly name = 'OtherSecret'
  constructor() {
    super('the register was imported under another member secret: put back the one it was made with, or import it anew')
  }
}

export const MEMBER_SEAL = 'register-member'

/** Tells one member secret from another without telling it. */
export function secretMark(keyedHash: KeyedHash): string {
  return keyedHash.digest('secret-mark', 'register')
}

export function openMember(seal: Seal, sealed: Buffer, ref: string): Member {
  const text = seal.open(sealed, ref)
  if (text === undefined) throw new OtherSecret()
  return JSON.parse(text) as Member
}

/** Keys are keyed hashes of identifiers (32 hex characters), whichever kind. */
export function readMembers(sql: Sql, keyedHash: KeyedHash): ReadRegister<Member> {
  const seal = createSeal(keyedHash, MEMBER_SEAL)
  const mark = secretMark(keyedHash)
  return async (keys) => {
    const { rows } = await sql.query<Row & { secret_mark: string | null; ref: string; sealed: Buffer }>(
      `SELECT state.revision, state.whole_revision, state.as_of::text AS register_as_of, state.secret_mark,
              replace(m.key::text, '-', '') AS key, replace(m.ref::text, '-', '') AS ref, m.as_of, m.sealed
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT k.key, k.ref, member.as_of::text AS as_of, member.sealed
             FROM unnest($1::uuid[]) AS asked (key)
             JOIN register_member_key k ON k.key = asked.key
             JOIN register_member member ON member.ref = k.ref
         ) m ON true
        WHERE state.kind = 'members'`,
      [keys],
      'register-members',
    )
    const stored = rows[0]?.secret_mark
    if (stored != null && stored !== mark) throw new OtherSecret()
    return reading(rows, ({ sealed, ref }) => openMember(seal, sealed, ref))
  }
}

/** Keys are facility codes. */
export function readFacilities(sql: Sql): ReadRegister<Facility> {
  return async (keys) => {
    const { rows } = await sql.query<Row & { content: string }>(
      `SELECT state.revision, state.as_of::text AS register_as_of, f.key, f.as_of, f.content
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT facility.code AS key, facility.as_of::text AS as_of, facility.content
             FROM unnest($1::text[]) AS asked (code)
             JOIN register_facility facility ON facility.code = asked.code
         ) f ON true
        WHERE state.kind = 'facilities'`,
      [keys],
      'register-facilities',
    )
    return reading(rows, ({ content }) => JSON.parse(content) as Facility)
  }
}

function reading<R extends Row, T>(rows: readonly R[], read: (row: R) => T): RegisterReading<T> {
  const [first] = rows
  const found = new Map<string, { value: T; asOf: CalendarDate }>()
  for (const row of rows) if (row.key !== null) found.set(row.key, { value: read(row), asOf: row.as_of })
  const { revision = 0, whole_revision: wholeRevision = revision } = first ?? {}
  return { revision, wholeRevision, asOf: first?.register_as_of ?? null, rows: found }
}
