import type { Claim, ClaimLine, LineTable, Totals } from '../../domain/claim.ts'
import type { Edit } from '../../domain/explanation.ts'
import type { Facts } from '../../domain/facts.ts'
import { formatMoney, formatRate, type Money, shareOf, subtract, zero } from '../../domain/money.ts'
import type { Rulebook } from '../../domain/rulebook.ts'
import { claimOf } from '../../national/claim-of.ts'
import type { RecordReading } from '../../national/read-body.ts'
import type { WireClaim, WireRow } from '../../national/reading.ts'
import { createContext } from '../stages/context.ts'
import { claimedTotals, totalFields } from '../stages/totals.ts'
import { watch } from './trace.ts'

/** What a claim is decided from, in its national form. */
export interface Filed {
  readonly wire: WireClaim
  readonly release: RecordReading['release']
  readonly facts: Facts
  readonly rulebook: Rulebook
}
/** A field of one row that would have another value. */
export interface FieldEdit {
  readonly table: string
  /** Position of the row; 0 for a table of one row. */
  readonly row: number
  readonly field: string
  readonly to: string
}
export interface EditedClaim {
  readonly wire: WireClaim
  readonly claim: Claim
  readonly edits: readonly Edit[]
  readonly fields: number
}

export const rowsIn = (wire: WireClaim, table: string): readonly WireRow[] => {
  const rows: WireRow | readonly WireRow[] | undefined = wire[table]
  return rows === undefined ? [] : isRows(rows) ? rows : [rows]
}
const isRows = (rows: WireRow | readonly WireRow[]): rows is readonly WireRow[] => Array.isArray(rows)

/** As the wire form writes it: `28000.00` is `28000`. */
export const plainDecimal = (decimal: string): string =>
  decimal.includes('.') ? decimal.replace(/0+$/, '').replace(/\.$/, '') : decimal

/**
 * Makes the edits, then what follows from them: the amounts of the edited rows by the formulas, and the header's totals by what the
 * rows changed.
 * @param follow `rates`: the rates of all rows follow as well, since the edit changes what the visit is entitled to
 */
export function editClaim(filed: Filed, wanted: readonly FieldEdit[], follow: 'amounts' | 'rates'): EditedClaim {
  const before = claimOf(filed.wire, filed.release)
  const draft = createDraft(filed.wire)
  for (const edit of wanted) draft.set(edit)
  const wantedCells = draft.cellsNow()
  if (follow === 'rates') followRates(filed, draft)
  const edited = new Set(
    [...draft.touched()]
      .filter(([table, , field]) => isLineTable(table) && pricing.has(field))
      .map(([table, row]) => `${table} ${row}`),
  )
  followAmounts(filed, draft, (table, row) => edited.has(`${table} ${row}`))
  const headerWanted = new Set(wanted.filter(({ table }) => table === 'XML1').map(({ field }) => field))
  followTotals(filed, draft, before, headerWanted)
  const wire = draft.wire()
  const edits = draft.edits(filed.wire, wantedCells)
  return { wire, claim: claimOf(wire, filed.release), edits, fields: edits.filter(({ follows }) => !follows).length }
}

/** Fields that a line's amounts follow from, and the amounts. */
const pricing: ReadonlySet<string> = new Set([
  ...['SO_LUONG', 'DON_GIA', 'DON_GIA_BV', 'DON_GIA_BH', 'TYLE_TT_DV', 'TYLE_TT_BH', 'MUC_HUONG'],
  ...['THANH_TIEN_BV', 'THANH_TIEN_BH', 'T_BHTT', 'T_BNCCT', 'T_BNTT', 'T_NGUONKHAC'],
])
const isLineTable = (table: string): table is LineTable => table === 'XML2' || table === 'XML3'

type Draft = ReturnType<typeof createDraft>

/** A claim in the making; remembers in which order cells were changed. */
function createDraft(start: WireClaim) {
  const cells = new Map<string, FieldEdit>()
  const sent = (table: string, row: number, field: string) => rowsIn(start, table)[row]?.[field]
  function wire(): WireClaim {
    const changed: Record<string, WireRow | readonly WireRow[]> = { ...start }
    for (const [table, edits] of Map.groupBy(cells.values(), (edit) => edit.table)) {
      const byRow = Map.groupBy(edits, ({ row }) => row)
      const edited = (row: WireRow, at: number): WireRow => {
        const own = byRow.get(at)
        return own === undefined ? row : { ...row, ...Object.fromEntries(own.map(({ field, to }) => [field, to])) }
      }
      const now = start[table]!
      changed[table] = isRows(now) ? now.map(edited) : edited(now, 0)
    }
    return changed as WireClaim
  }
  return {
    wire,
    set(edit: FieldEdit) {
      const key = `${edit.table} ${edit.row} ${edit.field}`
      if (sent(edit.table, edit.row, edit.field) === edit.to) cells.delete(key)
      else cells.set(key, cells.get(key) === undefined ? edit : { ...cells.get(key)!, to: edit.to })
    },
    cellsNow: (): ReadonlySet<string> => new Set(cells.keys()),
    touched: () => [...cells.values()].map(({ table, row, field }) => [table, row, field] as const),
    /** Those of `wanted` were asked for; the others follow. */
    edits: (from: WireClaim, wanted: ReadonlySet<string>): readonly Edit[] =>
      [...cells].map(([key, { table, row, field, to }]) => {
        const rows = from[table]
        const stt = table === 'XML1' ? Number.NaN : Number(rowsIn(from, table)[row]?.['STT'])
        return {
          pointer: isRows(rows ?? {}) ? `/${table}/${row}/${field}` : `/${table}/${field}`,
          table,
          ...(Number.isInteger(stt) ? { stt } : {}),
          field,
          from: sent(table, row, field) ?? '',
          to,
          follows: !wanted.has(key),
        }
      }),
  }
}

/** Rows of the draft with the line that each is, in the order of the file. */
function linesOf({ facts, rulebook, release }: Filed, draft: Draft) {
  const wire = draft.wire()
  const claim = claimOf(wire, release)
  const drugs = rowsIn(wire, 'XML2').length
  return {
    claim,
    lines: claim.lines.map((line, index) => ({
      line,
      table: line.table,
      row: index < drugs ? index : index - drugs,
    })),
    facts,
    rulebook,
  }
}

function followRates(filed: Filed, draft: Draft): void {
  const { claim, lines, facts, rulebook } = linesOf(filed, draft)
  const states = new Map(watch(claim, facts, rulebook).context.lines.map((state) => [state.line, state]))
  for (const { line, table, row } of lines) {
    const rate = states.get(line)?.benefitRateBp
    if (rate !== undefined && rate !== line.benefitRateBp) draft.set({ table, row, field: 'MUC_HUONG', to: formatRate(rate) })
  }
}

/** Amounts by the formulas of the national tables; rows with money of another source keep theirs. */
function followAmounts(filed: Filed, draft: Draft, isEdited: (table: string, row: number) => boolean): void {
  const { claim, lines, facts, rulebook } = linesOf(filed, draft)
  const { lines: states } = createContext(claim, facts, rulebook)
  const computed = new Map(states.map((state) => [state.line, state.computed]))
  for (const { line, table, row } of lines) {
    if (!isEdited(table, row) || line.amounts.otherSources !== 0) continue
    const { hospitalAmount, insuredAmount } = computed.get(line)!
    const amounts = amountsOf(line, hospitalAmount, insuredAmount)
    for (const [field, amount] of amounts) {
      if (valueIn(line, field) !== amount) draft.set({ table, row, field, to: plainDecimal(formatMoney(amount)) })
    }
  }
}

function amountsOf(line: ClaimLine, hospital: Money, byFormula: Money): readonly (readonly [string, Money])[] {
  // A visit outside the insured scope writes no insured amount.
  const insured = line.benefitRateBp === 0 ? zero : byFormula
  const fund = shareOf(insured, line.benefitRateBp)
  return [
    ['THANH_TIEN_BV', hospital],
    ['THANH_TIEN_BH', insured],
    ['T_BHTT', fund],
    ['T_BNCCT', subtract(insured, fund)],
    ['T_BNTT', subtract(hospital, insured)],
  ]
}
const lineFields = {
  THANH_TIEN_BV: 'hospitalAmount',
  THANH_TIEN_BH: 'insuredAmount',
  T_BHTT: 'fundPays',
  T_BNCCT: 'copay',
  T_BNTT: 'selfPays',
} as const satisfies Readonly<Record<string, keyof ClaimLine['amounts']>>
const valueIn = (line: ClaimLine, field: string): Money | undefined =>
  field in lineFields ? line.amounts[lineFields[field as keyof typeof lineFields]] : undefined

/** By what the rows changed: a total that was wrong before is not put right in passing, and one that is right now stays. */
function followTotals(filed: Filed, draft: Draft, before: Claim, wanted: ReadonlySet<string>): void {
  const { claim } = linesOf(filed, draft)
  const [sums, earlier] = [claimedTotals(claim.lines), claimedTotals(before.lines)]
  for (const [key, field] of totalFields) {
    const change = sums[key as keyof Totals] - earlier[key as keyof Totals]
    // Where the total itself is put right, it is the sum.
    const to = wanted.has(field) ? sums[key] : ((before.totals[key] + change) as Money)
    const isRight = before.totals[key] === sums[key]
    if (wanted.has(field) || (change !== 0 && !isRight))
      draft.set({ table: 'XML1', row: 0, field, to: plainDecimal(formatMoney(to)) })
  }
}
