import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/platform/schema.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

const folder = join(import.meta.dirname, '../../schemas')
const load = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'openapi.json' && name !== 'config.json')
  .map(load)
const national = readdirSync(join(folder, 'national'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name) => load(join('national', name)))

/** Faults of a value under one of the published schemas. */
function faults(name: string, value: unknown): unknown {
  const main = load(name)
  const references = [...all, ...national].filter(({ $id }) => $id !== undefined && $id !== main['$id'])
  const checked = compile(main, { references })(value)
  return checked.ok ? [] : checked.errors
}

let gateway: TestGateway
let bearer: string
beforeAll(async () => {
  const { decision } = JSON.parse(readFileSync(join(folder, 'examples', 'answer.json'), 'utf8')) as { decision: object }
  const bytes = Buffer.from(JSON.stringify(decision))
  gateway = await startGateway({ deps: { dryRun: async () => bytes } })
  gateway.decider.mode.decision = bytes
  bearer = await gateway.token()
})
afterAll(() => gateway.stop())
const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>

describe('what is answered is what the published schemas say', () => {
  test('a decision, and the same replayed', async () => {
    const claim = makeClaim()
    for (let time = 0; time < 2; time += 1) {
      expect(faults('answer.json', await bodyOf(await gateway.post('/v1/claims', bearer, claim)))).toEqual([])
    }
  })
  test('a held claim', async () => {
    gateway.decider.mode.status = 'held'
    const body = await bodyOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    gateway.decider.mode.status = 'decided'
    expect(faults('answer.json', body)).toEqual([])
  })
  test('a receipt, from filing and from its address', async () => {
    gateway.decider.mode.paused = true
    const response = await gateway.post('/v1/claims', bearer, makeClaim(), { prefer: 'respond-async' })
    const read = await gateway.get(response.headers.get('location')!, bearer)
    gateway.decider.mode.paused = false
    expect(faults('receipt.json', await bodyOf(response))).toEqual([])
    expect(faults('receipt.json', await bodyOf(read))).toEqual([])
  })
  test('several claims: decided, held, received, refused', async () => {
    const claims = [makeClaim(), makeClaim({ NGAY_RA: 'bad' })]
    expect(faults('multi.json', await bodyOf(await gateway.post('/v1/claims', bearer, claims)))).toEqual([])
    gateway.decider.mode.status = 'held'
    expect(faults('multi.json', await bodyOf(await gateway.post('/v1/claims', bearer, [makeClaim(), makeClaim()])))).toEqual([])
    gateway.decider.mode.status = 'decided'
    const received = await gateway.post('/v1/claims', bearer, [makeClaim(), makeClaim()], { prefer: 'respond-async' })
    expect(faults('multi.json', await bodyOf(received))).toEqual([])
  })
  test('a dry run of one and of several', async () => {
    expect(faults('dry-run.json', await bodyOf(await gateway.post('/v1/claims/dry-run', bearer, makeClaim())))).toEqual([])
    const several = await gateway.post('/v1/claims/dry-run', bearer, [makeClaim(), makeClaim({ NGAY_RA: 'bad' })])
    expect(faults('dry-run-multi.json', await bodyOf(several))).toEqual([])
  })
  test('a refusal with faults and one without', async () => {
    expect(faults('problem.json', await bodyOf(await gateway.post('/v1/claims', bearer, makeClaim({ NGAY_RA: 'bad' }))))).toEqual(
      [],
    )
    expect(faults('problem.json', await bodyOf(await gateway.get('/v1/claims', 'x')))).toEqual([])
  })
  test('a token', async () => {
    const { clientId, secret } = gateway.register('01999')
    const response = await fetch(`${gateway.base}/v1/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }),
    })
    expect(faults('token.json', await bodyOf(response))).toEqual([])
  })
})

test('the routes are those of the published description, no more and no fewer', () => {
  const { paths } = load('openapi.json') as { paths: Record<string, Record<string, unknown>> }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = gateway.ingest.routes.map(({ method, template }) => `${method} ${template}`)
  expect(served.sort()).toEqual(described.sort())
})
