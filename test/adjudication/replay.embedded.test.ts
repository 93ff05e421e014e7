import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { type ReplayReport, replay } from '../../src/adjudication/replay.ts'
import { createOpenRulebook } from '../../src/adjudication/rulebook-store.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { decideInto } from '../support/decided-claims.ts'
import { keyedHash, makeRecord, makeVoidRecord } from '../support/filed-claims.ts'
import { sized } from '../support/size.ts'

/** One `HOSO` of the national envelope, as it travels alone. */
function envelopeRecord(receivedS: number) {
  const sample = join(import.meta.dirname, '..', 'fixtures', 'samples', '03-inpatient-offroute-32pct.xml')
  const hoso = Buffer.from(/<HOSO>[\s\S]*<\/HOSO>/.exec(readFileSync(sample, 'utf8'))![0])
  return makeRecord({ encounterId: 'TN-0003', person: 3, by: 'personal', day: 14, receivedS }, hoso, 'application/xml')
}

/** Twelve people near their six months of co-pay, corrections, an envelope, a void: what each decision rests on differs. */
const filed = (count: number) => [
  ...Array.from({ length: count }, (_, index) =>
    makeRecord({
      encounterId: `TN-${Math.floor(index / 1.25)}`,
      person: index % 12,
      by: index % 3 === 0 ? 'card' : 'personal',
      day: 1 + (index % 28),
      receivedS: index,
      note: `lần ${index}`,
    }),
  ),
  envelopeRecord(count),
  makeVoidRecord({ encounterId: 'TN-1', version: 1, receivedS: count + 1 }),
]
const COUNT = sized(60, 2_000)
// Other processes are started; a busy machine takes its time.
vi.setConfig({ testTimeout: sized(120_000, 600_000) })
/** With the envelope and the void. */
const ALL = COUNT + 2
const claimId = (encounterId: string) => keyedHash.claimId('01999', encounterId)

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE stream_offset, member_state, claim, claim_version, exam_table, publication, rulebook, engine',
  )
  await decideInto(database, filed(COUNT))
})

/** In another process, as an operator asks. */
function gateway(...args: string[]) {
  const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
  const env = { PATH: process.env['PATH'], GATEWAY_STORE_URL: database.url }
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], { encoding: 'utf8', env })
}
/** In this process. */
async function here(query: Parameters<typeof replay>[1]) {
  const ledger = createLedger(database.pool)
  return replay({ ledger, openRulebook: createOpenRulebook(ledger), engineSha256: await engineHash() }, query)
}
const report = (...args: string[]) => {
  const { status, stdout, stderr } = gateway('replay', ...args, '--json')
  return { status, stderr, report: JSON.parse(stdout) as ReplayReport }
}
const versions = async (where = 'true') =>
  Number((await database.pool.query<{ n: number }>(`SELECT count(*) AS n FROM claim_version WHERE ${where}`)).rows[0]!.n)

describe('a replay', () => {
  test('in another process makes every decision again to the byte', async () => {
    const { status, report: seen } = report()
    expect([status, seen]).toEqual([0, { compared: await versions(), held: 0, otherEngines: [], difference: null }])
    expect(seen.compared).toBe(ALL)
  })

  test('of one claim takes its versions alone, and of an instant what was received since', async () => {
    const mine = await versions(`claim_id = '${claimId('TN-1')}'`)
    expect((await here({ claimId: claimId('TN-1') })).compared).toBe(mine)
    expect((await here({ since: '2026-11-01T00:00:10.000Z' })).compared).toBe(ALL - 10)
    expect((await here({ since: '2026-11-02T00:00:00.000Z' })).compared).toBe(0)
    expect(gateway('replay', '--claim', 'c_none')).toMatchObject({ status: 1, stderr: expect.stringContaining('no claim') })
  })

  test('ends with exit 1 at the one byte that was changed and names claim, version and place, and nothing of the patient', async () => {
    const id = claimId('TN-4')
    const [row] = (
      await database.pool.query<{ decision: Buffer }>('SELECT decision FROM claim_version WHERE claim_id = $1', [id])
    ).rows
    const at = row!.decision.indexOf('"T_BNCCT":"', row!.decision.indexOf('"decided":{"T_BHTT"')) + '"T_BNCCT":"'.length
    await database.pool.query(
      'UPDATE claim_version SET decision = set_byte(decision, $2, (get_byte(decision, $2) + 1)) WHERE claim_id = $1',
      [id, at],
    )
    const { status, stderr, report: seen } = report()
    expect([status, seen.difference]).toEqual([
      1,
      { claimId: id, version: 1, what: 'decision', pointer: '/decided/T_BNCCT', offset: at },
    ])
    expect(stderr).toContain(`claim ${id} version 1`)
    expect(stderr).toContain('/decided/T_BNCCT')
    expect(stderr).not.toMatch(/NGUYEN|DN401|001000/)
  })

  test.each([
    ['decisionSha256', "decision_sha256 = repeat('0', 64)"],
    ['outcome', "outcome = 'deny'"],
    ['facts', "facts = replace(facts, '13800000.00', '13800001.00')"],
    ['body', "body = convert_to(replace(convert_from(body, 'UTF8'), 'lần 5', 'lần X'), 'UTF8')"],
    ['rulebook', "rulebook_sha256 = repeat('0', 64)"],
  ])('finds %s that was changed in the store', async (what, change) => {
    const id = claimId('TN-4')
    await database.pool.query(`UPDATE claim_version SET ${change} WHERE claim_id = $1`, [id])
    expect((await here({})).difference).toMatchObject({ claimId: id, what })
  })

  test('does not compare what another engine decided: it counts it and says which release has that engine', async () => {
    await createLedger(database.pool).keepEngine({ sha256: 'e'.repeat(64), release: '0.0.9', commit: 'c'.repeat(40) })
    await database.pool.query("UPDATE claim_version SET engine_sha256 = repeat('e', 64), decision = 'x' WHERE claim_id = $1", [
      claimId('TN-4'),
    ])
    const { status, stderr, report: seen } = report()
    const others = await versions("decision = 'x'")
    expect([status, seen.compared]).toEqual([0, ALL - others])
    expect(seen.otherEngines).toEqual([{ sha256: 'e'.repeat(64), release: '0.0.9', commit: 'c'.repeat(40), versions: others }])
    expect(stderr).toContain('release 0.0.9')
  })
})
