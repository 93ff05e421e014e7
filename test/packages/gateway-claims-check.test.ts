import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const samples = join(root, 'test/fixtures/samples')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const check = (...args: string[]) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'src/cli.ts'), 'claims', 'check', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GATEWAY_STORE_URL: 'embedded:/nowhere' },
  })

describe('gateway claims check', () => {
  test('passes a sample without any service, in Vietnamese unless asked otherwise', () => {
    const sample = join(samples, '01-outpatient-80pct.xml')
    const [vi, en] = [check(sample), check(sample, '--lang', 'en')]
    expect([vi.status, vi.stdout]).toEqual([0, expect.stringContaining('TN-0001  đạt')])
    expect([en.status, en.stdout]).toEqual([0, expect.stringContaining('the fund pays: claimed 553342.71, decided 553342.71')])
  })
  test('exits 1 where something is found, with the rule and what was assumed', () => {
    const claim = JSON.parse(readFileSync(join(samples, '01-outpatient-80pct.json'), 'utf8'))
    claim.XML2[0].MUC_HUONG = '100'
    writeFileSync(join(folder, 'rate.json'), JSON.stringify(claim))
    const { status, stdout, stderr } = check(join(folder, 'rate.json'), '--json')
    const [{ claims }] = JSON.parse(stdout).files
    expect([status, stderr]).toEqual([1, expect.stringContaining('1 of 1 claims do not pass')])
    expect(claims[0].findings.map(({ rule }: { rule: string }) => rule)).toContain('BEN-01')
    expect(claims[0].unknown.find(({ register }: { register: string }) => register === 'facility').assumed.level).toBe(
      'specialised',
    )
  })
  test('exits 2 when asked wrongly; its help has an example', () => {
    expect(check().status).toBe(2)
    expect(check(join(folder, 'none.json')).status).toBe(2)
    expect([check('--help').status, check('--help').stdout]).toEqual([0, expect.stringContaining('Example')])
  })
})
