import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/adjudication/rulebook/canonical.ts'

const anyKey = fc.oneof(fc.constantFrom('a', 'b', '10', '9', 'á', '😀', 'A'), fc.string())
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}))
/** The same value with the members of every object in order. */
const sorted = (value: unknown): unknown => JSON.parse(canonicalize(value)!)

test('the text is RFC 8785, whether or not the value was made in order', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value))
      expect(canonicalJson(sorted(value))).toBe(canonicalize(value))
    }),
    { numRuns: 1_000 },
  )
})

test('members that are undefined are left out', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  expect(canonicalJson({ b: { d: 1, c: undefined }, a: undefined })).toBe('{"b":{"d":1}}')
})
