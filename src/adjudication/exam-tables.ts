import type { CalendarDate, Claim, ClaimLine, LocalTime } from '../domain/claim.ts'
import type { Decision } from '../domain/decision.ts'
import { EXAMS_COUNTED_FROM, type ExamTable } from '../domain/facts.ts'
import type { ExamChanges, ExamTableState, TableExams } from '../ledger/ledger.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import { isCountedExam, paidLines, timeOf } from './visit-details.ts'

/** Our reading of a table (PRC-07), which the national file does not name: one practitioner at one facility on one day. */
export interface ClaimTable {
  readonly tableRef: string
  readonly practitioner: string
  readonly on: CalendarDate
  /** The claim's exams there. */
  readonly lines: readonly ClaimLine[]
}

/** Who examined: who performed, else who ordered. A code in brackets stands for staff without a certificate and names nobody. */
function practitionerOf({ performedBy, orderedBy }: ClaimLine): string | undefined {
  const code = performedBy[0] ?? orderedBy[0]
  return code?.startsWith('(') ? undefined : code
}

/** The tables at which a claim has exams, by practitioner and day. */
export function tablesOf({ facilityCode, lines }: Claim, keyedHash: KeyedHash): readonly ClaimTable[] {
  const tables = new Map<string, { practitioner: string; on: CalendarDate; lines: ClaimLine[] }>()
  for (const line of lines) {
    const practitioner = isCountedExam(line) ? practitionerOf(line) : undefined
    if (practitioner === undefined) continue
    const on = timeOf(line).slice(0, 10)
    const key = [practitioner, on].join('\u0000')
    const table = tables.get(key)
    if (table) table.lines.push(line)
    else tables.set(key, { practitioner, on, lines: [line] })
  }
  return [...tables.keys()].sort().map((key) => ({
    ...tables.get(key)!,
    tableRef: keyedHash.digest('exam-table', [facilityCode, key].join('\u0000')).slice(0, 32),
  }))
}

/** Of a decided claim's exams those that count, by table. */
export function countedExams(tables: readonly ClaimTable[], decision: Decision): readonly TableExams[] {
  if (tables.length === 0) return []
  const isPaid = paidLines(decision)
  return tables.flatMap(({ tableRef, lines }) => {
    const times = lines.filter(isPaid).map(timeOf).sort()
    return times.length === 0 ? [] : [{ tableRef, times }]
  })
}

/** The tables of a batch while it is folded. */
export function createExamFold(states: ReadonlyMap<string, ExamTableState>, adding: ReadonlyMap<string, number>) {
  /** Tables on which decisions rest, and those that only lose exams. */
  const touched = new Set<string>()
  const change = new Map<string, number>()
  const moved = new Map<string, Map<string, readonly LocalTime[]>>()

  function put(claimId: string, exams: readonly TableExams[], sign: 1 | -1): void {
    for (const { tableRef, times } of exams) {
      touched.add(tableRef)
      change.set(tableRef, (change.get(tableRef) ?? 0) + sign * times.length)
      const claims = moved.get(tableRef) ?? new Map<string, readonly LocalTime[]>()
      moved.set(tableRef, claims.set(claimId, sign === 1 ? times : []))
    }
  }

  function before(claimId: string, { tableRef, lines }: ClaimTable): number {
    const byClaim = states.get(tableRef)?.byClaim
    if (byClaim === undefined) return 0
    const first = lines.map(timeOf).sort()[0]!
    const count = (other: string, times: readonly LocalTime[]) =>
      other === claimId ? 0 : times.filter((time) => time < first || (time === first && other < claimId)).length
    const overlay = moved.get(tableRef)
    let sum = 0
    for (const [other, times] of byClaim) if (!overlay?.has(other)) sum += count(other, times)
    for (const [other, times] of overlay ?? []) sum += count(other, times)
    return sum
  }

  return {
    /** Of each table that is so full that it may matter, the exams of other claims before the claim's first: by time, then by claim. */
    factsOf(claimId: string, tables: readonly ClaimTable[]): readonly ExamTable[] {
      return tables.flatMap((table) => {
        touched.add(table.tableRef)
        const count = before(claimId, table)
        return count < EXAMS_COUNTED_FROM ? [] : [{ practitioner: table.practitioner, on: table.on, before: count }]
      })
    },
    /** Another version of the claim counts now. */
    move(claimId: string, from: readonly TableExams[], to: readonly TableExams[]): void {
      put(claimId, from, -1)
      put(claimId, to, 1)
    },
    changes(): ExamChanges {
      return [...touched].map((tableRef) => {
        const state = states.get(tableRef)
        return {
          tableRef,
          expected: state?.revision ?? null,
          isCounted: state?.byClaim !== undefined,
          adding: adding.get(tableRef) ?? 0,
          change: change.get(tableRef) ?? 0,
        }
      })
    },
  }
}
