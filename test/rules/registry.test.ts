import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateRulePages } from '../../scripts/gen-rules.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { rules } from '../../src/adjudication/stages/registry.ts'
import type { RuleState } from '../../src/domain/rulebook.ts'
import { readCaseFiles } from './case-file.ts'

const root = join(import.meta.dirname, '../..')
const rulebook = await loadRulebook(join(root, 'rulebook'))
const cards = [...rulebook.rules.values()]
const idsOf = (state: RuleState['state']) =>
  cards
    .filter(({ states }) => states.some(({ value }) => value.state === state))
    .map(({ id }) => id)
    .sort()
const active = idsOf('active')

test('every rule is registered once, with a legal basis, a name in two languages and a page', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
  for (const { id, legalBasis, name } of cards) {
    expect(legalBasis.length, id).toBeGreaterThan(0)
    expect(name.vi && name.en, id).toBeTruthy()
    expect(existsSync(join(root, `docs/rules/${id}.md`)), id).toBe(true)
  }
})
test('every rule that runs says in words what it means, with an example', async () => {
  for (const id of [...active, ...idsOf('shadow')]) {
    const path = join(root, 'docs/rules/text', `${id}.md`)
    expect(existsSync(path), path).toBe(true)
    const text = await readFile(path, 'utf8')
    for (const heading of ['## What it means', '## Example']) expect(text, path).toContain(heading)
  }
})
test('every rule that runs has cases: at least one that it finds and one that it lets pass', () => {
  const files = new Map(readCaseFiles().map(({ rule, cases }) => [rule, cases]))
  // A void has no claim to make a case of (test/adjudication/decider.test.ts), content that comes again is never decided
  // (test/adjudication/decide-batch.test.ts).
  const running = [...active, ...idsOf('shadow')]
  expect(running.filter((id) => !files.has(id))).toEqual(['DUP-01', 'VOID-01'])
  for (const [rule, cases] of files) {
    expect(running, rule).toContain(rule)
    expect(
      cases.some(({ expect: { finds } }) => finds.length > 0),
      rule,
    ).toBe(true)
    expect(
      cases.some(({ expect: { finds } }) => finds.length === 0),
      rule,
    ).toBe(true)
  }
})
test('the active rules are these', () => {
  expect([...active].sort().join(' ')).toBe(
    'BEN-01 BEN-02 BEN-03 BEN-04 BEN-05 BEN-06 BEN-07 BEN-08 BEN-09 BEN-10 BEN-11 BEN-12 BEN-13 BEN-14 BEN-15 CAT-01 ' +
      'CAT-05 CAT-06 CAT-07 CAT-08 CAT-09 CAT-11 DUP-01 DUP-02 DUP-03 DUP-04 DUP-05 DUP-06 DUP-07 ELG-01 ELG-02 ELG-03 ' +
      'ELG-04 ELG-05 ELG-06 ELG-07 ELG-08 ELG-09 ELG-10 ELG-11 ELG-12 INT-01 INT-02 INT-03 INT-04 INT-05 INT-07 INT-09 ' +
      'INV-01 PRC-01 PRC-02 PRC-03 PRC-04 PRC-05 PRC-06 PRC-07 PRC-08 PRC-09 PRC-10 PRC-11 PRC-12 PRC-13 PRC-14 PRC-15 ' +
      'PRC-16 PRV-04 VOID-01',
  )
})
test('the rules in shadow are these', () => {
  expect(idsOf('shadow').join(' ')).toBe('CLN-05 CLN-09 CLN-10 FRD-02 PRV-01 PRV-03')
})
test('the rules whose table or register is not to hand are these', () => {
  expect(idsOf('no-data').join(' ')).toBe(
    'CAT-02 CAT-03 CAT-04 CAT-10 CLN-01 CLN-02 CLN-03 CLN-04 CLN-06 CLN-07 CLN-08 FRD-01 FRD-03 INT-06 INT-08 PRC-17 ' +
      'PRV-02 PRV-05',
  )
})
test('each of the 89 rules of the first plan has a card; later ones come on top', () => {
  const planned = { INT: 9, ELG: 12, DUP: 7, BEN: 15, CAT: 11, PRC: 17, CLN: 10, PRV: 5, FRD: 3 }
  const ids = Object.entries(planned).flatMap(([family, last]) =>
    Array.from({ length: last }, (_, index) => `${family}-${String(index + 1).padStart(2, '0')}`),
  )
  expect(ids).toHaveLength(89)
  expect(ids.filter((id) => !rulebook.rules.has(id))).toEqual([])
})
test('the pages are what the generator makes of rulebook and cases', async () => {
  for (const { path, content } of await generateRulePages()) {
    expect(await readFile(join(root, path), 'utf8'), `${path}: run npm run gen`).toBe(content)
  }
})
