import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TAG, writeDer } from '../../src/check-in/asn1/der.ts'
import { checkConsistency, readCardData } from '../../src/check-in/chip/consistency.ts'
import { readCitizenData } from '../../src/check-in/chip/dg13.ts'
import { checkDigit, readMrz } from '../../src/check-in/chip/mrz.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { makeCitizen, makeCitizens } from '../../src/check-in/test-authority/citizens.ts'
import { makeDg1, makeDg13 } from '../../src/check-in/test-authority/make-card.ts'

const citizen = makeCitizen('groups', 0)
const utf8 = (text: string) => writeDer(TAG.utf8, Buffer.from(text))
const field = (tag: number, ...values: Buffer[]) => writeDer(TAG.sequence, writeDer(TAG.integer, Buffer.from([tag])), ...values)
const read = (...parts: Buffer[]) => readCitizenData(writeDer(0x6d, ...parts), 'VNM')!

describe('DG1', () => {
  test('has the check digits of ICAO 9303', () => {
    // The example of Doc 9303-3, 4.9: the date 27 July 1952.
    expect(checkDigit('520727')).toBe('3')
    expect(checkDigit('AB2134<<<')).toBe('5')
  })
  test.each(makeCitizens('mrz', 40).map((one) => [one.fullName, one] as const))('of %s is read back', (_, one) => {
    const mrz = readMrz(makeDg1(one))
    expect(mrz).toMatchObject({ issuingState: 'VNM', personalId: one.personalId, sex: one.sex, hasRightCheckDigits: true })
    expect(mrz.documentNumber).toBe(one.personalId.slice(3))
  })
  test.each([5, 14, 30, 36, 38, 44, 59])('with a wrong digit at %i fails its check digits', (at) => {
    const dg1 = makeDg1(citizen)
    const start = dg1.length - 90
    dg1[start + at] = dg1[start + at] === 0x31 ? 0x32 : 0x31
    expect(readMrz(dg1).hasRightCheckDigits).toBe(false)
  })
  test('of a passport, of other letters or of another file is not read', () => {
    const zone = (text: string, tag = 0x61) => writeDer(tag, writeDer(0x5f1f, Buffer.from(text)))
    for (const dg1 of [
      zone('P<VNM'.padEnd(88, '<')),
      zone('ID'.padEnd(90, 'é')),
      zone('ID'.padEnd(90, '<'), 0x75),
      Buffer.alloc(0),
    ]) {
      expect(() => readMrz(dg1)).toThrow()
      expect(readCardData(dg1, undefined)).toBeUndefined()
    }
  })
})

describe('DG13', () => {
  test.each(makeCitizens('dg13', 30).map((one) => [one.fullName, one] as const))('of %s is read back', (_, one) => {
    const data = readCitizenData(makeDg13(one), 'VNM')
    const { personalId, fullName, birthDate, sex, ethnicity, homeTown, address, issuedOn, expiresOn } = one
    expect(data).toMatchObject(
      JSON.parse(JSON.stringify({ personalId, fullName, birthDate, sex, ethnicity, homeTown, address, issuedOn, expiresOn })),
    )
  })
  test('keeps tags that nobody knows, and is hindered by none', () => {
    const data = read(
      field(1, utf8('099085000001')),
      field(14, utf8('vợ')),
      field(77, utf8('a'), utf8('b')),
      writeDer(0x9f21, Buffer.from('x')),
    )
    expect(data).toEqual({ personalId: '099085000001', others: { 14: ['vợ'], 77: ['a', 'b'] } })
  })
  test('is read with a wrapper around the fields, and with other string types', () => {
    const fields = [field(1, writeDer(TAG.printable, Buffer.from('099085000001'))), field(2, utf8('Lê A'))]
    expect(read(writeDer(TAG.sequence, ...fields))).toMatchObject({ personalId: '099085000001', fullName: 'Lê A' })
    expect(read(writeDer(TAG.set, ...fields))).toMatchObject({ personalId: '099085000001', fullName: 'Lê A' })
    for (const version of [0, 1]) {
      expect(read(field(version, writeDer(TAG.set, ...fields)))).toMatchObject({ personalId: '099085000001', fullName: 'Lê A' })
    }
  })
  test('has father and mother nested in one field', () => {
    const parents = field(13, writeDer(TAG.sequence, utf8('Lê Văn Cha')), writeDer(TAG.sequence, utf8('Trần Thị Mẹ')))
    expect(read(parents)).toMatchObject({ father: 'Lê Văn Cha', mother: 'Trần Thị Mẹ' })
  })
  test('takes the first of a field that comes twice, and no text that is not UTF-8', () => {
    const bad = field(2, writeDer(TAG.utf8, Buffer.from([0xff, 0xfe])))
    expect(read(field(1, utf8('1')), field(1, utf8('2')), bad)).toEqual({ personalId: '1', others: {} })
  })
  test('of a state whose layout is not known is left alone', () => {
    expect(readCitizenData(makeDg13(citizen), 'UTO')).toBeUndefined()
  })
  test('of any bytes never throws out of the reading of a card', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 100 }), (dg13, dg1) => {
        const wrapped = writeDer(0x6d, dg13.length < 256 ? dg13 : dg13.subarray(0, 200))
        expect(readCardData(makeDg1(citizen), wrapped)).toBeDefined()
        expect(readCardData(dg1, dg13)).toBeUndefined()
      }),
    )
  })
})

describe('DG1 and DG13 are one person', () => {
  const check = (dg1: typeof citizen, dg13: typeof citizen | undefined, claimed = {}) =>
    checkConsistency(readCardData(makeDg1(dg1), dg13 && makeDg13(dg13)), claimed, '2026-03-10', CHIP_POLICY)
  test.each([
    ['number', { personalId: '099085999999' }, 'consistency_number'],
    ['birth date', { birthDate: '1999-09-09' }, 'consistency_birth_date'],
    ['name', { fullName: 'Trần Thị Khác' }, 'consistency_name'],
  ])('or else it is said that the %s differs', (_, change, reason) => {
    expect(check(citizen, { ...citizen, ...change }).result).toEqual({ state: 'fail', reason })
  })
  test('and the zone has its right check digits', () => {
    const dg1 = makeDg1(citizen)
    dg1[dg1.length - 31] = dg1[dg1.length - 31] === 0x31 ? 0x32 : 0x31
    const { result } = checkConsistency(readCardData(dg1, makeDg13(citizen)), {}, '2026-03-10', CHIP_POLICY)
    expect(result).toEqual({ state: 'fail', reason: 'consistency_mrz_check_digit' })
  })
  test('also where the zone cuts a long name off', () => {
    const long = { ...citizen, fullName: 'Tôn Nữ Công Huyền Tằng Bảo Châu Quỳnh Hương' }
    expect(check(long, long).result.state).toBe('pass')
    expect(check({ ...long, fullName: 'Tôn Thất Công Huyền Tằng Bảo Châu Quỳnh' }, long).result.reason).toBe('consistency_name')
  })
  test('also where the expiry is for ever, and where DG13 has no date', () => {
    const forEver = { ...citizen, expiresOn: '2099-12-31' }
    expect(check(forEver, forEver).result.state).toBe('pass')
  })
  test('without DG13 the person claimed is compared with DG1, and it is said', () => {
    const plain = citizen.fullName
    expect(check(citizen, undefined, { fullName: plain, personalId: citizen.personalId })).toEqual({
      result: { state: 'unknown', reason: 'consistency_dg13_unread' },
      notes: ['claimed_name_near'],
    })
    expect(check(citizen, undefined, { personalId: '099085999999' }).result.reason).toBe('claimed_number')
  })
})
