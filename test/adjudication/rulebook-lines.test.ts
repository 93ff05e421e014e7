import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RulebookInvalid } from '../../src/adjudication/rulebook/cursor.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'

const source = join(import.meta.dirname, '../../rulebook')
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rulebook-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** The faults of the folder with one file changed, and the line of that file on which the change stands. */
async function faultsOf(file: string, before: string, after: string): Promise<{ faults: readonly string[]; line: number }> {
  await cp(source, dir, { recursive: true })
  const text = await readFile(join(source, file), 'utf8')
  const line = text.slice(0, text.indexOf(before)).split('\n').length
  expect(text).toContain(before)
  await writeFile(join(dir, file), text.replace(before, after))
  const cause: unknown = await loadRulebook(dir).catch((thrown: unknown) => thrown)
  expect(cause).toBeInstanceOf(RulebookInvalid)
  return { faults: (cause as RulebookInvalid).faults, line }
}

test.each([
  ['a missing basis', 'parameters/base-salary.yaml', ', basis: [{ document: NĐ 47/2016/NĐ-CP }]', '', 'no legal basis'],
  ['a rate above 100', 'tables/routes.yaml', 'inpatient: "100"', 'inpatient: "101"', 'expected a percentage from 0 to 100'],
  ['a day that does not exist', 'parameters/base-salary.yaml', 'from: 2026-07-01', 'from: 2026-06-31', 'expected a date'],
])('%s is told with file and line', async (_, file, before, after, says) => {
  const { faults, line } = await faultsOf(file, before, after)
  expect(faults.find((fault) => fault.includes(says))).toMatch(new RegExp(`^${file}:${line}\\b`))
})

test('an unknown key is told with its own line', async () => {
  const file = 'parameters/base-salary.yaml'
  const { faults, line } = await faultsOf(file, 'unit: dong', 'unit: dong\nnote: hello')
  expect(faults).toEqual([`${file}:${line + 1}: note: unknown key`])
})

test('a rule to run that has no code is told at its card', async () => {
  const file = 'catalogues/rules-profile.yaml'
  const { faults, line } = await faultsOf(file, '- id: FRD-01', '- id: FRD-01\n    states: none')
  expect(faults[0]).toMatch(new RegExp(`^${file}:${line + 1} .*states: unknown key$`))
  const card = /- id: FRD-01[\s\S]*?status: "shadow: no-data"/.exec(await readFile(join(source, file), 'utf8'))![0]
  const active = await faultsOf(file, card, card.replace('"shadow: no-data"', 'active'))
  expect(active.faults).toContain(`${file}:${active.line}: FRD-01 is to run and this engine has no code for it`)
})

test.each([
  ['a gap', 'to: 2017-06-30', 'to: 2017-06-29', 'gap from 2017-06-30 to 2017-07-01'],
  ['an overlap', 'to: 2017-06-30', 'to: 2017-07-01', 'overlap at 2017-07-01'],
])('%s is told at the row that comes after it', async (_, before, after, says) => {
  const file = 'parameters/base-salary.yaml'
  const { faults, line } = await faultsOf(file, before, after)
  expect(faults).toEqual([`${file}:${line + 1}: base_salary: ${says}`])
})

test('a day on which a rule would rest on no text is told at its card', async () => {
  const file = 'catalogues/rules-price.yaml'
  const { faults } = await faultsOf(
    file,
    '"Luật Đấu thầu 22/2023", from: 2024-01-01',
    '"Luật Đấu thầu 22/2023", from: 2024-01-03',
  )
  expect(faults).toEqual([`${file}:4 rules[0]: no legal basis on 2024-01-01`])
})

test('what is nowhere written has no line', async () => {
  const { faults } = await faultsOf('parameters/base-salary.yaml', 'key: base_salary', 'key: base_wage')
  expect(faults.some((fault) => fault === 'parameters: base_salary is missing')).toBe(true)
})
