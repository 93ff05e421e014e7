import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { noVisitDetails } from '../../src/domain/facts.ts'
import type { Money } from '../../src/domain/money.ts'
import type { LedgerBatch, NewVersion } from '../../src/ledger/ledger.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { createPool } from '../../src/platform/postgres.ts'

/**
 * Commits of new claims and the reads before them, after as many to warm up, on a Postgres of its own with fsync on (or the one of `--url`, whose database must be
 * empty): `node scripts/bench/ledger.ts [--claims 40000] [--batch 256] [--body 4096] [--decision 6144] [--workers 1]`.
 * Each claim has an exam, `--exams-per-table` (40) of one practitioner in a day.
 */
const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    claims: { type: 'string', default: '40000' },
    batch: { type: 'string', default: '256' },
    body: { type: 'string', default: '4096' },
    decision: { type: 'string', default: '6144' },
    facts: { type: 'string', default: '1536' },
    workers: { type: 'string', default: '1' },
    'exams-per-table': { type: 'string', default: '40' },
  },
})
const claims = Number(options.claims)
const batchSize = Number(options.batch)
const workers = Number(options.workers)
const tables = Math.ceil(claims / Number(options['exams-per-table']))
const TOPIC = 'claims.submitted.v1'

/** Text that compresses about as a claim does: field names that repeat, values that do not. */
function textOf(bytes: number): string {
  let text = '{"XML1":{'
  while (text.length < bytes)
    text += `"THANH_TIEN_BH":"${randomBytes(5).toString('hex')}","MA_DICH_VU":"${randomBytes(4).toString('hex')}",`
  return `${text.slice(0, bytes - 3)}"}}`
}
const samples = Array.from({ length: 64 }, () => ({
  body: Buffer.from(textOf(Number(options.body))),
  decision: Buffer.from(textOf(Number(options.decision))),
  facts: textOf(Number(options.facts)),
}))
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

function versionOf(worker: number, number: number): NewVersion {
  const id = hash(`${worker}.${number}`)
  const sample = samples[number % samples.length]!
  return {
    claimId: `c_${id.slice(0, 26)}`,
    facilityCode: String(number % 13_000).padStart(5, '0'),
    encounterId: `TN-${number}`,
    version: 1,
    currentVersion: 1,
    status: 'decided',
    heldReason: null,
    receivedAt: new Date(1_772_000_000_000 + number).toISOString(),
    decidedAt: new Date(1_772_000_000_030 + number).toISOString(),
    contentSha256: id,
    bodySha256: id,
    submissionId: id.slice(0, 36),
    streamKey: id.slice(0, 32),
    memberRef: id.slice(0, 32),
    contentType: 'application/json',
    release: '3176',
    outcome: 'adjust',
    decisionSha256: id,
    factsSha256: id,
    rulebookSha256: id,
    engineSha256: id,
    partition: worker,
    offset: number,
    visit: {
      careType: '01',
      arrivedAt: '2026-03-10T08:00',
      endedAt: '2026-03-10T09:30',
      outcome: 'adjust',
      copayCounted: 100 as Money,
      details: noVisitDetails,
    },
    exams: [{ tableRef: hash(`table ${worker} ${number % tables}`).slice(0, 32), times: ['2026-03-10T08:15'] }],
    fundClaimed: 100 as Money,
    decidedTotals: '{"T_BHTT":"1.00","T_BNCCT":"0.25","T_TONGCHI_BH":"1.25","T_TONGCHI_BV":"1.25"}',
    ...sample,
  }
}

function tablesOf(versions: readonly NewVersion[]): { tableRef: string; adding: number }[] {
  const counts = new Map<string, number>()
  for (const { tableRef } of versions.flatMap(({ exams }) => exams)) counts.set(tableRef, (counts.get(tableRef) ?? 0) + 1)
  return [...counts].map(([tableRef, adding]) => ({ tableRef, adding }))
}

function batchOf(worker: number, from: number): LedgerBatch {
  const versions = Array.from({ length: batchSize }, (_, index) => versionOf(worker, from + index))
  return {
    topic: TOPIC,
    offsets: [{ partition: worker, expected: from, next: from + batchSize }],
    members: versions.map(({ memberRef }) => ({ memberRef, expected: 0 })),
    claims: versions.map((version) => ({
      claimId: version.claimId,
      facilityCode: version.facilityCode,
      encounterId: version.encounterId,
      expectedVersions: 0,
      versions: 1,
      currentVersion: 1,
      currentReceivedAt: version.receivedAt,
    })),
    versions,
    // As read when few exams were there: what others add meanwhile does not matter.
    examChanges: tablesOf(versions).map(({ tableRef, adding }) => ({
      ...{ tableRef, adding, change: adding },
      ...{ expected: 0, isCounted: false },
    })),
    republish: [],
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bhyt-bench-'))
const server = options.url ? undefined : await startEmbeddedPostgres(folder)
const pool = createPool({
  url: options.url ?? server!.url,
  max: workers + 1,
  applicationName: 'bench',
  timeouts: { statementMs: 60_000 },
})
try {
  await migrate(pool)
  const ledger = createLedger(pool)
  await ledger.offsets(
    TOPIC,
    Array.from({ length: workers * 2 }, (_, index) => index),
  )
  const perWorker = Math.ceil(claims / workers / batchSize)
  let spent = { read: 0, commit: 0, published: 0, cpu: 0 }
  const work = async (worker: number) => {
    for (let round = 0; round < perWorker; round++) {
      const batch = batchOf(worker, round * batchSize)
      const at = performance.now()
      await Promise.all([
        ledger.claimStates(batch.versions.map(({ claimId, contentSha256 }) => ({ claimId, contentSha256s: [contentSha256] }))),
        ledger.memberStates(batch.members.map(({ memberRef }) => memberRef)),
        ledger.examTables(tablesOf(batch.versions)),
      ])
      const read = performance.now()
      const cpu = process.cpuUsage()
      const outcome = await ledger.commit(batch)
      const { user, system } = process.cpuUsage(cpu)
      if (outcome.kind !== 'committed') throw new Error(`stale ${outcome.what}`)
      const done = performance.now()
      await ledger.published([outcome.publishId!])
      spent.read += read - at
      spent.commit += done - read
      spent.published += performance.now() - done
      spent.cpu += user + system
    }
  }
  const everyone = (first: number) => Promise.all(Array.from({ length: workers }, (_, index) => work(first + index)))
  // A server that has run for a while writes into old log segments; a new one makes each first.
  await everyone(workers)
  await pool.query('CHECKPOINT')
  spent = { read: 0, commit: 0, published: 0, cpu: 0 }
  const startedAt = performance.now()
  await everyone(0)
  const wallMs = performance.now() - startedAt
  const total = perWorker * workers * batchSize
  const rate = (ms: number) => Math.round((total / ms) * 1000 * workers)
  process.stdout.write(
    `${JSON.stringify({
      claims: total,
      batch: batchSize,
      workers,
      commitClaimsPerSecond: rate(spent.commit),
      commitMsPerBatch: Number((spent.commit / perWorker / workers).toFixed(2)),
      readMsPerBatch: Number((spent.read / perWorker / workers).toFixed(2)),
      publishedMsPerBatch: Number((spent.published / perWorker / workers).toFixed(2)),
      clientCpuMicrosecondsPerClaim: Number((spent.cpu / total).toFixed(1)),
      wholeLoopClaimsPerSecond: Math.round((total / wallMs) * 1000),
    })}\n`,
  )
} finally {
  await pool.close()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
}
