import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXAMS_COUNTED_FROM, noVisitDetails } from '../../src/domain/facts.ts'
import type { Milli, Money } from '../../src/domain/money.ts'
import type { CommitOutcome, Ledger, LedgerOperations, NewVersion, StoredVersion } from '../../src/ledger/ledger.ts'
import { InvalidCursor } from '../../src/ledger/ledger.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { createPool } from '../../src/platform/postgres.ts'
import { makeBatch, makeHeld, makeVersion, noExams, sha256, TOPIC } from '../ledger/make-batch.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

/** What the port promises, on the server of this run (`TEST_POSTGRES_URL`): the embedded default and a Postgres of its own. */
export function ledgerContract(name: string): void {
  describe(`ledger: ${name}`, () => {
    let database: TestDatabase
    let ledger: Ledger & LedgerOperations
    beforeEach(async () => {
      database = await freshDatabase()
      ledger = createLedger(database.pool)
      await ledger.offsets(TOPIC, [0, 1, 2])
    })
    afterEach(() => database.drop())
    const given = () => ({ ledger, database })
    offsets(given)
    fences(given)
    versions(given)
    examTables(given)
    publications(given)
    lists(given)
    operations(given)
  })
}
type Given = () => { ledger: Ledger & LedgerOperations; database: TestDatabase }

const inChain = { facilityCode: undefined, version: undefined }
const committed = (outcome: CommitOutcome): number | null => {
  if (outcome.kind !== 'committed') throw new Error(`not committed: stale ${outcome.what}`)
  return outcome.publishId
}
/** The part of a row that comes back as `StoredVersion`. */
function storedOf(row: NewVersion, currentVersion = row.currentVersion): StoredVersion {
  const { claimId, facilityCode, encounterId, version, status, heldReason, receivedAt, decidedAt, contentSha256 } = row
  const { bodySha256, submissionId, streamKey, memberRef, decision } = row
  const chain = { claimId, facilityCode, encounterId, version, currentVersion, status, heldReason, receivedAt, decidedAt }
  return { ...chain, contentSha256, bodySha256, submissionId, streamKey, memberRef, decision }
}
const rowsOf = async (database: TestDatabase, table: string) =>
  (await database.pool.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]!.n
async function nothingStored({ ledger, database }: ReturnType<Given>, next = 0): Promise<void> {
  expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, next]]))
  for (const table of ['claim', 'claim_version', 'member_state', 'publication'])
    expect([table, await rowsOf(database, table)]).toEqual([table, 0])
}

function offsets(given: Given): void {
  test('a partition nobody has asked for starts at 0, and the answer has every partition asked', async () => {
    const { ledger } = given()
    expect(await ledger.offsets(TOPIC, [7, 0, 9])).toEqual(
      new Map([
        [7, 0],
        [0, 0],
        [9, 0],
      ]),
    )
    expect(await ledger.offsets(TOPIC, [])).toEqual(new Map())
  })

  test('a committed batch moves its partitions and no other', async () => {
    const { ledger } = given()
    const batch = {
      ...makeBatch([]),
      offsets: [
        { partition: 2, expected: 0, next: 5 },
        { partition: 0, expected: 0, next: 3 },
      ],
    }
    expect(await ledger.commit(batch)).toEqual({ kind: 'committed', publishId: null })
    expect(await ledger.offsets(TOPIC, [0, 1, 2])).toEqual(
      new Map([
        [0, 3],
        [1, 0],
        [2, 5],
      ]),
    )
    expect(await ledger.offsets('claims.decided.v1', [0])).toEqual(new Map([[0, 0]]))
  })
}

function fences(given: Given): void {
  test('of two workers with the same expected offset one commits, the other is stale and leaves nothing', async () => {
    const { ledger, database } = given()
    const mine = makeBatch([makeVersion({ claimId: 'c_mine', memberRef: 'm_mine' })])
    const yours = makeBatch([makeVersion({ claimId: 'c_yours', memberRef: 'm_yours' })])
    const outcomes = await Promise.all([ledger.commit(mine), ledger.commit(yours)])
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(outcomes).toContainEqual({ kind: 'stale', what: 'offset' })
    for (const table of ['claim', 'claim_version', 'member_state', 'publication']) expect(await rowsOf(database, table)).toBe(1)
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, 1]]))
  })

  test('one stale partition of several holds back the whole batch', async () => {
    const { ledger } = given()
    const offsets = [
      { partition: 0, expected: 0, next: 1 },
      { partition: 1, expected: 4, next: 5 },
    ]
    expect(await ledger.commit({ ...makeBatch([makeVersion()]), offsets })).toEqual({ kind: 'stale', what: 'offset' })
    await nothingStored(given())
  })

  test('a partition that the ledger has never seen is stale, not new', async () => {
    const { ledger } = given()
    const offsets = [{ partition: 77, expected: 0, next: 1 }]
    expect(await ledger.commit({ ...makeBatch([makeVersion()]), offsets })).toEqual({ kind: 'stale', what: 'offset' })
  })

  test('a member whose state was changed since it was read holds back the batch', async () => {
    const { ledger } = given()
    committed(await ledger.commit(makeBatch([makeVersion()])))
    const late = makeBatch([makeVersion({ claimId: 'c_two' })], { from: 1, revisions: { m_one: 0 } })
    expect(await ledger.commit(late)).toEqual({ kind: 'stale', what: 'member' })
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, 1]]))
    expect(await ledger.findVersion('c_two', inChain)).toBeUndefined()
    committed(await ledger.commit(makeBatch([makeVersion({ claimId: 'c_two' })], { from: 1, revisions: { m_one: 1 } })))
    expect((await ledger.memberStates(['m_one']))[0]!.revision).toBe(2)
  })

  test('a member state that is said to exist and does not is stale', async () => {
    const { ledger } = given()
    const batch = makeBatch([makeVersion()], { revisions: { m_one: 3 } })
    expect(await ledger.commit(batch)).toEqual({ kind: 'stale', what: 'member' })
    await nothingStored(given())
  })

  test('of two workers that decide one member by two partitions at once, one must read again', async () => {
    const { ledger } = given()
    const batchOf = (partition: number) => ({
      ...makeBatch([makeVersion({ claimId: `c_${partition}`, partition })]),
      offsets: [{ partition, expected: 0, next: 1 }],
    })
    const outcomes = await Promise.all([ledger.commit(batchOf(0)), ledger.commit(batchOf(1))])
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(outcomes).toContainEqual({ kind: 'stale', what: 'member' })
  })

  test('batches that share their members in opposite orders never wait for each other in a circle', async () => {
    const { database } = given()
    // Shorter than the server takes to see a deadlock: a circle shows as a call that is refused.
    const pool = createPool({ url: database.url, max: 2, applicationName: 'test', timeouts: { lockMs: 900 } })
    const ledger = createLedger(pool)
    const names = Array.from({ length: 100 }, (_, index) => `m_${index}`)
    for (let round = 0; round < 5; round++) {
      const states = await ledger.memberStates(names)
      const revisions = Object.fromEntries(names.map((one, index) => [one, states[index]!.revision]))
      const batchOf = (partition: number, order: readonly string[]) => {
        const versions = order.map((memberRef) =>
          makeVersion({ claimId: `c_${round}_${partition}_${memberRef}`, memberRef, partition }),
        )
        return { ...makeBatch(versions, { revisions }), offsets: [] }
      }
      const outcomes = await Promise.all([ledger.commit(batchOf(0, names)), ledger.commit(batchOf(1, names.toReversed()))])
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['committed', 'stale'])
    }
    await pool.close()
  })

  test('a claim that got another version since it was read holds back the batch', async () => {
    const { ledger } = given()
    const second = (content: string, from: number, revision: number) =>
      makeBatch([makeVersion({ version: 2, contentSha256: sha256(content) })], {
        from,
        revisions: { m_one: revision },
        before: { c_one: { versions: 1, currentVersion: 1, currentReceivedAt: null } },
      })
    committed(await ledger.commit(makeBatch([makeVersion()])))
    committed(await ledger.commit(second('b', 1, 1)))
    expect(await ledger.commit(second('c', 2, 2))).toEqual({ kind: 'stale', what: 'claim' })
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, 2]]))
    expect((await ledger.memberStates(['m_one']))[0]!.revision).toBe(2)
  })

  test('a claim that another worker made first is stale, also when the content is the same', async () => {
    const { ledger, database } = given()
    const batchOf = (partition: number) => ({
      ...makeBatch([makeVersion({ memberRef: `m_${partition}` })]),
      offsets: [{ partition, expected: 0, next: 1 }],
    })
    const outcomes = await Promise.all([ledger.commit(batchOf(0)), ledger.commit(batchOf(1))])
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(outcomes).toContainEqual({ kind: 'stale', what: 'claim' })
    expect(await rowsOf(database, 'claim_version')).toBe(1)
  })

  test('the same content twice in one batch is refused whole', async () => {
    const { ledger } = given()
    const twice = [makeVersion(), makeVersion({ version: 2, contentSha256: makeVersion().contentSha256 })]
    expect(await ledger.commit(makeBatch(twice))).toEqual({ kind: 'stale', what: 'claim' })
    await nothingStored(given())
  })

  test('a clash on another key than the content raises and is not passed over', async () => {
    const { ledger } = given()
    const clash = [makeVersion(), makeVersion({ contentSha256: sha256('other content, same version number') })]
    await expect(ledger.commit(makeBatch(clash))).rejects.toMatchObject({ code: '23505', constraint: 'claim_version_pkey' })
    await nothingStored(given())
  })

  test('fifty workers at once with the same claim: one stores it', async () => {
    const { ledger, database } = given()
    const partitions = Array.from({ length: 50 }, (_, index) => index)
    await ledger.offsets(TOPIC, partitions)
    const outcomes = await Promise.all(
      partitions.map((partition) =>
        ledger.commit({ ...makeBatch([makeVersion({ partition })]), offsets: [{ partition, expected: 0, next: 1 }] }),
      ),
    )
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(await rowsOf(database, 'claim_version')).toBe(1)
  })
}

function versions(given: Given): void {
  test('a stored version comes back byte for byte, with its time to the millisecond', async () => {
    const { ledger } = given()
    const row = makeVersion({ receivedAt: '2026-03-10T03:40:00.100Z', decidedAt: '2026-12-31T23:59:59.000Z' })
    committed(await ledger.commit(makeBatch([row])))
    expect(await ledger.findVersion('c_one', inChain)).toEqual(storedOf(row))
    const { items } = await ledger.versionsForReplay({ claimId: 'c_one', limit: 10 })
    const { visit: _, exams: __, fundClaimed: ___, decidedTotals: ____, ...whole } = row
    expect(items).toEqual([whole])
  })

  test('a body of 8 MiB and a decision of 2 MiB are stored whole', async () => {
    const { ledger } = given()
    const row = makeVersion({ body: Buffer.alloc(8 * 1024 * 1024, 'Đ'), decision: Buffer.alloc(2 * 1024 * 1024, 'é') })
    committed(await ledger.commit(makeBatch([row])))
    const { items } = await ledger.versionsForReplay({ claimId: 'c_one', limit: 1 })
    expect(items[0]!.body.equals(row.body)).toBe(true)
    expect(items[0]!.decision!.equals(row.decision!)).toBe(true)
  })

  test('the chain of a claim: unknown, then its current version and the contents asked for', async () => {
    const { ledger } = given()
    const first = makeVersion()
    const second = makeVersion({
      version: 2,
      receivedAt: '2026-03-11T00:00:00.000Z',
      memberRef: 'm_two',
      fundClaimed: 7 as Money,
    })
    committed(await ledger.commit(makeBatch([first, second])))
    const asked = [
      { claimId: 'c_none', contentSha256s: [sha256('x')] },
      { claimId: 'c_one', contentSha256s: [second.contentSha256, sha256('never filed'), first.contentSha256] },
      { claimId: 'c_one', contentSha256s: [] },
    ]
    const chain = {
      versions: 2,
      currentVersion: 2,
      currentReceivedAt: '2026-03-11T00:00:00.000Z',
      currentMemberRef: 'm_two',
      currentStatus: 'decided' as const,
      earlierVersion: { version: 2, fundClaimed: 7 },
      currentExams: [],
    }
    expect(await ledger.claimStates(asked)).toEqual([
      {
        versions: 0,
        currentVersion: 0,
        currentReceivedAt: null,
        currentMemberRef: null,
        currentStatus: null,
        earlierVersion: null,
        currentExams: [],
        known: new Map(),
      },
      {
        ...chain,
        known: new Map([
          [first.contentSha256, 1],
          [second.contentSha256, 2],
        ]),
      },
      { ...chain, known: new Map() },
    ])
    expect(await ledger.claimStates([])).toEqual([])
  })

  test('a version that arrives late is stored superseded and changes nothing of the current one', async () => {
    const { ledger } = given()
    const current = makeVersion({ receivedAt: '2026-03-11T00:00:00.000Z' })
    committed(await ledger.commit(makeBatch([current])))
    const late = makeVersion({ version: 2, currentVersion: 1, receivedAt: '2026-03-10T00:00:00.000Z', memberRef: 'm_other' })
    const before = { c_one: { versions: 1, currentVersion: 1, currentReceivedAt: current.receivedAt } }
    committed(await ledger.commit(makeBatch([late], { from: 1, before })))
    expect(await ledger.findVersion('c_one', inChain)).toEqual(storedOf(current))
    expect(await ledger.findVersion('c_one', { ...inChain, version: 2 })).toEqual(storedOf(late))
    const [chain] = await ledger.claimStates([{ claimId: 'c_one', contentSha256s: [] }])
    expect(chain).toMatchObject({
      versions: 2,
      currentVersion: 1,
      currentReceivedAt: current.receivedAt,
      currentMemberRef: 'm_one',
    })
    const [one, other] = await ledger.memberStates(['m_one', 'm_other'])
    expect([one!.visits.length, other!.visits.length]).toEqual([1, 0])
  })

  test('what a visit says to later claims comes back with it, also when that is nothing', async () => {
    const { ledger } = given()
    const details = {
      category: '1.3',
      slip: 'GCT-1',
      exams: [{ at: '2026-03-10T08:15', code: '01.1897', unitPriceMilli: 50_600_000 as Milli }],
      supply: [{ code: '40.0001', until: '2026-04-09' }],
    }
    const { visit } = makeVersion()
    committed(await ledger.commit(makeBatch([makeVersion({ visit: { ...visit!, details } }), makeVersion({ claimId: 'c_two' })])))
    const [state] = await ledger.memberStates(['m_one'])
    expect(state!.visits.map((one) => one.details)).toEqual([details, noVisitDetails])
  })

  test("a member's visits are the current decided ones, ordered by end and claim whatever the order of deciding", async () => {
    const { ledger } = given()
    const ended = (claimId: string, endedAt: string, more: Partial<NewVersion> = {}) => {
      const base = makeVersion({ claimId })
      return makeVersion({ claimId, visit: { ...base.visit!, endedAt }, ...more })
    }
    const late = ended('c_b', '2026-02-02T10:00')
    const tied = ended('c_a', '2026-02-02T10:00')
    const early = ended('c_z', '2025-12-31T10:00')
    const corrected = [
      ended('c_y', '2026-01-01T10:00'),
      ended('c_y', '2026-01-05T10:00', { version: 2, contentSha256: sha256('y2') }),
    ]
    const moved = [
      ended('c_x', '2026-01-03T10:00'),
      ended('c_x', '2026-01-03T10:00', { version: 2, contentSha256: sha256('x2'), memberRef: 'm_two' }),
    ]
    const withdrawn = [
      ended('c_w', '2026-01-02T10:00'),
      makeVersion({ claimId: 'c_w', version: 2, contentSha256: sha256('w2'), visit: null }),
    ]
    const held = [ended('c_v', '2026-01-04T10:00'), makeHeld({ claimId: 'c_v', version: 2, contentSha256: sha256('v2') })]
    committed(await ledger.commit(makeBatch([late, tied, early, ...corrected, ...moved, ...withdrawn, ...held])))
    const [one, none, two] = await ledger.memberStates(['m_one', 'm_none', 'm_two'])
    expect(one!.visits.map(({ claimId, endedAt }) => [claimId, endedAt])).toEqual([
      ['c_z', '2025-12-31T10:00'],
      ['c_y', '2026-01-05T10:00'],
      ['c_a', '2026-02-02T10:00'],
      ['c_b', '2026-02-02T10:00'],
    ])
    expect(one!.visits[0]).toEqual({ claimId: 'c_z', facilityCode: '01999', ...early.visit })
    expect(none).toEqual({ revision: 0, visits: [] })
    expect(two).toMatchObject({ revision: 1, visits: [{ claimId: 'c_x' }] })
    expect(await ledger.memberStates([])).toEqual([])
  })

  test('content that is stored is found, in the order asked', async () => {
    const { ledger } = given()
    const [a, b] = [makeVersion({ claimId: 'c_a' }), makeVersion({ claimId: 'c_b' })]
    committed(await ledger.commit(makeBatch([a, b])))
    const keys = [
      { claimId: 'c_b', contentSha256: b.contentSha256 },
      { claimId: 'c_b', contentSha256: a.contentSha256 },
      { claimId: 'c_a', contentSha256: a.contentSha256 },
    ]
    expect(await ledger.findByContent(keys)).toEqual([storedOf(b), undefined, storedOf(a)])
    expect(await ledger.findByContent([])).toEqual([])
  })

  test("another facility's claim is as absent as one that does not exist", async () => {
    const { ledger } = given()
    committed(await ledger.commit(makeBatch([makeVersion()])))
    expect(await ledger.findVersion('c_one', { facilityCode: '01999', version: undefined })).toBeDefined()
    expect(await ledger.findVersion('c_one', { facilityCode: '01001', version: undefined })).toBeUndefined()
    expect(await ledger.findVersion('c_one', { facilityCode: '01999', version: 2 })).toBeUndefined()
    expect(await ledger.findVersion('c_none', { facilityCode: '01999', version: undefined })).toBeUndefined()
  })
}

function examTables(given: Given): void {
  const times = (count: number) => Array.from({ length: count }, (_, index) => `2026-03-10T08:${String(index).padStart(2, '0')}`)
  /** A batch of one claim with exams at one table, as a worker makes it that read the table at `expected`. */
  function batchOf(claimId: string, count: number, expected: number, isCounted = false) {
    const exams = [{ tableRef: 't_one', times: times(count) }]
    const examChanges = [{ tableRef: 't_one', expected, isCounted, adding: count, change: count }]
    const version = makeVersion({ claimId, memberRef: `m_${claimId}`, exams })
    return { ...makeBatch([version], { examChanges }), offsets: [] }
  }
  const asked = (adding: number) => [{ tableRef: 't_one', adding }]

  test('a table nobody examined at has no revision, and its exams are told once they may matter', async () => {
    const { ledger } = given()
    const almost = EXAMS_COUNTED_FROM - 2
    expect(await ledger.examTables([...asked(1), { tableRef: 't_two', adding: EXAMS_COUNTED_FROM }])).toEqual([
      { revision: 0, byClaim: undefined },
      { revision: 0, byClaim: new Map() },
    ])
    expect(await ledger.examTables([])).toEqual([])
    committed(await ledger.commit(batchOf('c_one', almost, 0)))
    expect(await ledger.examTables(asked(1))).toEqual([{ revision: 1, byClaim: undefined }])
    expect(await ledger.examTables(asked(2))).toEqual([{ revision: 1, byClaim: new Map([['c_one', times(almost)]]) }])
    const [chain] = await ledger.claimStates([{ claimId: 'c_one', contentSha256s: [] }])
    expect(chain!.currentExams).toEqual([{ tableRef: 't_one', times: times(almost) }])
  })

  test('two workers at one table both commit while there are few exams, and never both once they may matter', async () => {
    const { ledger } = given()
    const few = await Promise.all(['a', 'b', 'c'].map((id) => ledger.commit(batchOf(`c_${id}`, 19, 0))))
    expect(few.map(({ kind }) => kind)).toEqual(['committed', 'committed', 'committed'])
    // 57 exams: each alone stays below the bound, both together do not.
    const [both] = await ledger.examTables(asked(2))
    expect(both).toEqual({ revision: 3, byClaim: undefined })
    const outcomes = await Promise.all(['d', 'e'].map((id) => ledger.commit(batchOf(`c_${id}`, 2, 3))))
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(outcomes).toContainEqual({ kind: 'stale', what: 'exams' })
    expect((await ledger.examTables(asked(1)))[0]).toMatchObject({ revision: 4 })
  })

  test('a decision that rests on the count is stale when anything changed, and leaves nothing', async () => {
    const { ledger, database } = given()
    committed(await ledger.commit(batchOf('c_one', 60, 0)))
    const late = batchOf('c_two', 1, 0, true)
    expect(await ledger.commit(late)).toEqual({ kind: 'stale', what: 'exams' })
    expect(await rowsOf(database, 'claim')).toBe(1)
    expect(await ledger.examTables(asked(1))).toEqual([{ revision: 1, byClaim: new Map([['c_one', times(60)]]) }])
    committed(await ledger.commit(batchOf('c_two', 1, 1, true)))
  })

  test('an exam that a correction drops is taken out, whatever was read', async () => {
    const { ledger, database } = given()
    committed(await ledger.commit(batchOf('c_one', 3, 0)))
    const correction = makeBatch([makeVersion({ version: 2, memberRef: 'm_c_one', contentSha256: sha256('two') })], {
      revisions: { m_c_one: 1 },
      before: { c_one: { versions: 1, currentVersion: 1, currentReceivedAt: null } },
      examChanges: [{ tableRef: 't_one', expected: null, isCounted: false, adding: 0, change: -3 }],
    })
    committed(await ledger.commit(correction))
    const full = [{ tableRef: 't_one', adding: EXAMS_COUNTED_FROM }]
    expect(await ledger.examTables(full)).toEqual([{ revision: 2, byClaim: new Map() }])
    const { rows } = await database.pool.query('SELECT exams, revision FROM exam_table')
    expect(rows).toEqual([{ exams: 0, revision: 2 }])
    const [chain] = await ledger.claimStates([{ claimId: 'c_one', contentSha256s: [] }])
    expect(chain!.currentExams).toEqual([])
  })

  test('batches that share their tables in opposite orders never wait for each other in a circle', async () => {
    const { database } = given()
    const pool = createPool({ url: database.url, max: 2, applicationName: 'test', timeouts: { lockMs: 900 } })
    const ledger = createLedger(pool)
    const names = Array.from({ length: 100 }, (_, index) => `t_${index}`)
    for (let round = 0; round < 5; round++) {
      const batch = (worker: string, order: readonly string[]) => ({
        ...makeBatch([makeVersion({ claimId: `c_${round}_${worker}`, memberRef: `m_${round}_${worker}` })]),
        offsets: [],
        examChanges: order.map((tableRef) => ({ tableRef, expected: 0, isCounted: false, adding: 1, change: 1 })),
      })
      const outcomes = await Promise.all([ledger.commit(batch('a', names)), ledger.commit(batch('b', names.toReversed()))])
      expect(outcomes.map(({ kind }) => kind)).toEqual(['committed', 'committed'])
    }
    await pool.close()
  })
}

function publications(given: Given): void {
  test('what a batch stored and what came again is noted with it, and gone once published', async () => {
    const { ledger } = given()
    const [a, b] = [makeVersion({ claimId: 'c_a' }), makeHeld({ claimId: 'c_b' })]
    const first = committed(await ledger.commit(makeBatch([a, b])))!
    const again = [{ claimId: 'c_a', version: 1 }]
    const second = committed(await ledger.commit({ ...makeBatch([], { from: 2 }), republish: again }))!
    expect(second).toBeGreaterThan(first)
    expect(await ledger.publication(first)).toEqual({ publishId: first, versions: [storedOf(a), storedOf(b)] })
    expect(await ledger.pendingPublications(0, 10)).toEqual([
      { publishId: first, versions: [storedOf(a), storedOf(b)] },
      { publishId: second, versions: [storedOf(a)] },
    ])
    expect((await ledger.pendingPublications(0, 1)).map(({ publishId }) => publishId)).toEqual([first])
    expect(await ledger.pendingPublications(60_000, 10)).toEqual([])
    await ledger.published([first])
    expect((await ledger.pendingPublications(0, 10)).map(({ publishId }) => publishId)).toEqual([second])
    expect(await ledger.publication(first)).toBeUndefined()
    await ledger.published([])
  })
}

const everything = { facilityCode: undefined, cursor: undefined, limit: 10, status: undefined, from: undefined, to: undefined }

function lists(given: Given): void {
  const at = (second: number) => `2026-03-10T00:00:${String(second).padStart(2, '0')}.000Z`
  const filed = (claimId: string, second: number, more: Partial<NewVersion> = {}) =>
    makeVersion({ claimId, receivedAt: at(second), ...more })

  test('pages have no gap and no double, newest first, while claims are filed between them', async () => {
    const { ledger } = given()
    const ids = Array.from({ length: 25 }, (_, index) => `c_${String(index).padStart(2, '0')}`)
    // Several share an instant: the claim id decides.
    committed(await ledger.commit(makeBatch(ids.map((claimId, index) => filed(claimId, Math.floor(index / 3))))))
    const seen: string[] = []
    let cursor: string | undefined
    let offset = 25
    do {
      const page = await ledger.list({ ...everything, facilityCode: '01999', limit: 7, cursor })
      seen.push(...page.items.map(({ claimId }) => claimId))
      cursor = page.nextCursor ?? undefined
      const between = filed(`c_new${offset}`, 50)
      const { revision } = (await ledger.memberStates(['m_one']))[0]!
      committed(await ledger.commit(makeBatch([between], { from: offset++, revisions: { m_one: revision } })))
    } while (cursor !== undefined)
    expect(seen).toEqual(ids.toReversed())
  })

  test('a list has current versions only, of one facility, by status and receipt', async () => {
    const { ledger } = given()
    const other = filed('c_other', 1, { facilityCode: '01001' })
    const chain = [filed('c_two', 2), filed('c_two', 9, { version: 2, contentSha256: sha256('two') })]
    const held = makeHeld({ claimId: 'c_held', receivedAt: at(5) })
    committed(await ledger.commit(makeBatch([other, ...chain, held, filed('c_three', 3)])))
    const list = async (query: Partial<typeof everything> | Record<string, unknown>) =>
      (await ledger.list({ ...everything, facilityCode: '01999', ...query })).items.map(
        ({ claimId, version }) => `${claimId}.${version}`,
      )
    expect(await list({})).toEqual(['c_two.2', 'c_held.1', 'c_three.1'])
    expect(await list({ facilityCode: undefined })).toEqual(['c_two.2', 'c_held.1', 'c_three.1', 'c_other.1'])
    expect(await list({ status: 'held' })).toEqual(['c_held.1'])
    expect(await list({ status: 'decided' })).toEqual(['c_two.2', 'c_three.1'])
    expect(await list({ from: at(3), to: at(9) })).toEqual(['c_held.1', 'c_three.1'])
    const { items, nextCursor } = await ledger.list({ ...everything, facilityCode: '01001' })
    expect(nextCursor).toBeNull()
    expect(items).toEqual([
      {
        claimId: 'c_other',
        encounterId: 'TN-c_other',
        version: 1,
        status: 'decided',
        outcome: 'accept',
        receivedAt: at(1),
        decidedAt: other.decidedAt,
        decided: { T_BHTT: '553342.71' },
      },
    ])
  })

  test('a cursor that is not ours is said to be none', async () => {
    const { ledger } = given()
    for (const cursor of [
      '',
      'x',
      Buffer.from('["now","c",1]').toString('base64url'),
      Buffer.from('["2026-13-45T00:00:00.000Z","c",1]').toString('base64url'),
      Buffer.from('["2026-02-30T00:00:00.000Z","c",1]').toString('base64url'),
      Buffer.from('["0000-01-01T00:00:00.000Z","c",1]').toString('base64url'),
    ])
      await expect(ledger.list({ ...everything, cursor })).rejects.toBeInstanceOf(InvalidCursor)
  })
}

function operations(given: Given): void {
  test('a replay sees every version since an instant once, in order of receipt, page by page', async () => {
    const { ledger } = given()
    const rows = Array.from({ length: 9 }, (_, index) =>
      makeVersion({ claimId: `c_${9 - index}`, receivedAt: `2026-03-0${index + 1}T00:00:00.000Z` }),
    )
    committed(await ledger.commit(makeBatch(rows)))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await ledger.versionsForReplay({
        since: '2026-03-03T00:00:00.000Z',
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      })
      seen.push(...page.items.map(({ claimId }) => claimId))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(['c_7', 'c_6', 'c_5', 'c_4', 'c_3', 'c_2', 'c_1'])
  })

  test('held versions are listed oldest first, and one that is decided after all leaves the list', async () => {
    const { ledger } = given()
    const newer = makeHeld({ claimId: 'c_newer', encounterId: '', receivedAt: '2026-03-12T00:00:00.000Z', memberRef: 'key' })
    const older = makeHeld({ claimId: 'c_older', receivedAt: '2026-03-11T00:00:00.000Z' })
    committed(await ledger.commit(makeBatch([newer, older, makeVersion()])))
    const page = await ledger.heldVersions({ limit: 1 })
    expect(page.items).toEqual([storedOf(older)])
    expect((await ledger.heldVersions({ limit: 5, cursor: page.nextCursor! })).items).toEqual([storedOf(newer)])

    const decided = makeVersion({ ...makeVersion({ claimId: 'c_newer' }), receivedAt: newer.receivedAt, memberRef: 'm_one' })
    const change = {
      version: decided,
      members: [
        { memberRef: 'm_one', expected: 1 },
        { memberRef: 'key', expected: 1 },
      ],
      examChanges: noExams,
      expectedVersions: 1,
    }
    const publishId = committed(await ledger.redecideHeld(change))!
    expect((await ledger.publication(publishId))!.versions).toEqual([storedOf(decided)])
    expect((await ledger.heldVersions({ limit: 5 })).items).toEqual([storedOf(older)])
    expect((await ledger.list(everything)).items.map(({ encounterId }) => encounterId)).toContain('TN-c_newer')
    const [one, key] = await ledger.memberStates(['m_one', 'key'])
    expect(one!.visits.map(({ claimId }) => claimId)).toEqual(['c_newer', 'c_one'])
    expect([one!.revision, key!.revision]).toEqual([2, 2])
    expect(await ledger.redecideHeld({ ...change, members: [] })).toEqual({ kind: 'stale', what: 'claim' })
  })

  test('a hold is not lifted on a member or a chain that has moved on', async () => {
    const { ledger } = given()
    committed(await ledger.commit(makeBatch([makeHeld()])))
    const lift = (expected: number, expectedVersions: number) =>
      ledger.redecideHeld({
        ...{ version: makeVersion(), members: [{ memberRef: 'm_one', expected }] },
        ...{ examChanges: noExams, expectedVersions },
      })
    expect(await lift(0, 1)).toEqual({ kind: 'stale', what: 'member' })
    expect(await lift(1, 2)).toEqual({ kind: 'stale', what: 'claim' })
    expect((await ledger.memberStates(['m_one']))[0]!.revision).toBe(1)
    expect((await ledger.heldVersions({ limit: 5 })).items).toHaveLength(1)
  })

  test('of the versions that count now a replay sees the decided ones alone', async () => {
    const { ledger } = given()
    const first = makeVersion()
    const second = makeVersion({ version: 2, receivedAt: '2026-03-11T00:00:00.000Z' })
    const held = makeHeld({ claimId: 'c_held' })
    committed(await ledger.commit(makeBatch([first, second, held])))
    const { items } = await ledger.versionsForReplay({ current: true, limit: 10 })
    expect(items.map(({ claimId, version }) => [claimId, version])).toEqual([['c_one', 2]])
  })

  test('a rulebook is kept once under its hash, byte for byte, and one that was not kept is not there', async () => {
    const { ledger, database } = given()
    const kept = { sha256: sha256('rules'), version: '2026.07.1', content: '{"rulebook.yaml":{"tên":"Luật \\"mới\\""}}' }
    await Promise.all([ledger.keepRulebook(kept), ledger.keepRulebook(kept)])
    await ledger.keepRulebook({ ...kept, version: 'another name of the same content' })
    expect(await ledger.rulebook(kept.sha256)).toEqual(kept)
    expect(await rowsOf(database, 'rulebook')).toBe(1)
    expect(await ledger.rulebook(sha256('never kept'))).toBeUndefined()
  })

  test('the release of an engine is noted once, with its commit where that is known', async () => {
    const { ledger } = given()
    const released = { sha256: sha256('released'), release: '0.2.0', commit: null }
    const built = { sha256: sha256('built'), release: '0.2.0', commit: 'a'.repeat(40) }
    for (const engine of [released, built, { ...released, release: '0.3.0' }]) await ledger.keepEngine(engine)
    expect(await ledger.engine(released.sha256)).toEqual(released)
    expect(await ledger.engine(built.sha256)).toEqual(built)
    expect(await ledger.engine(sha256('unknown'))).toBeUndefined()
  })
}
