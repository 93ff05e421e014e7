import { expect, test } from 'vitest'
import { compile } from '../../src/platform/schema.ts'

const schema = {
  type: 'object',
  properties: {
    port: { type: 'integer', minimum: 0, maximum: 65535, default: 8080, 'x-unit': 'port' },
    on: { type: 'string', format: 'date' },
    'a/b': { type: 'string' },
  },
  required: ['on', 'a/b'],
  additionalProperties: false,
}

test('every fault is told, each with its place and the word that was not met', () => {
  expect(compile(schema)({ port: 70000, extra: 'secret', on: 'yesterday' })).toEqual({
    ok: false,
    errors: [
      { pointer: '/a~1b', code: 'required', params: { missingProperty: 'a/b' } },
      { pointer: '/extra', code: 'additionalProperties', params: { additionalProperty: 'extra' } },
      { pointer: '/port', code: 'maximum', params: { comparison: '<=', limit: 65535 } },
      { pointer: '/on', code: 'format', params: { format: 'date' } },
    ],
  })
})

test('a fault never holds the value', () => {
  const checked = compile(schema)({ on: 'Nguyễn Văn A', 'a/b': 1 })
  expect(JSON.stringify(checked)).not.toContain('Nguyễn')
})

test('what is right comes back as it was', () => {
  const value = { on: '2026-03-10', 'a/b': 'x' }
  expect(compile<typeof value>(schema)(value)).toEqual({ ok: true, value })
})

test('text becomes numbers only where that is asked for', () => {
  const value = () => ({ on: '2026-03-10', 'a/b': 'x', port: '9000' })
  expect(compile(schema)(value()).ok).toBe(false)
  expect(compile(schema, { coerce: true })(value())).toMatchObject({ ok: true, value: { port: 9000 } })
})

test('defaults are filled in with coercion, and one run does not reach into the next', () => {
  const check = compile<{ port: number }>(schema, { coerce: true })
  const given = { on: '2026-03-10', 'a/b': 'x' }
  expect(check({ ...given })).toMatchObject({ value: { port: 8080 } })
  expect(check({ ...given, port: '1' })).toMatchObject({ value: { port: 1 } })
  expect(check({ ...given })).toMatchObject({ value: { port: 8080 } })
})

test('a schema with a word that nobody knows is refused', () => {
  expect(() => compile({ type: 'object', propertys: {} })).toThrow('propertys')
})
