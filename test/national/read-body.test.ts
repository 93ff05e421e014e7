import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeOf } from '../../src/national/print-envelope.ts'
import { readBody, readRecord } from '../../src/national/read-body.ts'
import { bounds, bytesOf, readOne, SAMPLES, sampleJson, sampleWire, sampleXml, tablesOf, valid } from './support/claims.ts'

const rows = (wire: unknown) => wire as readonly Record<string, string>[]

describe.each(SAMPLES)('sample %s', (name) => {
  const json = valid(readOne(sampleJson(name)))
  const xml = valid(readOne(sampleXml(name), 'application/xml'))

  test('XML and JSON of one claim are the same content', () => {
    expect(xml.wire).toEqual(json.wire)
    expect(xml.contentSha256).toBe(json.contentSha256)
  })
  test('tables in base64 and inline are the same content', () => {
    for (const tables of ['base64', 'inline'] as const) {
      const printed = valid(readOne(envelopeOf(json.wire, { tables }), 'application/xml'))
      expect(printed.wire).toEqual(json.wire)
      expect(printed.contentSha256).toBe(json.contentSha256)
    }
  })
  test('the content hash is SHA-256 of the RFC 8785 form', () => {
    const form = canonicalize(json.wire)
    expect(json.contentSha256).toBe(createHash('sha256').update(form!).digest('hex'))
  })
  test('a record is read again to the same wire form and hash', () => {
    for (const [claim, mediaType] of [
      [json, 'application/json'],
      [xml, 'application/xml'],
    ] as const) {
      const { wire, contentSha256, release, facilityCode, encounterId } = readRecord(claim.bytes, mediaType)
      expect({ wire, contentSha256, release, facilityCode, encounterId }).toEqual({
        wire: claim.wire,
        contentSha256: claim.contentSha256,
        release: claim.release,
        facilityCode: claim.facilityCode,
        encounterId: claim.encounterId,
      })
    }
  })
  test('the whole body is the record of a lone claim', () => {
    expect(json.bytes).toEqual(sampleJson(name))
    expect(xml.bytes).toEqual(sampleXml(name))
  })
})

describe('normal form', () => {
  const hashOf = (change: (tables: ReturnType<typeof tablesOf>) => void): string => {
    const tables = tablesOf('01-outpatient-80pct')
    change(tables)
    return valid(readOne(bytesOf(tables))).contentSha256
  }
  const unchanged = hashOf(() => {})

  test.each(['1500', '1500.0', '1500.000', '01500.0', 1500])('a price of %s is the same content', (price) => {
    expect(
      hashOf(({ XML2 }) => {
        rows(XML2)[0]!['DON_GIA'] = price as string
      }),
    ).toBe(unchanged)
  })
  test('zero is one content in every form', () => {
    const forms = ['0', '0.0', '0.00', '000', 0]
    const hashes = forms.map((form) => hashOf(({ XML1 }) => (XML1['T_NGUONKHAC'] = form)))
    expect(new Set(hashes)).toEqual(new Set([unchanged]))
  })
  test('an absent field, an empty one, blanks and null mean the same', () => {
    for (const empty of ['', '  ', '\n', null, undefined])
      expect(hashOf(({ XML1 }) => (XML1['NHOM_MAU'] = empty))).toBe(unchanged)
  })
  test('a table that is absent, null or without rows means the same', () => {
    for (const none of [null, []]) {
      expect(
        hashOf((tables) => {
          tables['XML5'] = none as never
        }),
      ).toBe(unchanged)
    }
  })
  test('a code keeps its zeros', () => {
    const { XML1 } = sampleWire('01-outpatient-80pct')
    expect([XML1['MA_LOAI_KCB'], XML1['MA_QUOCTICH'], XML1['MATINH_CU_TRU']]).toEqual(['01', '000', '01'])
  })
  test('the order of rows is content', () => {
    expect(hashOf(({ XML2 }) => rows(XML2) && (XML2 as unknown[]).reverse())).not.toBe(unchanged)
  })
  test('the order of names is not', () => {
    expect(
      hashOf((tables) => {
        for (const [name, table] of Object.entries(tables).reverse()) {
          delete tables[name]
          tables[name] = Array.isArray(table) ? table : Object.fromEntries(Object.entries(table).reverse())
        }
      }),
    ).toBe(unchanged)
  })
  test('tables of two digits are hashed in the order of RFC 8785', () => {
    const XML10 = {
      ...{ MA_LK: 'TN-0001', SO_SERI: '1', SO_CT: '1', SO_NGAY: '30', DON_VI: 'x', CHAN_DOAN_RV: 'x', TU_NGAY: '20260310' },
      ...{ DEN_NGAY: '20260408', MA_TTDV: '0100000001', TEN_BS: 'x', MA_BS: 'x', NGAY_CT: '20260310' },
    }
    const { wire, contentSha256 } = valid(readOne(bytesOf({ ...tablesOf('01-outpatient-80pct'), XML10 })))
    expect(Object.keys(wire)).toEqual(['XML1', 'XML10', 'XML2', 'XML3', 'XML4'])
    expect(contentSha256).toBe(createHash('sha256').update(canonicalize(wire)!).digest('hex'))
  })
  test('line ends of Windows and of others are the same content', () => {
    const withText = (text: string) => hashOf(({ XML1 }) => (XML1['GHI_CHU'] = text))
    expect(withText('một\r\nhai')).toBe(withText('một\nhai'))
    const wire = { ...sampleWire('01-outpatient-80pct') }
    const crlf = Buffer.from(envelopeOf(wire, { tables: 'inline' }).toString().replaceAll('\n', '\r\n'))
    expect(valid(readOne(crlf, 'application/xml')).contentSha256).toBe(unchanged)
  })
  test('text comes through XML as it went in', () => {
    const hostile = [
      `a<b>&amp;&"'`,
      ']]>',
      '<![CDATA[x]]>',
      '&#0;',
      "'; DROP TABLE claims;--",
      'Nguyễn Thị Ánh 😀',
      'a\tb\nc',
      '=1+1',
    ]
    for (const text of hostile) {
      const tables = tablesOf('01-outpatient-80pct')
      tables.XML1['GHI_CHU'] = text
      const { wire, contentSha256 } = valid(readOne(bytesOf(tables)))
      expect(wire.XML1['GHI_CHU']).toBe(text)
      for (const form of ['base64', 'inline'] as const)
        expect(valid(readOne(envelopeOf(wire, { tables: form }), 'application/xml')).contentSha256).toBe(contentSha256)
    }
  })
  test('CDATA, comments, references and blanks around a value change nothing', () => {
    const printed = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' }).toString()
    const dressed = printed
      .replace('<MA_BN>BN000001</MA_BN>', '<!-- code --><MA_BN ><![CDATA[BN000001]]></MA_BN >')
      .replace('<HO_TEN>NGUYEN', '<HO_TEN a="1" b = \'2\'>  &#78;GUY&#x45;N')
      .replace('<GHI_CHU></GHI_CHU>', '<GHI_CHU/>')
    expect(dressed).not.toBe(printed)
    expect(valid(readOne(Buffer.from(`\ufeff${dressed}`), 'application/xml')).contentSha256).toBe(unchanged)
  })
  test('a table may be text in CDATA or escaped, and carry a signature', () => {
    const inline = envelopeOf(sampleWire('01-outpatient-80pct'), { tables: 'inline' })
      .toString()
      .replace('</CHITIEU_CHITIET_THUOC>', '<CHUKYDONVI>c2ln</CHUKYDONVI></CHITIEU_CHITIET_THUOC>')
    const table = /<NOIDUNGFILE>([\s\S]*?)<\/NOIDUNGFILE>/g
    const asCdata = inline.replace(table, '<NOIDUNGFILE><![CDATA[<?xml version="1.0"?>$1]]></NOIDUNGFILE>')
    const asText = inline.replace(table, (_, content: string) => `<NOIDUNGFILE>${content.replaceAll('<', '&lt;')}</NOIDUNGFILE>`)
    for (const body of [inline, asCdata, asText])
      expect(valid(readOne(Buffer.from(body), 'application/xml')).contentSha256).toBe(unchanged)
  })
  test('printing, then reading, is the identity; the order of rows is kept (property)', () => {
    const base = sampleWire('01-outpatient-80pct')
    const drugs = rows(base['XML2'])
    fc.assert(
      fc.property(
        fc.array(fc.record({ drug: fc.constantFrom(...drugs), quantity: fc.integer({ min: 0, max: 9_999_999 }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[^\P{Cc}\t\n]/u.test(text)),
        fc.constantFrom('base64' as const, 'inline' as const),
        (lines, note, tables) => {
          const text = note.trim()
          const XML2 = lines.map(({ drug, quantity }, index) => ({
            ...drug,
            STT: String(index + 1),
            SO_LUONG: String(quantity / 1000),
          }))
          const claim = { ...base, XML1: { ...base.XML1, ...(text === '' ? {} : { GHI_CHU: text }) }, XML2 }
          const read = valid(readOne(bytesOf(claim)))
          expect(read.wire).toEqual(claim)
          const printed = valid(readOne(envelopeOf(read.wire, { tables }), 'application/xml'))
          expect(printed.wire).toEqual(read.wire)
          expect(printed.contentSha256).toBe(read.contentSha256)
          expect(readRecord(printed.bytes, 'application/xml').contentSha256).toBe(read.contentSha256)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('an envelope of several claims', () => {
  const [first, second] = SAMPLES.map(sampleWire)
  const named = { ...second!, XML1: { ...second!.XML1, HO_TEN: 'NGUYỄN VĂN THỬ Ế' } }
  const body = Buffer.concat([Buffer.from('\ufeff'), envelopeOf([first!, named, first!], { tables: 'inline' })])
  const reading = readBody(body, 'application/xml', bounds)

  test('each is read alone, in order', () => {
    expect(reading.kind === 'read' && reading.several).toBe(true)
    expect(reading.kind === 'read' && reading.claims.map((claim) => valid(claim).wire)).toEqual([first, named, first])
  })
  test('each has its own bytes, which are read again to the same content', () => {
    if (reading.kind !== 'read') throw new Error('refused')
    for (const claim of reading.claims.map(valid)) {
      expect(claim.bytes.toString()).toMatch(/^<HOSO>[\s\S]*<\/HOSO>$/)
      expect(readRecord(claim.bytes, 'application/xml').contentSha256).toBe(claim.contentSha256)
    }
  })
  test('one that is not valid leaves the others valid', () => {
    const broken = { ...named, XML1: { ...named.XML1, GIOI_TINH: '12' } }
    const mixed = readBody(envelopeOf([first!, broken, named], { tables: 'base64' }), 'application/xml', bounds)
    expect(mixed.kind === 'read' && mixed.claims.map(({ kind }) => kind)).toEqual(['valid', 'invalid', 'valid'])
  })
  test('the bytes of one HOSO are no body', () => {
    if (reading.kind !== 'read') throw new Error('refused')
    const slice = valid(reading.claims[0]!).bytes
    expect(readBody(slice, 'application/xml', bounds)).toMatchObject({ kind: 'refused', code: 'request.unreadable' })
  })
})

describe('release', () => {
  test.each([
    ['202406302359', '4750'],
    ['202412312359', '4750'],
    ['202501010000', '3176'],
    ['202606302359', '3176'],
    ['202607010000', '1931'],
  ])('a visit that ends at %s is one of %s', (endedAt, release) => {
    const tables = tablesOf('01-outpatient-80pct')
    Object.assign(tables.XML1, { NGAY_RA: endedAt, MAHUYEN_CU_TRU: '001' })
    expect(valid(readOne(bytesOf(tables))).release).toBe(release)
  })
  test('only 4750 asks for the district', () => {
    const kinds = ['202412312359', '202501010000'].map((endedAt) => {
      const tables = tablesOf('01-outpatient-80pct')
      Object.assign(tables.XML1, { NGAY_RA: endedAt, MAHUYEN_CU_TRU: '' })
      return readOne(bytesOf(tables)).kind
    })
    expect(kinds).toEqual(['invalid', 'valid'])
  })
})

test('a stay of 67 days (1.7 MB) is read in well under a second', () => {
  const wire = sampleWire('01-outpatient-80pct')
  const many = (table: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...rows(wire[table])[0]!, STT: String(index + 1) }))
  const stay = { ...wire, XML2: many('XML2', 359), XML3: many('XML3', 418), XML4: many('XML4', 1_200) }
  const body = envelopeOf(stay, { tables: 'base64' })
  expect(body.length).toBeGreaterThan(1_700_000)
  const started = performance.now()
  const claim = valid(readOne(body, 'application/xml'))
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(claim.wire).toEqual(stay)
})
