import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningPostgres, startTestPostgres } from '../../scripts/provision/postgres.ts'
import { LedgerUnavailable } from '../../src/ledger/ledger.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { createLedger } from '../../src/ledger/postgres-ledger.ts'
import { createPool, type PostgresPool } from '../../src/platform/postgres.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { makeBatch, makeVersion, TOPIC } from './make-batch.ts'

const timeouts = { connectMs: 1_000, statementMs: 1_500 }
const ledgerOn = (pool: PostgresPool) => createLedger(pool)
const list = { facilityCode: undefined, cursor: undefined, limit: 1, status: undefined, from: undefined, to: undefined }

describe('Postgres goes away', () => {
  let server: RunningPostgres
  let pool: PostgresPool
  beforeAll(async () => {
    server = await startTestPostgres(undefined, { own: true })
    pool = createPool({ url: server.url, max: 4, applicationName: 'test', timeouts })
    await migrate(pool)
  })
  afterAll(async () => {
    await pool.close()
    await server.stop()
  })

  /** Every method of the port, each of which must refuse within the time-outs. */
  async function expectRefusals(boundMs: number): Promise<void> {
    const ledger = ledgerOn(pool)
    const calls = [
      () => ledger.offsets(TOPIC, [0]),
      () => ledger.claimStates([{ claimId: 'c', contentSha256s: [] }]),
      () => ledger.memberStates(['m']),
      () => ledger.commit(makeBatch([makeVersion()])),
      () => ledger.pendingPublications(0, 1),
      () => ledger.publication(1),
      () => ledger.published([1]),
      () => ledger.findByContent([{ claimId: 'c', contentSha256: 'x' }]),
      () => ledger.findVersion('c', { facilityCode: undefined, version: undefined }),
      () => ledger.list(list),
      () => ledger.versionsForReplay({ limit: 1 }),
      () => ledger.heldVersions({ limit: 1 }),
    ]
    for (const call of calls) {
      const startedAt = performance.now()
      await expect(call()).rejects.toBeInstanceOf(LedgerUnavailable)
      expect(performance.now() - startedAt).toBeLessThan(boundMs)
    }
    expect(await ledger.trouble()).toMatch(/Postgres/)
  }

  test('killed: every call is refused in time; started again: the same pool goes on with what was committed', async () => {
    const ledger = ledgerOn(pool)
    await ledger.offsets(TOPIC, [0])
    expect(await ledger.commit(makeBatch([makeVersion()]))).toMatchObject({ kind: 'committed' })
    await server.kill()
    await expectRefusals(2_000)
    await server.start()
    const deadline = performance.now() + 5_000
    while ((await ledger.trouble()) !== undefined && performance.now() < deadline)
      await new Promise((done) => setTimeout(done, 50))
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, 1]]))
    expect(await ledger.findVersion('c_one', { facilityCode: undefined, version: undefined })).toBeDefined()
  })

  test('silent, with its connections open: every call is refused in time, and it goes on when it speaks again', async () => {
    const ledger = ledgerOn(pool)
    expect(await ledger.trouble()).toBeUndefined()
    await server.pause()
    try {
      await expectRefusals(4_000)
    } finally {
      await server.resume()
    }
    const deadline = performance.now() + 5_000
    while ((await ledger.trouble()) !== undefined && performance.now() < deadline)
      await new Promise((done) => setTimeout(done, 50))
    expect(await ledger.trouble()).toBeUndefined()
  })
})

describe('the answer to COMMIT does not come', () => {
  let database: TestDatabase
  let proxy: CommitCutter
  let pool: PostgresPool
  beforeEach(async () => {
    database = await freshDatabase()
    proxy = await startCommitCutter(database.url)
    pool = createPool({ url: proxy.url, max: 2, applicationName: 'test' })
  })
  afterEach(async () => {
    await pool.close()
    await proxy.stop()
    await database.drop()
  })

  test.each([
    ['arrived', 1],
    ['was lost', 0],
  ] as const)('whether it %s, the error says unknown and the offsets tell', async (fate, next) => {
    const ledger = ledgerOn(pool)
    await ledger.offsets(TOPIC, [0])
    proxy.arm(fate)
    const cause = await ledger.commit(makeBatch([makeVersion()])).catch((error: unknown) => error)
    expect(cause).toMatchObject({ name: 'LedgerUnavailable', commitUnknown: true })
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, next]]))
    // The same batch again, as a redelivery brings it: stored once in the end.
    const again = await ledger.commit(makeBatch([makeVersion()]))
    expect(again).toMatchObject(next === 1 ? { kind: 'stale', what: 'offset' } : { kind: 'committed' })
    expect((await database.pool.query('SELECT claim_id FROM claim_version')).rows).toEqual([{ claim_id: 'c_one' }])
    expect(await ledger.pendingPublications(0, 10)).toHaveLength(1)
  })

  test('a connection that is cut before COMMIT was sent is no unknown', async () => {
    const ledger = ledgerOn(pool)
    await ledger.offsets(TOPIC, [0])
    proxy.arm('was lost', 'ledger-insert-versions')
    const cause = await ledger.commit(makeBatch([makeVersion()])).catch((error: unknown) => error)
    expect(cause).toMatchObject({ name: 'LedgerUnavailable', commitUnknown: false })
    expect(await ledger.offsets(TOPIC, [0])).toEqual(new Map([[0, 0]]))
  })
})

interface CommitCutter {
  readonly url: string
  /** Cuts the connection at the next message with `text`, before or after passing it on; once. */
  arm(fate: 'arrived' | 'was lost', text?: string): void
  stop(): Promise<void>
}

/** A proxy in front of Postgres that can cut a connection at one message. */
async function startCommitCutter(target: string): Promise<CommitCutter> {
  const { hostname, port } = new URL(target)
  let armed: { fate: 'arrived' | 'was lost'; text: string } | undefined
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    let cut = false
    upstream.on('data', (data) => cut || client.write(data))
    client.on('data', (data) => {
      if (!armed || !data.includes(armed.text)) return void upstream.write(data)
      cut = true
      const { fate } = armed
      armed = undefined
      if (fate === 'was lost') return void client.destroy()
      // Passed on, and its answer kept back.
      upstream.once('data', () => client.destroy())
      upstream.write(data)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = new URL(target)
  url.host = `127.0.0.1:${address.port}`
  return {
    url: url.href,
    arm: (fate, text = 'COMMIT') => {
      armed = { fate, text }
    },
    stop: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
}
