import { decimals, type FieldKind, type NationalField } from './tables/table.ts'

/** One thing said in Vietnamese and English. */
export interface Text {
  readonly vi: string
  readonly en: string
}

interface Form extends Text {
  readonly example?: string
  /** Lengths that are right, where they are fixed: a size has then been said. */
  readonly lengths?: readonly number[]
  /** The form itself bounds the length. */
  readonly bounded?: true
}

const real = { vi: 'ngày có thật (1900–2099)', en: 'a day that exists (1900–2099)' }
const realTime = { vi: 'ngày giờ có thật (1900–2099)', en: 'a day and time that exist (1900–2099)' }
const digitsAndPoint = { vi: 'chỉ gồm chữ số và dấu chấm', en: 'digits and a point only' }

function decimal(whole: number, fraction: number, example: string): Form {
  return {
    vi: `số, phần nguyên tối đa ${whole} chữ số, tối đa ${fraction} chữ số thập phân, ${digitsAndPoint.vi}`,
    en: `a number, at most ${whole} digits before the point and ${fraction} decimals, ${digitsAndPoint.en}`,
    example,
  }
}

const forms: Readonly<Record<FieldKind, Form>> = {
  code: { vi: 'mã, dạng chuỗi', en: 'a code, as a string' },
  codes: { vi: 'một hay nhiều mã, cách nhau bằng ";"', en: 'one or more codes, separated by ";"' },
  text: { vi: 'chuỗi ký tự', en: 'text' },
  date8: { vi: `8 chữ số yyyymmdd, ${real.vi}`, en: `8 digits yyyymmdd, ${real.en}`, example: '20260310', lengths: [8] },
  date12: {
    vi: `12 chữ số yyyymmddHHMM, ${realTime.vi}`,
    en: `12 digits yyyymmddHHMM, ${realTime.en}`,
    example: '202603101030',
    lengths: [12],
  },
  date8or12: {
    vi: `8 chữ số yyyymmdd hoặc 12 chữ số yyyymmddHHMM, ${real.vi}`,
    en: `8 digits yyyymmdd or 12 digits yyyymmddHHMM, ${real.en}`,
    example: '20260310',
    lengths: [8, 12],
  },
  dates8: {
    vi: `một hay nhiều ngày 8 chữ số yyyymmdd, cách nhau bằng ";", ${real.vi}`,
    en: `one or more days of 8 digits yyyymmdd, separated by ";", each ${real.en}`,
    example: '20260101;20260310',
  },
  birth8: {
    vi: `8 chữ số yyyymmdd, ${real.vi}, ngày tháng không rõ ghi 00`,
    en: `8 digits yyyymmdd, ${real.en}, month and day 00 where not known`,
    example: '19850000',
    lengths: [8],
  },
  birth12: {
    vi: `12 chữ số yyyymmddHHMM, ${realTime.vi}, phần không rõ ghi 00`,
    en: `12 digits yyyymmddHHMM, ${realTime.en}, 00 for what is not known`,
    example: '198500000000',
    lengths: [12],
  },
  integer: { vi: 'số nguyên, chỉ gồm chữ số', en: 'a whole number, digits only', example: '1' },
  decimal2: decimal(13, 2, '150.25'),
  decimal3: decimal(12, 3, '1.5'),
  percent: {
    vi: 'số nguyên từ 0 đến 100, chỉ gồm chữ số',
    en: 'a whole number from 0 to 100, digits only',
    example: '80',
    bounded: true,
  },
  percent2: {
    vi: `số từ 0 đến 100, tối đa 2 chữ số thập phân, ${digitsAndPoint.vi}`,
    en: `a number from 0 to 100 with at most 2 decimals, ${digitsAndPoint.en}`,
    example: '47.5',
  },
}

/** A value that every field of the kind takes; `undefined` where the national tables give no form. */
export const exampleOf = (kind: FieldKind): string | undefined => forms[kind].example

/** What a field takes, as the end of a sentence: form, longest length in characters, example. */
export function formOf([, kind, lengthMax]: NationalField): Text {
  const { vi, en, example, lengths, bounded } = forms[kind]
  const size = lengthMax === null || lengths !== undefined || bounded ? undefined : atMost(lengthMax)
  return {
    vi: vi + (size === undefined ? '' : `, ${size.vi}`) + (example === undefined ? '' : `; ví dụ ${example}`),
    en: en + (size === undefined ? '' : `, ${size.en}`) + (example === undefined ? '' : `; for example ${example}`),
  }
}

/** A length in characters that is the longest. */
export const atMost = (lengthMax: number): Text => ({
  vi: `tối đa ${lengthMax} ký tự`,
  en: `at most ${counted(lengthMax, 'character')}`,
})

/** Whether values of the kind have fixed lengths and this is none of them. */
export function hasOtherLength(kind: FieldKind, length: number): boolean {
  const { lengths } = forms[kind]
  return lengths !== undefined && !lengths.includes(length)
}

/** The decimals that a numeric kind may have. */
export function decimalsForm(kind: FieldKind): Text & { readonly only: Text } {
  const most = decimals(kind) ?? 0
  if (most === 0)
    return { vi: 'không nhận chữ số thập phân', en: 'no decimals', only: { vi: 'chỉ gồm chữ số', en: 'digits only' } }
  return { vi: `tối đa ${most} chữ số thập phân`, en: `at most ${counted(most, 'decimal')}`, only: digitsAndPoint }
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
export const wereSent = (count: number): Text => ({
  vi: `đã gửi ${count}`,
  en: count === 1 ? '1 was sent' : `${count} were sent`,
})
