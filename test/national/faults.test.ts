import { describe, expect, test } from 'vitest'
import { FAULT_CODES } from '../../src/national/fault-texts.ts'
import { envelopeOf } from '../../src/national/print-envelope.ts'
import type { Fault } from '../../src/platform/problem.ts'
import { bounds, bytesOf, invalid, readOne, sampleJson, sampleWire, sampleXml, type Tables, tablesOf } from './support/claims.ts'

const changed = (change: (tables: ReturnType<typeof tablesOf>) => void): Buffer => {
  const tables = tablesOf('01-outpatient-80pct')
  change(tables)
  return bytesOf(tables)
}
const list = (tables: Tables, name: string) => tables[name] as Record<string, unknown>[]
const brief = ({ pointer, code }: Fault) => `${code} ${pointer}`
const faultsOf = (body: Buffer, within = bounds) => invalid(readOne(body, 'application/json', within))
const briefOf = (body: Buffer, within = bounds) => faultsOf(body, within).errors.map(brief)

describe('every fault in one answer', () => {
  const spoil = (tables: ReturnType<typeof tablesOf>) => {
    Object.assign(tables.XML1, { HO_TEN: '', GIOI_TINH: '12', NGAY_VAO: '202613010000', MA_LOAI_KCB: 1, LOI: 'x' })
    Object.assign(list(tables, 'XML2')[1]!, { DON_GIA: '12.3456', T_BHTT: '-1', STT: '2' })
    Object.assign(list(tables, 'XML3')[3]!, { MA_VAT_TU: '', SO_LUONG: 'ba', TYLE_TT_BH: '101', STT: '7' })
    tables['XML99'] = []
  }
  const expected = [
    'field.decimals /XML2/1/DON_GIA',
    'field.format /XML1/NGAY_VAO',
    'field.format /XML2/1/T_BHTT',
    'field.format /XML3/3/SO_LUONG',
    'field.format /XML3/3/TYLE_TT_BH',
    'field.length /XML1/GIOI_TINH',
    'field.required /XML1/HO_TEN',
    'field.required /XML3/3/MA_DICH_VU',
    'field.type /XML1/MA_LOAI_KCB',
    'field.unknown /XML1/LOI',
    'table.unknown /XML99',
  ]
  test('with its pointer', () => {
    const claim = faultsOf(changed(spoil))
    expect(claim.errors.map(brief).sort()).toEqual(expected)
    expect(claim.errorCount).toBe(expected.length)
    expect({ facilityCode: claim.facilityCode, encounterId: claim.encounterId }).toEqual({
      facilityCode: '01999',
      encounterId: 'TN-0001',
    })
  })
  test('with table, STT and field', () => {
    const fault = faultsOf(changed(spoil)).errors.find(({ pointer }) => pointer === '/XML3/3/SO_LUONG')
    expect(fault).toMatchObject({ table: 'XML3', stt: 7, field: 'SO_LUONG' })
  })
  test('in Vietnamese and English, without a value of the claim', () => {
    const text = JSON.stringify(faultsOf(changed(spoil)).errors.map(({ detail }) => detail))
    expect(text).not.toMatch(/12\.3456|202613010000|NGUYEN|001000000001/)
    for (const { detail } of faultsOf(changed(spoil)).errors) expect(detail.vi && detail.en && detail.vi !== detail.en).toBe(true)
  })
  test('the same for XML, but for what XML cannot say', () => {
    const tables = tablesOf('01-outpatient-80pct')
    spoil(tables)
    const { XML99: _, ...known } = tables
    tables.XML1['MA_LOAI_KCB'] = '01'
    const printed = envelopeOf(known as never, { tables: 'base64', facilityCode: '01999' })
    const claim = invalid(readOne(printed, 'application/xml'))
    // An unknown name is not printed, and XML knows no number that is not text.
    const inXml = expected.filter((fault) => !/LOI|XML99|MA_LOAI_KCB/.test(fault))
    expect(claim.errors.map(brief).sort()).toEqual(inXml)
  })
})

describe('what is a fault', () => {
  test.each([
    ['a field that no table has', ({ XML1 }) => (XML1['MA_THE'] = 'x'), ['field.unknown /XML1/MA_THE']],
    ['a name that needs escaping', ({ XML1 }) => (XML1['A/B~C'] = 'x'), ['field.unknown /XML1/A~1B~0C']],
    ['an inherited name', ({ XML1 }) => (XML1['toString'] = 'x'), ['field.unknown /XML1/toString']],
    ['a number where a code belongs', ({ XML1 }) => (XML1['MA_LK'] = 1), ['field.type /XML1/MA_LK']],
    ['an object in a field', ({ XML1 }) => (XML1['HO_TEN'] = { a: { b: 1 } }), ['field.type /XML1/HO_TEN']],
    ['a boolean', ({ XML1 }) => (XML1['T_BHTT'] = true), ['field.type /XML1/T_BHTT']],
    ['a JSON number with too many decimals', ({ XML1 }) => (XML1['T_BHTT'] = 0.125), ['field.decimals /XML1/T_BHTT']],
    ['a JSON number beyond exactness', ({ XML1 }) => (XML1['T_BHTT'] = 1e21), ['field.format /XML1/T_BHTT']],
    ['minus zero', ({ XML1 }) => (XML1['T_BHTT'] = '-0'), ['field.format /XML1/T_BHTT']],
    ['a decimal comma', ({ XML1 }) => (XML1['T_BHTT'] = '1,5'), ['field.format /XML1/T_BHTT']],
    ['an exponent', ({ XML1 }) => (XML1['T_BHTT'] = '1e3'), ['field.format /XML1/T_BHTT']],
    ['a day that no calendar has', ({ XML1 }) => (XML1['NGAY_RA'] = '202602301200'), ['field.format /XML1/NGAY_RA']],
    ['29 February of a common year', ({ XML1 }) => (XML1['NGAY_RA'] = '202502291200'), ['field.format /XML1/NGAY_RA']],
    ['a control character', ({ XML1 }) => (XML1['GHI_CHU'] = 'a\u0000b'), ['field.characters /XML1/GHI_CHU']],
    ['a lone surrogate', ({ XML1 }) => (XML1['GHI_CHU'] = 'a\ud800'), ['field.characters /XML1/GHI_CHU']],
    ['a direction override', ({ XML1 }) => (XML1['HO_TEN'] = 'a\u202eb'), ['field.characters /XML1/HO_TEN']],
    ['a row that is no object', ({ XML2 }) => (XML2 as unknown[]).push('x'), ['row.type /XML2/2']],
    ['a row that is a list', ({ XML2 }) => (XML2 as unknown[]).push([]), ['row.type /XML2/2']],
    ['a list where an object belongs', (tables) => (tables['XML8'] = []), ['table.type /XML8']],
    ['an object where a list belongs', (tables) => (tables['XML4'] = {}), ['table.type /XML4']],
    ['a check-in table in a claim', (tables) => (tables['XML0'] = []), ['table.unknown /XML0']],
  ] as [string, (tables: ReturnType<typeof tablesOf>) => unknown, string[]][])('%s', (_, change, expected) => {
    expect(briefOf(changed(change))).toEqual(expected)
  })
  test('a claim without its header', () => {
    const { XML1: _, ...rest } = tablesOf('01-outpatient-80pct')
    expect(briefOf(bytesOf(rest))).toEqual(['table.required /XML1'])
  })
  test('more lines than the bound, whatever is in them', () => {
    const body = changed((tables) => {
      tables['XML2'] = Array.from({ length: 4_997 }, () => ({}))
    })
    expect(briefOf(body)).toEqual(['claim.too_many_lines '])
  })
  test('more lines than the bound, all of them valid', () => {
    const lines = { ...bounds, claimLinesMax: 5 }
    expect(briefOf(sampleJson('01-outpatient-80pct'), lines)).toEqual(['claim.too_many_lines '])
    expect(readOne(sampleJson('01-outpatient-80pct'), 'application/json', { ...lines, claimLinesMax: 6 }).kind).toBe('valid')
  })
  test('more rows of the other tables than the bound, all of them valid', () => {
    const body = changed((tables) => {
      const [row] = list(tables, 'XML4')
      tables['XML4'] = Array.from({ length: 20_001 }, () => ({ MA_LK: row!['MA_LK'], STT: '1' }))
    })
    expect(briefOf(body)).toEqual(['claim.too_many_rows '])
  })
  test('more rows of the other tables than the bound', () => {
    const body = changed((tables) => {
      tables['XML4'] = Array.from({ length: 10_000 }, () => ({}))
      tables['XML5'] = Array.from({ length: 10_001 }, () => ({}))
    })
    expect(briefOf(body)).toEqual(['claim.too_many_rows '])
  })
  test('an envelope of another facility than its table', () => {
    const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline', facilityCode: '79999' })
    expect(invalid(readOne(printed, 'application/xml')).errors.map(brief)).toEqual(['facility.mismatch /XML1/MA_CSKCB'])
  })
})

describe('what is a fault of the envelope', () => {
  const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' }).toString()
  test.each([
    ['an unknown table', '<LOAIHOSO>XML4', '<LOAIHOSO>XML77', ['table.unknown /XML77']],
    ['a kind that is no table at all', '<LOAIHOSO>XML4', '<LOAIHOSO>001000000001', ['table.unknown /FILEHOSO']],
    ['a table under the wrong kind', '<LOAIHOSO>XML4', '<LOAIHOSO>XML5', ['table.structure /XML5']],
    ['a header sent twice', /(<FILEHOSO>[\s\S]*?<\/FILEHOSO>)/, '$1$1', ['table.repeated /XML1']],
    ['a list of another name', /DSACH_CHI_TIET_CLS/g, 'DANH_SACH', ['table.structure /XML4']],
    ['an unknown field', '<MA_CHI_SO></MA_CHI_SO>', '<MA_LA>1</MA_LA>', ['field.unknown /XML4/0/MA_LA']],
    ['elements in a field', '<MO_TA>Binh thuong</MO_TA>', '<MO_TA><b>x</b></MO_TA>', ['field.type /XML4/0/MO_TA']],
    ['a control character as it is', '<MO_TA>', '<MO_TA>\u0085', ['field.characters /XML4/0/MO_TA']],
    ['a control character in CDATA', '<MO_TA>', '<MO_TA><![CDATA[\u0001]]>', ['field.characters /XML4/0/MO_TA']],
    ['a control character by reference', '<MO_TA>', '<MO_TA>&#x85;', ['field.characters /XML4/0/MO_TA']],
  ])('%s', (_, from, to, expected) => {
    const body = printed.replace(from, to)
    expect(body).not.toBe(printed)
    expect(invalid(readOne(Buffer.from(body), 'application/xml')).errors.map(brief)).toEqual(expected)
  })
})

describe('what is not', () => {
  const accepted: [string, (tables: ReturnType<typeof tablesOf>) => unknown][] = [
    ['sums that are wrong', ({ XML1 }) => (XML1['T_TONGCHI_BV'] = '1')],
    [
      'codes that no list knows',
      ({ XML1 }) => Object.assign(XML1, { MA_DOITUONG_KCB: '99.9', MA_LOAI_KCB: '77', GIOI_TINH: '9' }),
    ],
    ['a scope that does not exist', (tables) => (list(tables, 'XML2')[0]!['PHAM_VI'] = '7')],
    ['a row of another episode', (tables) => (list(tables, 'XML2')[0]!['MA_LK'] = 'ANOTHER')],
    ['an identity number of an unusual form', ({ XML1 }) => (XML1['SO_CCCD'] = 'ABC-1')],
    ['a birth date of which only the year is known', ({ XML1 }) => (XML1['NGAY_SINH'] = '198500000000')],
    ['a benefit rate with decimals', (tables) => (list(tables, 'XML2')[0]!['MUC_HUONG'] = '47.5')],
    ['amounts as JSON numbers', ({ XML1 }) => Object.assign(XML1, { T_BHTT: 553342.71, SO_NGAY_DTRI: 0, CAN_NANG: 60 })],
    ['a visit that ends in the future', ({ XML1 }) => (XML1['NGAY_RA'] = '209912312359')],
    ['lists of cards of unequal length', ({ XML1 }) => (XML1['MA_THE_BHYT'] = 'DN4010000000001;GD4010000000001')],
  ]
  test.each(accepted)('%s', (_, change) => {
    expect(readOne(changed(change)).kind).toBe('valid')
  })
  test('the three names that one vendor sends in XML13', () => {
    const XML13 = {
      MA_LK: 'TN-0001',
      SO_HOSO: '1',
      SO_CHUYENTUYEN: '1',
      GIAY_CHUYEN_TUYEN: '1',
      MA_NOI_DI: '01999',
      MA_NOI_DEN: '79999',
      DAU_HIEU_LS: 'x',
      QT_BENHLY: 'x',
      TEN_DICH_VU: 'x',
      MA_LYDO_CT: '1',
      HUONG_DIEU_TRI: 'x',
      PHUONGTIEN_VC: 'x',
      MA_BAC_SI: 'x',
      MA_TTDV: '0100000001',
      MA_CSKCB_DI: '01999',
      MA_CSKCB_DEN: '79999',
      TINH_TRANG_CT: 'x',
    }
    const claim = readOne(changed((tables) => (tables['XML13'] = XML13)))
    const strange = claim.kind === 'invalid' ? claim.errors.filter(({ code }) => code === 'field.unknown') : []
    expect(strange.filter(({ field }) => /_DI$|_DEN$|_CT$/.test(field!))).toEqual([])
  })
  test('a discharge paper for each child of a birth', () => {
    const paper = Object.fromEntries(
      ['MA_LK', 'SO_LUU_TRU', 'MA_YTE', 'MA_KHOA_RV', 'CHAN_DOAN_RV', 'PP_DIEUTRI', 'MA_TTDV', 'MA_BS', 'TEN_BS'].map((name) => [
        name,
        'x',
      ]),
    )
    const whole = { ...paper, NGAY_VAO: '202603100800', NGAY_RA: '202603101030', NGAY_CT: '20260310' }
    const twins = readOne(changed((tables) => (tables['XML7'] = [whole, { ...whole, SO_LUU_TRU: 'y' }])))
    if (twins.kind !== 'valid') throw new Error(JSON.stringify(twins.errors))
    const printed = readOne(envelopeOf(twins.wire, { tables: 'base64' }), 'application/xml')
    expect(printed).toMatchObject({ kind: 'valid', contentSha256: twins.contentSha256 })
    const alone = [whole, [whole]].map((XML7) => readOne(changed((tables) => (tables['XML7'] = XML7))))
    expect(alone[0]).toMatchObject({ kind: 'valid' })
    expect(alone[1]).toMatchObject({ contentSha256: (alone[0] as { contentSha256: string }).contentSha256 })
  })
})

describe('bounds of the answer', () => {
  const body = changed((tables) => {
    tables['XML2'] = Array.from({ length: 500 }, () => ({ X: '1' }))
  })
  test('as many are listed as the bound says, and all are counted', () => {
    const claim = faultsOf(body)
    expect(claim.errors).toHaveLength(bounds.faultsMax)
    const required = faultsOf(bytesOf({ ...tablesOf('01-outpatient-80pct'), XML2: [{ X: '1' }] })).errorCount
    expect(claim.errorCount).toBe(500 * required)
  })
  test('a claim where everything is missing at the bounds of rows is answered within seconds', () => {
    const empty = (count: number) => Array.from({ length: count }, () => ({}))
    const worst = bytesOf({ XML1: {}, XML2: empty(2_500), XML3: empty(2_500), XML9: empty(20_000) })
    const started = performance.now()
    expect(faultsOf(worst).errorCount).toBeGreaterThan(500_000)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
  test('every code that can be answered has been seen here', () => {
    expect([...FAULT_CODES].sort()).toEqual(
      [
        'claim.too_many_lines',
        'claim.too_many_rows',
        'facility.mismatch',
        ...['characters', 'decimals', 'format', 'length', 'required', 'type', 'unknown'].map((code) => `field.${code}`),
        'row.type',
        ...['repeated', 'required', 'structure', 'type', 'unknown'].map((code) => `table.${code}`),
      ].sort(),
    )
  })
  test('the samples have none', () => {
    expect(readOne(sampleJson('01-outpatient-80pct')).kind).toBe('valid')
    expect(readOne(sampleXml('03-inpatient-offroute-32pct'), 'application/xml').kind).toBe('valid')
  })
})
