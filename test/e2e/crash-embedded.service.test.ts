import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sized } from '../support/size.ts'
import { audit, killInTurn } from './support/crash.ts'
import { createGateway, type GatewayProcess } from './support/gateway.ts'
import { startHospital } from './support/hospital.ts'
import { furnishStore } from './support/store.ts'

/** Everything in one process and one data folder, as `npm start` has it. Its Postgres outlives the kills and is adopted again. */
const folder = mkdtempSync(join(tmpdir(), 'bhyt-crash-'))
// As root, Postgres runs as another user, who must be able to pass through.
chmodSync(folder, 0o711)
let gateway: GatewayProcess | undefined

afterAll(async () => {
  // A drained gateway that is alone takes its Postgres along.
  await gateway?.drain()
  rmSync(folder, { recursive: true, force: true })
})

test(
  'with the one process of the embedded default killed again and again, every acknowledged claim is decided exactly once',
  async () => {
    const env = {
      GATEWAY_STORE_URL: `embedded:${join(folder, 'data')}`,
      GATEWAY_KEYS_DIR: join(folder, 'keys'),
      GATEWAY_TRUST_DIR: join(folder, 'trust'),
    }
    gateway = await createGateway('all', env)
    gateway.start()
    await gateway.ready(60_000)
    const credentials = await furnishStore(env, folder, 200)

    const hospital = startHospital({ url: gateway.url, credentials, rate: 80, members: 200, run: 'CRASH', waitS: 1 })
    const { told } = hospital
    await killInTurn({ victims: [{ gateway, done: () => told.decided + told.receipted }], kills: sized(20, 400) })
    await gateway.ready(30_000)
    await hospital.finish(20_000)
    const found = await audit(hospital, 20_000)

    console.log(
      `crash embedded: ${JSON.stringify({ told, codes: [...hospital.codes], claims: found.acknowledged, longestMs: Math.round(hospital.longestMs()) })}`,
    )
    expect(found).toMatchObject({ lost: [], doubled: [], storedThoughRefused: [], contradictions: [], held: 0 })
    expect(found.acknowledged).toBe(hospital.journal.claims.size)
    expect(found.decided).toBe(found.acknowledged)
    expect(found.acknowledged).toBeGreaterThan(500)
    expect(hospital.cutOff()).toBeGreaterThan(5)
    expect(hospital.longestMs()).toBeLessThan(16_000)
  },
  sized(180_000, 3_600_000),
)
