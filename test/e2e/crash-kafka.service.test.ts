import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningKafka, startKafka } from '../../scripts/provision/kafka.ts'
import { type RunningRedis, startRedis } from '../../scripts/provision/redis.ts'
import { sized } from '../support/size.ts'
import { audit, killInTurn } from './support/crash.ts'
import { createGateway, type GatewayProcess } from './support/gateway.ts'
import { startHospital } from './support/hospital.ts'
import { createDatabase, furnishStore } from './support/store.ts'

/** Kafka and Redis of its own, because topics and keys have fixed names; Postgres is the run's, with a database of its own. */
const folder = mkdtempSync(join(tmpdir(), 'bhyt-crash-'))
const gateways: GatewayProcess[] = []
let kafka: RunningKafka
let redis: RunningRedis
let database: Awaited<ReturnType<typeof createDatabase>>
let env: Record<string, string>

beforeAll(async () => {
  ;[kafka, redis, database] = await Promise.all([
    startKafka({ brokers: 1, own: true }),
    startRedis({ own: true }),
    createDatabase(process.env['TEST_POSTGRES_URL']!),
  ])
  env = {
    GATEWAY_STREAM_URL: kafka.url,
    GATEWAY_CACHE_URL: redis.url,
    GATEWAY_STORE_URL: database.url,
    GATEWAY_KEYS_DIR: join(folder, 'keys'),
    GATEWAY_TRUST_DIR: join(folder, 'trust'),
  }
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.kill()))
  await database?.drop()
  await Promise.all([kafka?.stop(), redis?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

test(
  'with ingest and adjudication killed in turn, every acknowledged claim is decided exactly once',
  async () => {
    const credentials = await furnishStore(env, folder, 200)
    const ingest = await createGateway('ingest', env)
    const adjudication = await createGateway('adjudication', env)
    gateways.push(ingest, adjudication)
    for (const gateway of gateways) gateway.start()
    for (const gateway of gateways) await gateway.ready(30_000)

    const hospital = startHospital({ url: ingest.url, credentials, rate: 80, members: 200, run: 'CRASH', waitS: 1 })
    const { told } = hospital
    const victims = [
      { gateway: adjudication, done: () => told.decided },
      { gateway: ingest, done: () => told.decided + told.receipted },
    ]
    await killInTurn({ victims, kills: sized(20, 400) })
    for (const gateway of gateways) await gateway.ready(30_000)
    await hospital.finish(25_000)
    const found = await audit(hospital, 30_000)

    console.log(
      `crash on Kafka: ${JSON.stringify({ told, codes: [...hospital.codes], claims: found.acknowledged, longestMs: Math.round(hospital.longestMs()) })}`,
    )
    expect(found).toMatchObject({ lost: [], doubled: [], storedThoughRefused: [], contradictions: [], held: 0 })
    expect(found.acknowledged).toBe(hospital.journal.claims.size)
    expect(found.decided).toBe(found.acknowledged)
    expect(found.acknowledged).toBeGreaterThan(500)
    // The kills were felt: requests broke, and some claims outlived their process as receipts.
    expect(told.receipted).toBeGreaterThan(10)
    expect(hospital.cutOff()).toBeGreaterThan(5)
    expect(hospital.longestMs()).toBeLessThan(16_000)
  },
  sized(180_000, 3_600_000),
)
