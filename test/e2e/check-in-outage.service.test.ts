import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkInBody } from '../../load/check-ins/people.ts'
import { type DeskTold, deskToldBy, deskToldNothing } from '../../load/check-ins/told.ts'
import { createClaimFactory } from '../../load/claims.ts'
import { type Credentials, createGatewayClient, type GatewayClient } from '../../load/client.ts'
import { type RunningKafka, startKafka } from '../../scripts/provision/kafka.ts'
import { type RunningPostgres, startTestPostgres } from '../../scripts/provision/postgres.ts'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import { createGateway, type GatewayProcess, pause, until } from './support/gateway.ts'
import { FACILITY, furnishStore, VISIT_DATE } from './support/store.ts'

/** A desk through the loss and the return of each engine. Nobody restarts a gateway here. */
const MEMBERS = 200
/** People whom the desk has seen while everything worked: of them there is a copy. */
const SEEN = 60
const AT_ONCE = 10
const folder = mkdtempSync(join(tmpdir(), 'bhyt-desk-outage-'))
let kafka: RunningKafka
let redis: RunningRedis
let postgres: RunningPostgres
let ingest: GatewayProcess
let adjudication: GatewayProcess
let client: GatewayClient
let credentials: Credentials

interface Sent {
  readonly index: number
  readonly told: DeskTold
  readonly ms: number
}
const all: Sent[] = []
let next = 0

beforeAll(async () => {
  ;[kafka, redis, postgres] = await Promise.all([
    startKafka({ brokers: 1, own: true }),
    startRedis({ own: true }),
    startTestPostgres(() => {}, { own: true }),
  ])
  const env = {
    GATEWAY_STREAM_URL: kafka.url,
    GATEWAY_CACHE_URL: redis.url,
    GATEWAY_STORE_URL: postgres.url,
    GATEWAY_KEYS_DIR: join(folder, 'keys'),
    GATEWAY_TRUST_DIR: join(folder, 'trust'),
    // Copies are old at once: every check-in wants to ask the register.
    GATEWAY_ELIGIBILITY_FRESH_MS: '1000',
    GATEWAY_ELIGIBILITY_NONE_FRESH_MS: '1000',
    // Few, so that claims can take all of them.
    GATEWAY_STORE_CONNECTIONS_MAX: '2',
    GATEWAY_WAITERS_MAX: '30',
  }
  credentials = await furnishStore(env, folder, MEMBERS)
  ingest = await createGateway('ingest', env)
  adjudication = await createGateway('adjudication', env)
  for (const gateway of [ingest, adjudication]) gateway.start()
  for (const gateway of [ingest, adjudication]) await gateway.ready(30_000)
  client = createGatewayClient({ url: ingest.url, credentials, socketsMax: 50, timeoutMs: 20_000 })
}, 180_000)
afterAll(async () => {
  client?.close()
  await Promise.all([ingest?.kill(), adjudication?.kill()])
  await Promise.all([kafka?.stop(), redis?.stop(), postgres?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

/** Checks in the member `first`, `first` + 1, … side by side. */
async function checkIn(count: number, first = 0): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  const left = Array.from({ length: count }, (_, at) => first + at).values()
  async function desk(): Promise<void> {
    for (const member of left) {
      // The member is the remainder: the rest makes each visit its own.
      const index = MEMBERS * next++ + member
      const began = performance.now()
      const body = checkInBody(index, { run: 'OUT', members: MEMBERS })
      const told = await client.send('POST', '/v1/check-ins', { body }).then(deskToldBy, deskToldNothing)
      sent.push({ index, told, ms: performance.now() - began })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, desk))
  all.push(...sent)
  return sent
}
const outcomesOf = (sent: readonly Sent[]) => [...new Set(sent.map(({ told }) => told.outcome))].sort()
const whyOf = (sent: readonly Sent[]) => sent.map(({ told }) => told.why).filter((why) => why !== '')
const sourcesOf = (sent: readonly Sent[]) =>
  [...new Set(sent.map(({ told }) => `${told.source}${told.stale ? ' stale' : ''}`))].sort()
const unrecordedOf = (sent: readonly Sent[]) => sent.filter(({ told }) => told.unrecorded).length
const slowestOf = (sent: readonly Sent[]) => Math.max(...sent.map(({ ms }) => ms))
/** Everybody is taken, and every answer says where its knowledge is from and how old it is (`deskToldBy` calls others faulty). */
function expectNobodyTurnedAway(sent: readonly Sent[], slowestMs: number): void {
  expect(whyOf(sent)).toEqual([])
  expect(outcomesOf(sent).filter((outcome) => outcome !== 'admitted' && outcome !== 'provisional')).toEqual([])
  expect(slowestOf(sent)).toBeLessThan(slowestMs)
}
/** Longer than they are fresh. */
const copiesGrowOld = () => pause(1_100)
const admitsAgain = () =>
  until('admitted from the register', 20_000, async () => {
    const sent = await checkIn(5)
    return sent.every(({ told }) => told.outcome === 'admitted' && told.stale === false && !told.unrecorded)
  })
async function inPostgres<T>(work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const sql = new pg.Client({ connectionString: postgres.url })
  await sql.connect()
  return work(sql).finally(() => sql.end())
}

test('with everything at work all are admitted', async () => {
  const sent = await checkIn(SEEN)
  expectNobodyTurnedAway(sent, 5_000)
  expect(outcomesOf(sent)).toEqual(['admitted'])
}, 60_000)

test('while claims wait for a locked ledger, take every connection of theirs and are shed, the desk goes on', async () => {
  const make = createClaimFactory({ run: 'LANE', facility: FACILITY, date: VISIT_DATE, members: MEMBERS, seed: 1 })
  const claims = createGatewayClient({ url: ingest.url, credentials, socketsMax: 120, timeoutMs: 20_000 })
  await inPostgres(async (sql) => {
    await sql.query('BEGIN')
    await sql.query('LOCK TABLE claim_version IN ACCESS EXCLUSIVE MODE')
    const filed = Array.from({ length: 100 }, (_, sequence) => {
      const { body, contentType } = make({ sequence, size: 'small', format: 'json', revision: 0 })
      return claims.send('POST', '/v1/claims', { body, contentType, headers: { prefer: 'wait=8' } }).then(({ status }) => status)
    })
    await until('claims are shed', 10_000, async () => {
      const { body, contentType } = make({ sequence: 1_000, size: 'small', format: 'json', revision: 0 })
      return (await claims.send('POST', '/v1/claims', { body, contentType })).status === 503
    })
    const sent = await checkIn(SEEN)
    expectNobodyTurnedAway(sent, 4_000)
    expect(outcomesOf(sent)).toEqual(['admitted'])
    expect(unrecordedOf(sent)).toBe(0)
    await sql.query('ROLLBACK')
    expect(await Promise.all(filed)).toContain(503)
  })
  claims.close()
}, 60_000)

test('with Redis silent or stopped all are admitted, by the register', async () => {
  redis.pause()
  const silent = await checkIn(SEEN)
  redis.resume()
  await redis.kill()
  const stopped = await checkIn(SEEN)
  await redis.restart()
  for (const sent of [silent, stopped]) {
    expectNobodyTurnedAway(sent, 4_000)
    expect(outcomesOf(sent)).toEqual(['admitted'])
    expect(sourcesOf(sent)).toEqual(['register'])
    expect(unrecordedOf(sent)).toBe(0)
  }
  await admitsAgain()
}, 90_000)

test('with a register that takes 5 s, who is known is admitted from the last copy and others provisionally, soon and marked', async () => {
  await copiesGrowOld()
  await inPostgres(async (sql) => {
    await sql.query('BEGIN')
    await sql.query('LOCK TABLE register_member IN ACCESS EXCLUSIVE MODE')
    const released = sql.query('SELECT pg_sleep(5)')
    const known = await checkIn(SEEN)
    const unknown = await checkIn(40, 100)
    expectNobodyTurnedAway([...known, ...unknown], 5_000)
    expect([outcomesOf(known), sourcesOf(known)]).toEqual([['admitted'], ['last-known stale']])
    expect(known.every(({ told }) => told.reasons?.includes('register_stale'))).toBe(true)
    expect([outcomesOf(unknown), sourcesOf(unknown)]).toEqual([['provisional'], ['none']])
    expect(unknown.every(({ told }) => told.reasons?.includes('register_unavailable'))).toBe(true)
    expect(unrecordedOf([...known, ...unknown])).toBe(0)
    // Whoever asks while it hangs does not queue behind it.
    expect(known.toSorted((a, b) => a.ms - b.ms)[Math.floor(known.length / 2)]!.ms).toBeLessThan(1_000)
    await released
    await sql.query('COMMIT')
  })
  await admitsAgain()
}, 90_000)

test('with Postgres stopped, who is known is admitted and others provisionally, marked, and all is on the stream', async () => {
  await postgres.kill()
  await copiesGrowOld()
  const known = await checkIn(SEEN)
  const unknown = await checkIn(40, 150)
  await postgres.start()
  expectNobodyTurnedAway([...known, ...unknown], 5_000)
  expect([outcomesOf(known), sourcesOf(known)]).toEqual([['admitted'], ['last-known stale']])
  expect([outcomesOf(unknown), sourcesOf(unknown)]).toEqual([['provisional'], ['none']])
  expect(unrecordedOf([...known, ...unknown])).toBe(0)
  await admitsAgain()
}, 120_000)

test('with Kafka stopped all are admitted, and recorded in the ledger', async () => {
  const [broker] = kafka.brokers
  await broker!.kill()
  const sent = await checkIn(SEEN)
  await broker!.start()
  expectNobodyTurnedAway(sent, 8_000)
  expect(outcomesOf(sent)).toEqual(['admitted'])
  expect(unrecordedOf(sent)).toBe(0)
  await admitsAgain()
}, 120_000)

test('after all outages each check-in that was taken is in the ledger once, with who looked, under a ticket of its own', async () => {
  const recorded = all.filter(({ told }) => !told.unrecorded)
  const ids = recorded.map(({ told }) => told.checkInId!)
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(recorded.map(({ told }) => told.ticket)).size).toBe(ids.length)
  const found = await inPostgres(async (sql) => {
    const count = async (text: string) => (await sql.query<{ n: number }>(text, [ids])).rows[0]!.n
    await until('all in the ledger and on the stream', 40_000, async () => {
      const there = await count('SELECT count(*)::int AS n FROM check_in WHERE check_in_id = ANY ($1) AND unpublished IS NULL')
      return there === ids.length
    })
    return {
      rows: await count('SELECT count(*)::int AS n FROM check_in WHERE check_in_id = ANY ($1)'),
      others: await count('SELECT count(*)::int AS n FROM check_in WHERE check_in_id <> ALL ($1)'),
      looks: await count('SELECT count(*)::int AS n FROM access_audit WHERE ref = ANY ($1)'),
    }
  })
  expect(found).toEqual({ rows: ids.length, others: 0, looks: ids.length })
  expect([ingest.endedByItself(), adjudication.endedByItself()]).toEqual([0, 0])
}, 90_000)
