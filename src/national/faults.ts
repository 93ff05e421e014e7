import type { Fault } from '../platform/problem.ts'

/** Stable codes of what can be wrong with the content of a claim, and what people read about each. */
const details = {
  'field.required': { vi: 'Thiếu trường bắt buộc.', en: 'A required field is missing or empty.' },
  'field.unknown': { vi: 'Trường không có trong bảng này.', en: 'The table has no field of this name.' },
  'field.type': { vi: 'Giá trị phải là chuỗi ký tự.', en: 'The value must be a string.' },
  'field.length': { vi: 'Giá trị dài hơn kích thước cho phép.', en: 'The value is longer than the field allows.' },
  'field.format': { vi: 'Giá trị không đúng định dạng của trường.', en: 'The value does not have the form of this field.' },
  'field.decimals': { vi: 'Quá nhiều chữ số thập phân.', en: 'The number has too many decimals.' },
  'field.characters': {
    vi: 'Giá trị chứa ký tự điều khiển hoặc ký tự không được phép.',
    en: 'The value holds control or other characters that are not allowed.',
  },
  'row.type': { vi: 'Mỗi dòng của bảng phải là một đối tượng.', en: 'Each row of a table must be an object.' },
  'table.unknown': { vi: 'Hồ sơ không có bảng này.', en: 'A claim has no such table.' },
  'table.required': { vi: 'Thiếu bảng XML1.', en: 'Table XML1 is missing.' },
  'table.type': {
    vi: 'Bảng một dòng là một đối tượng, các bảng khác là danh sách.',
    en: 'A table of one row is an object, every other a list.',
  },
  'table.structure': { vi: 'Cấu trúc XML của bảng không đúng quy định.', en: 'The XML of the table is not built as prescribed.' },
  'table.repeated': { vi: 'Bảng một dòng được gửi nhiều lần.', en: 'A table of one row was sent more than once.' },
  'claim.too_many_lines': { vi: 'Hồ sơ có quá nhiều dòng chi phí.', en: 'The claim has too many lines.' },
  'claim.too_many_rows': { vi: 'Các bảng khác có quá nhiều dòng.', en: 'The other tables have too many rows.' },
  'facility.mismatch': {
    vi: 'MACSKCB của phong bì khác MA_CSKCB của hồ sơ.',
    en: 'MACSKCB of the envelope and MA_CSKCB of the claim differ.',
  },
} as const satisfies Record<string, { vi: string; en: string }>
export type FaultCode = keyof typeof details
export const FAULT_CODES = Object.keys(details) as readonly FaultCode[]

export interface FaultPlace {
  readonly table?: string | undefined
  /** Position in the table's list, from 0. */
  readonly index?: number | undefined
  readonly stt?: number | undefined
  readonly field?: string | undefined
}

/** Counts every fault and keeps the first `listedMax`. */
export interface FaultList {
  add(code: FaultCode, place: FaultPlace): void
  readonly listed: readonly Fault[]
  readonly count: number
}

/** `STT` of a row as far as it is one. */
export function sttOf(row: unknown): number | undefined {
  const stt = typeof row === 'object' && row !== null ? (row as { readonly STT?: unknown }).STT : undefined
  return typeof stt === 'string' && /^\d{1,10}$/.test(stt) ? Number(stt) : undefined
}

export function createFaultList(listedMax: number): FaultList {
  const listed: Fault[] = []
  let count = 0
  return {
    listed,
    get count() {
      return count
    },
    add(code, place) {
      count++
      if (listed.length < listedMax) listed.push(faultOf(code, place))
    },
  }
}

function faultOf(code: FaultCode, { table, index, stt, field }: FaultPlace): Fault {
  const path = [table, index, field].filter((step) => step !== undefined)
  return {
    pointer: path.map((step) => `/${escaped(String(step))}`).join(''),
    code,
    detail: details[code],
    ...(table === undefined ? {} : { table: table.slice(0, nameLengthMax) }),
    ...(stt === undefined ? {} : { stt }),
    ...(field === undefined ? {} : { field: field.slice(0, nameLengthMax) }),
  }
}

/** Names that a sender made up are shown no longer than this. */
const nameLengthMax = 64
const escaped = (step: string) => step.slice(0, nameLengthMax).replaceAll('~', '~0').replaceAll('/', '~1')
