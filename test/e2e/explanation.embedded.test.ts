import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGatewayClient, type GatewayClient } from '../../src/cli/client.ts'
import type { Explanation } from '../../src/domain/explanation.ts'
import { checkerOf } from '../schemas/load.ts'
import { createGateway, type GatewayProcess } from './support/gateway.ts'
import { gatewayCommand } from './support/store.ts'

/** The claim of the tour on a gateway as it starts with nothing set: register, catalogue, filing, explanation. */
const fixtures = join(import.meta.dirname, '..', 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-explanation-'))
const env = { GATEWAY_STORE_URL: `embedded:${join(folder, 'data')}`, GATEWAY_KEYS_DIR: join(folder, 'keys') }
let gateway: GatewayProcess
let hospital: GatewayClient
let stranger: GatewayClient
let claimId: string
const credentials: Record<string, string>[] = []

async function clientOf(facility: string, role = 'facility'): Promise<GatewayClient> {
  const made = JSON.parse(await gatewayCommand(env, 'clients', 'add', '--facility', facility, '--role', role, '--json')) as {
    client_id: string
    client_secret: string
  }
  credentials.push(made)
  return createGatewayClient(gateway.url, { clientId: made.client_id, clientSecret: made.client_secret })
}
beforeAll(async () => {
  chmodSync(folder, 0o711)
  gateway = await createGateway('all', env)
  gateway.start()
  await gateway.ready(90_000)
  const files = [
    ['facilities', join(fixtures, 'register', 'facilities.ndjson')],
    ['members', join(fixtures, 'register', 'members.ndjson')],
    ['catalogue', join(fixtures, 'tour', 'catalogue.ndjson')],
  ] as const
  for (const [kind, file] of files) await gatewayCommand(env, 'registry', 'import', kind, file)
  hospital = await clientOf('01999')
  stranger = await clientOf('01888')
  const { status, body } = await hospital.post(
    '/v1/claims',
    'application/json',
    readFileSync(join(fixtures, 'tour', 'claim.json')),
    { prefer: 'wait=15' },
  )
  expect(status, JSON.stringify(body)).toBe(200)
  claimId = (body as { claimId: string }).claimId
}, 180_000)
afterAll(async () => {
  await gateway?.drain()
  rmSync(folder, { recursive: true, force: true })
})

const explanation = async (query = ''): Promise<Explanation> => {
  const { status, body } = await hospital.get(`/v1/claims/${claimId}/explanation${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body as Explanation
}

describe('the explanation of a filed claim', () => {
  test('is what its schema says, derived by the engine, with the amounts of the decision', async () => {
    const told = await explanation()
    expect(checkerOf('explanation.json')(told)).toMatchObject({ ok: true })
    const { body } = await hospital.get(`/v1/claims/${claimId}`)
    const { decision } = body as { decision: { sha256: string; decided: Record<string, string>; lines: { decided: object }[] } }
    expect(told.decision).toMatchObject({ derivation: { kind: 'engine' }, sha256: decision.sha256 })
    expect(decision.decided).toMatchObject(told.decision!.decided)
    expect(told.decision!.lines.map(({ decided }) => decided)).toEqual(decision.lines.map(({ decided }) => decided))
  })
  test('names the wrong price, the unlisted drug, the second exam and the stay off the route', async () => {
    const { decision } = await explanation()
    expect(decision!.rules.map(({ rule }) => rule)).toEqual(['BEN-09', 'CAT-01', 'PRC-01', 'PRC-05'])
    expect(decision!.open.map(({ rule }) => rule)).toEqual(['CAT-01'])
    const wanted = decision!.changes.flatMap(({ edits }) => edits.filter(({ follows }) => !follows))
    expect([...new Set(wanted.map(({ field }) => field))]).toEqual(['DON_GIA', 'TYLE_TT_DV', 'MUC_HUONG'])
  })
  test('of another facility is answered as one that does not exist', async () => {
    const theirs = await stranger.get(`/v1/claims/${claimId}/explanation`)
    const none = await stranger.get('/v1/claims/c_00000000000000000000000000/explanation')
    const withoutRequest = ({ instance: _instance, ...problem }: Record<string, unknown>) => problem
    expect(theirs.status).toBe(404)
    expect(withoutRequest(theirs.body as Record<string, unknown>)).toEqual(withoutRequest(none.body as Record<string, unknown>))
  })
  test('of a void, and of the version that it withdrew', async () => {
    const body = Buffer.from(JSON.stringify({ reason: 'nhập nhầm' }))
    expect((await hospital.post(`/v1/claims/${claimId}/void`, 'application/json', body)).status).toBe(200)
    const voided = await explanation()
    expect(checkerOf('explanation.json')(voided)).toMatchObject({ ok: true })
    expect(voided).toMatchObject({ version: 2, decision: { outcome: 'deny', derivation: { kind: 'stored', reason: 'void' } } })
    const first = await explanation('?version=1')
    expect(first).toMatchObject({ version: 1, current: false, currentVersion: 2, decision: { outcome: 'adjust' } })
    expect((await hospital.get(`/v1/claims/${claimId}/explanation?version=3`)).status).toBe(404)
    expect((await hospital.get(`/v1/claims/${claimId}/explanation?version=x`)).status).toBe(400)
    expect((await hospital.get(`/v1/claims/${claimId}/explanation?lang=fr`)).status).toBe(400)
  })
})

test('claims show prints it in either language and at the width asked for', async () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, credentials[0]!['client_secret']!)
  const asHospital = { ...env, BHYT_CLIENT_ID: credentials[0]!['client_id']!, BHYT_CLIENT_SECRET_FILE: secret }
  const show = (...args: string[]) =>
    gatewayCommand(asHospital, 'claims', 'show', claimId, '--url', gateway.url, '--version', '1', ...args)
  const vi = await show('--width', '100')
  for (const part of ['ĐIỀU CHỈNH', 'Mức hưởng 32 %', '1.142.649,60', 'cơ sở chịu', 'Cần làm gì']) expect(vi).toContain(part)
  expect(Math.max(...vi.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  const en = await show('--lang', 'en', '--width', '72')
  for (const part of ['ADJUSTED', 'Benefit rate 32 %', '1,142,649.60', 'borne by the hospital', 'What to do'])
    expect(en).toContain(part)
  expect((JSON.parse(await show('--json')) as Explanation).decision!.outcome).toBe('adjust')
}, 60_000)
