import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { reviewStays, type StayToReview } from '../../src/adjudication/review-stays.ts'
import { describeStays } from '../../src/cli/review.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { decideInto } from '../support/decided-claims.ts'
import { keyedHash, makeBody, makeRecord } from '../support/filed-claims.ts'

// Another process is started; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let all: ReturnType<typeof makeRecord>[] = []
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  all = []
  await database.pool.query('TRUNCATE stream_offset, member_state, claim, claim_version, exam_table, publication')
})

interface Stay {
  readonly facility?: string
  readonly from: number
  readonly to: number
  readonly careType?: string
  readonly person?: number
}
/** Files a stay of March 2026 under a name, and waits for its decision. */
async function stay(name: string, { facility = '01999', from, to, careType = '03', person = 1 }: Stay): Promise<void> {
  const filed = { encounterId: name, person, by: 'personal' as const, day: from, receivedS: all.length }
  const wire = JSON.parse(makeBody(filed).toString()) as { XML1: Record<string, string> }
  const time = (day: number) => `202603${String(day).padStart(2, '0')}0800`
  Object.assign(wire.XML1, { MA_CSKCB: facility, MA_LOAI_KCB: careType, NGAY_VAO: time(from), NGAY_RA: time(to) })
  all.push(makeRecord(filed, Buffer.from(JSON.stringify(wire))))
  await decideInto(database, all, { from: all.length - 1 })
}
const id = (name: string, facility = '01999') => keyedHash.claimId(facility, name)

async function tasks() {
  const found: StayToReview[] = []
  const claims = await reviewStays(createLedger(database.pool), undefined, { found: (one) => found.push(one) })
  return { claims, found }
}

describe('stays to look at again', () => {
  test('are the earlier of two that overlap at two facilities, with the one that waits because of it', async () => {
    await stay('A', { from: 8, to: 12 })
    await stay('B', { facility: '01001', from: 10, to: 15 })
    const { claims, found } = await tasks()
    expect(claims).toBe(2)
    expect(found).toEqual([
      {
        stay: { claimId: id('A'), version: 1, facilityCode: '01999', from: '2026-03-08', to: '2026-03-12' },
        waiting: { claimId: id('B', '01001'), version: 1, facilityCode: '01001', from: '2026-03-10', to: '2026-03-15' },
      },
    ])
    expect(describeStays(claims, found.length, found)).toMatch(/^1 decided stays to look at again, of 2 claims\n/)
  })

  test('are none of a transfer, of one facility, of two people, or of an outpatient visit', async () => {
    await stay('A', { from: 8, to: 12 })
    await stay('B', { facility: '01001', from: 12, to: 15 })
    await stay('C', { from: 9, to: 11 })
    await stay('D', { facility: '01001', from: 9, to: 11, person: 2 })
    await stay('E', { facility: '01001', from: 8, to: 8, careType: '01' })
    expect(await tasks()).toEqual({ claims: 5, found: [] })
  })

  test('end when either stay is corrected so that they overlap no more', async () => {
    await stay('A', { from: 8, to: 12 })
    await stay('B', { facility: '01001', from: 10, to: 15 })
    await stay('A', { from: 8, to: 9 })
    expect((await tasks()).found).toEqual([])
  })

  test('are not named where both wait for the overlap already', async () => {
    await stay('A', { from: 8, to: 9 })
    await stay('B', { facility: '01001', from: 8, to: 15 })
    await stay('A', { from: 8, to: 12 })
    const { rows } = await database.pool.query<{ outcome: string }>('SELECT outcome FROM claim_version ORDER BY received_at')
    expect(rows.slice(1).map(({ outcome }) => outcome)).toEqual(['pend', 'pend'])
    expect((await tasks()).found).toEqual([])
  })

  test('as a command name claims and facilities and nobody', async () => {
    await stay('A', { from: 8, to: 12 })
    await stay('B', { facility: '01001', from: 10, to: 15 })
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli.ts'), 'review', 'stays', '--json'],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], GATEWAY_STORE_URL: database.url } },
    )
    expect(status).toBe(0)
    const { found, items } = JSON.parse(stdout) as { found: number; items: StayToReview[] }
    expect([found, items[0]!.stay.claimId]).toEqual([1, id('A')])
    expect(Object.keys(items[0]!.stay).sort()).toEqual(['claimId', 'facilityCode', 'from', 'to', 'version'])
  })
})
