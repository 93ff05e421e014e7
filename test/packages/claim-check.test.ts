import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packClaimCheck } from '../../scripts/pack-claim-check.ts'
import { readRulebook } from '../../src/adjudication/rulebook/load.ts'

const root = join(import.meta.dirname, '../..')
const samples = join(root, 'test/fixtures/samples')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The machine's own Node and npm, as a hospital's vendor has them, not the Node that our packages bring. */
const path = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((entry) => !entry.includes('node_modules'))
  .join(delimiter)
const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: { PATH: path, HOME: folder } })
const command = (...args: string[]) => run('node', [join(folder, 'node_modules/.bin/bhyt-claim-check'), ...args])
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const sample = () => JSON.parse(readFileSync(join(samples, '01-outpatient-80pct.json'), 'utf8'))

beforeAll(async () => {
  const tarball = await packClaimCheck(folder)
  file('package.json', '{"name": "his", "private": true, "type": "module"}')
  const asked = ['install', '--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts', tarball]
  execFileSync('npm', asked, { cwd: folder, env: { PATH: path, HOME: folder }, stdio: 'ignore' })
}, 120_000)

describe('the packed check', () => {
  test('is plain JavaScript that brings nothing else along', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['bhyt-claim-check'])
    const home = join(folder, 'node_modules/bhyt-claim-check')
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' })
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([])
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    expect(dependencies).toBeUndefined()
  })
  test('holds the very rulebook of the gateway', async () => {
    const { rulebook, content } = await readRulebook(join(root, 'rulebook'))
    const packed = readFileSync(join(folder, 'node_modules/bhyt-claim-check/rulebook.json'), 'utf8')
    expect(packed).toBe(content)
    expect(createHash('sha256').update(packed).digest('hex')).toBe(rulebook.sha256)
    expect(command('--version').stdout).toBe(`rulebook ${rulebook.version} ${rulebook.sha256}\n`)
  })
  test.each(['01-outpatient-80pct', '03-inpatient-offroute-32pct'])('passes sample %s as XML and as JSON', (name) => {
    const { status, stdout } = command(join(samples, `${name}.xml`), join(samples, `${name}.json`), '--json')
    const { files } = JSON.parse(stdout)
    expect([status, files.map(({ claims }: { claims: { ok: boolean }[] }) => claims.map(({ ok }) => ok))]).toEqual([
      0,
      [[true], [true]],
    ])
  })
  test('finds a wrong amount, names the line, and exits 1', () => {
    const claim = sample()
    claim.XML3[0].THANH_TIEN_BH = '99999'
    const { status, stdout } = command(file('wrong.json', JSON.stringify(claim)), '--lang', 'en')
    expect(status).toBe(1)
    expect(stdout).toContain('pend  INT-02 XML3#1')
  })
  test('names every fault of form as the gateway does', () => {
    const claim = sample()
    claim.XML1.NGAY_RA = '2026'
    delete claim.XML2[0].MA_THUOC
    const { status, stdout } = command(file('form.json', JSON.stringify(claim)), '--json')
    const [{ claims }] = JSON.parse(stdout).files
    expect(status).toBe(1)
    expect(claims[0].faults.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/XML1/NGAY_RA', '/XML2/0/MA_THUOC'])
  })
  test("weighs the hospital's own rows where they are handed in", () => {
    const withdrawn = {
      personalId: '001000000001',
      socialInsuranceNumber: '0000000001',
      fullName: 'NGUYỄN VĂN THỬ A',
      birthDate: '1985-01-01',
      sex: 'male',
      deceasedOn: null,
      version: 1,
      coverages: [
        {
          cardNumber: 'DN4010000000001',
          validFrom: '2026-01-01',
          validTo: '2026-12-31',
          registeredFacility: '01999',
          fiveYearsFrom: null,
          area: null,
          status: 'withdrawn',
        },
      ],
      copayCounted: [],
    }
    const claim = join(samples, '01-outpatient-80pct.json')
    const { status, stdout } = command(claim, '--member', file('member.ndjson', `${JSON.stringify(withdrawn)}\n`), '--json')
    const [{ claims }] = JSON.parse(stdout).files
    expect(status).toBe(1)
    expect(claims[0].findings.map(({ rule }: { rule: string }) => rule)).toContain('ELG-04')
    expect(claims[0].unknown.map(({ register }: { register: string }) => register)).not.toContain('member')
  })
  test('is called from a program, with types', () => {
    const program = `
      import { openCheck } from 'bhyt-claim-check'
      import { readFileSync } from 'node:fs'
      const { check, rulebook } = openCheck()
      const claim = JSON.parse(readFileSync(${JSON.stringify(join(samples, '01-outpatient-80pct.json'))}, 'utf8'))
      const { ok, decision } = check(claim, { receivedOn: '2026-03-11' })
      console.log(JSON.stringify([ok, decision.decided.T_BHTT, rulebook.sha256 === decision.rulebook.sha256]))`
    const { stdout, stderr } = run('node', [file('his.js', program)])
    expect([stderr, JSON.parse(stdout)]).toEqual(['', [true, '553342.71', true]])
    const typed = `import { type CheckedClaim, openCheck } from 'bhyt-claim-check'
      const checked: CheckedClaim = openCheck().check('{}')
      export const fund: string | undefined = checked.decision?.decided.T_BHTT\n`
    const args = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', '', file('his.ts', typed)]
    expect(run(join(root, 'node_modules/.bin/tsc'), args).stdout).toBe('')
  })
  test('checks each claim of an envelope, and says so to a program that asks for one', () => {
    const one = readFileSync(join(samples, '01-outpatient-80pct.xml'), 'utf8')
    const several = one.replace(/<HOSO>.*<\/HOSO>/s, (hoso) => hoso + hoso).replace(/(<SOLUONGHOSO>)1(<)/, '$12$2')
    const { status, stdout } = command(file('several.xml', several), '--json')
    const [{ claims }] = JSON.parse(stdout).files
    expect([status, claims.map(({ encounterId }: { encounterId: string }) => encounterId)]).toEqual([0, ['TN-0001', 'TN-0001']])
    const program = `
      import { openCheck } from 'bhyt-claim-check'
      import { readFileSync } from 'node:fs'
      const bytes = readFileSync('several.xml')
      try { openCheck().check(bytes) } catch (cause) { console.log(cause.name, openCheck().checkAll(bytes).length) }`
    expect(run('node', [file('several.js', program)]).stdout).toBe('RangeError 2\n')
  })
  test('exits 2 when asked wrongly and says what is wanted', () => {
    expect(command().status).toBe(2)
    expect(command('nowhere.json').stderr).toContain('nowhere.json cannot be read')
    expect(command('--lang', 'fr', 'x').stderr).toContain('--lang is vi or en')
    expect(command('--unheard-of').status).toBe(2)
    const rows = command(join(samples, '01-outpatient-80pct.json'), '--facility', file('bad.ndjson', '{"code": "01999"}'))
    expect([rows.status, rows.stderr]).toEqual([2, expect.stringContaining('facility row 1: name: text is wanted')])
    expect([command('--help').status, command('--help').stdout]).toEqual([0, expect.stringContaining('Examples')])
  })
})
