import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { credentialsFrom } from '../../src/cli/client.ts'
import { AskedWrongly, table } from '../../src/cli/output.ts'
import { describeAnswer, type ShownAnswer } from '../../src/cli/print-decision.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const gateway = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'src', 'cli.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GATEWAY_STORE_URL: `embedded:${join(folder, 'never-made')}`, ...env },
  })

describe('the gateway command', () => {
  test.each([
    ['--help'],
    ['clients', 'add', '--help'],
    ['clients', 'list', '--help'],
    ['clients', 'revoke', '--help'],
    ['registry', 'import', '--help'],
    ['registry', 'show', '--help'],
    ['registry', 'accesses', '--help'],
    ['claims', 'submit', '--help'],
    ['claims', 'show', '--help'],
    ['replay', '--help'],
    ['backtest', '--help'],
    ['copay', 'reconcile', '--help'],
    ['review', 'stays', '--help'],
    ['deadletters', 'list', '--help'],
    ['deadletters', 'show', '--help'],
    ['deadletters', 'retry', '--help'],
    ['stream', 'reset', '--help'],
    ['keys', 'make', '--help'],
    ['doctor', '--help'],
  ])('%s %s %s has an example and exits 0', (...args) => {
    const { status, stdout } = gateway(args)
    expect([status, stdout.includes('Example')]).toEqual([0, true])
  })

  test.each([
    ['a command that is not there', ['replicate'], /unknown command/],
    ['a facility that is no code', ['clients', 'add', '--facility', 'Bạch Mai'], /five characters/],
    ['a role that is not there', ['clients', 'add', '--facility', '01999', '--role', 'king'], /facility, kiosk/],
    ['a kind of register that is not there', ['registry', 'import', 'people', 'x'], /members, facilities/],
    ['looks at a person who is no number', ['registry', 'accesses', 'abc'], /12 digits/],
    ['a file that is not there', ['registry', 'import', 'members', '/nowhere'], /cannot be read/],
    ['no credentials', ['claims', 'submit', 'x.xml'], /--client-file/],
    [
      'an address that is none',
      ['claims', 'submit', 'x.xml', '--url', 'banana', '--client-file', file('ok.json', '{"client_id":"a","client_secret":"b"}')],
      /--url/,
    ],
    ['a date that is none', ['replay', '--since', 'yesterday'], /--since is a date/],
    ['a replay of two things', ['replay', '--since', '2026-03-01', '--claim', 'c_1'], /not both/],
    ['a rulebook that is not there', ['backtest', '--rulebook', '/nowhere'], /nowhere/],
    ['a wait that is too long', ['claims', 'submit', 'x.xml', '--wait', '99'], /0 to 15/],
  ])('exits 2 and says what to do for %s', (_, args, says) => {
    const { status, stderr } = gateway(args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(says)])
  })

  test('exits 2 with every fault of the configuration', () => {
    const { status, stderr } = gateway(['clients', 'list'], { GATEWAY_PORT: 'many', GATEWAY_WHATEVER: '1' })
    expect(status).toBe(2)
    for (const name of ['GATEWAY_PORT', 'GATEWAY_WHATEVER']) expect(stderr).toContain(name)
  })

  test('exits 1 when nobody listens at the address', () => {
    const credentials = file('client.json', '{"client_id":"a","client_secret":"b"}')
    const { status, stderr } = gateway(['claims', 'show', 'c_x', '--url', 'http://127.0.0.1:9', '--client-file', credentials])
    expect([status, stderr]).toEqual([1, expect.stringContaining('cannot be reached')])
  })
})

describe('credentials', () => {
  test('come from the file that clients add --json prints, or from the environment', () => {
    expect(
      credentialsFrom({}, file('c.json', '{"client_id":"a","client_secret":"b","facility":"01999","role":"facility"}')),
    ).toEqual({ clientId: 'a', clientSecret: 'b' })
    expect(credentialsFrom({ BHYT_CLIENT_ID: 'a', BHYT_CLIENT_SECRET_FILE: file('secret', 'b\n') })).toEqual({
      clientId: 'a',
      clientSecret: 'b',
    })
  })
  test('name the file that is not theirs, never its content', () => {
    const wrong = file('npm.json', '> bhyt-gateway\n{"client_secret":"s3cret"}')
    expect(() => credentialsFrom({}, wrong)).toThrow(AskedWrongly)
    expect(() => credentialsFrom({}, wrong)).toThrow(wrong)
    expect(() => credentialsFrom({}, wrong)).not.toThrow('s3cret')
  })
})

test('a table sets words to the left and numbers to the right', () => {
  expect(
    table(
      ['field', 'đồng'],
      [
        ['T_BHTT', '553342.71'],
        ['T_BNCCT', '0.00'],
      ],
    ),
  ).toBe(['field         đồng', '───────  ─────────', 'T_BHTT   553342.71', 'T_BNCCT       0.00'].join('\n'))
})

test('a decision is shown with its amounts, each reason in two languages and its law in the order of a citation', () => {
  const totals = { T_BHTT: '1.00', T_BNCCT: '0.00' }
  const answer: ShownAnswer = {
    claimId: 'c_1',
    encounterId: 'TN-1',
    version: 1,
    status: 'decided',
    replayed: true,
    current: false,
    currentVersion: 2,
    decision: {
      outcome: 'adjust',
      claimed: totals,
      decided: totals,
      benefits: [],
      lines: [{ table: 'XML2', stt: 3, decided: { T_BHTT: '1.00' }, findings: [0] }],
      findings: [
        {
          rule: 'BEN-09',
          severity: 'reduce',
          lines: [{ table: 'XML2', stt: 3 }],
          legalBasis: [
            { document: 'Luật BHYT', article: '22', clause: '4', point: 'g' },
            { document: 'QĐ 3276', article: 'phụ lục 1' },
          ],
          message: { vi: 'Trái tuyến', en: 'Off route' },
        },
      ],
      rulebook: { version: '2026.07.1' },
      sha256: 'a'.repeat(64),
    },
  }
  const text = describeAnswer(answer)
  for (const part of [
    '(replayed)',
    'superseded by version 2',
    'reduce BEN-09 XML2#3',
    'Trái tuyến',
    'Off route',
    'Điều 22, khoản 4, điểm g, Luật BHYT; phụ lục 1, QĐ 3276',
  ])
    expect(text).toContain(part)
})
