import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-cli-'))
let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

function gateway(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'src', 'cli.ts'), ...args],
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], GATEWAY_STORE_URL: database.url, GATEWAY_KEYS_DIR: join(folder, 'keys') },
    },
  )
  return { status, stdout, stderr }
}
function client(name: string, role: string): string {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, gateway('clients', 'add', '--facility', '00000', '--role', role, '--json').stdout)
  return path
}
const day = (days: number) => new Date(Date.now() + 7 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10)
const openArgs = (by: string, ...more: readonly string[]) => [
  ...['disaster', 'open', '--provinces', '01,79', '--from', day(0), '--to', day(13), '--reason', 'Bão', '--client-file', by],
  ...more,
]

describe('gateway disaster', () => {
  test('is opened by one operator, confirmed by another, listed and closed', () => {
    const [first, second, hospital] = [client('first', 'operator'), client('second', 'operator'), client('hospital', 'facility')]
    expect(gateway(...openArgs(hospital))).toMatchObject({ status: 1, stderr: expect.stringContaining('an operator is needed') })
    const opened = gateway(...openArgs(first, '--json'))
    expect(opened.status).toBe(0)
    const { id, state } = JSON.parse(opened.stdout) as { id: string; state: string }
    expect(state).toBe('pending')
    expect(gateway('disaster', 'confirm', id, '--client-file', first)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another operator'),
    })
    expect(gateway('disaster', 'confirm', id, '--client-file', second).stdout).toContain(`${id}  open  provinces 01, 79`)
    expect(gateway('disaster', 'list').stdout).toMatch(new RegExp(`${id}\\s+open\\s+01,79`))
    expect(gateway('disaster', 'provisional', '--open', id)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('0 of 0'),
    })
    expect(gateway('disaster', 'close', id, '--reason', 'over', '--client-file', first).stdout).toContain('closed')
    expect(gateway('disaster', 'provisional', '--open', 'd_none').status).toBe(1)
  }, 120_000)
  test('asked wrongly says what is wrong and exits 2', () => {
    const operator = client('third', 'operator')
    const wrong = (...args: readonly string[]) => gateway('disaster', 'open', '--reason', 'x', '--client-file', operator, ...args)
    expect(wrong('--provinces', '1', '--from', day(0), '--to', day(1))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('two digits'),
    })
    expect(wrong('--provinces', '01', '--from', day(0), '--to', day(30))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('30 days'),
    })
    expect(wrong('--provinces', '01', '--from', '2026-02-30', '--to', day(1))).toMatchObject({ status: 2 })
  }, 120_000)
})

test('gateway check-ins reconcile says that nothing differs', () => {
  expect(gateway('check-ins', 'reconcile', '--since', day(-1))).toMatchObject({
    status: 0,
    stdout: '',
    stderr: expect.stringContaining('nothing differs'),
  })
  expect(gateway('check-ins', 'reconcile', '--since', 'lately').status).toBe(2)
}, 60_000)

test.each([
  ['disaster', 'open'],
  ['check-ins', 'reconcile'],
])('gateway %s %s --help has an example', (...args) => {
  const { status, stdout } = gateway(...args, '--help')
  expect([status, stdout.includes('Example')]).toEqual([0, true])
})
