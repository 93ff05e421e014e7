import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CHIP_REASONS } from '../../src/check-in/chip/reasons.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'chip.md'), 'utf8')
const entries = Object.entries(CHIP_REASONS)

test('every reason stands in docs/chip.md with its check, its effect and both texts', () => {
  const rows = entries.map(([code, { check, effect, vi, en }]) => `| \`${code}\` | ${check} | ${effect} | ${en} | ${vi} |`)
  expect(rows.filter((row) => !page.includes(row))).toEqual([])
})

test('docs/chip.md has no reason that is not given', () => {
  const told = [...page.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1])
  expect(told.filter((code) => !entries.some(([known]) => known === code))).toEqual([])
})

test('no two reasons say the same', () => {
  expect(new Set(entries.map(([, { en }]) => en)).size).toBe(entries.length)
  expect(new Set(entries.map(([, { vi }]) => vi)).size).toBe(entries.length)
})
