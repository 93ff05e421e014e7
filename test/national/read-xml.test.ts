import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { parseXml, type XmlContext, type XmlElement } from '../../src/national/read-xml.ts'
import { decimal, text } from '../../src/national/scalars.ts'

const read = (document: string) => {
  const context: XmlContext = { depthMax: 64, rowShapes: new Map(), elements: 0, mayHoldControls: false }
  return parseXml(document, context)
}
type Plain = readonly [string, string | readonly Plain[]]
const plain = ({ name, children, text: value }: XmlElement): Plain => [name, children.length === 0 ? value : children.map(plain)]

/** What an independent parser makes of it. */
function other(document: string): Plain {
  const parser = new XMLParser({
    preserveOrder: true,
    trimValues: false,
    parseTagValue: false,
    ignoreAttributes: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
  })
  const convert = (node: Record<string, unknown>): Plain => {
    const [name] = Object.keys(node)
    const content = node[name!] as Record<string, unknown>[]
    const elements = content.filter((one) => !('#text' in one))
    return [name!, elements.length > 0 ? elements.map(convert) : content.map((one) => String(one['#text'])).join('')]
  }
  return convert((parser.parse(document) as Record<string, unknown>[])[0]!)
}

describe('the reader of envelopes', () => {
  const name = fc.constantFrom('A', 'MA_LK', 'HO_TEN', 'b2', 'XML-x')
  const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const value = fc.string({ unit: fc.constantFrom('a', 'Ễ', '😀', ' ', '<', '&', '"', "'", '7', '\n', ']'), maxLength: 12 })
  const leaf = fc.record({ name, value }).map((one) => `<${one.name}>${escaped(one.value)}</${one.name}>`)
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc
        .record({ name, children: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }), blank: fc.constantFrom('', '\n', '  ') })
        .map((one) => `<${one.name}>${one.blank}${one.children.join(one.blank)}${one.blank}</${one.name}>`),
    ),
  }))

  test('reads what an independent parser reads (property)', () => {
    fc.assert(
      fc.property(tree, (document) => {
        expect(plain(read(document))).toEqual(other(document))
      }),
      { numRuns: 500 },
    )
  })
  test('takes no document that an independent validator refuses (property)', () => {
    const cut = fc.record({
      document: tree,
      at: fc.nat({ max: 200 }),
      put: fc.constantFrom('', '<', '>', '/', '&', '<b2>', '</A>', ' '),
    })
    fc.assert(
      fc.property(cut, ({ document, at, put }) => {
        const from = at % document.length
        const broken = document.slice(0, from) + put + document.slice(from + 1)
        let taken = true
        try {
          read(broken)
        } catch {
          taken = false
        }
        if (taken) expect(XMLValidator.validate(broken)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
  test('knows where an element stands', () => {
    const document = '<?xml version="1.0"?><!-- a --><A> <B>x</B><B/>\n</A>'
    const { children, start, end } = read(document)
    expect(document.slice(start, end)).toBe('<A> <B>x</B><B/>\n</A>')
    expect(children.map((child) => document.slice(child.start, child.end))).toEqual(['<B>x</B>', '<B/>'])
  })
})

describe('scalars', () => {
  test('a decimal has one form, which means the same number (property)', () => {
    const digits = fc.bigInt({ min: 0n, max: 999_999_999_999n })
    fc.assert(
      fc.property(digits, fc.nat({ max: 999 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }), (whole, fraction, leading, trailing) => {
        const exact = `${whole}.${String(fraction).padStart(3, '0')}`
        const form = decimal(`${'0'.repeat(leading)}${exact}${'0'.repeat(trailing)}`)
        expect(form).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)
        expect(Number(form)).toBe(Number(exact))
        expect(decimal(form)).toBe(form)
      }),
    )
  })
  test.each(['.5', '5.', '1.2.3', '1,5', '+1', '-1', '1e3', '0x1', 'abc.00', '١'])(
    '%s is left for validation to refuse',
    (sent) => {
      expect(decimal(sent)).toBe(sent)
    },
  )
  test('blanks around a value are no content', () => {
    expect([text(' a '), text('\u00a0a\u3000'), text('a b'), decimal(' 1.50\n')]).toEqual(['a', 'a', 'a b', '1.5'])
    expect([text(''), text(' '), text(null), decimal(''), decimal('  '), decimal(null)]).toEqual(Array(6).fill(undefined))
  })
})
