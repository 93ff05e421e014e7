import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstDifference, pointerAt } from '../../src/adjudication/replay-difference.ts'

const of = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('the first place where a decision differs', () => {
  test('is none where the bytes are the same', () => {
    expect(firstDifference(of({ a: 1 }), of({ a: 1 }))).toBeUndefined()
  })

  test.each([
    [{ decided: { T_BHTT: '1.00', T_BNCCT: '2.00' } }, { decided: { T_BHTT: '1.00', T_BNCCT: '3.00' } }, '/decided/T_BNCCT'],
    [{ lines: [{ stt: 1 }, { stt: 2 }] }, { lines: [{ stt: 1 }, { stt: 3 }] }, '/lines/1/stt'],
    [{ a: [[], ['x,y', '}'], { b: 'q"' }] }, { a: [[], ['x,y', '}'], { b: 'r"' }] }, '/a/2/b'],
    [{ 'a/b~': 1 }, { 'a/b~': 2 }, '/a~1b~0'],
    [{ message: { vi: 'Nguyễn', en: 'x' } }, { message: { vi: 'Nguyễn', en: 'y' } }, '/message/en'],
    ['a', 'b', ''],
  ])('%j against %j is named by its pointer', (stored, made, pointer) => {
    expect(firstDifference(of(stored), of(made))).toMatchObject({ pointer })
  })

  test('is where the shorter ends', () => {
    expect(firstDifference(of({ a: '12' }).subarray(0, 7), of({ a: '12' }))).toEqual({ offset: 7, pointer: '/a' })
    expect(firstDifference(Buffer.from('{"a":1}'), Buffer.from('{"a":12}'))).toEqual({ offset: 6, pointer: '/a' })
  })

  test('before the first member is the object itself', () => {
    expect(pointerAt(of({ a: { b: 1 } }), 0)).toBe('')
    expect(pointerAt(of({ a: { b: 1 } }), 5)).toBe('/a')
  })

  test('of any JSON names a place that the text has', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = of(value)
        let found: unknown = JSON.parse(text.toString())
        for (const part of pointerAt(text, at % text.length)
          .split('/')
          .slice(1)) {
          const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
          // A byte of an empty array is in no element.
          if (typeof found !== 'object' || found === null || !(key in found)) return Array.isArray(found) && found.length === 0
          found = (found as Record<string, unknown>)[key]
        }
        return true
      }),
      { numRuns: 2000 },
    )
  })
})
