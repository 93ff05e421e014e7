import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Style that matters is a test that reads the tree: direction, vendors, sizes, and what may not be in a tracked file. */
const root = join(import.meta.dirname, '..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const isGenerated = (path: string) => /\/(generated|validators)\//.test(path)
const source = tracked.filter((path) => /^(src|load|web)\/.*\.ts$/.test(path) && !isGenerated(path))

interface Import {
  readonly from: string
  readonly to: string
}
/** Every static and dynamic import with a literal name; relative ones as paths from the root. */
function importsOf(path: string): Import[] {
  const found: Import[] = []
  for (const match of read(path).matchAll(
    /^(?:import|export|\})[^'\n]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  )) {
    const to = (match[1] ?? match[2] ?? match[3])!
    found.push({ from: path, to: to.startsWith('.') ? normalize(join(dirname(path), to)) : to })
  }
  return found
}
const imports = source.flatMap(importsOf)
const inside = (folder: string) => (path: string) => path.startsWith(folder)
const violations = (breaks: (one: Import) => boolean) => imports.filter(breaks).map(({ from, to }) => `${from} → ${to}`)

describe('direction of imports', () => {
  test('the domain imports nothing but itself', () => {
    expect(violations(({ from, to }) => inside('src/domain/')(from) && !inside('src/domain/')(to))).toEqual([])
  })
  test('adjudicate and its stages import the domain alone', () => {
    const pure = (path: string) => path.startsWith('src/adjudication/stages/') || path === 'src/adjudication/adjudicate.ts'
    expect(violations(({ from, to }) => pure(from) && !pure(to) && !inside('src/domain/')(to))).toEqual([])
  })
  test('ingest and adjudication never import each other', () => {
    expect(
      violations(
        ({ from, to }) =>
          (inside('src/ingest/')(from) && inside('src/adjudication/')(to)) ||
          (inside('src/adjudication/')(from) && inside('src/ingest/')(to)),
      ),
    ).toEqual([])
  })
  test('adapters are imported by the composition root only', () => {
    const adapters = [
      'src/stream/kafka',
      'src/stream/embedded',
      'src/cache/redis',
      'src/cache/memory',
      'src/platform/embedded-postgres',
    ]
    const isAdapter = (path: string) => adapters.some((adapter) => path.startsWith(adapter))
    expect(
      violations(({ from, to }) => isAdapter(to) && !isAdapter(from) && from !== 'src/main.ts' && !inside('src/compose/')(from)),
    ).toEqual([])
  })
  test('the load harness is a black box: it imports nothing of src', () => {
    expect(violations(({ from, to }) => inside('load/')(from) && inside('src/')(to))).toEqual([])
  })
})

describe('one vendor, one home', () => {
  const homes: readonly (readonly [string, RegExp])[] = [
    ['kafkajs', /^src\/stream\/kafka/],
    ['ioredis', /^src\/cache\/redis/],
    ['lru-cache', /^src\/(cache\/memory|ingest\/access\/)/],
    ['pg', /^src\/platform\/postgres\.ts$/],
    ['pino', /^src\/platform\/log\.ts$/],
    ['prom-client', /^src\/platform\/metrics\.ts$/],
    ['jose', /^src\/(ingest\/access|check-in\/evidence)\//],
    ['hono', /^(src\/ingest\/|web\/)/],
    ['@hono/node-server', /^src\/ingest\//],
    ['ajv', /^src\/platform\/schema/],
    ['ajv-formats', /^src\/platform\/schema/],
    ['commander', /^(src\/cli|load\/)/],
    ['yaml', /^src\/adjudication\/rulebook\//],
    ['swagger-ui-dist', /^web\//],
    ['@peculiar/asn1-schema', /^src\/check-in\//],
    ['@peculiar/asn1-x509', /^src\/check-in\//],
    ['autocannon', /^load\//],
    ['hdr-histogram-js', /^load\//],
  ]
  test.each(homes)('%s', (vendor, home) => {
    expect(violations(({ from, to }) => (to === vendor || to.startsWith(`${vendor}/`)) && !home.test(from))).toEqual([])
  })
  test('every package that the source imports has a home here', () => {
    const known = new Set(homes.map(([vendor]) => vendor))
    const packageOf = (name: string) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
    expect(
      violations(
        ({ to }) =>
          !to.startsWith('node:') &&
          !/^(src|load|web|schemas|scripts|test)\//.test(to) &&
          !known.has(packageOf(to)) &&
          to !== 'package.json',
      ),
    ).toEqual([])
  })
})

describe('size and shape', () => {
  test('no source file is longer than 400 lines', () => {
    const long = source.map((path) => [path, read(path).split('\n').length - 1] as const).filter(([, lines]) => lines > 400)
    expect(long).toEqual([])
  })
  test('functions longer than 70 lines fail the linter', () => {
    const { overrides } = JSON.parse(read('biome.json')) as {
      overrides: {
        includes: string[]
        linter: { rules: { complexity: Record<string, { level: string; options: { maxLines: number } }> } }
      }[]
    }
    const [rule] = overrides.filter(({ includes }) => includes.includes('src/**'))
    expect(rule?.linter.rules.complexity['noExcessiveLinesPerFunction']).toEqual({ level: 'error', options: { maxLines: 70 } })
  })
  test('no escape from the type checker or the linter', () => {
    const escapes = source.filter((path) =>
      /\bas any\b|: any\b|@ts-ignore|@ts-expect-error|@ts-nocheck|biome-ignore/.test(read(path)),
    )
    expect(escapes).toEqual([])
  })
  test('no default export', () => {
    expect(source.filter((path) => /^export default /m.test(read(path)))).toEqual([])
  })
  test('the clock and randomness come from one place in the parts that run under a simulated clock', () => {
    const simulated = source.filter((path) => /^src\/(ingest|adjudication|eligibility)\//.test(path))
    expect(simulated.filter((path) => /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(/.test(read(path)))).toEqual(
      [],
    )
  })
})

describe('what may not be in a tracked file', () => {
  const text = tracked.filter((path) => !/\.(png|jar|ico)$/.test(path) && path !== 'package-lock.json')
  test('no mark of unfinished work', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`)
    expect(text.filter((path) => /^(src|web|load|schemas|rulebook|scripts)\//.test(path) && marks.test(read(path)))).toEqual([])
  })
  test('no test is left out or alone', () => {
    const alone = /\b(it|test|describe)\.(only|skip|todo)\b/
    expect(
      text.filter((path) => /^(test|src|load)\//.test(path) && path !== 'test/tidy.test.ts' && alone.test(read(path))),
    ).toEqual([])
  })
  test('no address of a package registry', () => {
    expect(text.filter((path) => /https?:\/\/[^/\s]*(npmjs|maven|pypi|debian\.org|crates)/i.test(read(path)))).toEqual([])
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/)
  })
  test('nothing points at the national portal', () => {
    expect(
      text.filter(
        (path) =>
          /^(src|load|test|scripts)\//.test(path) && path !== 'test/tidy.test.ts' && /baohiemxahoi\.gov\.vn/.test(read(path)),
      ),
    ).toEqual([])
  })
})
