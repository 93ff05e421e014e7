import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { BacktestReport } from '../../src/adjudication/backtest.ts'
import type { ChangedClaim } from '../../src/adjudication/backtest-tally.ts'
import type { CatalogueEntry } from '../../src/domain/facts.ts'
import { parseMilli, parseRate } from '../../src/domain/money.ts'
import type { Eligibility } from '../../src/eligibility/eligibility.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { decideInto } from '../support/decided-claims.ts'
import { everybody, makeBody, makeRecord, makeVoidRecord } from '../support/filed-claims.ts'
import { baseSalaryIs, copyRulebook, ruleIs } from '../support/rulebook-copy.ts'
import { sized } from '../support/size.ts'

/**
 * The same claims decided under two rulebooks, each in a database of its own, tell what a backtest has to say: it is compared with a
 * recount in SQL over both. Everybody files one claim, so no claim's facts depend on what was decided of another.
 */
const COUNT = sized(90, 3_000)
// Other processes are started; a busy machine takes its time.
vi.setConfig({ testTimeout: sized(120_000, 600_000), hookTimeout: sized(240_000, 1_200_000) })
type Row = Record<string, string>
type Wire = { XML1: Row; XML2: Row[]; XML3: Row[] }

/** Some lines left out, so that totals lie on both sides of every threshold; every seventh says more than its factors. */
const records = Array.from({ length: COUNT }, (_, index) => {
  const filed = { encounterId: `TN-${index}`, person: index, by: 'personal' as const, day: 1 + (index % 28), receivedS: index }
  const wire = JSON.parse(makeBody(filed).toString()) as Wire
  wire.XML2 = wire.XML2.filter((_row, at) => (index >> at) % 2 === 0)
  wire.XML3 = wire.XML3.filter((_row, at) => (index >> (at + 2)) % 2 === 0 || at === 0)
  if (index % 7 === 0) wire.XML3[0]!['T_BHTT'] = '50600.00'
  wire.XML1['MA_CSKCB'] = ['01999', '48010', '79001'][index % 3]!
  if (index % 5 === 0) wire.XML1['MA_THE_BHYT'] = `GD4${wire.XML1['MA_THE_BHYT']!.slice(3)}`
  return makeRecord(filed, Buffer.from(JSON.stringify(wire)))
})
const voided = makeVoidRecord({ encounterId: 'TN-3', version: 1, receivedS: COUNT })

/** Three facilities of three levels; their list has the drug 40.0001 at less than is claimed for it. */
const LEVELS = { '01': 'specialised', '48': 'basic', '79': 'primary' } as const
const eligibility: Eligibility = {
  ...everybody,
  async findFacilities(codes) {
    const facilities = await everybody.findFacilities(codes)
    return facilities.map((facility, index) => {
      if (facility.kind !== 'known') return facility
      const province = codes[index]!.slice(0, 2) as keyof typeof LEVELS
      const periods = facility.value.periods.map((period) => ({ ...period, level: LEVELS[province] }))
      return { ...facility, value: { ...facility.value, province, periods } }
    })
  },
  findCatalogues: async (queries) =>
    queries.map(({ codes }) => ({
      kind: 'known',
      value: { loaded: ['drug'], entries: codes.flatMap(({ code }) => (prices[code] ? [entryOf(code, prices[code])] : [])) },
      asOf: '2026-11-01',
      stale: false,
    })),
}
const prices: Readonly<Record<string, readonly [price: string, rate: string]>> = {
  '40.0001': ['1200', '100'],
  '40.0002': ['12345.678', '50'],
}
const entryOf = (code: string, [price, rate]: readonly [string, string]): CatalogueEntry => ({
  list: 'drug',
  facilityCode: null,
  code,
  unitPriceMilli: parseMilli(price),
  payableUnitPriceMilli: null,
  paymentRateBp: parseRate(rate),
  rateLiftedForSign1: false,
  scope: 1,
  inPackageCap: false,
  validFrom: '2025-01-01',
  validTo: null,
})

let [before, after] = [] as unknown as [TestDatabase, TestDatabase]
let folders: { old: string; made: string; out: string }
beforeAll(async () => {
  const rule = ['rules-price', 'PRC-01'] as const
  folders = {
    old: copyRulebook('old', ruleIs(...rule, 'shadow')),
    made: copyRulebook('made', ruleIs(...rule, 'active'), baseSalaryIs('4300000')),
    out: mkdtempSync(join(tmpdir(), 'bhyt-backtest-')),
  }
  ;[before, after] = await Promise.all([freshDatabase(), freshDatabase()])
  await decideInto(before, [...records, voided], { rulebook: folders.old, eligibility })
  await decideInto(after, [...records, voided], { rulebook: folders.made, eligibility })
  await bringTogether()
})
afterAll(async () => {
  await Promise.all([before?.drop(), after?.drop()])
  for (const folder of Object.values(folders ?? {})) rmSync(folder, { recursive: true, force: true })
})

/** The decisions under the other rulebook beside those that are stored. */
async function bringTogether(): Promise<void> {
  await before.pool.query(
    'CREATE TABLE other (claim_id text PRIMARY KEY, outcome text, decision bytea, decided_totals text, version int)',
  )
  const { rows } = await after.pool.query<{ claim_id: string; outcome: string; decision: Buffer; decided_totals: string }>(
    'SELECT v.claim_id, v.version, v.outcome, v.decision, v.decided_totals FROM claim_version v JOIN claim c ON c.claim_id = v.claim_id AND c.current_version = v.version',
  )
  for (const row of rows)
    await before.pool.query('INSERT INTO other (claim_id, outcome, decision, decided_totals) VALUES ($1, $2, $3, $4)', [
      row.claim_id,
      row.outcome,
      row.decision,
      row.decided_totals,
    ])
}

/** What a reviewer would call a change: outcome, an amount, a finding by rule, severity, lines and effect, a benefit rate. */
const SUBSTANCE = (of: string) => `jsonb_build_array(d${of} -> 'outcome', d${of} -> 'decided', d${of} -> 'benefits',
  jsonb_path_query_array(d${of}, '$.lines[*].decided'),
  (SELECT jsonb_agg(f - 'message' - 'inputs' - 'legalBasis') FROM jsonb_array_elements(d${of} -> 'findings') f))`
const BOTH = `(SELECT v.claim_id, v.facts::jsonb AS facts, v.decided_totals::jsonb AS a, o.decided_totals::jsonb AS b,
    convert_from(v.decision, 'UTF8')::jsonb AS d1, convert_from(o.decision, 'UTF8')::jsonb AS d2
  FROM claim c JOIN claim_version v ON v.claim_id = c.claim_id AND v.version = c.current_version
  JOIN other o ON o.claim_id = c.claim_id) x`
const sumOf = (...fields: string[]) =>
  `to_char(sum(${fields.map((field) => `(b ->> '${field}')::numeric - (a ->> '${field}')::numeric`).join(' + ')}), 'FM9999999999990.00')`
const MOVES = `${sumOf('T_BHTT')} AS fund, ${sumOf('T_BNCCT', 'T_BNTT')} AS patient, ${sumOf('T_NGUONKHAC')} AS "otherSources",
  to_char(-sum((b ->> 'T_TONGCHI_BV')::numeric - (a ->> 'T_TONGCHI_BV')::numeric), 'FM9999999999990.00') AS hospital`
const recount = async <T extends object>(select: string) => (await before.pool.query<T>(select)).rows

function gateway(...args: string[]) {
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
  const env = { PATH: process.env['PATH'], GATEWAY_STORE_URL: before.url }
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
}

describe('a backtest of another base salary and a price rule that becomes active', () => {
  let report: BacktestReport
  let changes: readonly ChangedClaim[]
  let page: string
  beforeAll(() => {
    const [file, html] = [join(folders.out, 'changes.ndjson'), join(folders.out, 'page.html')]
    const { status, stdout, stderr } = gateway(
      'backtest',
      '--rulebook',
      folders.made,
      '--json',
      '--changes',
      file,
      '--html',
      html,
    )
    expect([status, stderr]).toEqual([0, expect.stringContaining('1 withdrawn')])
    report = JSON.parse(stdout) as BacktestReport
    changes = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ChangedClaim)
    page = readFileSync(html, 'utf8')
  })

  test('names exactly the claims that change', async () => {
    const expected = await recount<{ claim_id: string }>(
      `SELECT claim_id FROM ${BOTH} WHERE ${SUBSTANCE('1')} IS DISTINCT FROM ${SUBSTANCE('2')} ORDER BY claim_id COLLATE "C"`,
    )
    expect(changes.map(({ claimId }) => claimId).sort()).toEqual(expected.map(({ claim_id }) => claim_id))
    expect([report.compared, report.voids, report.total.claims]).toEqual([COUNT - 1, 1, expected.length])
    expect(expected.length).toBeGreaterThan(COUNT / 5)
    expect(expected.length).toBeLessThan(COUNT)
  })

  test('moves what a recount in SQL finds, in all, by rule, level, province and card group', async () => {
    const [total] = await recount(`SELECT ${MOVES} FROM ${BOTH}`)
    expect(report.total).toMatchObject(total!)
    for (const party of ['fund', 'patient', 'hospital']) expect(total).not.toMatchObject({ [party]: '0.00' })
    for (const rows of [report.byRule, report.byLevel, report.byProvince, report.byCardGroup])
      for (const party of ['fund', 'patient', 'otherSources', 'hospital', 'moved'] as const)
        expect(sumHundredths(rows.map((row) => row[party]))).toBe(sumHundredths([report.total[party]]))
    const byLevel = await recount<{ key: string }>(
      `SELECT facts #>> '{facility,value,periods,0,level}' AS key, ${MOVES} FROM ${BOTH} WHERE a <> b GROUP BY 1 ORDER BY 1`,
    )
    expect([...report.byLevel].sort((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject(byLevel)
    expect(byLevel.map(({ key }) => key)).toEqual(['basic', 'primary', 'specialised'])
    const byProvince = await recount(
      `SELECT facts #>> '{facility,value,province}' AS key, ${MOVES} FROM ${BOTH} WHERE a <> b GROUP BY 1 ORDER BY 1`,
    )
    expect([...report.byProvince].sort((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject(byProvince)
    const byCardGroup = await recount(
      `SELECT left(d1 #>> '{benefits,0,cardNumber}', 2) AS key, ${MOVES} FROM ${BOTH} WHERE a <> b GROUP BY 1 ORDER BY 1`,
    )
    expect([...report.byCardGroup].sort((a, b) => (a.key < b.key ? -1 : 1))).toMatchObject(byCardGroup)
  })

  test('names the rules whose findings changed, together where several did on one line', () => {
    const named = new Set(report.byRule.flatMap(({ key }) => key.split(' + ')))
    expect([...named].sort()).toEqual(expect.arrayContaining(['BEN-11', 'PRC-01']))
    expect(report.byRule.map(({ key }) => key)).toContainEqual('BEN-11 + PRC-01')
    for (const claim of changes) expect(claim.rules.every((rule) => report.byRule.some(({ key }) => key === rule))).toBe(true)
  })

  test('puts the claims with most moved first and names each with what it moves', () => {
    const moved = report.top.map((claim) => Number(claim.moved))
    expect(moved).toEqual([...moved].sort((a, b) => b - a))
    expect(report.top.length).toBe(Math.min(100, report.total.claims))
    for (const claim of report.top) expect(changes).toContainEqual(claim)
  })

  test('writes a page in both languages that asks for nothing from elsewhere and names nobody', () => {
    expect(page).toContain('Theo quy tắc / By rule')
    expect(page).toMatch(/<svg /)
    expect(page).not.toMatch(/https?:|<script|<link|src=|url\(|@import/)
    expect(page).not.toMatch(/NGUYEN|DN401|001000/)
  })

  test('prints the same sums as a table', () => {
    const { status, stdout } = gateway('backtest', '--rulebook', folders.made)
    expect(status).toBe(0)
    expect(stdout).toContain(`${report.total.claims} of ${report.compared} claims change under rulebook made`)
    expect(stdout).toContain(report.total.fund)
  })
})

describe('a backtest', () => {
  test('under the rulebook of the decisions changes nothing', () => {
    const report = JSON.parse(gateway('backtest', '--rulebook', folders.old, '--json').stdout) as BacktestReport
    expect(report).toMatchObject({
      compared: COUNT - 1,
      reworded: 0,
      otherEngine: 0,
      total: { claims: 0, fund: '0.00' },
      top: [],
    })
  })

  test('takes what was received since a date alone', () => {
    const args = ['--rulebook', folders.made, '--since', '2026-11-01T00:00:30Z', '--json']
    expect(JSON.parse(gateway('backtest', ...args).stdout)).toMatchObject({ compared: COUNT - 30 })
  })

  test('of a folder that does not load exits 2 with every fault', () => {
    const broken = copyRulebook('broken', { file: 'parameters/base-salary.yaml', from: 'key: base_salary', to: 'key: base' })
    const { status, stderr } = gateway('backtest', '--rulebook', broken)
    rmSync(broken, { recursive: true })
    expect([status, stderr]).toEqual([2, expect.stringMatching(/base is no parameter[\s\S]*base_salary is missing/)])
  })
})

describe('claims of an earlier engine', () => {
  const oldest = `claim_id IN (SELECT claim_id FROM claim_version ORDER BY received_at LIMIT 3)`
  test('whose facts lack what a rule asks for are not compared, and the fact is named', async () => {
    await before.pool.query(
      `UPDATE claim_version SET engine_sha256 = repeat('e', 64), facts = (facts::jsonb - 'catalogue' - 'checkIn')::text WHERE ${oldest}`,
    )
    const { stdout, stderr } = gateway('backtest', '--rulebook', folders.made, '--json')
    const report = JSON.parse(stdout) as BacktestReport
    expect(report).toMatchObject({
      compared: COUNT - 1 - 3,
      otherEngine: 0,
      factsNotKept: { claims: 3, byFact: { catalogue: 3 } },
    })
    expect(stderr).toContain('3 not compared, facts not kept: catalogue of 3')
  })

  test('whose facts are enough are compared and counted apart', async () => {
    // Without the one rule that asks for the check-in.
    const quiet = copyRulebook('quiet', ruleIs('rules-eligibility', 'ELG-12', 'draft'))
    await before.pool.query(
      `UPDATE claim_version SET facts = (facts::jsonb || '{"catalogue": {"kind": "none", "asOf": null}}')::text WHERE ${oldest}`,
    )
    const { stdout } = gateway('backtest', '--rulebook', quiet, '--json')
    rmSync(quiet, { recursive: true })
    expect(JSON.parse(stdout)).toMatchObject({ compared: COUNT - 1, otherEngine: 3, factsNotKept: { claims: 0, byFact: {} } })
  })
})

const sumHundredths = (amounts: readonly string[]) => amounts.reduce((sum, amount) => sum + BigInt(amount.replace('.', '')), 0n)
