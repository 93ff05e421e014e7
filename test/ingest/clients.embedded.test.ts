import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addClient, createClientSource, listClients, revokeClient } from '../../src/ingest/access/client-records.ts'
import { createClients } from '../../src/ingest/access/clients.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

const keyedHash = createKeyedHash(randomBytes(32))
let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
const add = (facilityCode = '01999') => addClient(database.pool, keyedHash, randomBytes, { facilityCode, role: 'facility' })

test('a client that is added can log in with its secret, which is stored nowhere', async () => {
  const made = await add()
  expect(made.clientSecret).toMatch(/^[\w-]{43}$/)
  const clients = createClients({ source: createClientSource(database.pool), keyedHash, clock: systemClock, log: silentLogger })
  await clients.start()
  expect(await clients.login(made.clientId, made.clientSecret)).toEqual({
    clientId: made.clientId,
    facilityCode: '01999',
    role: 'facility',
  })
  expect(await clients.login(made.clientId, `${made.clientSecret}x`)).toBeUndefined()
  const { rows } = await database.pool.query('SELECT clients::text AS text FROM clients')
  expect(JSON.stringify(rows)).not.toContain(made.clientSecret)
  clients.stop()
})

test('a running process learns of a new client at once and of a revoked one within seconds', async () => {
  const clients = createClients(
    { source: createClientSource(database.pool), keyedHash, clock: systemClock, log: silentLogger },
    { reloadEveryMs: 60_000, changesEveryMs: 100, unknownEveryMs: 0 },
  )
  await clients.start()
  const made = await add()
  expect(await clients.login(made.clientId, made.clientSecret)).toBeDefined()
  expect(await revokeClient(database.pool, made.clientId)).toBe(true)
  const until = performance.now() + 3_000
  while (clients.find(made.clientId) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(clients.find(made.clientId)).toBeUndefined()
  expect(await clients.login(made.clientId, made.clientSecret)).toBeUndefined()
  clients.stop()
})

test('the list shows all clients, the revoked ones with the time', async () => {
  const made = await add('79999')
  await revokeClient(database.pool, made.clientId)
  const [first] = await listClients(database.pool)
  const found = (await listClients(database.pool)).find(({ clientId }) => clientId === made.clientId)
  expect(found).toMatchObject({ facilityCode: '79999', role: 'facility', revokedAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  expect(first).toMatchObject({ createdAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  const again = found!.revokedAt
  await revokeClient(database.pool, made.clientId)
  expect((await listClients(database.pool)).find(({ clientId }) => clientId === made.clientId)!.revokedAt).toBe(again)
})

test('revoking a client that does not exist says so', async () => {
  expect(await revokeClient(database.pool, 'client_none')).toBe(false)
})
