import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** What the documents name is there. */
const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)))

describe.each(documents)('%s', (path) => {
  const text = read(path)
  test('leads only to files that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#|\/)([^)#\s]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([])
  })
  test('names only source, test and data files that are there', () => {
    const named = [...text.matchAll(/(?<![\w/.-])(?:src|test|web|load|scripts|schemas|docs|rulebook)\/[\w./*-]*[\w*]/g)].map(
      ([file]) => file,
    )
    expect(named.filter((file) => globSync(file, { cwd: root }).length === 0)).toEqual([])
  })
  test('names only variables that the configuration has', () => {
    const { properties } = JSON.parse(read('schemas/config.json')) as { properties: object }
    const named = new Set([...text.matchAll(/\bGATEWAY_[A-Z_]*[A-Z]\b/g)].map(([name]) => name))
    expect([...named].filter((name) => !(name in properties))).toEqual([])
  })
})

test('every dependency has a line that says why', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const why = read('docs/decisions/0010-dependencies.md')
  const all = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {}))
  const named = (name: string) => why.includes(`\`${name}\``) || why.includes(`\`${name.split('/')[0]}/*\``)
  expect(all.filter((name) => !named(name))).toEqual([])
})

test('every decision is in the list of decisions', () => {
  const list = read('docs/decisions/README.md')
  const records = globSync('[0-9]*.md', { cwd: join(root, 'docs', 'decisions') })
  expect(records.length).toBeGreaterThanOrEqual(12)
  expect(records.filter((record) => !list.includes(`(${record})`))).toEqual([])
})

test('the table of bounds shows the defaults of the configuration', () => {
  const { properties } = JSON.parse(read('schemas/config.json')) as { properties: Record<string, { default?: number }> }
  const rows = read('docs/architecture.md')
    .split('\n')
    .filter((line) => line.startsWith('| `GATEWAY_'))
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const [, names = '', values = ''] = row.split('|')
    const variables = [...names.matchAll(/GATEWAY_\w+/g)].map(([name]) => name)
    const shown = values.split(', ').map((value) => Number.parseInt(value.replaceAll(',', ''), 10))
    expect(shown.slice(0, variables.length), row).toEqual(variables.map((name) => properties[name]?.default))
  }
})
