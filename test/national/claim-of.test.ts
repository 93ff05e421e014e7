import { describe, expect, test } from 'vitest'
import type { Claim } from '../../src/domain/claim.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { identifiersOf } from '../../src/national/identifiers-of.ts'
import type { WireClaim } from '../../src/national/reading.ts'
import { bytesOf, readOne, SAMPLES, sampleExpected, sampleWire, type Tables, tablesOf, valid } from './support/claims.ts'

const hundredths = (amount: string) => Math.round(Number(amount) * 100)
const claimFrom = (change: (tables: Tables & { XML1: Record<string, unknown> }) => void): Claim => {
  const tables = tablesOf('01-outpatient-80pct')
  change(tables)
  const { wire, release } = valid(readOne(bytesOf(tables)))
  return claimOf(wire, release)
}
const header = (fields: Record<string, unknown>) => claimFrom(({ XML1 }) => Object.assign(XML1, fields))
const service = (fields: Record<string, unknown>) =>
  claimFrom((tables) => Object.assign((tables['XML3'] as Record<string, unknown>[])[0]!, fields)).lines.find(
    ({ table, stt }) => table === 'XML3' && stt === 1,
  )!

describe.each(SAMPLES)('sample %s in the words of the domain', (name) => {
  const claim = claimOf(sampleWire(name), '3176')
  const { totals, lines } = sampleExpected(name)

  test('has the totals that are expected, to the hundredth', () => {
    expect(claim.totals).toEqual({
      drugs: hundredths(totals['T_THUOC']!),
      supplies: hundredths(totals['T_VTYT']!),
      hospitalAmount: hundredths(totals['T_TONGCHI_BV']!),
      insuredAmount: hundredths(totals['T_TONGCHI_BH']!),
      selfPays: hundredths(totals['T_BNTT']!),
      copay: hundredths(totals['T_BNCCT']!),
      fundPays: hundredths(totals['T_BHTT']!),
      otherSources: hundredths(totals['T_NGUONKHAC']!),
      feeForService: hundredths(totals['T_BHTT_GDV']!),
    })
  })
  test('has every line, and they add up to the header', () => {
    expect(claim.lines).toHaveLength(lines)
    for (const amount of ['hospitalAmount', 'insuredAmount', 'selfPays', 'copay', 'fundPays', 'otherSources'] as const)
      expect(claim.lines.reduce((sum, { amounts }) => sum + amounts[amount], 0)).toBe(claim.totals[amount])
  })
})

describe('header', () => {
  test('names, times and codes', () => {
    expect(claimOf(sampleWire('03-inpatient-offroute-32pct'), '3176')).toMatchObject({
      facilityCode: '01999',
      encounterId: 'TN-0003',
      release: '3176',
      patient: { fullName: 'NGUYEN VAN THU C', personalId: '001000000003', birthDate: '1985-01-01', sex: '1' },
      visitCategory: '3.1',
      careType: '03',
      arrivedAt: '2026-03-12T08:00',
      admittedAt: '2026-03-12T09:00',
      endedAt: '2026-03-14T16:00',
      paidAt: '2026-03-14T16:30',
      icdMain: 'K35.8',
      icdOther: [],
      treatmentDays: 3,
      outcome: '2',
      dischargeType: '1',
      referralSlip: undefined,
      copayExemptFrom: undefined,
      rowCounts: { XML1: 1, XML2: 1, XML3: 3 },
      strayRows: [],
    })
  })
  test.each([
    ['198501010000', '1985-01-01'],
    ['198503000000', '1985-03'],
    ['198500000000', '1985'],
    ['202603010815', '2026-03-01'],
  ])('a birth date of %s is known as %s', (sent, known) => {
    expect(header({ NGAY_SINH: sent }).patient.birthDate).toBe(known)
  })
  test('cards are read in parallel', () => {
    const cards = header({
      MA_THE_BHYT: 'DN4010000000001; GD4790000000003',
      MA_DKBD: '01999;79999',
      GT_THE_TU: '20260101;20260305',
      GT_THE_DEN: '20260304;',
    }).cards
    expect(cards).toEqual([
      { cardNumber: 'DN4010000000001', registeredFacility: '01999', validFrom: '2026-01-01', validTo: '2026-03-04' },
      { cardNumber: 'GD4790000000003', registeredFacility: '79999', validFrom: '2026-03-05', validTo: undefined },
    ])
  })
  test('a list shorter than the cards is taken for none of them', () => {
    const cards = header({ MA_THE_BHYT: 'DN4010000000001;GD4790000000003' }).cards
    expect(cards.map(({ registeredFacility, validFrom, validTo }) => [registeredFacility, validFrom, validTo])).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
    ])
  })
  test('a patient without a card has none', () => {
    expect(header({ MA_THE_BHYT: '', MA_DKBD: '', GT_THE_TU: '', GT_THE_DEN: '' }).cards).toEqual([])
  })
  test('exemption from co-pay is a date whether 8 or 12 digits were sent', () => {
    expect(header({ NGAY_MIEN_CCT: '20260201' }).copayExemptFrom).toBe('2026-02-01')
    expect(header({ NGAY_MIEN_CCT: '202602010830' }).copayExemptFrom).toBe('2026-02-01')
  })
  test('rows of another episode are named, of every table', () => {
    const claim = claimFrom((tables) => {
      Object.assign((tables['XML2'] as Record<string, unknown>[])[1]!, { MA_LK: 'ANOTHER' })
      Object.assign((tables['XML4'] as Record<string, unknown>[])[0]!, { MA_LK: 'ANOTHER' })
    })
    expect(claim.strayRows).toEqual([
      { table: 'XML2', stt: 2 },
      { table: 'XML4', stt: 1 },
    ])
  })
})

test('a row of a table that has no link cannot stray', () => {
  expect(claimOf({ ...sampleWire('01-outpatient-80pct'), XML12: [{ HO_TEN: 'x' }] }, '3176').strayRows).toEqual([])
})

describe('lines', () => {
  const [drug, , exam, , scan, supply] = claimOf(sampleWire('01-outpatient-80pct'), '3176').lines

  test('a drug', () => {
    expect(drug).toMatchObject({
      table: 'XML2',
      stt: 1,
      kind: 'drug',
      code: '40.0001',
      costGroup: '4',
      scope: '1',
      quantityMilli: 20_000,
      unitPriceHospitalMilli: 1_500_000,
      unitPriceInsuredMilli: 1_500_000,
      serviceRateBp: 10_000,
      insuredRateBp: 10_000,
      benefitRateBp: 8_000,
      amounts: { hospitalAmount: 3_000_000, insuredAmount: 3_000_000, fundPays: 2_400_000, copay: 600_000, selfPays: 0 },
      orderedBy: ['000001/TN-CCHN'],
      departments: ['K01'],
      orderedAt: '2026-03-10T08:30',
      fundingSource: '1',
    })
  })
  test('an examination, a technique with a price above the insured one, a supply', () => {
    expect([exam, scan, supply].map((line) => [line?.kind, line?.code])).toEqual([
      ['exam', '01.1897'],
      ['service', '18.0001.0000'],
      ['supply', 'N00.00.000.0000.000.0001'],
    ])
    expect(scan).toMatchObject({ unitPriceHospitalMilli: 663_400_000, unitPriceInsuredMilli: 532_400_000, icd: ['J02.9'] })
    expect(supply).toMatchObject({ unitPriceHospitalMilli: 589_999, quantityMilli: 3_000, serviceCode: undefined })
  })
  test.each([
    ['12', 'transport'],
    ['13', 'exam'],
    ['14', 'bed'],
    ['15', 'bed'],
    ['16', 'bed'],
    ['8', 'service'],
    ['19', 'service'],
    ['99', 'service'],
  ])('cost group %s is %s', (costGroup, kind) => {
    expect(service({ MA_NHOM: costGroup }).kind).toBe(kind)
  })
  test('a supply used in a procedure keeps both codes', () => {
    expect(service({ MA_NHOM: '10', MA_VAT_TU: 'N01', TEN_VAT_TU: 'Kim', MA_DICH_VU: '03.1' })).toMatchObject({
      kind: 'supply',
      code: 'N01',
      supplyCode: 'N01',
      serviceCode: '03.1',
      name: 'Kim',
    })
  })
  test('rates, quantities and prices are exact', () => {
    expect(service({ MUC_HUONG: '47.5', SO_LUONG: '0.333', DON_GIA_BV: '99999999999.999', TYLE_TT_DV: 30 })).toMatchObject({
      benefitRateBp: 4_750,
      quantityMilli: 333,
      unitPriceHospitalMilli: 99_999_999_999_999,
      serviceRateBp: 3_000,
    })
  })
  test('several doctors, departments and beds are lists', () => {
    expect(service({ MA_BAC_SI: 'a;b', MA_KHOA: 'K01;K02', MA_GIUONG: 'H001;H002;', MA_BENH: 'J02.9;I10' })).toMatchObject({
      orderedBy: ['a', 'b'],
      departments: ['K01', 'K02'],
      beds: ['H001', 'H002'],
      icd: ['J02.9', 'I10'],
    })
  })
})

test.each(['T_BHTT', 'MA_LK', 'NGAY_RA'])('a wire form without %s throws rather than being guessed', (field) => {
  const { [field]: _, ...XML1 } = sampleWire('01-outpatient-80pct').XML1
  expect(() => claimOf({ XML1 }, '3176')).toThrow(field)
})
test('an amount that is no number throws', () => {
  const { XML1 } = sampleWire('01-outpatient-80pct')
  for (const T_BHTT of ['x', '1.234', '', '99999999999999999'])
    expect(() => claimOf({ XML1: { ...XML1, T_BHTT } }, '3176')).toThrow('T_BHTT')
})

describe('identifiers', () => {
  const of = (fields: Record<string, string>) => identifiersOf({ XML1: fields } as WireClaim)

  test('of a card and a personal id', () => {
    expect(of({ SO_CCCD: '001000000001', MA_THE_BHYT: 'DN4010000000001' })).toEqual({
      personalId: '001000000001',
      socialInsuranceNumbers: ['0000000001'],
      cardNumbers: ['DN4010000000001'],
    })
  })
  test('of several cards of one person, each number once', () => {
    expect(of({ MA_THE_BHYT: 'dn4010000000001; GD4010000000001;DN4010000000001;' })).toEqual({
      personalId: undefined,
      socialInsuranceNumbers: ['0000000001'],
      cardNumbers: ['DN4010000000001', 'GD4010000000001'],
    })
  })
  test('a bare number of 10 digits is an insurance number, one of 12 a personal id', () => {
    expect(of({ MA_THE_BHYT: '0123456789' }).socialInsuranceNumbers).toEqual(['0123456789'])
    expect(of({ MA_THE_BHYT: '001085000001' })).toMatchObject({ personalId: '001085000001', socialInsuranceNumbers: [] })
  })
  test('a passport is kept as it is, in upper case', () => {
    expect(of({ SO_CCCD: ' b1234567 ' }).personalId).toBe('B1234567')
  })
  test('nobody is known by nothing', () => {
    expect(of({})).toEqual({ personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [] })
  })
})
