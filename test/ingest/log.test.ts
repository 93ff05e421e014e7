import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../../src/platform/log.ts'
import { StreamUnavailable } from '../../src/stream/stream.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

/** Unique marks of a made-up person; any of them outside a body is a leak. */
const canary = {
  HO_TEN: 'CANARY NGUYỄN THỊ HOÀNG YẾN',
  SO_CCCD: '999085000777',
  MA_THE_BHYT: 'DN4019990000777',
  DIA_CHI: 'CANARY ngõ 77',
}
const marks = [...Object.values(canary), 'HOÀNG YẾN', '0000777', 'CANARY']

function collect() {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', to: { write: (line: string) => void lines.push(line) } })
  return { lines, log, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('a log line', () => {
  test('carries the fields it may and no other', () => {
    const { log, parsed } = collect()
    log.info('request', { method: 'GET', status: 200, ...({ fullName: canary.HO_TEN, body: {} } as object) })
    expect(parsed()).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), method: 'GET', status: 200, event: 'request' },
    ])
  })
  test('of an error says its class, code and place, and no message that a stranger wrote', () => {
    const { log, parsed, lines } = collect()
    const cause = Object.assign(new TypeError(`cannot read ${canary.HO_TEN}`), { code: '22P02', detail: canary.SO_CCCD })
    log.error('fault', { requestId: 'req_1' }, cause)
    expect(parsed()[0]).toMatchObject({ error: { name: 'TypeError', code: '22P02', frames: expect.any(Array) } })
    expect(lines.join()).not.toMatch(/NGUYỄN|999085000777/)
  })
  test('keeps the message of our own errors and of the system', () => {
    const { log, parsed } = collect()
    log.warn('refused', {}, new StreamUnavailable('no broker answers'))
    log.warn('refused', {}, Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }))
    expect(parsed().map(({ error }) => (error as { message: string }).message)).toEqual([
      'no broker answers',
      'connect ECONNREFUSED',
    ])
  })
  test('is cut where a value is long', () => {
    const { log, parsed } = collect()
    log.info('x', { reason: 'y'.repeat(5_000) })
    expect((parsed()[0]!['reason'] as string).length).toBe(200)
  })
})

test('a fault in one claim among several is logged and counted as any other', async () => {
  const { log, parsed } = collect()
  const dryRun = async () => {
    throw new Error('boom')
  }
  const gateway = await startGateway({ deps: { log, dryRun } })
  const response = await gateway.post('/v1/claims/dry-run', await gateway.token(), [makeClaim(), makeClaim()])
  const text = await (await fetch(`${gateway.base}/metrics`)).text()
  await gateway.stop()
  expect(await response.json()).toMatchObject({ results: [{ code: 'gateway.internal' }, { code: 'gateway.internal' }] })
  expect(parsed().filter(({ event }) => event === 'fault')).toHaveLength(2)
  expect(text).toContain('bhyt_problems_total{code="gateway.internal"} 2')
})

describe('a person in every path of a claim', () => {
  const { lines, log, parsed } = collect()
  let gateway: TestGateway
  let seen = ''
  beforeAll(async () => {
    gateway = await startGateway({
      deps: {
        log,
        dryRun: async (claim) => {
          throw new Error(`boom ${JSON.stringify(claim.wire)}`)
        },
      },
    })
    const bearer = await gateway.token()
    const person = makeClaim(canary)
    const note = async (response: Response) => {
      seen += JSON.stringify([...response.headers]) + (response.status >= 400 ? await response.text() : '')
    }
    await note(await gateway.post('/v1/claims', bearer, person))
    await note(await gateway.post('/v1/claims', bearer, person))
    await note(await gateway.post('/v1/claims/dry-run', bearer, person))
    await note(await gateway.post('/v1/claims', bearer, { XML1: { ...person.XML1, NGAY_RA: 'bad' } }))
    await note(await gateway.post('/v1/claims', bearer, { XML1: { ...person.XML1, MA_CSKCB: '79999' } }))
    await note(await gateway.post('/v1/claims', bearer, `${JSON.stringify(person)}}`))
    await note(await gateway.post('/v1/claims', bearer, makeClaim(canary), { prefer: 'respond-async' }))
    await note(await gateway.get(`/v1/claims?from=${encodeURIComponent(canary.HO_TEN)}`, bearer))
    await note(await gateway.get(`/v1/claims/${encodeURIComponent(canary.SO_CCCD)}?x=${canary.SO_CCCD}`, bearer))
    await note(await gateway.get(`/${canary.SO_CCCD}?q=${canary.SO_CCCD}`, bearer))
    gateway.stream.mode.append = 'unconfirmed'
    await note(await gateway.post('/v1/claims', bearer, makeClaim(canary)))
    gateway.ledger.mode.down = true
    await note(await gateway.get('/v1/claims', bearer))
    seen += await (await fetch(`${gateway.base}/metrics`)).text()
    seen += JSON.stringify(gateway.stream.records('claims.submitted.v1').map(({ key, headers }) => [key, headers]))
    seen += JSON.stringify([...gateway.cache.entries])
  })
  afterAll(() => gateway.stop())

  test('leaves no mark in a log, a metric, a header, a key or a refusal', () => {
    const everything = lines.join('') + seen
    for (const mark of marks) expect(everything.includes(mark), mark).toBe(false)
    expect(lines.length).toBeGreaterThan(10)
  })
  test('leaves one line a request, with the template of its route', () => {
    const requests = parsed().filter(({ event }) => event === 'request')
    expect(requests[1]).toMatchObject({
      level: 'info',
      method: 'POST',
      route: '/v1/claims',
      status: 200,
      ms: expect.any(Number),
      facility: '01999',
      role: 'facility',
      requestId: expect.stringMatching(/^req_/),
      clientId: expect.stringMatching(/^client_/),
    })
    expect(requests.map(({ route }) => route)).toContain('/v1/claims/{claimId}')
    expect(requests.map(({ route }) => route)).toContain('{page}')
  })
  test('a fault of ours is logged with its place', () => {
    expect(parsed().find(({ event }) => event === 'fault')).toMatchObject({
      level: 'error',
      code: 'gateway.internal',
      error: { name: 'Error' },
    })
  })
})
