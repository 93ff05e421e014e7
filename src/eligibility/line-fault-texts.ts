import type { LineFault } from './register-record.ts'

interface Text {
  readonly vi: string
  readonly en: string
}

const capitals = (size: string): Text => ({
  vi: `${size} chữ số hoặc chữ in hoa không dấu`,
  en: `${size} digits or capital letters`,
})
const amount = (whole: number, decimals: number): Text => ({
  vi: `số trong chuỗi, phần nguyên tối đa ${whole} chữ số, tối đa ${decimals} chữ số thập phân`,
  en: `a number in a string, at most ${whole} digits before the point and ${decimals} decimals`,
})

/** What each pattern of `schemas/register/` asks for. */
export const patternTexts: Readonly<Record<string, Text>> = {
  '^[0-9A-Z]{5}$': capitals('5'),
  '^[0-9A-Z]{6,20}$': capitals('6–20'),
  '^[0-9A-Z]{10,15}$': capitals('10–15'),
  '^[0-9]{2}$': { vi: '2 chữ số', en: '2 digits' },
  '^[0-9]{10}$': { vi: '10 chữ số', en: '10 digits' },
  '^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$': {
    vi: 'yyyy-mm-dd (hoặc yyyy-mm, yyyy nếu không rõ hơn)',
    en: 'yyyy-mm-dd (yyyy-mm or yyyy where more is not known)',
  },
  '^[0-9]{1,12}(\\.[0-9]{1,3})?$': amount(12, 3),
  '^[0-9]{1,15}(\\.[0-9]{1,2})?$': amount(15, 2),
  '^(100|[0-9]{1,2}(\\.[0-9]{1,2})?)$': {
    vi: 'số trong chuỗi từ 0 đến 100, tối đa 2 chữ số thập phân',
    en: 'a number in a string from 0 to 100, at most 2 decimals',
  },
}

const counted = (count: unknown, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
const listed = (words: unknown): string => (Array.isArray(words) ? words.map(String).join(', ') : '')
const alternatives = (types: unknown, or: string): string => [types].flat().map(String).join(` ${or} `)

function sent({ length }: LineFault, vi: string, en: string): Text {
  return length === undefined
    ? { vi: '', en: '' }
    : { vi: `; đã gửi ${length}${vi}`, en: `; ${length}${en} ${length === 1 ? 'was' : 'were'} sent` }
}

function patternText(fault: LineFault): Text {
  const wanted = patternTexts[String(fault.wanted?.['pattern'])]
  if (wanted === undefined) return { vi: 'giá trị không đúng dạng', en: 'the value has not the form that is asked for' }
  const size = sent(fault, ' ký tự', fault.length === 1 ? ' character' : ' characters')
  return { vi: `cần ${wanted.vi}${size.vi}`, en: `wanted: ${wanted.en}${size.en}` }
}

/** What a fault's code means, for people. */
const otherFault: Text = { vi: 'giá trị ngoài giới hạn', en: 'the value is out of bounds' }
const fixed: Readonly<Record<string, Text>> = {
  line: { vi: 'dòng dài quá 1 MiB hoặc không phải UTF-8', en: 'the line is longer than 1 MiB or not UTF-8' },
  json: { vi: 'dòng không phải một đối tượng JSON', en: 'the line is not JSON' },
  format: {
    vi: 'ngày không đúng dạng yyyy-mm-dd hoặc không có thật; ví dụ 2026-03-10',
    en: 'the day is not yyyy-mm-dd or does not exist; for example 2026-03-10',
  },
  identifier: {
    vi: 'cần số định danh cá nhân hoặc mã số bảo hiểm xã hội',
    en: 'a personal id or a social insurance number is needed',
  },
  period: { vi: 'ngày kết thúc trước ngày bắt đầu', en: 'the last day is before the first' },
  rate: {
    vi: 'mục tính vào trần 45 tháng lương cơ sở phải có tỷ lệ 100',
    en: 'what counts towards the package cap has a payment rate of 100',
  },
  version: {
    vi: 'cùng phiên bản với bản đã lưu nhưng nội dung khác: tăng số phiên bản',
    en: 'the stored record has the same version and other content: raise the version',
  },
}

/** Texts that say what the keyword asked for. */
const asked: Readonly<Record<string, (fault: LineFault, wanted: Readonly<Record<string, unknown>>) => Text>> = {
  required: (_, { missingProperty }) => ({
    vi: `thiếu trường bắt buộc ${missingProperty}`,
    en: `the required member ${missingProperty} is missing`,
  }),
  additionalProperties: ({ members = [] }) => ({
    vi: `trường không có trong mẫu; các trường là: ${members.join(', ')}`,
    en: `there is no such member; those are: ${members.join(', ')}`,
  }),
  type: (_, { type }) => ({
    vi: `sai kiểu dữ liệu, cần ${alternatives(type, 'hoặc')}`,
    en: `wrong type, wanted: ${alternatives(type, 'or')}`,
  }),
  enum: (_, { allowedValues }) => ({
    vi: `giá trị không thuộc danh sách: ${listed(allowedValues)}`,
    en: `the value is not one of: ${listed(allowedValues)}`,
  }),
  pattern: patternText,
  minLength: (_, { limit }) => ({ vi: `tối thiểu ${limit} ký tự`, en: `at least ${counted(limit, 'character')}` }),
  maxLength: (fault, { limit }) => {
    const size = sent(fault, '', '')
    return { vi: `tối đa ${limit} ký tự${size.vi}`, en: `at most ${counted(limit, 'character')}${size.en}` }
  },
  minItems: (_, { limit }) => ({ vi: `tối thiểu ${limit} mục`, en: `at least ${counted(limit, 'item')}` }),
  maxItems: (fault, { limit }) => {
    const size = sent(fault, '', '')
    return { vi: `tối đa ${limit} mục${size.vi}`, en: `at most ${counted(limit, 'item')}${size.en}` }
  },
  minimum: (_, { limit }) => ({ vi: `số nhỏ hơn ${limit}`, en: `the number is below ${limit}` }),
  maximum: (_, { limit }) => ({ vi: `số lớn hơn ${limit}`, en: `the number is above ${limit}` }),
}

/** What people read about a fault of a register line: what is wanted, with sizes of what was there and never a value. */
export function textOf(fault: LineFault): Text {
  return asked[fault.code]?.(fault, fault.wanted ?? {}) ?? fixed[fault.code] ?? otherFault
}
