import type { LocalTime } from '../domain/claim.ts'
import { EXAMS_COUNTED_FROM } from '../domain/facts.ts'
import { APART, binaryArray, type Sql } from '../platform/postgres.ts'
import type { ExamChanges, ExamTableState, TableExams } from './ledger.ts'

/** For the index by which a table's exams are found; a reference has no space in it. */
export const tableRefsText = (exams: readonly TableExams[]): string | null =>
  exams.length === 0 ? null : exams.map(({ tableRef }) => tableRef).join(' ')
export const tableExamsText = (exams: readonly TableExams[]): string | null =>
  exams.length === 0 ? null : JSON.stringify(exams.map(({ tableRef, times }) => ({ tableRef, times })))
export const tableExamsOfText = (text: string | null): readonly TableExams[] =>
  text === null ? [] : (JSON.parse(text) as readonly TableExams[])

/** See `Ledger.examTables`. */
export async function readExamTables(
  sql: Sql,
  asked: readonly { tableRef: string; adding: number }[],
): Promise<readonly ExamTableState[]> {
  if (asked.length === 0) return []
  const { rows } = await sql.query<{
    index: number
    revision: number
    exams: number
    claimId: string | null
    tables: string
  }>(
    `SELECT a.ord::int - 1 AS index, t.revision, t.exams, e.claim_id AS "claimId", e.exam_tables AS tables
     FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS a (ref, adding, ord)
     CROSS JOIN LATERAL (SELECT exams, revision FROM exam_table WHERE table_ref = a.ref ${APART}) t
     LEFT JOIN LATERAL (
       -- Apart, the exams of a table with few are not even looked for.
       SELECT v.claim_id, v.exam_tables
       FROM (
         SELECT claim_id, version, exam_tables FROM claim_version
         WHERE exam_refs @> ARRAY[a.ref] AND t.exams + a.adding >= $3 ${APART}
       ) v
       CROSS JOIN LATERAL (SELECT FROM claim WHERE claim_id = v.claim_id AND current_version = v.version ${APART}) c
       ${APART}
     ) e ON true`,
    [
      binaryArray(
        'text',
        asked.map(({ tableRef }) => tableRef),
      ),
      asked.map(({ adding }) => adding),
      EXAMS_COUNTED_FROM,
    ],
    'ledger-exam-tables',
  )
  const byClaim = asked.map(() => new Map<string, readonly LocalTime[]>())
  const states = asked.map(({ adding }, index) => stateOf(0, 0, adding, byClaim[index]!))
  for (const { index, revision, exams, claimId, tables } of rows) {
    if (claimId !== null) byClaim[index]!.set(claimId, timesAt(asked[index]!.tableRef, tables))
    states[index] = stateOf(revision, exams, asked[index]!.adding, byClaim[index]!)
  }
  return states
}

const timesAt = (tableRef: string, tables: string): readonly LocalTime[] =>
  tableExamsOfText(tables).find((one) => one.tableRef === tableRef)!.times

function stateOf(
  revision: number,
  exams: number,
  adding: number,
  byClaim: ReadonlyMap<string, readonly LocalTime[]>,
): ExamTableState {
  return { revision, byClaim: exams + adding < EXAMS_COUNTED_FROM ? undefined : byClaim }
}

/**
 * Counts, and tells whether every decision would be the same on what the tables hold now: nothing changed since they were read, or there
 * were too few exams then and are now. Everybody counts on these rows, so this is the last statement of a transaction: they are locked for no longer than its
 * commit takes, in one order.
 */
export async function countExams(sql: Sql, tables: ExamChanges): Promise<boolean> {
  if (tables.length === 0) return true
  const { rows } = await sql.query<{ tableRef: string; exams: number; revision: number }>(
    `INSERT INTO exam_table AS t (table_ref, exams, revision)
     SELECT a.ref, a.change, 1 FROM unnest($1::text[], $2::int[]) AS a (ref, change) ORDER BY a.ref COLLATE "C"
     ON CONFLICT (table_ref) DO UPDATE SET exams = t.exams + excluded.exams, revision = t.revision + 1
     RETURNING table_ref AS "tableRef", exams, revision`,
    [
      binaryArray(
        'text',
        tables.map(({ tableRef }) => tableRef),
      ),
      tables.map(({ change }) => change),
    ],
    'ledger-count-exams',
  )
  const now = new Map(rows.map((row) => [row.tableRef, row]))
  return tables.every(({ tableRef, expected, isCounted, adding, change }) => {
    const { revision, exams } = now.get(tableRef)!
    if (expected === null || revision - 1 === expected) return true
    return !isCounted && exams - change + adding < EXAMS_COUNTED_FROM
  })
}
