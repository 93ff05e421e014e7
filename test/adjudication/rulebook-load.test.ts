import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { rulebookOf } from '../../src/adjudication/rulebook/assemble.ts'
import { RulebookInvalid } from '../../src/adjudication/rulebook/cursor.ts'
import { loadRulebook, rulebookContent } from '../../src/adjudication/rulebook/load.ts'
import { type Dated, type Rulebook, sliceOn, valueOn } from '../../src/domain/rulebook.ts'

const dir = join(import.meta.dirname, '../../rulebook')
const rulebook = await loadRulebook(dir)
const kept = new Map(Object.entries(JSON.parse(await rulebookContent(dir)) as Record<string, unknown>))

/** The rulebook with one file's text changed. */
async function changed(file: string, change: (text: string) => string): Promise<Rulebook> {
  const before = await readFile(join(dir, file), 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  return rulebookOf(new Map([...kept, [file, parse(after, { maxAliasCount: -1 })]]))
}

async function faultsOf(file: string, change: (text: string) => string): Promise<readonly string[]> {
  const cause: unknown = await changed(file, change).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(cause).toBeInstanceOf(RulebookInvalid)
  return (cause as RulebookInvalid).faults
}

describe('what is refused at load, with file and key', () => {
  const salary = 'parameters/base-salary.yaml'
  test('a value without legal basis', async () => {
    const faults = await faultsOf(salary, (text) => text.replace(', basis: [{ document: NĐ 47/2016/NĐ-CP }]', ''))
    expect(faults).toEqual(['parameters/base-salary.yaml.values[1]: no legal basis'])
  })
  test('an empty legal basis', async () => {
    const faults = await faultsOf(salary, (text) => text.replace('basis: [{ document: NĐ 47/2016/NĐ-CP }]', 'basis: []'))
    expect(faults).toEqual(['parameters/base-salary.yaml.values[1]: no legal basis'])
  })
  test('a gap', async () => {
    const faults = await faultsOf(salary, (text) => text.replace('to: 2017-06-30', 'to: 2017-06-29'))
    expect(faults).toEqual(['parameters/base-salary.yaml: base_salary: gap from 2017-06-30 to 2017-07-01'])
  })
  test('an overlap', async () => {
    const faults = await faultsOf(salary, (text) => text.replace('to: 2017-06-30', 'to: 2017-07-01'))
    expect(faults).toEqual(['parameters/base-salary.yaml: base_salary: overlap at 2017-07-01'])
  })
  test('an end before its start, and a day that does not exist', async () => {
    expect(await faultsOf(salary, (text) => text.replace('from: 2026-07-01', 'from: 2026-06-31'))).toContain(
      'parameters/base-salary.yaml.values[7]: from: expected a date yyyy-mm-dd',
    )
    expect(await faultsOf(salary, (text) => text.replace('to: 2016-04-30', 'to: 2012-04-30'))).toContain(
      'parameters/base-salary.yaml.values[0]: `from` is after `to`',
    )
  })
  test('a parameter that ends', async () => {
    const faults = await faultsOf(salary, (text) =>
      text.replace('from: 2026-07-01, to: null', 'from: 2026-07-01, to: 2030-12-31'),
    )
    expect(faults).toEqual([
      'parameters/base-salary.yaml: base_salary: ends on 2030-12-31 and nothing follows; `to: null` is until further notice',
    ])
  })
  test('an unknown key', async () => {
    const faults = await faultsOf(salary, (text) => text.replace('unit: dong', 'unit: dong\nnote: hello'))
    expect(faults).toEqual(['parameters/base-salary.yaml: note: unknown key'])
  })
  test('a missing parameter and one that no rule knows', async () => {
    const faults = await faultsOf(salary, (text) => text.replace('key: base_salary', 'key: base_pay'))
    expect(faults).toContain('parameters/base-salary.yaml: base_pay is no parameter of this engine')
    expect(faults).toContain('parameters: base_salary is missing')
  })
  test('a percentage above 100', async () => {
    const faults = await faultsOf('tables/card-signs.yaml', (text) => text.replace('rate: "95"', 'rate: "195"'))
    expect(faults).toEqual(['tables/card-signs.yaml.rows[2].then: rate: expected a percentage from 0 to 100'])
  })
  test('two rows of one table for one day', async () => {
    const faults = await faultsOf('tables/card-signs.yaml', (text) => text.replace('when: { sign: "3" }', 'when: { sign: "2" }'))
    expect(faults).toEqual(['tables/card-signs.yaml: 2: overlap at 2015-01-01'])
  })
  test('an active rule that has no code, and a rule of another version than its code', async () => {
    const faults = await faultsOf('catalogues/rules-profile.yaml', (text) => text.replace('"shadow: no-data"', 'active'))
    expect(faults).toContain('rules: FRD-01 is to run and this engine has no code for it')
    expect(await faultsOf('catalogues/rules-duplicates.yaml', (text) => text.replaceAll('version: 1', 'version: 2'))).toContain(
      'rules: DUP-02 is version 2, the code 1',
    )
  })
  test('a rule that runs without wording, and wording of the one that says nothing', async () => {
    const messages = 'messages/duplicates.yaml'
    const unsaid = await faultsOf(messages, (text) => text.slice(text.indexOf('DUP-04:')))
    expect(unsaid).toEqual(['rules: DUP-03 runs and has no wording'])
    const said = await faultsOf(messages, (text) => `DUP-01: { again: { vi: Cũ, en: Old } }\n${text}`)
    expect(said).toEqual(['rules: DUP-01 says nothing and has wording'])
  })
  test('wording in one language, or with other inputs in the other', async () => {
    const faults = await faultsOf('messages/engine.yaml', (text) => text.replace('({hospital} against {sum})', '({hospital})'))
    expect(faults).toEqual(['messages/engine.yaml.INV-01: broken: the two languages name different inputs'])
    expect(await faultsOf('messages/engine.yaml', (text) => text.replace(/^ +en: "The facility.*$/m, ''))).toEqual([
      'messages/engine.yaml.VOID-01.withdrawn: en: expected text',
    ])
  })
  test('every fault at once', async () => {
    expect(await faultsOf(salary, (text) => text.replaceAll(/basis: \[[^\]]*\]/g, 'basis: []'))).toHaveLength(8)
  })
  test('YAML that cannot be read, by its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rulebook-'))
    await writeFile(join(folder, 'rulebook.yaml'), 'version: [')
    const cause: unknown = await loadRulebook(folder).catch((thrown: unknown) => thrown)
    await rm(folder, { recursive: true })
    expect((cause as RulebookInvalid).faults[0]).toMatch(/^rulebook\.yaml:1: /)
  })
})

describe('the hash', () => {
  test('is of the content: a comment does not change it, a value does', async () => {
    const comment = await changed('parameters/base-salary.yaml', (text) => `# another word\n${text}`)
    expect(comment.sha256).toBe(rulebook.sha256)
    const value = await changed('parameters/base-salary.yaml', (text) => text.replace('2530000', '2530001'))
    expect(value.sha256).not.toBe(rulebook.sha256)
  })
  test('the kept content has that hash and gives the same rulebook again', async () => {
    expect(
      createHash('sha256')
        .update(await rulebookContent(dir))
        .digest('hex'),
    ).toBe(rulebook.sha256)
    expect(rulebookOf(kept)).toEqual(rulebook)
  })
})

describe('the dated values', () => {
  test('each is without gap or overlap from its start, and open at the end unless it ended', () => {
    const all: Dated<unknown>[] = [
      ...Object.values(rulebook.parameters),
      rulebook.listedDiseases,
      ...[rulebook.routes, rulebook.visitCategories, rulebook.cardSigns, rulebook.cardGroups].flatMap((table) => [
        ...(table as ReadonlyMap<string, Dated<unknown>>).values(),
      ]),
    ]
    for (const slices of all) {
      for (const { from, to, legalBasis } of slices) {
        expect(legalBasis.length).toBeGreaterThan(0)
        expect(sliceOn(slices, from)?.from).toBe(from)
        if (to !== null) expect(sliceOn(slices, to)?.to).toBe(to)
      }
    }
  })
  test('the base salary on both days of each change', () => {
    const on = (day: string) => (valueOn(rulebook.parameters.baseSalary, day) ?? 0) / 100
    expect(['2013-06-30', '2013-07-01', '2016-04-30', '2016-05-01', '2017-06-30', '2017-07-01'].map(on)).toEqual([
      0, 1_150_000, 1_150_000, 1_210_000, 1_210_000, 1_300_000,
    ])
    expect(['2018-07-01', '2019-06-30', '2019-07-01', '2023-06-30', '2023-07-01'].map(on)).toEqual([
      1_390_000, 1_390_000, 1_490_000, 1_490_000, 1_800_000,
    ])
    expect(['2024-06-30', '2024-07-01', '2026-06-30', '2026-07-01', '2099-01-01'].map(on)).toEqual([
      1_800_000, 2_340_000, 2_340_000, 2_530_000, 2_530_000,
    ])
  })
  test('every visit category of its day has a route with terms, or goes by the level', () => {
    for (const [code, slices] of rulebook.visitCategories) {
      for (const { from, to, value: route } of slices) {
        for (const day of [from, to ?? '2099-01-01']) {
          if (route !== 'by-level')
            expect([code, day, valueOn(rulebook.routes.get(route), day) !== undefined]).toEqual([code, day, true])
        }
      }
    }
  })
  test('62 listed diseases', () => {
    expect(valueOn(rulebook.listedDiseases, '2025-01-01')).toHaveLength(62)
    expect(valueOn(rulebook.listedDiseases, '2024-12-31')).toBeUndefined()
  })
})
