import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkRun } from '../../load/check.ts'
import { createClaimFactory } from '../../load/claims.ts'
import { type Credentials, createGatewayClient, type GatewayClient } from '../../load/client.ts'
import { createJournal, type Journal } from '../../load/journal.ts'
import { type Told, toldBy, toldNothing } from '../../load/told.ts'
import { type RunningKafka, startKafka } from '../../scripts/provision/kafka.ts'
import { type RunningPostgres, startTestPostgres } from '../../scripts/provision/postgres.ts'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import { createGateway, type GatewayProcess, pause, until } from './support/gateway.ts'
import { FACILITY, furnishStore, VISIT_DATE } from './support/store.ts'

/** One ingest and one adjudication process through the loss and the return of each engine. Nobody restarts a gateway here. */
const folder = mkdtempSync(join(tmpdir(), 'bhyt-outage-'))
const make = createClaimFactory({ run: 'OUT', facility: FACILITY, date: VISIT_DATE, members: 50, seed: 1 })
const startedAt = new Date(Date.now() - 5_000)
let kafka: RunningKafka
let redis: RunningRedis
let postgres: RunningPostgres
let ingest: GatewayProcess
let adjudication: GatewayProcess
let credentials: Credentials
let client: GatewayClient
let journal: Journal
let sequence = 0

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
  }
  credentials = await furnishStore(env, folder, 50)
  ingest = await createGateway('ingest', env)
  adjudication = await createGateway('adjudication', env)
  for (const gateway of [ingest, adjudication]) gateway.start()
  for (const gateway of [ingest, adjudication]) await gateway.ready(30_000)
  client = createGatewayClient({ url: ingest.url, credentials, socketsMax: 200, timeoutMs: 20_000 })
  journal = createJournal()
}, 180_000)
afterAll(async () => {
  await Promise.all([ingest?.kill(), adjudication?.kill()])
  await Promise.all([kafka?.stop(), redis?.stop(), postgres?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

interface Timed extends Told {
  readonly ms: number
}
/** Files one new claim and notes it in the journal of the whole file. */
async function file(waitS = 10): Promise<Timed> {
  const { encounterId, body, contentType } = make({ sequence: sequence++, size: 'small', format: 'json', revision: 0 })
  const began = performance.now()
  journal.sent(encounterId, 'claim')
  const headers = { prefer: `wait=${waitS}` }
  const told = await client.send('POST', '/v1/claims', { body, contentType, headers }).then(toldBy, toldNothing)
  journal.answered(encounterId, 'claim', told)
  return { ...told, ms: performance.now() - began }
}
const decided = () => until('a decision', 20_000, async () => (await file()).outcome === 'decided')
const ready = (gateway: GatewayProcess) => until('ready again', 30_000, async () => (await gateway.readiness())?.status === 200)

test('with Kafka killed, filing is refused with nothing stored, and goes on without a restart when Kafka is back', async () => {
  await decided()
  const [broker] = kafka.brokers
  const underway = Array.from({ length: 20 }, () => file())
  await broker!.kill()
  const killedAt = performance.now()
  const first = await Promise.all(underway)
  // Sends that had begun: decided before, receipted, unavailable or, alone here, unconfirmed.
  for (const { outcome, code } of first)
    if (outcome === 'refused') expect(code).toBe('stream.unavailable')
    else expect(['decided', 'receipted', 'unconfirmed']).toContain(outcome)

  await until('the breaker knows', 15_000, async () => (await file()).code === 'stream.unavailable')
  for (let attempt = 0; attempt < 10; attempt++) {
    const told = await file()
    expect(told).toMatchObject({ outcome: 'refused', status: 503, code: 'stream.unavailable' })
    expect(told.ms).toBeLessThan(3_000)
    await pause(200)
  }
  const { status, reasons } = (await ingest.readiness())!
  expect([status, reasons.join(' ')]).toEqual([503, expect.stringMatching(/kafka|stream/i)])

  await pause(Math.max(0, 5_000 - (performance.now() - killedAt)))
  await broker!.start()
  await decided()
  await Promise.all([ready(ingest), ready(adjudication)])
}, 120_000)

test('with Redis silent or stopped, answers go on', async () => {
  const answered = async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      const told = await file()
      expect(told.outcome).toBe('decided')
      expect(told.ms).toBeLessThan(3_000)
    }
  }
  redis.pause()
  await answered()
  redis.resume()
  await redis.kill()
  await answered()
  await redis.restart()
  await decided()
  await Promise.all([ready(ingest), ready(adjudication)])
}, 60_000)

test('with Postgres stopped, claims are receipted and tokens issued, and all is decided when it is back', async () => {
  await postgres.kill()
  const told = await Promise.all(Array.from({ length: 20 }, () => file(2)))
  for (const { outcome, ms } of told) {
    expect(outcome).toBe('receipted')
    expect(ms).toBeLessThan(5_000)
  }
  const another = createGatewayClient({ url: ingest.url, credentials, socketsMax: 1, timeoutMs: 5_000 })
  expect(await another.authorization()).toMatch(/^Bearer .+/)
  another.close()
  const { status, reasons } = (await adjudication.readiness())!
  expect([status, reasons.join(' ')]).toEqual([503, expect.stringMatching(/postgres|ledger|store/i)])

  await postgres.start()
  await decided()
  await Promise.all([ready(ingest), ready(adjudication)])
}, 120_000)

test('after all outages every acknowledged claim is decided once, what was refused is not there, and no process ended', async () => {
  const found = await checkRun(client, journal, { since: startedAt, settleMs: 30_000, concurrency: 8, readEach: true })
  expect(found).toMatchObject({ lost: [], doubled: [], storedThoughRefused: [], contradictions: [], held: 0 })
  expect(found.decided).toBe(found.acknowledged)
  expect(found.acknowledged).toBeGreaterThan(30)
  expect([ingest.endedByItself(), adjudication.endedByItself()]).toEqual([0, 0])
}, 60_000)
