import type { CalendarDate } from '../domain/claim.ts'
import type { Facility } from '../domain/facts.ts'
import type { Sql } from '../platform/postgres.ts'
import type { BatchOutcome, Numbered, Writer, Writers } from './import-kinds.ts'
import { writeMembers } from './import-members.ts'
import { REFERRAL_SEAL } from './read-lists.ts'
import type { CatalogueRow, Practitioner, Referral, Relation } from './register-record.ts'
import { NEVER_WHOLE } from './row-copies.ts'
import { createSeal } from './seal.ts'

type ColumnType = 'text' | 'date' | 'uuid' | 'bytea'
interface Table {
  readonly name: string
  /** Key columns first; the last column holds the record. */
  readonly columns: readonly (readonly [name: string, type: ColumnType])[]
  readonly keyColumns: number
}

/** How each kind is stored. */
export const writers: Writers = {
  members: (keyedHash) => ({ write: writeMembers(keyedHash) }),
  facilities: () =>
    writeEntries<Facility>(table('register_facility', 1, { code: 'text', content: 'text' }), (record) => [
      record.code,
      JSON.stringify(record),
    ]),
  catalogue: writeCatalogue,
  referrals: (keyedHash) => {
    const seal = createSeal(keyedHash, REFERRAL_SEAL)
    return writeEntries<Referral>(
      table('register_referral', 1, { id: 'text', member_key: 'uuid', sealed: 'bytea' }),
      (record) => [record.id, keyedHash.member('personal', record.personalId), seal.seal(JSON.stringify(record), record.id)],
    )
  },
  practitioners: () =>
    writeEntries<Practitioner>(
      table('register_practitioner', 3, { code: 'text', facility_code: 'text', valid_from: 'date', content: 'text' }),
      (record) => [record.code, record.facilityCode, record.validFrom, JSON.stringify(record)],
    ),
  relations: () =>
    writeEntries<Relation>(
      table('register_relation', 4, { kind: 'text', code: 'text', other: 'text', valid_from: 'date', content: 'text' }),
      (record) => [record.kind, record.code, record.other, record.validFrom, JSON.stringify(record)],
    ),
}

/** Beside the rows, how new each list of each facility is: the file says nothing of the lists that it does not name. */
function writeCatalogue(): Writer<CatalogueRow> {
  const rows = writeEntries<CatalogueRow>(
    table('register_catalogue', 4, {
      list: 'text',
      facility_code: 'text',
      code: 'text',
      valid_from: 'date',
      valid_to: 'date',
      content: 'text',
    }),
    (record) => [record.list, record.facilityCode ?? '', record.code, record.validFrom, record.validTo, JSON.stringify(record)],
  )
  const named = new Map<string, readonly [list: string, facilityCode: string]>()
  return {
    async write(sql, batch, asOf) {
      for (const { record } of batch) {
        const facilityCode = record.facilityCode ?? ''
        named.set(`${record.list} ${facilityCode}`, [record.list, facilityCode])
      }
      return rows.write(sql, batch, asOf)
    },
    async finish(sql, asOf) {
      const lists = [...named.values()]
      await sql.query(
        `INSERT INTO register_catalogue_list (list, facility_code, as_of)
         SELECT given.*, $3::date FROM unnest($1::text[], $2::text[]) AS given
         ON CONFLICT (list, facility_code)
         DO UPDATE SET as_of = GREATEST(register_catalogue_list.as_of, excluded.as_of)`,
        [lists.map(([list]) => list), lists.map(([, facilityCode]) => facilityCode), asOf ?? NEVER_WHOLE],
      )
    },
  }
}

function table(name: string, keyColumns: number, columns: Readonly<Record<string, ColumnType>>): Table {
  return { name, keyColumns, columns: Object.entries(columns) }
}

/**
 * Records without a version: one of a newer file replaces the stored one, one of an older file is ignored, and of several in one
 * file the last counts.
 */
function writeEntries<T>(
  { name, columns, keyColumns }: Table,
  rowOf: (record: T) => readonly (string | Buffer | null)[],
): Writer<T> {
  const names = columns.map(([column]) => column)
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')
  const text = `
    INSERT INTO ${name} (${names.join(', ')}, as_of)
    SELECT given.*, $${columns.length + 1}::date FROM unnest(${arrays}) AS given
    ON CONFLICT (${names.slice(0, keyColumns).join(', ')})
    DO UPDATE SET ${[...names.slice(keyColumns), 'as_of'].map((column) => `${column} = excluded.${column}`).join(', ')}
     WHERE ${name}.as_of <= excluded.as_of`

  const write = async (sql: Sql, batch: readonly Numbered<T>[], asOf: CalendarDate) => {
    const rows = new Map(
      batch.map(({ record }) => {
        const row = rowOf(record)
        return [row.slice(0, keyColumns).join('\u0000'), row] as const
      }),
    )
    const values = columns.map((_, index) => [...rows.values()].map((row) => row[index] ?? null))
    const { rowCount } = await sql.query(text, [...values, asOf], `register-write-${name}`)
    const ignored = rows.size - rowCount
    return { applied: batch.length - ignored, unchanged: 0, ignored, faults: [] } satisfies BatchOutcome
  }
  return { write }
}
