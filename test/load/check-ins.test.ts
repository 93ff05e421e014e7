import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deckMemberLine, readDeck } from '../../load/check-ins/deck.ts'
import { deskReportPage } from '../../load/check-ins/page.ts'
import { type DeskReport, runDesk } from '../../load/check-ins/run.ts'
import type { DeskSettings } from '../../load/check-ins/settings.ts'
import { deskSummaryText } from '../../load/check-ins/summary-text.ts'
import { verifyActiveAuthentication } from '../../src/check-in/chip/active-authentication.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { writeAuthority } from '../../src/check-in/test-authority/write-authority.ts'
import { type DeskFaults, NONCE, startDeskStandIn } from './desk-stand-in.ts'

const main = join(import.meta.dirname, '../../load/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-load-desk-'))
const deck = join(folder, 'deck')
beforeAll(() => void writeAuthority(deck, { seed: 'load', citizens: 5, today: '2026-03-10' }), 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const settings = (url: string, overrides: Partial<DeskSettings> = {}): DeskSettings => ({
  ...{ url, credentials: { clientId: 'c', clientSecret: 's' }, rate: 200, count: 60, arrivals: 'uniform', claimRate: 0 },
  mix: { sizes: { small: 1, typical: 0, large: 0 }, xml: 0, resend: 0, version: 0, void: 0 },
  ...{ chipShare: 0, deck: undefined, warmUpS: 0, inFlightMax: 500, facility: '01999', members: 20, date: '2026-03-10' },
  ...{ seed: 1, run: 'T', again: 10, settleMs: 1_000, out: 'unused' },
  ...overrides,
})
async function runAgainst(faults: DeskFaults, overrides: Partial<DeskSettings> = {}): Promise<DeskReport> {
  const standIn = await startDeskStandIn(faults)
  return runDesk(settings(standIn.url, overrides), () => {}).finally(() => standIn.close())
}
const ending = (digit: number) => (index: number) => index % 10 === digit

describe.concurrent('what is held against the contract', () => {
  test('a desk that takes everybody, says how old its knowledge is, and counts a second sending once is sound', async () => {
    const report = await runAgainst({})
    expect(report).toMatchObject({ sound: true, checkIns: { offered: 60, outcomes: { admitted: 60 }, sources: { cache: 60 } } })
    expect(report.again).toEqual({ sent: 10, doubled: [], changed: [], unrecorded: 0 })
  })
  test('stale knowledge is no fault, and counted', async () => {
    expect(await runAgainst({ stale: true })).toMatchObject({ sound: true, checkIns: { sources: { 'last-known stale': 60 } } })
  })
  test('somebody who is turned away makes the run unsound', async () => {
    expect(await runAgainst({ refuses: ending(7) })).toMatchObject({ sound: false, checkIns: { outcomes: { 'turned-away': 6 } } })
  })
  test('an answer that does not say how old its knowledge is makes it unsound, and so does an admission on no knowledge', async () => {
    expect(await runAgainst({ undated: ending(1) })).toMatchObject({ sound: false, checkIns: { outcomes: { faulty: 6 } } })
    expect(await runAgainst({ knowsNothing: ending(1) })).toMatchObject({ sound: false, checkIns: { outcomes: { faulty: 6 } } })
  })
  test('one ticket for two, or another ticket for the same check-in sent again, makes it unsound', async () => {
    const shared = await runAgainst({ oneTicketForAll: true })
    expect([shared.sound, shared.again.doubled.length]).toEqual([false, 59])
    const changed = await runAgainst({ countsTwice: true })
    expect([changed.sound, changed.again.changed.length]).toEqual([false, 10])
  })
  test('what was recorded nowhere is sent until it is, and unsound if it never is', async () => {
    const later = await runAgainst({ forgets: ending(3) })
    expect(later).toMatchObject({ sound: true, checkIns: { unrecorded: 6 }, again: { unrecorded: 0 } })
    const never = await runAgainst({ forgets: ending(3), forgetsForEver: true }, { settleMs: 300 })
    expect(never).toMatchObject({ sound: false, again: { unrecorded: 6 } })
  })
  test('who is told to come back is counted apart and is in no answer time', async () => {
    const report = await runAgainst({ sheds: ending(2) })
    expect(report.checkIns.outcomes).toMatchObject({ admitted: 54, shed: 6 })
    expect(report.checkIns.latency.all.count).toBe(54)
    expect(report.checkIns.failures).toEqual({ 'shed: 503 gateway.overloaded': 6 })
  })
})

test('a stall shows in every check-in that was due meanwhile', async () => {
  const { checkIns } = await runAgainst({ stallUntilMs: 600 }, { count: 120 })
  const at = (percentile: number) => checkIns.latency.all.percentiles.find((one) => one.percentile === percentile)!.ms
  expect(at(50)).toBeGreaterThan(200)
  expect(at(99)).toBeGreaterThan(500)
})

describe('the deck', () => {
  test('every card answers a challenge as its chip would, and its files go along', async () => {
    const standIn = await startDeskStandIn({})
    const report = await runDesk(settings(standIn.url, { count: 20, chipShare: 1, deck }), () => {})
    await standIn.close()
    expect(report.checkIns.latency).toMatchObject({ chip: { count: 20 }, card: { count: 0 }, challenge: { count: 20 } })
    const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'))
    for (const body of standIn.bodies.slice(0, 5)) {
      const { identity } = JSON.parse(body) as { identity: Record<string, string> }
      expect(identity).toMatchObject({
        method: 'chip',
        challengeId: 'challenge',
        sod: expect.any(String),
        dg13: expect.any(String),
      })
      const [dg15, dg14, answer] = [bytes(identity['dg15'])!, bytes(identity['dg14']), bytes(identity['activeAuthentication'])!]
      expect(() => verifyActiveAuthentication(dg15, dg14, NONCE, answer, CHIP_POLICY)).not.toThrow()
      expect(() => verifyActiveAuthentication(dg15, dg14, Buffer.alloc(8), answer, CHIP_POLICY)).toThrow()
    }
  }, 30_000)
  test('its holders are lines of a register, each under numbers of their own', () => {
    const lines = readDeck(deck).map((card, index) => deckMemberLine(card, index, { facility: '01999', date: '2026-03-10' }))
    const people = lines.map(
      (line) => JSON.parse(line) as { personalId: string; socialInsuranceNumber: string; coverages: object[] },
    )
    expect(people).toHaveLength(5)
    expect(new Set(people.flatMap(({ personalId, socialInsuranceNumber }) => [personalId, socialInsuranceNumber])).size).toBe(10)
    expect(people[0]!.coverages).toMatchObject([{ validFrom: '2026-01-01', registeredFacility: '01999' }])
  })
})

describe('the page and the command', () => {
  test('page and table hold their figures and ask nothing of elsewhere, with and without an answer', async () => {
    for (const report of [await runAgainst({}), await runAgainst({ sheds: () => true })]) {
      const page = deskReportPage(report)
      expect(page).not.toMatch(/<script|<link|https?:\/\/|url\(/)
      for (const text of [page, deskSummaryText(report)]) expect(text).not.toMatch(/NaN|undefined|Infinity/)
    }
  })
  test('what was asked wrongly is exit code 2 with the option named, and the help has examples', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [main, 'check-ins', ...args], { encoding: 'utf8' })
    const wrong = run('--chip', '10')
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--deck')])
    const help = run('--help')
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('npm run load -- check-ins')])
  }, 20_000)
})
