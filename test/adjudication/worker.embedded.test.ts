import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Decider } from '../../src/adjudication/decide-batch.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { createGatherFacts } from '../../src/adjudication/gather-facts.ts'
import { workerBounds } from '../../src/adjudication/process-batch.ts'
import { redecideHeld } from '../../src/adjudication/redecide-held.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { startWorker } from '../../src/adjudication/worker.ts'
import { type Ledger, LedgerUnavailable } from '../../src/ledger/ledger.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { StreamUnavailable } from '../../src/stream/stream.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { everybody, keyedHash, makeRecord } from '../support/filed-claims.ts'
import { makeStream, type OnePartitionStream, placed } from '../support/one-partition-stream.ts'

/** What the worker does when the ledger or the stream fails it in the middle; on the real ledger. */
let database: TestDatabase
let decider: Decider
let ledger: ReturnType<typeof createLedger>
beforeAll(async () => {
  database = await freshDatabase()
  ledger = createLedger(database.pool)
  decider = createDecider(await loadRulebook('rulebook'), await engineHash())
})
afterAll(() => database.drop())
beforeEach(() => database.pool.query('TRUNCATE stream_offset, member_state, claim, claim_version, exam_table, publication'))

const claims = (count: number) =>
  placed(
    Array.from({ length: count }, (_, index) =>
      makeRecord({ encounterId: `TN-${index}`, person: index, by: 'personal', day: 1, receivedS: index }),
    ),
  )

function start(stream: OnePartitionStream, changed: Partial<Ledger> = {}, using = decider) {
  const used: Ledger = { ...ledger, ...changed }
  const gatherFacts = createGatherFacts({ eligibility: everybody, ledger: used, keyedHash })
  const bounds = { ...workerBounds, sweepAfterMs: 50 }
  const events = { onBatch: () => {}, onTrouble: () => {} }
  return startWorker({ stream, ledger: used, gatherFacts, decider: using, clock: systemClock, bounds, events })
}
const stored = async () =>
  (
    await database.pool.query<{ claim_id: string; status: string }>(
      'SELECT claim_id, status FROM claim_version ORDER BY claim_id',
    )
  ).rows
const published = (stream: OnePartitionStream) =>
  stream.appended.filter(({ topic }) => topic === 'claims.decided.v1').map(({ record }) => record.headers['claim-id'])

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await holds()); attempt++) {
    if (attempt > 200) throw new Error('it did not come to hold within 4 s')
    await new Promise((done) => setTimeout(done, 20))
  }
}

describe('a worker', () => {
  test('whose commit landed though its answer was lost decides nothing again and publishes what it noted', async () => {
    let lost = 0
    const stream = makeStream(claims(5), 5)
    const worker = await start(stream, {
      async commit(batch) {
        const outcome = await ledger.commit(batch)
        if (lost++ === 0) throw new LedgerUnavailable('no answer', { commitUnknown: true })
        return outcome
      },
    })
    await stream.drained
    expect(lost).toBe(1)
    expect(await stored()).toHaveLength(5)
    await until(async () => new Set(published(stream)).size === 5)
    await worker.stop(1000)
  })

  test('whose commit did not land decides the batch again', async () => {
    let lost = 0
    const stream = makeStream(claims(5), 5)
    const worker = await start(stream, {
      async commit(batch) {
        if (lost++ === 0) throw new LedgerUnavailable('no answer', { commitUnknown: true })
        return ledger.commit(batch)
      },
    })
    await stream.drained
    expect(await stored()).toHaveLength(5)
    await until(async () => published(stream).length === 5)
    await worker.stop(1000)
  })

  test('that is not the owner any more gives the slice back from where the ledger stands', async () => {
    const records = claims(6)
    const first = makeStream(records.slice(0, 4), 4)
    const owner = await start(first)
    await first.drained
    await owner.stop(1000)
    const late = makeStream(records, 6)
    const worker = await start(late)
    await late.drained
    expect(late.outcomes[0]).toEqual({ kind: 'again', next: 4 })
    expect(await stored()).toHaveLength(6)
    await worker.stop(1000)
  })

  test('whose publication fails publishes by its sweep when the stream is back', async () => {
    const stream = makeStream(claims(3), 3)
    stream.failing = new StreamUnavailable('no broker')
    const worker = await start(stream)
    await stream.drained
    expect(published(stream)).toEqual([])
    stream.failing = undefined
    await until(async () => published(stream).length === 3 && (await ledger.pendingPublications(0, 10)).length === 0)
    await worker.stop(1000)
  })

  test('meets a record that is none of ours: it goes to the dead letters and its neighbours are decided', async () => {
    const [first, , last] = claims(3)
    const stream = makeStream([first!, { ...first!, offset: 1, headers: {}, value: Buffer.from('?') }, last!], 3)
    const worker = await start(stream)
    await stream.drained
    expect(await stored()).toHaveLength(2)
    expect(stream.appended.filter(({ topic }) => topic === 'claims.dead-letter.v1')).toHaveLength(1)
    await worker.stop(1000)
  })

  test('whose batch the ledger refuses halves it until the bad record is alone, holds that one and decides its neighbours', async () => {
    const records = claims(7)
    const bad = records[4]!.headers['claim-id']
    const stream = makeStream(records, 7)
    const worker = await start(stream, {
      async commit(batch) {
        if (batch.versions.some(({ claimId, status }) => claimId === bad && status === 'decided'))
          throw new Error('invalid byte sequence')
        return ledger.commit(batch)
      },
    })
    await stream.drained
    expect(stream.outcomes).toEqual([{ kind: 'done' }])
    const rows = await stored()
    expect(rows).toHaveLength(7)
    expect(rows.filter(({ status }) => status === 'held').map(({ claim_id }) => claim_id)).toEqual([bad])
    await worker.stop(1000)
  })

  test('meets a record that the ledger takes in no form: it goes to the dead letters and the partition moves on', async () => {
    const records = claims(3)
    const bad = records[1]!.headers['claim-id']
    const stream = makeStream(records, 3)
    const worker = await start(stream, {
      async commit(batch) {
        if (batch.versions.some(({ claimId }) => claimId === bad)) throw new Error('value out of range')
        return ledger.commit(batch)
      },
    })
    await stream.drained
    expect(stream.outcomes).toEqual([{ kind: 'done' }])
    expect(await stored()).toHaveLength(2)
    expect(stream.appended.filter(({ topic }) => topic === 'claims.dead-letter.v1')).toHaveLength(1)
    await worker.stop(1000)
  })

  test.each([
    ['ce_time', 'not a time'],
    ['content-sha256', 'short'],
    ['claim-id', "c_'; --"],
    ['release', '9999'],
  ])('takes a record whose header %s is misshapen for none of ours', async (header, value) => {
    const [first, second] = claims(2)
    const stream = makeStream([{ ...first!, headers: { ...first!.headers, [header]: value } }, second!], 2)
    const worker = await start(stream)
    await stream.drained
    expect(await stored()).toHaveLength(1)
    expect(stream.appended.filter(({ topic }) => topic === 'claims.dead-letter.v1')).toHaveLength(1)
    await worker.stop(1000)
  })

  test('holds a claim that it cannot decide, says so on the stream, and the claim is decided after the repair', async () => {
    const broken: Decider = {
      ...decider,
      decide(claim, facts) {
        if (claim.encounterId === 'TN-1') throw new Error('a rule of ours broke')
        return decider.decide(claim, facts)
      },
    }
    const stream = makeStream(claims(3), 3)
    const worker = await start(stream, {}, broken)
    await stream.drained
    await until(async () => published(stream).length === 3)
    expect((await stored()).map(({ status }) => status).sort()).toEqual(['decided', 'decided', 'held'])
    const [held] = (await ledger.heldVersions({ limit: 10 })).items
    const [whole] = (await ledger.versionsForReplay({ claimId: held!.claimId, limit: 10 })).items
    const gatherFacts = createGatherFacts({ eligibility: everybody, ledger, keyedHash })
    const now = () => '2026-11-02T00:00:00.000Z'
    expect(await redecideHeld({ ledger, gatherFacts, decider: broken, now }, whole!)).toEqual({
      kind: 'held-still',
      reason: 'adjudication_failed',
    })
    expect(await redecideHeld({ ledger, gatherFacts, decider, now }, whole!)).toEqual({ kind: 'decided' })
    const decided = await ledger.findVersion(held!.claimId, { facilityCode: '01999', version: undefined })
    expect(decided).toMatchObject({ status: 'decided', version: 1, currentVersion: 1, receivedAt: held!.receivedAt })
    await until(async () => published(stream).length === 4)
    await worker.stop(1000)
  })
})
