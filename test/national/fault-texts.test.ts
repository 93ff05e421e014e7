import { describe, expect, test } from 'vitest'
import { exampleOf, formOf } from '../../src/national/fault-forms.ts'
import { envelopeOf } from '../../src/national/print-envelope.ts'
import { TABLES } from '../../src/national/tables/tables.ts'
import { byRelease } from '../../src/national/validators/all-faults.js'
import type { Fault } from '../../src/platform/problem.ts'
import { bounds, bytesOf, invalid, readOne, sampleWire, type Tables, tablesOf } from './support/claims.ts'

type Sample = Tables & { XML1: Record<string, unknown> }
const first = (tables: Sample, name: string) => (tables[name] as Record<string, unknown>[])[0]!

function faultsOf(change: (tables: Sample) => unknown, within = bounds): readonly Fault[] {
  const tables = tablesOf('01-outpatient-80pct')
  change(tables)
  return invalid(readOne(bytesOf(tables), 'application/json', within)).errors
}
const textsOf = (change: (tables: Sample) => unknown, within = bounds): [string, string] => {
  const { vi, en } = faultsOf(change, within)[0]!.detail
  return [vi, en]
}

describe('a fault names the field and what is wanted', () => {
  test.each([
    [
      'a time that is too short',
      ({ XML1 }) => (XML1['NGAY_RA'] = '20260310'),
      'NGAY_RA phải là 12 chữ số yyyymmddHHMM, ngày giờ có thật (1900–2099); ví dụ 202603101030; đã gửi 8 ký tự.',
      'NGAY_RA must be 12 digits yyyymmddHHMM, a day and time that exist (1900–2099); for example 202603101030; 8 characters were sent.',
    ],
    [
      'a day that no calendar has',
      ({ XML1 }) => (XML1['NGAY_RA'] = '202602301200'),
      'NGAY_RA phải là 12 chữ số yyyymmddHHMM, ngày giờ có thật (1900–2099); ví dụ 202603101030.',
      'NGAY_RA must be 12 digits yyyymmddHHMM, a day and time that exist (1900–2099); for example 202603101030.',
    ],
    [
      'a quantity that is no number',
      (tables) => (first(tables, 'XML3')['SO_LUONG'] = 'ba'),
      'SO_LUONG phải là số, phần nguyên tối đa 12 chữ số, tối đa 3 chữ số thập phân, chỉ gồm chữ số và dấu chấm, tối đa 10 ký tự; ví dụ 1.5.',
      'SO_LUONG must be a number, at most 12 digits before the point and 3 decimals, digits and a point only, at most 10 characters; for example 1.5.',
    ],
    [
      'a quantity with too many decimals',
      (tables) => (first(tables, 'XML3')['SO_LUONG'] = '1.23456'),
      'SO_LUONG: tối đa 3 chữ số thập phân, đã gửi 5; chỉ gồm chữ số và dấu chấm.',
      'SO_LUONG: at most 3 decimals, 5 were sent; digits and a point only.',
    ],
    [
      'decimals where none are',
      ({ XML1 }) => (XML1['SO_NGAY_DTRI'] = '1.5'),
      'SO_NGAY_DTRI: không nhận chữ số thập phân, đã gửi 1; chỉ gồm chữ số.',
      'SO_NGAY_DTRI: no decimals, 1 was sent; digits only.',
    ],
    [
      'a name that is too long',
      ({ XML1 }) => (XML1['HO_TEN'] = 'N'.repeat(300)),
      'HO_TEN: tối đa 255 ký tự, đã gửi 300.',
      'HO_TEN: at most 255 characters, 300 were sent.',
    ],
    [
      'a code that is too long',
      ({ XML1 }) => (XML1['GIOI_TINH'] = '12'),
      'GIOI_TINH: tối đa 1 ký tự, đã gửi 2.',
      'GIOI_TINH: at most 1 character, 2 were sent.',
    ],
    [
      'a rate above 100',
      (tables) => (first(tables, 'XML3')['TYLE_TT_BH'] = '101'),
      'TYLE_TT_BH phải là số nguyên từ 0 đến 100, chỉ gồm chữ số; ví dụ 80.',
      'TYLE_TT_BH must be a whole number from 0 to 100, digits only; for example 80.',
    ],
    [
      'a required field that is empty',
      ({ XML1 }) => (XML1['HO_TEN'] = ''),
      'Thiếu HO_TEN, bắt buộc trong XML1: chuỗi ký tự, tối đa 255 ký tự.',
      'HO_TEN is required in XML1: text, at most 255 characters.',
    ],
    [
      'a line without any code',
      (tables) => Object.assign(first(tables, 'XML3'), { MA_DICH_VU: '', MA_VAT_TU: '' }),
      'Dòng của XML3 phải có ít nhất một trong các trường MA_DICH_VU, MA_VAT_TU.',
      'A row of XML3 must have at least one of MA_DICH_VU, MA_VAT_TU.',
    ],
    [
      'a district that 4750 asks for',
      ({ XML1 }) => Object.assign(XML1, { NGAY_RA: '202412311200', MAHUYEN_CU_TRU: '' }),
      'Thiếu MAHUYEN_CU_TRU, bắt buộc trong XML1 (NGAY_RA trước 2025-01-01): mã, dạng chuỗi, tối đa 3 ký tự.',
      'MAHUYEN_CU_TRU is required in XML1 (NGAY_RA before 2025-01-01): a code, as a string, at most 3 characters.',
    ],
    [
      'a number where a code belongs',
      ({ XML1 }) => (XML1['MA_LOAI_KCB'] = 1),
      'MA_LOAI_KCB phải là chuỗi: mã, dạng chuỗi, tối đa 2 ký tự; đã gửi một số.',
      'MA_LOAI_KCB must be a string: a code, as a string, at most 2 characters; a number was sent.',
    ],
    [
      'an object in an amount',
      ({ XML1 }) => (XML1['T_BHTT'] = {}),
      'T_BHTT phải là chuỗi hoặc số JSON: số, phần nguyên tối đa 13 chữ số, tối đa 2 chữ số thập phân, chỉ gồm chữ số và dấu chấm, tối đa 15 ký tự; ví dụ 150.25; đã gửi một đối tượng (XML: có phần tử con).',
      'T_BHTT must be a string or a JSON number: a number, at most 13 digits before the point and 2 decimals, digits and a point only, at most 15 characters; for example 150.25; an object (in XML: elements) was sent.',
    ],
    [
      'a control character',
      ({ XML1 }) => (XML1['GHI_CHU'] = 'a\u0000b'),
      'GHI_CHU có ký tự điều khiển, ký tự đổi chiều hoặc ký tự Unicode hỏng: chỉ nhận chữ, tab và xuống dòng.',
      'GHI_CHU holds a control or direction character or a broken one: text, tab and line feed only.',
    ],
    [
      'a field of other tables',
      (tables) => (first(tables, 'XML4')['SO_LUONG'] = '1'),
      'SO_LUONG là trường của XML2, XML3, không phải của XML4. Các trường của XML4: ',
      'SO_LUONG is a field of XML2, XML3, not of XML4. The fields of XML4: MA_LK, STT, MA_DICH_VU, ',
    ],
    [
      'a field in small letters',
      ({ XML1 }) => (XML1['ma_khuvuc'] = 'K1'),
      'Tên trường viết hoa: MA_KHUVUC.',
      'Field names are in capitals: MA_KHUVUC.',
    ],
    [
      'a name that no table has',
      ({ XML1 }) => (XML1['SECRET'] = 'x'),
      'XML1 không có trường tên này. Các trường của XML1: xem /docs.',
      'XML1 has no field of this name. The fields of XML1: see /docs.',
    ],
  ] as [string, (tables: Sample) => unknown, string, string][])('%s', (_, change, vi, en) => {
    const [seenVi, seenEn] = textsOf(change)
    expect([seenVi.slice(0, vi.length), seenEn.slice(0, en.length)]).toEqual([vi, en])
    if (vi.endsWith('.')) expect([seenVi, seenEn]).toEqual([vi, en])
  })
})

describe('a fault of a table says how it is built', () => {
  test.each([
    [
      'a row that is no object',
      ({ XML2 }) => (XML2 as unknown[]).push('x'),
      'Each row of XML2 must be an object of fields; a string was sent.',
    ],
    ['an object where a list belongs', (tables) => (tables['XML4'] = {}), 'XML4 must be a list of objects; an object'],
    ['a list where an object belongs', (tables) => (tables['XML8'] = []), 'XML8 must be one object; a list was sent.'],
    ['a stranger', (tables) => (tables['XML99'] = []), 'A claim has the tables XML1 to XML15'],
    ['no header', (tables) => delete (tables as Tables)['XML1'], 'XML1 is missing'],
  ] as [string, (tables: Sample) => unknown, string][])('%s', (_, change, en) => {
    expect(textsOf(change)[1]).toContain(en)
  })
  test('more lines than the bound, with the bound and the count', () => {
    const [vi, en] = textsOf(() => {}, { ...bounds, claimLinesMax: 5 })
    expect(en).toBe('XML2 and XML3 may have 5 rows together, 6 were sent.')
    expect(vi).toBe('XML2 và XML3 có tối đa 5 dòng cộng lại, đã gửi 6.')
  })
  test('an envelope, with the elements of the table', () => {
    const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' }).toString()
    const text = (from: string, to: string) =>
      invalid(readOne(Buffer.from(printed.replaceAll(from, to)), 'application/xml')).errors[0]!.detail.en
    expect(text('DSACH_CHI_TIET_CLS', 'X')).toBe(
      'The XML of XML4 must be <CHITIEU_CHITIET_DICHVUCANLAMSANG><DSACH_CHI_TIET_CLS><CHI_TIET_CLS> with the fields in it.',
    )
    expect(text('<LOAIHOSO>XML4', '<LOAIHOSO>XML77')).toContain('LOAIHOSO')
    expect(text('<MO_TA>Binh thuong</MO_TA>', '<MO_TA><b>x</b></MO_TA>')).toContain('(in XML: elements) was sent')
  })
})

describe('what is promised about texts', () => {
  const everyField = TABLES.flatMap(({ name, fields }) => fields.map((field) => [name, field] as const))
  test('the example that a text gives is one that its field takes, in every table and release', () => {
    const refused = everyField.flatMap(([table, field]) => {
      const example = exampleOf(field[1])
      if (example === undefined) return []
      return Object.entries(byRelease).flatMap(([release, validators]) => {
        const validate = validators[table]!
        validate({ [field[0]]: example })
        const own = (validate.errors ?? []).filter(({ instancePath }) => instancePath === `/${field[0]}`)
        return own.map(({ keyword }) => `${release} ${table}.${field[0]}: ${keyword}`)
      })
    })
    expect(refused).toEqual([])
  })
  test('every field has a form in both languages', () => {
    for (const [, field] of everyField) {
      const { vi, en } = formOf(field)
      expect([vi === en, /undefined|null/.test(vi + en)]).toEqual([false, false])
    }
  })
  test('no text holds a value or a name that the sender made up', () => {
    const secret = 'SECRET001000000001'
    const faults = faultsOf((tables) => {
      for (const field of Object.keys(tables.XML1)) tables.XML1[field] = secret.repeat(60)
      Object.assign(first(tables, 'XML2'), { [secret]: secret, SO_LUONG: `1.${'9'.repeat(9)}`, STT: { [secret]: 1 } })
      tables[secret] = []
    })
    expect(faults.length).toBeGreaterThan(30)
    expect(JSON.stringify(faults.map(({ detail }) => detail))).not.toMatch(/SECRET|001000000001|999/)
  })
})
