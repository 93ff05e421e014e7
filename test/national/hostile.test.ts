import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeOf } from '../../src/national/print-envelope.ts'
import { readBody, readRecord } from '../../src/national/read-body.ts'
import type { ClaimMediaType } from '../../src/national/reading.ts'
import { bounds, bytesOf, readOne, sampleJson, sampleWire, sampleXml, tablesOf } from './support/claims.ts'

const json = 'application/json'
const xml = 'application/xml'
const canary = 'SECRET-001000000001'
const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' }).toString()
const withNote = (note: string) => printed.replace('<GHI_CHU></GHI_CHU>', `<GHI_CHU>${note}</GHI_CHU>`)
const inBase64 = (document: string | Buffer) =>
  `<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>${Buffer.from(document).toString('base64')}</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>`
const nested = (open: string, close: string, depth: number, core = '') => open.repeat(depth) + core + close.repeat(depth)
const raw = (text: string) => Buffer.from(text, 'latin1')

function refusal(body: Buffer, mediaType: ClaimMediaType): string {
  const reading = readBody(body, mediaType, bounds)
  if (reading.kind !== 'refused') throw new Error(`taken: ${JSON.stringify(reading).slice(0, 300)}`)
  expect(JSON.stringify(reading)).not.toContain('SECRET')
  expect(reading.detail.vi).not.toBe(reading.detail.en)
  return `${reading.code}: ${reading.detail.en}`
}

describe('JSON that is refused', () => {
  const header = JSON.stringify(tablesOf('01-outpatient-80pct').XML1)
  test.each([
    ['nothing', '', 'well-formed JSON'],
    ['half of a claim', sampleJson('01-outpatient-80pct').toString().slice(0, 2_000), 'well-formed JSON'],
    ['a comma too many', '{"XML1":{},}', 'well-formed JSON'],
    ['two documents', '{}{}', 'well-formed JSON'],
    ['a byte order mark', '\ufeff{}', 'well-formed JSON'],
    ['NaN', '{"XML1":{"T_BHTT":NaN}}', 'well-formed JSON'],
    ['a list', '[]', 'one object'],
    ['null', 'null', 'one object'],
    ['a text', `"${canary}"`, 'one object'],
    ['a table twice', `{"XML1":{},"XML1":${header}}`, 'twice'],
    ['a field twice', `{"XML1":{"MA_LK":"${canary}","MA_LK":"b"}}`, 'twice'],
    ['a field twice, once escaped', '{"XML1":{"MA_LK":"a","\\u004dA_LK":"b"}}', 'twice'],
    ['a name twice inside a field', '{"XML1":{"MA_LK":{"a":1,"a":2}}}', 'twice'],
    ['__proto__ as a table', '{"__proto__":{"XML1":{}}}', 'not allowed'],
    ['__proto__ as a field', '{"XML1":{"__proto__":{"MA_LK":"x"}}}', 'not allowed'],
    ['__proto__, escaped', '{"XML1":{"\\u005f_proto__":"x"}}', 'not allowed'],
    ['constructor in a row', '{"XML1":{},"XML2":[{"constructor":{"prototype":{}}}]}', 'not allowed'],
    ['prototype deep in a field', '{"XML1":{"MA_LK":[{"prototype":1}]}}', 'not allowed'],
    ['arrays beyond the depth', nested('{"XML1":[', ']}', 20), 'too deep'],
    ['a million levels', nested('[', '', 1_000_000), 'too deep'],
    [
      'half a million names',
      `{"XML1":{${Array.from({ length: 500_001 }, (_, index) => `"a${index}":1`).join()}}}`,
      'too many elements',
    ],
    ['a hundred thousand objects', `{"XML2":[${'{},'.repeat(100_001)}{}]}`, 'too many elements'],
  ])('%s', (_, body, reason) => {
    expect(refusal(Buffer.from(body), json)).toContain(reason)
  })
  test.each([
    ['latin-1', raw('{"XML1":{"HO_TEN":"Nguy\xean"}}')],
    ['an overlong form', raw('{"XML1":{"HO_TEN":"\xc0\xaf"}}')],
    ['an encoded surrogate', raw('{"XML1":{"HO_TEN":"\xed\xa0\x80"}}')],
    ['half a character', raw('{"XML1":{"HO_TEN":"\xe1\xba"}}')],
    ['UTF-16', Buffer.from(JSON.stringify({ XML1: { HO_TEN: 'ễ' } }), 'utf16le')],
  ])('%s instead of UTF-8', (_, body) => {
    expect(refusal(body, json)).toMatch(/^request\.unreadable/)
  })
  test('a body over its bound is too large', () => {
    expect(refusal(Buffer.alloc(bounds.bodyBytesMax + 1, 0x20), json)).toMatch(/^request\.too_large/)
    expect(refusal(Buffer.alloc(bounds.bodyBytesMax + 1, 0x20), xml)).toMatch(/^request\.too_large/)
  })
  test('nothing reaches the prototype of objects', () => {
    refusal(Buffer.from('{"XML1":{"__proto__":{"polluted":"yes"}}}'), json)
    refusal(Buffer.from('{"__proto__":{"polluted":"yes"}}'), json)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('XML that is refused', () => {
  const lol = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
  test.each([
    ['nothing', '', 'well-formed XML'],
    ['half of an envelope', printed.slice(0, 3_000), 'well-formed XML'],
    ['a text', canary, 'well-formed XML'],
    ['JSON', '{"XML1":{}}', 'well-formed XML'],
    ['two roots', `${printed}<x/>`, 'well-formed XML'],
    ['tags that cross', withNote('<a><b></a></b>'), 'well-formed XML'],
    ['a tag that is not closed', printed.replace('</MA_BN>', ''), 'well-formed XML'],
    ['text between fields', printed.replace('<MA_BN>', `${canary}<MA_BN>`), 'well-formed XML'],
    ['text before a claim', printed.replace('<HOSO>', `${canary}<HOSO>`), 'well-formed XML'],
    ['text behind a claim', printed.replace('</HOSO>', `</HOSO>${canary}`), 'well-formed XML'],
    ['a bare ampersand', withNote('a & b'), 'well-formed XML'],
    ['an attribute without quotes', printed.replace('<HOSO>', '<HOSO a=1>'), 'well-formed XML'],
    ['CDATA without end', withNote('<![CDATA['), 'well-formed XML'],
    ['a comment without end', withNote('<!--'), 'well-formed XML'],
    ['a null character by reference', withNote('&#0;'), 'well-formed XML'],
    ['a surrogate by reference', withNote('&#xD800;'), 'well-formed XML'],
    ['a reference with an exponent', withNote('&#1e3;'), 'well-formed XML'],
    ['a reference beyond Unicode', withNote('&#x110000;'), 'well-formed XML'],
    ['DOCTYPE', printed.replace('<GIAMDINHHS>', `${lol}<GIAMDINHHS>`), 'DOCTYPE'],
    ['DOCTYPE with a system id', `<!DOCTYPE GIAMDINHHS SYSTEM "file:///etc/passwd">${printed}`, 'DOCTYPE'],
    ['DOCTYPE in a table', inBase64(`${lol}<TONG_HOP/>`), 'DOCTYPE'],
    ['DOCTYPE within the root', printed.replace('<THONGTINDONVI>', `${lol}<THONGTINDONVI>`), 'DOCTYPE'],
    ['DOCTYPE in a row', printed.replace('<MA_BN>', `${lol}<MA_BN>`), 'DOCTYPE'],
    ['an entity that nobody declared', withNote('&a;'), 'DOCTYPE'],
    ['an entity with the name of a method', withNote('&toString;'), 'DOCTYPE'],
    ['another encoding', printed.replace('utf-8', 'windows-1258'), 'encoding'],
    ['another encoding in a table', inBase64('<?xml version="1.0" encoding="UTF-16"?><TONG_HOP></TONG_HOP>'), 'encoding'],
    ['base64 with a foreign character', inBase64('<TONG_HOP/>').replace('PFRP', 'PF*P'), 'base64'],
    ['base64 cut short', inBase64('<TONG_HOP></TONG_HOP>').replace(/.<\/NOIDUNGFILE>/, '</NOIDUNGFILE>'), 'base64'],
    ['base64 of the alphabet for URLs', inBase64('<A>???</A>').replace('Pz8/', 'Pz8_'), 'base64'],
    ['base64 of no XML', inBase64(canary), 'well-formed XML'],
    ['base64 of a zip', inBase64(Buffer.from('504b030414000000ff', 'hex')), 'not UTF-8'],
    ['base64 in base64', inBase64(Buffer.from('<TONG_HOP/>').toString('base64')), 'well-formed XML'],
    ['a field twice', printed.replace('<MA_BN>BN000001</MA_BN>', '<MA_BN>a</MA_BN><MA_BN>b</MA_BN>'), 'twice'],
    ['an empty field twice', printed.replace('<MA_BN>BN000001</MA_BN>', '<MA_BN/><MA_BN/>'), 'twice'],
    ['an unknown field twice', printed.replace('<MA_BN>', '<A>1</A><A>2</A><MA_BN>'), 'twice'],
    ['__proto__ as a field', printed.replace('<MA_BN>', '<__proto__>x</__proto__><MA_BN>'), 'not allowed'],
    ['elements beyond the depth', withNote(nested('<a>', '</a>', 40)), 'too deep'],
    ['a hundred thousand levels', `<GIAMDINHHS>${nested('<a>', '</a>', 100_000)}</GIAMDINHHS>`, 'too deep'],
    ['depth inside a table', inBase64(nested('<a>', '</a>', 40)), 'too deep'],
    ['another root', '<TONG_HOP></TONG_HOP>', 'not a GIAMDINHHS'],
    ['an envelope without claims', '<GIAMDINHHS><THONGTINHOSO/></GIAMDINHHS>', 'holds no HOSO'],
    ['strangers in a claim', printed.replace('<FILEHOSO>', '<OTHER/><FILEHOSO>'), 'holds FILEHOSO and nothing else'],
    ['a hundred and one claims', printed.replace(/<HOSO>[\s\S]*<\/HOSO>/, '<HOSO></HOSO>'.repeat(101)), 'too many HOSO'],
    ['half a million elements', printed.replace('<HOSO>', `${'<a/>'.repeat(500_001)}<HOSO>`), 'too many elements'],
  ])('%s', (_, body, reason) => {
    expect(refusal(Buffer.from(body), xml)).toContain(reason)
  })
  test.each([
    ['latin-1', raw(printed.replace('BN000001', '\xe0'))],
    ['UTF-16', Buffer.from(`\ufeff${printed}`, 'utf16le')],
    ['latin-1 inside base64', Buffer.from(inBase64(raw('<TONG_HOP>\xe0</TONG_HOP>')))],
  ])('%s instead of UTF-8', (_, body) => {
    expect(refusal(body, xml)).toContain('not UTF-8')
  })
  test('what looks like DOCTYPE inside text is text', () => {
    const note = '<![CDATA[<!DOCTYPE x [<!ENTITY a "b">]>&a;]]>'
    expect(readOne(Buffer.from(withNote(note)), xml)).toMatchObject({
      kind: 'valid',
      wire: { XML1: { GHI_CHU: '<!DOCTYPE x [<!ENTITY a "b">]>&a;' } },
    })
  })
})

describe('bounded time and memory', () => {
  const full = (unit: string) => Buffer.alloc(bounds.bodyBytesMax, unit)
  test.each([
    ['objects', '{'],
    ['arrays', '['],
    ['quotes', '"'],
    ['escapes', '\\"'],
    ['pairs', '{"a":'],
    ['tags', '<a>'],
    ['empty tags', '<a/>'],
    ['tags without end', '<'],
    ['comments', '<!---->'],
    ['comments without end', '<!--'],
    ['CDATA', '<![CDATA[]]>'],
    ['instructions', '<?a?>'],
    ['ampersands', '&'],
    ['references', '&#65;'],
    ['attributes', ' a="b"'],
    ['blanks', ' '],
    ['nulls', '\0'],
  ])('eight megabytes of %s are refused at once', (_, unit) => {
    const bodies: [Buffer, ClaimMediaType][] = [
      [full(unit), json],
      [full(unit), xml],
      [Buffer.from(`<GIAMDINHHS>${full(unit).toString().slice(0, 4_000_000)}`), xml],
      [Buffer.from(`<GIAMDINHHS ${full(unit).toString().slice(0, 4_000_000)}`), xml],
      [Buffer.from(withNote(full(unit).toString().slice(0, 4_000_000))), xml],
    ]
    for (const [body, mediaType] of bodies) {
      const started = performance.now()
      readBody(body, mediaType, bounds)
      expect(performance.now() - started).toBeLessThan(3_000)
    }
  })
})

describe('fuzz', () => {
  const bases: readonly [Buffer, ClaimMediaType][] = [
    [sampleJson('01-outpatient-80pct'), json],
    [sampleXml('01-outpatient-80pct'), xml],
    [Buffer.from(printed), xml],
    [bytesOf(sampleWire('03-inpatient-offroute-32pct')), json],
  ]
  test('mutated bytes never throw nor hang, and what is taken is read again to the same content', () => {
    const token = fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '\\',
      '<![CDATA[',
      ']]>',
      '-->',
      '&#',
      '\0',
      '\xff',
      '=',
    )
    const change = fc.record({
      at: fc.nat({ max: 40_000 }),
      cut: fc.nat({ max: 30 }),
      put: fc.oneof(token, fc.string({ maxLength: 8 })),
    })
    fc.assert(
      fc.property(fc.constantFrom(...bases), fc.array(change, { minLength: 1, maxLength: 4 }), ([base, mediaType], changes) => {
        let body = base
        for (const { at, cut, put } of changes) {
          const from = at % body.length
          body = Buffer.concat([body.subarray(0, from), Buffer.from(put, 'latin1'), body.subarray(from + cut)])
        }
        const reading = readBody(body, mediaType, bounds)
        if (reading.kind === 'refused') return
        for (const claim of reading.claims) {
          if (claim.kind === 'invalid') expect(claim.errorCount).toBeGreaterThan(0)
          else expect(readRecord(claim.bytes, mediaType).contentSha256).toBe(claim.contentSha256)
        }
      }),
      { numRuns: 1_500 },
    )
  })
  test('any JSON value is answered', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('XML1', 'XML2', 'XML7', 'XML99'), (value, table) => {
        expect(readBody(Buffer.from(`{"${table}":${value}}`), json, bounds).kind).toMatch(/read|refused/)
      }),
      { numRuns: 500 },
    )
  })
  test('a record that is no claim throws', () => {
    for (const body of ['', '{}', '[]', '{"XML1":{}}', '{"XML1":{"MA_LK":"a","LOI":"b"}}', '<HOSO/>', '<HOSO></HOSO>'])
      for (const mediaType of [json, xml] as const) expect(() => readRecord(Buffer.from(body), mediaType)).toThrow()
  })
})
