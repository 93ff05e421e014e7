import { EXAMS_COUNTED_FROM } from '../domain/facts.ts'
import { binaryArray, type Sql } from '../platform/postgres.ts'
import type { ExamChanges, ExamTableState, TableExams } from './ledger.ts'

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
    times: string
  }>(
    `SELECT a.ord::int - 1 AS index, t.revision, t.exams, e.claim_id AS "claimId", e.times
     FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS a (ref, adding, ord)
     JOIN exam_table t ON t.table_ref = a.ref
     -- As part of the key, so that the exams of a table with few are not even looked at.
     LEFT JOIN exam_at_table e ON e.table_ref = CASE WHEN t.exams + a.adding >= $3 THEN a.ref END`,
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
  const byClaim = asked.map(() => new Map<string, readonly string[]>())
  const states = asked.map(({ adding }, index) => stateOf(0, 0, adding, byClaim[index]!))
  for (const { index, revision, exams, claimId, times } of rows) {
    if (claimId !== null) byClaim[index]!.set(claimId, times.split(' '))
    states[index] = stateOf(revision, exams, asked[index]!.adding, byClaim[index]!)
  }
  return states
}

function stateOf(
  revision: number,
  exams: number,
  adding: number,
  byClaim: ReadonlyMap<string, readonly string[]>,
): ExamTableState {
  return { revision, byClaim: exams + adding < EXAMS_COUNTED_FROM ? undefined : byClaim }
}

/** Takes exams of versions that counted out and puts in those of versions that count. */
export async function moveExams(sql: Sql, { removed, added }: ExamChanges): Promise<void> {
  await Promise.all([
    removed.length === 0 ||
      sql.query(
        `DELETE FROM exam_at_table e USING unnest($1::text[], $2::text[]) AS a (ref, claim_id)
         WHERE e.table_ref = a.ref AND e.claim_id = a.claim_id`,
        [removed.map(({ tableRef }) => tableRef), removed.map(({ claimId }) => claimId)],
        'ledger-remove-exams',
      ),
    added.length === 0 ||
      sql.query(
        `INSERT INTO exam_at_table (table_ref, claim_id, times) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
         ON CONFLICT (table_ref, claim_id) DO UPDATE SET times = excluded.times`,
        [added.map(({ tableRef }) => tableRef), added.map(({ claimId }) => claimId), added.map(({ times }) => times.join(' '))],
        'ledger-add-exams',
      ),
  ])
}

/**
 * Counts, and tells whether every decision would be the same on what the tables hold now: nothing changed since they were read, or there
 * were too few exams then and are now. Everybody counts on these rows, so this is the last statement of a transaction: they are locked for no longer than its
 * commit takes, in one order.
 */
export async function countExams(sql: Sql, { tables }: ExamChanges): Promise<boolean> {
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
