import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFaultOf } from '../../src/national/json-fault.ts'
import { envelopeOf } from '../../src/national/print-envelope.ts'
import { readBody } from '../../src/national/read-body.ts'
import type { ClaimMediaType } from '../../src/national/reading.ts'
import { bounds, sampleWire } from './support/claims.ts'

const json = 'application/json'
const xml = 'application/xml'
const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' }).toString()
const inBase64 = (document: string | Buffer, kind = 'XML1') =>
  `<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>${kind}</LOAIHOSO><NOIDUNGFILE>${Buffer.from(document).toString('base64')}</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>`

function detailOf(body: string | Buffer, mediaType: ClaimMediaType, within = bounds) {
  const reading = readBody(Buffer.from(body), mediaType, within)
  if (reading.kind !== 'refused') throw new Error('taken')
  expect(`${reading.detail.vi}${reading.detail.en}`).not.toMatch(/SECRET|undefined|NaN/)
  expect(reading.detail.vi).not.toBe(reading.detail.en)
  return reading.detail
}
/** Line and column of a piece of a document. */
function placeOf(document: string, piece: string): string {
  const before = document.slice(0, document.indexOf(piece)).split('\n')
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`
}

describe('JSON that is not well formed says where', () => {
  test.each([
    ['nothing', '', 'line 1, column 1'],
    ['a comma too many', '{"XML1":{},}', 'line 1, column 12'],
    ['two documents', '{}\n{}', 'line 2, column 1'],
    ['no value that JSON knows', '{"XML1":{\n"T_BHTT":NaN}}', 'line 2, column 10'],
    ['a cut', '{"XML1":{"HO_TEN":"SECRET', 'line 1, column 26'],
    ['a line end in a text', '{"XML1":\r\n{"HO_TEN":"SECRET\n"}}', 'line 2, column 18'],
    ['an escape that is none', '{"XML1":{"HO_TEN":"SECRET\\x"}}', 'line 1, column 26'],
    ['a short Unicode escape', '{"XML1":{"HO_TEN":"\\u12"}}', 'line 1, column 20'],
    ['a number with a zero in front', '{"A":[1, 01]}', 'line 1, column 11'],
    ['a number that ends in a point', '{"A":1.}', 'line 1, column 7'],
    ['a name without a colon', '{"A" 1}', 'line 1, column 6'],
    ['a name without quotes', '{A:1}', 'line 1, column 2'],
    ['a list that ends as an object', '[1}', 'line 1, column 3'],
    ['a list that ends in a comma', '[1,]', 'line 1, column 4'],
    ['a byte order mark', '\ufeff{}', 'line 1, column 1'],
  ])('%s', (_, body, place) => {
    const { vi, en } = detailOf(body, json)
    expect(en).toContain(`well-formed JSON: ${place}`)
    expect(vi).toContain(place.replace('line', 'dòng').replace('column', 'cột'))
  })
  test('and where the bytes stop being UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"A":"ế\ufffd'), Buffer.from([0xff]), Buffer.from('"}')])
    expect(detailOf(body, json).en).toContain('byte 13')
  })
})

test('what finds the place and what parses agree on what is JSON, however a text is spoiled (property)', () => {
  const piece = fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'n', '\n', '\u0001', '\u00a0')
  const spoiled = fc.record({ text: fc.json({ maxDepth: 4 }), at: fc.nat(), cut: fc.nat({ max: 2 }), put: piece })
  fc.assert(
    fc.property(spoiled, ({ text, at, cut, put }) => {
      const from = at % (text.length + 1)
      const body = text.slice(0, from) + put + text.slice(from + cut)
      let parses = true
      try {
        JSON.parse(body)
      } catch {
        parses = false
      }
      const fault = jsonFaultOf(body)
      if (fault === undefined || fault.reason === 'json') expect(fault === undefined, body).toBe(parses)
      if (fault !== undefined) expect(fault.at).toBeLessThanOrEqual(body.length)
    }),
    { numRuns: 3_000 },
  )
})

describe('a name that may not be there is named when it is a national one', () => {
  test.each([
    ['a table twice', '{"XML2":[],\n"XML2":[]}', 'The name XML2 occurs twice: line 2, column 1'],
    ['a field twice', '{"XML1":{"MA_LK":"SECRET","MA_LK":"b"}}', 'The name MA_LK occurs twice: line 1, column 27'],
    ['a field twice, once escaped', '{"XML1":{"MA_LK":"a","\\u004dA_LK":"b"}}', 'The name MA_LK occurs twice: line 1, column 22'],
    ['a stranger twice', '{"XML1":{"SECRET":"a","SECRET":"b"}}', 'A name occurs twice: line 1, column 23'],
    ['a forbidden name', '{"XML1":{"__proto__":{}}}', 'The name __proto__ is not allowed: line 1, column 10'],
    ['a forbidden name in a table', '{"constructor":{}}', 'The name constructor is not allowed: line 1, column 2'],
  ])('%s', (_, body, text) => {
    expect(detailOf(body, json).en).toContain(text)
  })
  test('the same name in two objects is none', () => {
    expect(detailOf('{"A":[{"B":1},{"B":2}],"C":{"B":{"B":3}},"C":1}', json).en).toContain('line 1, column 42')
  })
  const field = '<MA_BN>BN000001</MA_BN>'
  test('also in XML', () => {
    const twice = printed.replace(field, `${field}\n<MA_BN>SECRET</MA_BN>`)
    expect(detailOf(twice, xml).en).toContain(`The name MA_BN occurs twice: ${placeOf(twice, '<MA_BN>SECRET')}`)
    const strange = printed.replace(field, '<SECRET>1</SECRET><SECRET>2</SECRET>')
    expect(detailOf(strange, xml).en).toContain(`A name occurs twice: ${placeOf(strange, '<SECRET>2')}`)
    const forbidden = printed.replace(field, '<__proto__>x</__proto__>')
    expect(detailOf(forbidden, xml).en).toContain(`The name __proto__ is not allowed: ${placeOf(forbidden, '<__proto__>x')}`)
  })
})

describe('XML that is not well formed says where', () => {
  const field = '<MA_BN>BN000001</MA_BN>'
  test.each([
    ['a tag that is not closed', '<MA_BN>SECRET', '<HO_TEN>'],
    ['a closing tag of another', '<MA_BN>SECRET</HO_TEN>', '</HO_TEN>'],
    ['text between fields', 'SECRET<MA_BN/>', 'SECRET'],
    ['a bare ampersand', '<MA_BN>SECRET & SECRET</MA_BN>', '& SECRET'],
    ['a null character by reference', '<MA_BN>SECRET&#0;</MA_BN>', '&#0;'],
    ['an attribute without quotes', '<MA_BN SECRET=1>x</MA_BN>', 'SECRET=1'],
  ])('%s', (_, put, at) => {
    const body = printed.replace(field, put)
    expect(detailOf(body, xml).en).toMatch(new RegExp(`well-formed XML.*: ${placeOf(body, at)}`))
  })
  test('a cut, a text and a second root', () => {
    const cut = printed.slice(0, 3_000)
    expect(detailOf(cut, xml).en).toMatch(/well-formed XML.*: line \d+, column \d+/)
    expect(detailOf('SECRET', xml).en).toContain('well-formed XML: line 1, column 1')
    expect(detailOf(`${printed}\n<x/>`, xml).en).toContain(`well-formed XML: ${placeOf(`${printed}\n<x/>`, '<x/>')}`)
  })
  test('the closing tag that is wanted, when it is a national name', () => {
    const body = printed.replace(field, '<MA_BN>x</HO_TEN>')
    expect(detailOf(body, xml).en).toContain('</MA_BN> is expected')
  })
  test('DOCTYPE and entities', () => {
    const body = printed.replace(field, '<MA_BN>&SECRET;</MA_BN>')
    expect(detailOf(body, xml).en).toContain(placeOf(body, '&SECRET;'))
    expect(detailOf(`\n<!DOCTYPE x>${printed}`, xml).en).toContain('line 2, column 1')
  })
  test('in the table that was sent in base64', () => {
    const { vi, en } = detailOf(inBase64('<TONG_HOP>\n<MA_LK>SECRET</MA_LK>\n<HO_TEN>x</MA_BN></TONG_HOP>'), xml)
    expect(en).toContain('</HO_TEN> is expected (in table XML1): line 3, column 10')
    expect(vi).toContain('(trong bảng XML1): dòng 3, cột 10')
    expect(detailOf(inBase64(Buffer.from([0x3c, 0x61, 0xff])), xml).en).toContain('(in table XML1): byte 3')
    expect(detailOf(inBase64('<TONG_HOP/>', 'XML2').replace('PFRP', 'PF*P'), xml).en).toContain('(in table XML2)')
  })
})

describe('bounds and the envelope', () => {
  const claims = (count: number) => printed.replace(/<HOSO>[\s\S]*<\/HOSO>/, '<HOSO></HOSO>'.repeat(count))
  test('an envelope without a claim says so', () => {
    const { vi, en } = detailOf(claims(0), xml)
    expect(en).toBe('The envelope holds no HOSO: 1 to 100 are wanted in GIAMDINHHS/THONGTINHOSO/DANHSACHHOSO.')
    expect(vi).toBe('Phong bì không có HOSO nào: cần từ 1 đến 100 HOSO trong GIAMDINHHS/THONGTINHOSO/DANHSACHHOSO.')
    expect(detailOf('<GIAMDINHHS><THONGTINHOSO/></GIAMDINHHS>', xml).en).toBe(en)
  })
  test('too many claims: the bound and the count', () => {
    const { vi, en } = detailOf(claims(101), xml)
    expect(en).toBe('The envelope holds too many HOSO: 101 were sent, at most 100 are taken at once.')
    expect(vi).toBe('Phong bì có quá nhiều HOSO: đã gửi 101, mỗi lần nhận tối đa 100.')
  })
  test('another root and a stranger in a claim', () => {
    expect(detailOf('<TONG_HOP></TONG_HOP>', xml).en).toBe(
      'The XML is not a GIAMDINHHS envelope, its root is TONG_HOP: line 1, column 1.',
    )
    expect(detailOf('<SECRET></SECRET>', xml).en).toBe('The XML is not a GIAMDINHHS envelope: line 1, column 1.')
    const strange = printed.replace('<FILEHOSO>', '<SECRET/><FILEHOSO>')
    expect(detailOf(strange, xml).en).toBe(`A HOSO holds FILEHOSO and nothing else: ${placeOf(strange, '<SECRET/>')}.`)
  })
  test('size, depth and parts have their bounds in the text', () => {
    expect(detailOf('{"XML1":{}}', json, { ...bounds, bodyBytesMax: 5 }).en).toContain('11 bytes were sent, at most 5')
    expect(detailOf('[[[]]]', json, { ...bounds, depthMax: 2 }).en).toContain('at most 2 levels: line 1, column 3')
    expect(detailOf(printed, xml, { ...bounds, depthMax: 4 }).en).toContain('at most 4 levels: line')
    expect(detailOf(`{"A":[${'{},'.repeat(100_001)}{}]}`, json).en).toContain('100,000')
    expect(detailOf('[]', json).en).toBe(
      'The JSON body must be one object of tables, {"XML1": {…}, "XML2": […], …}; a list was sent.',
    )
  })
})
