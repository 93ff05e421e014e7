import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGatherFacts } from '../../src/adjudication/gather-facts.ts'
import { type Miscounted, type ReconcileReport, reconcileCopay } from '../../src/adjudication/reconcile.ts'
import { createOpenRulebook } from '../../src/adjudication/rulebook-store.ts'
import { parseMoney } from '../../src/domain/money.ts'
import type { Eligibility } from '../../src/eligibility/eligibility.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { decideInto } from '../support/decided-claims.ts'
import { everybody, keyedHash, makeBody, makeRecord, makeVoidRecord } from '../support/filed-claims.ts'

/**
 * Everybody has 240,000 đồng of co-pay left before the cap of the year (13,800,000 of 14,040,000 counted), a visit of sample 01 costs
 * 138,335.68: the first pays it, the second what is left, the third nothing.
 */
// Other processes are started; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(() => database.pool.query('TRUNCATE stream_offset, member_state, claim, claim_version, exam_table, publication'))

let offset = 0
beforeEach(() => {
  offset = 0
})
const visit = (person: number, name: string, day: number, body?: Buffer) => {
  const filed = { encounterId: `${name}-${person}`, person, by: 'personal' as const, day, receivedS: offset++ }
  return makeRecord(filed, body)
}
const three = (person: number) => [visit(person, 'X', 1), visit(person, 'Y', 5), visit(person, 'Z', 9)]
/** The same visit without its dearest line. */
function smaller(person: number, name: string, day: number) {
  const filed = { encounterId: `${name}-${person}`, person, by: 'personal' as const, day, receivedS: 0 }
  const wire = JSON.parse(makeBody(filed).toString()) as { XML3: Record<string, string>[] }
  wire.XML3 = wire.XML3.filter((row) => row['MA_DICH_VU'] !== '18.0001.0000')
  return visit(person, name, day, Buffer.from(JSON.stringify(wire)))
}
const id = (person: number, name: string) => keyedHash.claimId('01999', `${name}-${person}`)

async function reconcile(eligibility: Eligibility = everybody, since?: string) {
  const ledger = createLedger(database.pool)
  const found: Miscounted[] = []
  const gatherFacts = createGatherFacts({ eligibility, ledger, keyedHash })
  const deps = { ledger, gatherFacts, openRulebook: createOpenRulebook(ledger) }
  const report: ReconcileReport = await reconcileCopay(deps, since, { found: (one) => found.push(one) })
  return {
    report,
    found: found.sort((a, b) => (a.claimId < b.claimId ? -1 : 1)),
    ids: found.map(({ claimId }) => claimId).sort(),
  }
}
/** Files in two goes, so that what comes later is decided later. */
async function decide(...goes: ReturnType<typeof visit>[][]): Promise<void> {
  const all: ReturnType<typeof visit>[] = []
  for (const go of goes) {
    all.push(...go)
    await decideInto(database, all, { from: all.length - go.length })
  }
}
const withFigure = (amount: string, asOf: string): Eligibility => ({
  ...everybody,
  async findMembers(queries) {
    const members = await everybody.findMembers(queries)
    return members.map((member) =>
      member.kind === 'known' ? { ...member, value: { ...member.value, copayCounted: [{ year: 2026, amount, asOf }] } } : member,
    )
  },
})

describe('a reconciliation of co-pay', () => {
  test('lists nobody while nothing was corrected, also of a member with several visits', async () => {
    await decide([...three(1), ...three(2)])
    const { report } = await reconcile()
    expect(report).toEqual({ claims: 6, miscounted: 0, changed: 0, registerUnavailable: 0 })
  })

  test('lists the claims that counted a visit before it was corrected, and what deciding them again would change', async () => {
    await decide([...three(1), ...three(2)], [smaller(1, 'X', 1)])
    const { found, ids, report } = await reconcile()
    expect(ids).toEqual([id(1, 'Y'), id(1, 'Z')].sort())
    expect(report).toMatchObject({ claims: 6, miscounted: 2, changed: 2 })
    const y = found.find(({ claimId }) => claimId === id(1, 'Y'))!
    const { before, now } = y.visits[0] as { before: string; now: string }
    expect(y).toMatchObject({ year: 2026, facilityCode: '01999', version: 1, register: false })
    expect(y.visits).toEqual([{ claimId: id(1, 'X'), before: '138335.68', now }])
    expect(y.counted.before).toBe('13938335.68')
    expect(parseMoney(y.counted.now) - parseMoney(y.counted.before)).toBe(parseMoney(now) - parseMoney(before))
    // There is more room below the cap than Y was given: its patient pays all of the co-pay, the fund that much less.
    expect(y.change).toMatchObject({ money: { patient: '36671.36', fund: '-36671.36', hospital: '0.00' } })
  })

  test('lists what counted a visit that was withdrawn since', async () => {
    await decide(three(1), [makeVoidRecord({ encounterId: 'X-1', version: 1, receivedS: 100 })])
    const { found, ids } = await reconcile()
    expect(ids).toEqual([id(1, 'Y'), id(1, 'Z')].sort())
    expect(found[0]!.visits).toEqual([{ claimId: id(1, 'X'), before: '138335.68', now: null }])
  })

  test('lists what would count a visit that was filed for another member and corrected to this one', async () => {
    const mistaken = makeBody({ encounterId: 'X-1', person: 1, by: 'personal', day: 1, receivedS: 0 })
    const other = Buffer.from(
      mistaken.toString().replaceAll('001000000001', '001000000007').replaceAll('DN4010000000001', 'DN4010000000007'),
    )
    await decide([visit(1, 'X', 1, other)], [visit(1, 'Y', 5)], [visit(1, 'X', 1)])
    const { found, ids } = await reconcile()
    expect(ids).toEqual([id(1, 'Y')])
    // Corrected after Y was decided, X counted Y and paid what Y had left.
    expect(found[0]!.visits).toEqual([{ claimId: id(1, 'X'), before: null, now: '101664.32' }])
  })

  test('lists what a correction of the register of the same date changes, and says that it is the register', async () => {
    await decide(three(1))
    const { found, ids } = await reconcile(withFigure('13000000.00', '2026-02-28'))
    expect(ids).toEqual([id(1, 'X'), id(1, 'Y'), id(1, 'Z')].sort())
    expect(found.every(({ register, visits }) => register && visits.length === 0)).toBe(true)
    const changed = found.filter(({ change }) => change !== 'none').map(({ claimId }) => claimId)
    expect(changed.sort()).toEqual([id(1, 'Y'), id(1, 'Z')].sort())
  })

  test('a figure that has moved on with the visits it covers changes nothing', async () => {
    await decide(three(1))
    // By 6 March the register has X and Y itself; what Z counted is the same sum.
    const moved = await reconcile(withFigure('14040000.00', '2026-03-06'))
    expect(moved.report.miscounted).toBe(0)
    // Past every visit: it holds them all and says nothing about what came before each.
    expect((await reconcile(withFigure('14040000.00', '2026-10-31'))).report.miscounted).toBe(0)
  })

  test('a register that is down is counted and its members are compared by their visits alone', async () => {
    await decide(three(1), [smaller(1, 'X', 1)])
    const down: Eligibility = { ...everybody, findMembers: async (queries) => queries.map(() => ({ kind: 'unavailable' })) }
    const { report, ids } = await reconcile(down)
    expect([report.registerUnavailable, ids]).toEqual([3, [id(1, 'Y'), id(1, 'Z')].sort()])
  })

  test('takes claims received since an instant alone', async () => {
    await decide(three(1), [smaller(1, 'X', 1)])
    expect((await reconcile(everybody, '2026-11-01T00:00:02.000Z')).ids).toEqual([id(1, 'Z')])
  })

  test('as a command says no more of anybody than claims and facilities', async () => {
    await decide(three(1), [smaller(1, 'X', 1)])
    const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
    const env = { PATH: process.env['PATH'], GATEWAY_STORE_URL: database.url }
    for (const form of [['--json'], ['--all']]) {
      const { status, stdout } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', cli, 'copay', 'reconcile', ...form],
        { encoding: 'utf8', env, cwd: join(import.meta.dirname, '..', '..') },
      )
      expect([status, stdout]).toEqual([0, expect.stringContaining('01999')])
      expect(stdout).not.toMatch(/NGUYEN|DN401|001000/)
    }
  })
})
