import type { Facility } from '../domain/facts.ts'
import type { BatchOutcome, Numbered, WriteBatch, Writers } from './import-kinds.ts'
import { writeMembers } from './import-members.ts'
import type { CatalogueRow, Practitioner, Referral, Relation } from './register-record.ts'
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
  members: writeMembers,
  facilities: () =>
    writeEntries<Facility>(table('register_facility', 1, { code: 'text', content: 'text' }), (record) => [
      record.code,
      JSON.stringify(record),
    ]),
  catalogue: () =>
    writeEntries<CatalogueRow>(
      table('register_catalogue', 4, {
        list: 'text',
        facility_code: 'text',
        code: 'text',
        valid_from: 'date',
        valid_to: 'date',
        content: 'text',
      }),
      (record) => [record.list, record.facilityCode ?? '', record.code, record.validFrom, record.validTo, JSON.stringify(record)],
    ),
  referrals: (keyedHash) => {
    const seal = createSeal(keyedHash, 'register-referral')
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
): WriteBatch<T> {
  const names = columns.map(([column]) => column)
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')
  const text = `
    INSERT INTO ${name} (${names.join(', ')}, as_of)
    SELECT given.*, $${columns.length + 1}::date FROM unnest(${arrays}) AS given
    ON CONFLICT (${names.slice(0, keyColumns).join(', ')})
    DO UPDATE SET ${[...names.slice(keyColumns), 'as_of'].map((column) => `${column} = excluded.${column}`).join(', ')}
     WHERE ${name}.as_of <= excluded.as_of`

  return async (sql, batch: readonly Numbered<T>[], asOf) => {
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
}
