import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { reportPage } from '../../load/page.ts'
import { type Report, runLoad } from '../../load/run.ts'
import { readSettings, type Settings } from '../../load/settings.ts'
import { type Faults, startStandIn } from './stand-in.ts'

const main = join(import.meta.dirname, '../../load/main.ts')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'bhyt-load-'))
  folders.push(made)
  return made
}

const settings = (url: string, overrides: Partial<Settings> = {}): Settings => ({
  url,
  credentials: { clientId: 'c', clientSecret: 's' },
  mode: 'open',
  rate: 100,
  arrivals: 'uniform',
  seconds: 0.5,
  warmUpS: 0,
  connections: 4,
  inFlightMax: 500,
  waitS: 10,
  mix: { sizes: { small: 1, typical: 0, large: 0 }, xml: 0, resend: 0, version: 0, void: 0 },
  facility: '01999',
  members: 20,
  date: '2026-03-10',
  seed: 1,
  run: 'T',
  settleMs: 3_000,
  check: true,
  out: 'unused',
  ...overrides,
})
async function runAgainst(faults: Faults, overrides: Partial<Settings> = {}): Promise<Report> {
  const standIn = await startStandIn(faults)
  try {
    return await runLoad(settings(standIn.url, overrides), () => {})
  } finally {
    await standIn.close()
  }
}
/** MA_LK of the claims whose number ends so. */
const ending = (digit: number) => (encounterId: string) => encounterId.endsWith(String(digit))

describe.concurrent('the check afterwards', () => {
  test('a gateway that keeps every claim once is sound', async () => {
    const report = await runAgainst({})
    expect(report.sound).toBe(true)
    expect(report.summary.outcomes).toEqual({ decided: 49, receipted: 0, refused: 0, unconfirmed: 0, broken: 0 })
    expect(report.check).toMatchObject({ acknowledged: 49, decided: 49, listed: 49, unknown: 0 })
  })
  test('resends, corrections and voids are each found once', async () => {
    const mix = { sizes: { small: 0.6, typical: 0.3, large: 0.1 }, xml: 0, resend: 0.2, version: 0.2, void: 0.1 }
    const report = await runAgainst({}, { mix, seconds: 1 })
    expect(report.check).toMatchObject({ lost: [], doubled: [], contradictions: [] })
    expect(report.sound).toBe(true)
    expect(report.summary.replayed).toBeGreaterThan(5)
    expect(report.check!.acknowledged).toBeGreaterThan(report.check!.listed)
  })
  test('claims that were receipted are waited for and found', async () => {
    const report = await runAgainst({ receiptsForMs: 400 })
    expect(report.sound).toBe(true)
    expect(report.summary.outcomes.receipted).toBe(49)
    expect(report.check).toMatchObject({ acknowledged: 49, decided: 49 })
  })
  test('a claim that was acknowledged and is not there is lost', async () => {
    const report = await runAgainst({ loses: ending(7) }, { settleMs: 300 })
    expect(report.sound).toBe(false)
    expect(report.check!.lost).toHaveLength(5)
  })
  test('a claim that is there twice is doubled', async () => {
    const report = await runAgainst({ doubles: ending(7) })
    expect(report.sound).toBe(false)
    expect(report.check!.doubled.length).toBeGreaterThanOrEqual(5)
  })
  test('a refusal that stored something is found, one that did not is no fault', async () => {
    expect(await runAgainst({ refuses: ending(7) })).toMatchObject({ sound: true, summary: { outcomes: { refused: 5 } } })
    const broken = await runAgainst({ refuses: ending(7), storesRefused: true })
    expect(broken.sound).toBe(false)
    expect(broken.check!.storedThoughRefused).toHaveLength(5)
  })
  test('after an unconfirmed or broken answer the claim may be there or not', async () => {
    const report = await runAgainst({ unconfirms: ending(7), breaks: ending(8) })
    expect(report.sound).toBe(true)
    expect(report.summary.outcomes).toMatchObject({ unconfirmed: 5, broken: 5 })
    expect(report.check).toMatchObject({ unknown: 10, unknownStored: 10, acknowledged: 39 })
  })
  test('a decision that changes between two answers is a contradiction', async () => {
    const mix = { sizes: { small: 1, typical: 0, large: 0 }, xml: 0, resend: 0.5, version: 0, void: 0 }
    const report = await runAgainst({ changesItsMind: true }, { mix })
    expect(report.sound).toBe(false)
    expect(report.check!.contradictions.length).toBeGreaterThan(0)
  })
})

describe('the two ways to drive', () => {
  test('a stall shows in every claim that was due meanwhile', async () => {
    const report = await runAgainst({ stall: { fromMs: 300, toMs: 800 } }, { seconds: 1.2, check: false })
    const at = (percentile: number) => report.summary.latency.decided.percentiles.find((one) => one.percentile === percentile)!.ms
    // Of 119 claims about 50 were due in the stall, and waited 250 ms on average.
    expect(at(75)).toBeGreaterThan(100)
    expect(at(99)).toBeGreaterThan(400)
    expect(report.summary.outcomes.decided).toBe(119)
  })
  test('arrivals beyond the bound in flight are dropped and counted, never sent', async () => {
    const report = await runAgainst({ stall: { fromMs: 0, toMs: 900 } }, { inFlightMax: 10 })
    expect(report.summary.dropped).toBeGreaterThan(20)
    expect(report.summary.outcomes.decided + report.summary.dropped).toBe(49)
    expect(report.check!.listed).toBe(report.summary.outcomes.decided)
  })
  test('the ceiling counts and checks what every connection was told', async () => {
    const report = await runAgainst({ refuses: ending(7) }, { mode: 'ceiling', seconds: 1 })
    expect(report.summary.outcomes.decided).toBeGreaterThan(50)
    expect(report.summary.outcomes.refused).toBeGreaterThan(5)
    expect(report.sound).toBe(true)
    expect(report.check!.acknowledged).toBeGreaterThanOrEqual(report.summary.outcomes.decided)
  })
})

describe('the page and the command', () => {
  test('the page holds its plots and asks nothing of elsewhere', async () => {
    const page = reportPage(await runAgainst({}))
    expect(page.match(/<svg /g)).toHaveLength(4)
    expect(page).not.toMatch(/<script|<link|https?:\/\/|url\(/)
    expect(page).toContain('49 ')
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })
  test('the page of a run without an answer is still a page', async () => {
    const page = reportPage(await runAgainst({ refuses: () => true }))
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
    expect(page).toContain('503 stream.unavailable')
  })
  test('the command writes JSON and one page, and its exit code says whether anything was lost', async () => {
    const at = folder()
    writeFileSync(join(at, 'client.json'), '{"client_id":"c","client_secret":"s"}')
    const command = (url: string) => [
      ...[main, '--url', url, '--client-file', join(at, 'client.json'), '--seconds', '1', '--rate', '30', '--warm-up', '0'],
      ...['--settle', '0.3', '--out', join(at, 'report'), '--json'],
    ]
    const [losing, keeping] = [await startStandIn({ loses: ending(3) }), await startStandIn()]
    expect(await exitCode(command(losing.url))).toBe(1)
    expect(await exitCode(command(keeping.url))).toBe(0)
    await Promise.all([losing.close(), keeping.close()])
    expect(JSON.parse(readFileSync(join(at, 'report.json'), 'utf8'))).toMatchObject({ sound: true, check: { lost: [] } })
    expect(readFileSync(join(at, 'report.json'), 'utf8')).not.toContain('client_secret')
    expect(readFileSync(join(at, 'report.html'), 'utf8')).toContain('</html>')
  }, 20_000)
  test('what was asked wrongly is exit code 2 with the option named', () => {
    const wrong = spawnSync(process.execPath, [main, '--mode', 'sideways'], { encoding: 'utf8', env: credentialsIn(folder()) })
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--mode: sideways')])
    const unknown = spawnSync(process.execPath, [main, '--speed', '9'], { encoding: 'utf8' })
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('--speed')])
    const help = spawnSync(process.execPath, [main, '--help'], { encoding: 'utf8' })
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('npm run load -- register')])
  })
  test('credentials come from the environment, the secret from a file', () => {
    const raw = {
      url: 'http://h:1/',
      mode: 'open',
      rate: '1',
      arrivals: 'poisson',
      seconds: '1',
      warmUp: '0',
      connections: '1',
      inFlight: '1',
    }
    const rest = {
      wait: '0',
      mix: 'xml=50',
      facility: '01999',
      members: '1',
      date: '2026-03-10',
      seed: '1',
      settle: '1',
      check: true,
      out: 'x.html',
    }
    const read = readSettings({ ...raw, ...rest }, credentialsIn(folder()))
    expect(read).toMatchObject({ credentials: { clientId: 'id', clientSecret: 'secret' }, url: 'http://h:1', out: 'x' })
    expect(read.mix).toMatchObject({ sizes: { small: 0.6, typical: 0.35, large: 0.05 }, xml: 0.5 })
  })
})

function credentialsIn(at: string): NodeJS.ProcessEnv {
  writeFileSync(join(at, 'secret'), 'secret\n')
  return { BHYT_CLIENT_ID: 'id', BHYT_CLIENT_SECRET_FILE: join(at, 'secret') }
}
const exitCode = (args: readonly string[]): Promise<number | null> =>
  new Promise((done) => spawn(process.execPath, args, { stdio: 'ignore' }).once('exit', done))
