import { expect, test } from 'vitest'
import { AskedWrongly } from '../../src/cli/output.ts'
import { sinceOf } from '../../src/cli/since.ts'

test.each([
  ['2026-03-01', '2026-02-28T17:00:00.000Z'],
  ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000Z'],
  ['2026-03-01T07:00:00+07:00', '2026-03-01T00:00:00.000Z'],
])('--since %s begins at %s: a date at midnight in Vietnam', (asked, since) => {
  expect(sinceOf(asked)).toEqual({ since })
})

test.each(['yesterday', '2026-13-01', '2026-02-28T10', '01/03/2026', '', '2026-03-01T00:00:00'])(
  '--since %j is refused',
  (asked) => {
    expect(() => sinceOf(asked)).toThrow(AskedWrongly)
  },
)

test('without it everything is meant', () => {
  expect(sinceOf(undefined)).toEqual({})
})
