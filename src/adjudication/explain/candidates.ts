import type { Decision, Finding, LineRef } from '../../domain/decision.ts'
import { parseMilli } from '../../domain/money.ts'
import { valueOn } from '../../domain/rulebook.ts'
import type { WireRow } from '../../national/reading.ts'
import { totalFields } from '../stages/totals.ts'
import { type FieldEdit, type Filed, plainDecimal, rowsIn } from './edit-claim.ts'

/**
 * Changes of form or code that might settle a finding; each is decided again before it is offered. What happened to the patient
 * (diagnoses, times, who did what) is never changed.
 */
export interface Candidate {
  readonly edits: readonly FieldEdit[]
  readonly follow: 'amounts' | 'rates'
  /** Holds only if a person finds it so. */
  readonly condition?: 'row_belongs' | 'slip_shown'
}

const settles = ({ severity }: Finding): boolean => severity === 'pend' || severity === 'reduce' || severity === 'deny'

/** What might be tried, finding by finding; of one finding the smaller change first. */
export function candidatesOf(filed: Filed, { findings }: Decision): readonly Candidate[] {
  return [
    ...findings
      .filter(settles)
      .flatMap((finding) => [
        ...byEffect(filed, finding),
        ...byAmount(filed, finding),
        ...byPriceAbove(filed, finding),
        ...byCode(filed, finding),
        ...byCategory(filed, finding),
        ...bySlip(filed, finding),
      ]),
    ...totals(findings),
    ...repeatedNumbers(filed, findings),
    ...strayRows(filed, findings),
  ]
}

const amounts = (edits: readonly FieldEdit[]): Candidate[] => (edits.length === 0 ? [] : [{ edits, follow: 'amounts' }])

/** Rows of the lines that a finding names; none where a number stands for several. */
function rowsOf({ wire }: Filed, lines: readonly LineRef[]): readonly { readonly table: string; readonly row: number }[] {
  return lines.flatMap(({ table, stt }) => {
    const found = rowsByNumber(rowsIn(wire, table)).get(stt)
    return found?.length === 1 ? [{ table, row: found[0]! }] : []
  })
}

const numbered = new WeakMap<readonly WireRow[], ReadonlyMap<number, readonly number[]>>()
/** Positions of the rows by `STT`. */
function rowsByNumber(rows: readonly WireRow[]): ReadonlyMap<number, readonly number[]> {
  const known = numbered.get(rows) ?? Map.groupBy(rows.keys(), (at) => Number(rows[at]!['STT']))
  numbered.set(rows, known)
  return known
}

/** Factors of a line that a rule may bring down to what is allowed. */
const factors: ReadonlySet<string> = new Set([
  'SO_LUONG',
  'DON_GIA',
  'DON_GIA_BV',
  'DON_GIA_BH',
  'TYLE_TT_DV',
  'TYLE_TT_BH',
  'MUC_HUONG',
])
const isDecimal = (text: string): boolean => /^\d+(\.\d+)?$/.test(text)

/** The value that the rule would accept, in the place of the claimed one. */
function byEffect(filed: Filed, { effect, lines, severity }: Finding): readonly Candidate[] {
  if (effect === undefined || severity === 'deny' || !factors.has(effect.field) || !isDecimal(effect.after)) return []
  const to = plainDecimal(effect.after)
  const rows = rowsOf(filed, lines)
  if (effect.field.startsWith('DON_GIA')) {
    return amounts(rows.flatMap(({ table, row }) => pricesOf(filed, table, row, to, effect.bearer === 'patient')))
  }
  return amounts(rows.map(({ table, row }) => ({ table, row, field: effect.field, to })))
}

/** Lowers the insured price; where the provider bears it the own price goes down as well, so that no part of it falls to the patient. */
function pricesOf({ wire }: Filed, table: string, row: number, to: string, patientBears: boolean): readonly FieldEdit[] {
  if (table === 'XML2') return [{ table, row, field: 'DON_GIA', to }]
  const { DON_GIA_BV: own = '0', DON_GIA_BH: insured = '0' } = rowsIn(wire, table)[row]!
  const [ownMilli, insuredMilli, allowed] = [parseMilli(own), parseMilli(insured), parseMilli(to)]
  const edits: FieldEdit[] = insuredMilli > allowed ? [{ table, row, field: 'DON_GIA_BH', to }] : []
  const agreed = Math.max(0, ownMilli - insuredMilli)
  if (patientBears || ownMilli <= allowed + agreed) return edits
  return [...edits, { table, row, field: 'DON_GIA_BV', to: String((allowed + agreed) / 1000) }]
}

/** INT-02: the amount that the formula gives. */
function byAmount(filed: Filed, { rule, inputs, lines }: Finding): readonly Candidate[] {
  const { field, computed } = inputs
  if (rule !== 'INT-02' || field === undefined || computed === undefined || !isDecimal(computed)) return []
  return amounts(rowsOf(filed, lines).map(({ table, row }) => ({ table, row, field, to: plainDecimal(computed) })))
}

/** INT-02: the insured price is above the hospital's own. */
function byPriceAbove(filed: Filed, { rule, inputs, lines }: Finding): readonly Candidate[] {
  if (rule !== 'INT-02' || inputs['field'] !== undefined) return []
  const edits = rowsOf(filed, lines).flatMap(({ table, row }): FieldEdit[] => {
    const { DON_GIA_BV: hospital, DON_GIA_BH: insured } = rowsIn(filed.wire, table)[row]!
    return hospital !== undefined && insured !== undefined && Number(insured) > Number(hospital)
      ? [{ table, row, field: 'DON_GIA_BH', to: hospital }]
      : []
  })
  return amounts(edits)
}

/** National fields with the closed list of their codes. */
const listsOfFields: Readonly<Record<string, string>> = {
  MA_LOAI_KCB: 'care_type',
  GIOI_TINH: 'sex',
  KET_QUA_DTRI: 'treatment_result',
  MA_LOAI_RV: 'discharge_type',
  MA_KHUVUC: 'area',
  MA_NHOM: 'cost_group',
  PHAM_VI: 'scope',
  MA_PTTT: 'payment_method',
  NGUON_CTRA: 'funding_source',
}
/** Codes tried for one that is not in its list. */
const codesTriedMax = 3

/** INT-09: a code that differs in nothing but zeros, blanks or case from one of its list. */
function byCode(filed: Filed, { rule, inputs, lines }: Finding): readonly Candidate[] {
  const { field, code, on } = inputs
  if (rule !== 'INT-09' || field === undefined || code === undefined || on === undefined) return []
  const known = codesInForce(filed, field, on).filter((one) => plainCode(one) === plainCode(code) && one !== code)
  const places = lines.length === 0 ? [{ table: 'XML1', row: 0 }] : rowsOf(filed, lines)
  const rates = field === 'MA_DOITUONG_KCB' || field === 'MA_LOAI_KCB'
  return known.slice(0, codesTriedMax).flatMap((to): Candidate[] => {
    const edits = places.map(({ table, row }) => ({ table, row, field, to }))
    return rates
      ? [
          { edits, follow: 'amounts' },
          { edits, follow: 'rates' },
        ]
      : [{ edits, follow: 'amounts' }]
  })
}
const plainCode = (code: string): string => code.replaceAll(/[\s.]/g, '').replace(/^0+/, '').toUpperCase()

/** The codes that a field may have on a day, in order. */
export function codesInForce({ rulebook }: Pick<Filed, 'rulebook'>, field: string, on: string): readonly string[] {
  const list = field === 'MA_DOITUONG_KCB' ? rulebook.visitCategories : rulebook.codes.get(listsOfFields[field] ?? '')
  return [...(list ?? [])]
    .filter(([, dated]) => valueOn<unknown>(dated, on) !== undefined)
    .map(([code]) => code)
    .sort()
}

/** BEN-03: the visit category that the facts give. */
function byCategory({ rulebook }: Filed, { rule, inputs }: Finding): readonly Candidate[] {
  const to = inputs['derived']
  if (rule !== 'BEN-03' || to === undefined || !rulebook.visitCategories.has(to)) return []
  return [{ edits: [{ table: 'XML1', row: 0, field: 'MA_DOITUONG_KCB', to }], follow: 'rates' }]
}

/** Rules that a slip may settle: which route the visit is on. */
const ofRoutes: ReadonlySet<string> = new Set(['BEN-03', 'BEN-06', 'BEN-07', 'BEN-09', 'BEN-10'])
/** Slips tried. */
const slipsTriedMax = 3
const categoryOfSlip = { transfer: '1.3', 'one-year': '1.3', 're-visit': '1.5' } as const

/** A slip for this facility that the register has and the claim does not name, with the category that it gives. */
function bySlip({ wire, facts: { referrals } }: Filed, { rule }: Finding): readonly Candidate[] {
  if (!ofRoutes.has(rule) || referrals.kind !== 'known') return []
  const { MA_CSKCB: here, GIAY_CHUYEN_TUYEN: named, MA_LK: encounter } = wire.XML1
  const slips = referrals.value.filter(
    ({ id, to, usedBy }) => to === here && id !== named && (usedBy === null || usedBy === encounter),
  )
  const head = (field: string, to: string): FieldEdit => ({ table: 'XML1', row: 0, field, to })
  return slips.slice(0, slipsTriedMax).flatMap(({ id, from, kind }): Candidate[] => {
    const slip = [head('GIAY_CHUYEN_TUYEN', id), head('MA_NOI_DI', from)]
    const condition = 'slip_shown'
    return [
      { edits: slip, follow: 'amounts', condition },
      { edits: [...slip, head('MA_DOITUONG_KCB', categoryOfSlip[kind])], follow: 'rates', condition },
    ]
  })
}

/** INT-03: the sum of the lines. */
function totals(findings: readonly Finding[]): readonly Candidate[] {
  const names = new Set<string>(totalFields.map(([, field]) => field))
  return findings.flatMap(({ rule, severity, inputs: { field, computed } }) =>
    rule === 'INT-03' && severity === 'pend' && field !== undefined && names.has(field) && computed !== undefined
      ? amounts([{ table: 'XML1', row: 0, field, to: plainDecimal(computed) }])
      : [],
  )
}

/** INT-01: the later of two rows with one number gets the next free one. */
function repeatedNumbers({ wire }: Filed, findings: readonly Finding[]): readonly Candidate[] {
  if (!findings.some(({ rule, severity }) => rule === 'INT-01' && severity === 'pend')) return []
  const edits = ['XML2', 'XML3'].flatMap((table) => {
    const rows = rowsIn(wire, table)
    const seen = new Set<string>()
    let next = Math.max(0, ...rows.map((row) => Number(row['STT'])))
    return rows.flatMap((row, at): FieldEdit[] => {
      const stt = row['STT'] ?? ''
      if (!seen.has(stt)) {
        seen.add(stt)
        return []
      }
      next += 1
      return [{ table, row: at, field: 'STT', to: String(next) }]
    })
  })
  return amounts(edits)
}

/** INT-01: rows under another encounter. */
function strayRows({ wire }: Filed, findings: readonly Finding[]): readonly Candidate[] {
  if (!findings.some(({ rule, severity }) => rule === 'INT-01' && severity === 'deny')) return []
  const to = wire.XML1['MA_LK']!
  const edits = Object.keys(wire).flatMap((table) =>
    rowsIn(wire, table).flatMap((row, at): FieldEdit[] =>
      row['MA_LK'] === undefined || row['MA_LK'] === to ? [] : [{ table, row: at, field: 'MA_LK', to }],
    ),
  )
  return edits.length === 0 ? [] : [{ edits, follow: 'amounts', condition: 'row_belongs' }]
}
