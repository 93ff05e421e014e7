import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nationalRowOf } from '../../src/check-in/national-rows.ts'
import type { SealedCheckIn } from '../../src/check-in/record.ts'
import { readCheckInTable } from '../../src/national/check-in-table.ts'
import { printCheckInTable } from '../../src/national/print-check-in-table.ts'
import type { WireRow } from '../../src/national/reading.ts'
import { xml0 } from '../../src/national/tables/xml0.ts'

const bounds = { depthMax: 8, rowsMax: 500, faultsMax: 200 }
const sample = readFileSync(join(import.meta.dirname, '../fixtures/samples/10-check-in.xml'))
const read = (bytes: Buffer) => readCheckInTable(bytes, 'application/xml', bounds)
const [row] = (read(sample) as { rows: readonly WireRow[] }).rows as [WireRow]

describe('the printed check-in table', () => {
  test('is read as the rows that it was made of, each numbered', () => {
    const rows = [row, { ...row, MA_LK: 'TN-0002', STT: '7' }]
    expect(read(printCheckInTable(rows))).toEqual({ kind: 'valid', rows: [row, { ...row, MA_LK: 'TN-0002', STT: '2' }] })
  })
  test('has root, list and row as the portal names them and every field in national order', () => {
    const tags = [
      ...printCheckInTable([row])
        .toString('utf8')
        .matchAll(/<(\w+)>/g),
    ].map(([, name]) => name)
    const expected = ['CHI_TIEU_TRANG_THAI_KCB', 'DSACH_TRANG_THAI_KCB', 'TRANG_THAI_KCB', ...xml0.fields.map(([name]) => name)]
    expect(tags).toEqual([...expected, 'CHUKYDONVI'])
  })
  test('keeps marks, markup and blank lines of a value as they are', () => {
    const odd = { ...row, HO_TEN: 'NGUYỄN <b>&amp; "THỬ" \'A\' ]]>', LY_DO_VNT: 'dòng 1\ndòng 2' }
    expect(read(printCheckInTable([odd]))).toEqual({ kind: 'valid', rows: [odd] })
  })
  test('leaves out a value that no reader takes', () => {
    const { TEN_DICH_VU: _, ...without } = row
    expect(read(printCheckInTable([{ ...row, TEN_DICH_VU: 'a\u0001b' }]))).toEqual({ kind: 'valid', rows: [without] })
  })
  test('of nobody has an empty list', () => {
    expect(printCheckInTable([]).toString('utf8')).toMatch(/<DSACH_TRANG_THAI_KCB>\s*<\/DSACH_TRANG_THAI_KCB>/)
  })
})

describe('the row of a check-in that did not come as the table', () => {
  const coverage = { cardNumber: 'DN4010000000001', registeredFacility: '01999', validFrom: '2026-01-01', validTo: null }
  const content = {
    answer: { member: { name: 'NGUYỄN V** A', birthYear: 1985 }, coverage },
    ...{ encounterId: 'TN-9', staff: null, note: null, category: '1.1' },
    person: { personalId: '001000000001', fullName: 'NGUYỄN VĂN THỬ A', birthDate: '1985-02' },
  } as unknown as SealedCheckIn
  const rowOf = (changes: Partial<SealedCheckIn>) =>
    nationalRowOf({ arrivedAt: '2026-03-10T08:00', careType: '01', content: { ...content, ...changes } }, '01999')

  test('has what the check-in knows, and the validators name what the hospital alone knows', () => {
    const made = rowOf({})
    expect(made).toEqual({
      ...{ MA_LK: 'TN-9', HO_TEN: 'NGUYỄN VĂN THỬ A', SO_CCCD: '001000000001', NGAY_SINH: '198502000000' },
      ...{ MA_THE_BHYT: 'DN4010000000001', MA_DKBD: '01999', GT_THE_TU: '20260101', MA_DOITUONG_KCB: '1.1' },
      ...{ NGAY_VAO: '202603100800', MA_LOAI_KCB: '01', MA_CSKCB: '01999' },
    })
    const { errors } = read(printCheckInTable([made])) as { errors: readonly { pointer: string; code: string }[] }
    const gaps = ['GIOI_TINH', 'MA_BN', 'MA_DICH_VU', 'NGAY_YL'].map((field) => `/XML0/0/${field} field.required`)
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual(gaps)
    const filled = { ...made, MA_BN: 'BN1', GIOI_TINH: '1', NGAY_YL: '202603100810', MA_DICH_VU: '01.1897' }
    expect(read(printCheckInTable([filled]))).toEqual({ kind: 'valid', rows: [{ ...filled, STT: '1' }] })
  })
  test('shows nobody whom the answer did not show', () => {
    const made = rowOf({
      answer: { ...content.answer, member: null, coverage: { ...content.answer.coverage, cardNumber: null } },
    })
    expect(JSON.stringify(made)).not.toMatch(/NGUYỄN|001000000001|1985/)
  })
})
