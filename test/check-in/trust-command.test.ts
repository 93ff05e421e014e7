import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { loadCard } from '../../src/check-in/test-authority/write-authority.ts'
import { readTrustFolder } from '../../src/check-in/trust/trust-store.ts'
import { AskedWrongly } from '../../src/cli/output.ts'
import { trustCommands } from '../../src/cli/trust.ts'
import { verdictOn } from './make-question.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-trust-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Runs `gateway trust …` in this process, with what it prints and the exit status that its failure means. */
async function gateway(args: readonly string[]) {
  const [out, err] = (['stdout', 'stderr'] as const).map((stream) => {
    const written: string[] = []
    vi.spyOn(process[stream], 'write').mockImplementation((text) => written.push(String(text)) > 0)
    return written
  })
  const program = new Command('gateway').exitOverride()
  trustCommands(program)
  const inherit = (command: Command): void => {
    for (const child of command.commands) inherit(child.copyInheritedSettings(command))
  }
  inherit(program)
  let status = 0
  let failure = ''
  try {
    await program.parseAsync(['trust', ...args], { from: 'user' })
  } catch (cause) {
    status = cause instanceof CommanderError ? cause.exitCode : cause instanceof AskedWrongly ? 2 : 1
    failure = (cause as Error).message
  } finally {
    vi.restoreAllMocks()
  }
  return { status, stdout: out!.join(''), stderr: err!.join('') + failure }
}
const authority = join(folder, 'authority')
const trust = join(authority, 'trust')
const made = await gateway(['make-test-authority', '--out', authority, '--citizens', '6', '--json'])

describe('gateway trust', () => {
  test.each(['list', 'add', 'check', 'make-test-authority'])('%s --help has an example', async (command) => {
    const { status, stdout } = await gateway([command, '--help'])
    expect([status, stdout.includes('Example')]).toEqual([0, true])
  })
  test('is a command of the gateway', () => {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'src', 'cli.ts'), 'trust', '--help'], { encoding: 'utf8' })
    expect([status, stdout.includes('make-test-authority')]).toEqual([0, true])
  })

  test('make-test-authority makes cards of which the genuine are verified and the lying are not', async () => {
    expect([made.status, made.stderr.includes('refuses these roots')]).toEqual([0, false])
    const { cards, trustFolder } = JSON.parse(made.stdout) as { cards: { file: string; lie: string }[]; trustFolder: string }
    const snapshot = await readTrustFolder(trustFolder, { allowTest: true })
    const outcomes = cards.map(({ file, lie }) => [lie, verdictOn(loadCard(file), snapshot, { now: Date.now() }).outcome])
    expect(outcomes.filter(([lie, outcome]) => (lie === 'genuine') !== (outcome === 'verified'))).toEqual([])
    expect(new Set(outcomes.map(([lie]) => lie)).size).toBe(10)
    expect(snapshot.problems).toEqual([])
  })
  test('make-test-authority never mixes two authorities, and says what it was asked wrongly', async () => {
    expect((await gateway(['make-test-authority', '--out', authority])).status).toBe(1)
    expect((await gateway(['make-test-authority', '--out', join(folder, 'x'), '--citizens', 'many'])).status).toBe(2)
  })

  test('list shows what is trusted, for people and for programs', async () => {
    const shown = await gateway(['list', '--dir', trust])
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/link +VN .*RSA 3072/)])
    const { authorities, masterLists, tokenIssuers } = JSON.parse(
      (await gateway(['list', '--dir', trust, '--json'])).stdout,
    ) as Record<string, unknown[]>
    expect([authorities?.length, masterLists?.length, tokenIssuers?.length]).toEqual([3, 1, 2])
    expect((await gateway(['list', '--dir', join(folder, 'nowhere')])).stderr).toContain('gateway trust add')
  })

  test('check is silent where all is well, and exits 1 where no card can be verified', async () => {
    expect(await gateway(['check', '--dir', trust])).toMatchObject({ status: 0, stdout: '' })
    const none = await gateway(['check', '--json', '--dir', join(folder, 'nowhere')])
    expect([none.status, JSON.parse(none.stdout)]).toEqual([1, [expect.objectContaining({ severity: 'stops', subject: 'VN' })]])
  })

  test('add copies what can be read, by fingerprint where one is given', async () => {
    const store = join(folder, 'store')
    const file = join(trust, 'roots', 'first.pem')
    const wrong = await gateway(['add', file, '--dir', store, '--fingerprint', 'ab'.repeat(32)])
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('does not hold exactly')])
    const added = await gateway(['add', file, '--dir', store, '--json'])
    const [fingerprint] = (JSON.parse(added.stdout) as { fingerprints: string[] }).fingerprints
    expect((await gateway(['add', file, '--dir', store, '--fingerprint', fingerprint!.toUpperCase()])).status).toBe(0)
    expect((await gateway(['add', join(trust, 'revocation', 'first.crl'), '--dir', store])).status).toBe(0)
    expect((await gateway(['add', join(trust, 'tokens', 'vneid.jwks.json'), '--dir', store])).status).toBe(0)
    expect(readdirSync(store).sort()).toEqual(['first.crl', 'first.pem', 'vneid.jwks.json'])
    expect((await gateway(['check', '--dir', store])).status).toBe(0)
  })
  test('add refuses what cannot be read, and names that are not read', async () => {
    const bad = join(folder, 'bad.pem')
    writeFileSync(bad, 'nothing')
    expect((await gateway(['add', bad, '--dir', folder])).status).toBe(1)
    expect((await gateway(['add', join(folder, 'absent.pem')])).status).toBe(2)
    expect((await gateway(['add', join(root, 'README.md')])).status).toBe(2)
    const secret = join(folder, 'private.jwks.json')
    writeFileSync(secret, '{"issuer":"x","keys":[{"kty":"EC","d":"…"}]}')
    expect(await gateway(['add', secret, '--dir', join(folder, 'other')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('public keys'),
    })
  })
})
