import type { CalendarDate } from '../domain/claim.ts'
import type { CatalogueEntry, CatalogueList, Practitioner, Referral, Relation } from '../domain/facts.ts'
import { parseMilli, parseRate } from '../domain/money.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import { OtherSecret, secretMark } from './read-register.ts'
import type { CatalogueRow, Referral as ReferralRecord } from './register-record.ts'
import type { ReadRows, RowsReading } from './row-copies.ts'
import { createSeal } from './seal.ts'

export const REFERRAL_SEAL = 'register-referral'

/** A row of a facility's list, or, under the key of the whole list, how new the list is. */
export type ListRow = { readonly entry: CatalogueEntry } | { readonly asOf: CalendarDate }

const SEPARATOR = '\u0000'
/** Key of a code in a facility's list; '' is every facility. */
export const entryKey = (list: CatalogueList, facilityCode: string, code: string): string =>
  [list, facilityCode, code].join(SEPARATOR)
/** Key of a facility's whole list: its one row says how new it is, without it the facility has none. */
export const listKey = (list: CatalogueList, facilityCode: string): string => [list, facilityCode].join(SEPARATOR)

interface Row {
  readonly revision: number
  readonly registerAsOf: CalendarDate | null
  /** Position of the key asked for, from 1; `null`: no row at all. */
  readonly key: number | null
}

function reading<R extends Row, T>(rows: readonly R[], keys: readonly string[], read: (row: R) => T): RowsReading<T> {
  const found = new Map<string, T[]>()
  for (const row of rows) {
    if (row.key === null) continue
    const key = keys[row.key - 1]!
    const known = found.get(key)
    if (known) known.push(read(row))
    else found.set(key, [read(row)])
  }
  return { revision: rows[0]?.revision ?? 0, asOf: rows[0]?.registerAsOf ?? null, rows: found }
}

/** Keys as `entryKey` and `listKey` make them. Rows of a code by their first day. */
export function readCatalogue(sql: Sql): ReadRows<ListRow> {
  return async (keys) => {
    const parts = keys.map((key) => key.split(SEPARATOR))
    const { rows } = await sql.query<Row & { content: string | null; asOf: CalendarDate }>(
      `SELECT state.revision, state.as_of::text AS "registerAsOf", r.key, r.content, r.as_of AS "asOf"
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT asked.key, c.content, c.as_of::text AS as_of, c.valid_from
             FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (list, facility_code, code, key)
             JOIN register_catalogue c ON c.list = asked.list AND c.facility_code = asked.facility_code AND c.code = asked.code
           UNION ALL
           SELECT asked.key, NULL, l.as_of::text, NULL
             FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (list, facility_code, code, key)
             JOIN register_catalogue_list l ON l.list = asked.list AND l.facility_code = asked.facility_code
            WHERE asked.code IS NULL
         ) r ON true
        WHERE state.kind = 'catalogue'
        ORDER BY r.key, r.valid_from`,
      [0, 1, 2].map((part) => parts.map((one) => one[part] ?? null)),
      'register-catalogue',
    )
    return reading(rows, keys, ({ content, asOf }): ListRow => (content === null ? { asOf } : { entry: entryOf(content) }))
  }
}

function entryOf(content: string): CatalogueEntry {
  const { name: _, unitPrice, payableUnitPrice, paymentRate, ...rest } = JSON.parse(content) as CatalogueRow
  return {
    ...rest,
    unitPriceMilli: parseMilli(unitPrice),
    payableUnitPriceMilli: payableUnitPrice === null ? null : parseMilli(payableUnitPrice),
    paymentRateBp: parseRate(paymentRate),
  }
}

/** Keys are the codes that stand first in a relation. */
export function readRelations(sql: Sql): ReadRows<Relation> {
  return async (keys) => {
    const { rows } = await sql.query<Row & { content: string }>(
      `SELECT state.revision, state.as_of::text AS "registerAsOf", r.key, r.content
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT asked.key, relation.content, relation.kind, relation.other, relation.valid_from
             FROM unnest($1::text[]) WITH ORDINALITY AS asked (code, key)
             CROSS JOIN (VALUES ('includes'), ('step-of'), ('priced-as')) AS every (kind)
             JOIN register_relation relation ON relation.kind = every.kind AND relation.code = asked.code
         ) r ON true
        WHERE state.kind = 'relations'
        ORDER BY r.key, r.kind, r.other, r.valid_from`,
      [keys],
      'register-relations',
    )
    return reading(rows, keys, ({ content }) => JSON.parse(content) as Relation)
  }
}

/** Keys are codes of practitioners. */
export function readPractitioners(sql: Sql): ReadRows<Practitioner> {
  return async (keys) => {
    const { rows } = await sql.query<Row & { content: string }>(
      `SELECT state.revision, state.as_of::text AS "registerAsOf", p.key, p.content
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT asked.key, practitioner.content, practitioner.facility_code, practitioner.valid_from
             FROM unnest($1::text[]) WITH ORDINALITY AS asked (code, key)
             JOIN register_practitioner practitioner ON practitioner.code = asked.code
         ) p ON true
        WHERE state.kind = 'practitioners'
        ORDER BY p.key, p.facility_code, p.valid_from`,
      [keys],
      'register-practitioners',
    )
    return reading(rows, keys, ({ content }) => JSON.parse(content) as Practitioner)
  }
}

/** Keys are keyed hashes of personal ids. */
export function readReferrals(sql: Sql, keyedHash: KeyedHash): ReadRows<Referral> {
  const seal = createSeal(keyedHash, REFERRAL_SEAL)
  const mark = secretMark(keyedHash)
  return async (keys) => {
    const { rows } = await sql.query<Row & { secretMark: string | null; id: string; sealed: Buffer; usedBy: string | null }>(
      `SELECT state.revision, state.as_of::text AS "registerAsOf", state.secret_mark AS "secretMark", r.key, r.id, r.sealed, r.used_by AS "usedBy"
         FROM register_state state
         LEFT JOIN LATERAL (
           SELECT asked.key, referral.id, referral.sealed, used.encounter_id AS used_by
             FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (member, key)
             JOIN register_referral referral ON referral.member_key = asked.member
             LEFT JOIN referral_use used ON used.referral_id = referral.id AND used.slot = ''
         ) r ON true
        WHERE state.kind = 'referrals'
        ORDER BY r.key, r.id`,
      [keys],
      'register-referrals',
    )
    const stored = rows[0]?.secretMark
    if (stored != null && stored !== mark) throw new OtherSecret()
    return reading(rows, keys, ({ sealed, id, usedBy }) => {
      const text = seal.open(sealed, id)
      if (text === undefined) throw new OtherSecret()
      const { personalId: _, ...referral } = JSON.parse(text) as ReferralRecord
      return usedBy === null ? referral : { ...referral, usedBy }
    })
  }
}
