import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { submissionHead, VOID_MEDIA_TYPE } from '../../src/stream/records.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

interface Answer {
  claimId: string
  version: number
  status: string
  replayed: boolean
  current: boolean
  currentVersion: number
  contentSha256: string
  encounterId: string
  decision: { outcome: string }
}
const jsonOf = async <T = Answer>(response: Response) => (await response.json()) as T

let gateway: TestGateway
let bearer: string
beforeAll(async () => {
  gateway = await startGateway()
  bearer = await gateway.token()
})
afterAll(() => gateway.stop())
const submitted = () => gateway.stream.records('claims.submitted.v1')

describe('a claim that is filed', () => {
  test('is answered with its decision', async () => {
    const claim = makeClaim()
    const response = await gateway.post('/v1/claims', bearer, claim)
    expect(response.status).toBe(200)
    expect(response.headers.get('request-id')).toMatch(/^req_[0-9a-f]{24}$/)
    expect(await jsonOf(response)).toMatchObject({
      encounterId: claim.XML1.MA_LK,
      version: 1,
      status: 'decided',
      replayed: false,
      current: true,
      decision: { outcome: 'accept' },
    })
  })
  test('is on the stream as the bytes that came, under a key that names nobody', async () => {
    const claim = makeClaim({ SO_CCCD: '001085000001' })
    const answer = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    const record = submitted().at(-1)!
    expect(record.value!.toString()).toBe(JSON.stringify(claim))
    expect(record.key).toMatch(/^[0-9a-f]{32}$/)
    expect(submissionHead(record.headers)).toMatchObject({
      claimId: answer.claimId,
      facilityCode: '01999',
      contentType: 'application/json',
    })
    expect(JSON.stringify([record.key, record.headers])).not.toContain('001085000001')
  })
  test('and filed again is replayed with the same decision, without a second record', async () => {
    const claim = makeClaim()
    const first = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    const before = submitted().length
    const again = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    expect(again).toEqual({ ...first, replayed: true })
    expect(submitted()).toHaveLength(before)
  })
  test('with other content under the same MA_LK is a new version, and the old content still has its own decision', async () => {
    const old = makeClaim()
    const changed = { XML1: { ...old.XML1, GHI_CHU: 'paid' } }
    const first = await jsonOf(await gateway.post('/v1/claims', bearer, old))
    const second = await jsonOf(await gateway.post('/v1/claims', bearer, changed))
    const oldAgain = await jsonOf(await gateway.post('/v1/claims', bearer, old))
    expect(second).toMatchObject({ claimId: first.claimId, version: 2, current: true })
    expect(oldAgain).toMatchObject({ version: 1, replayed: true, current: false, currentVersion: 2 })
  })
  test('a thousand times at once is answered a thousand times with one decision', async () => {
    const claim = makeClaim()
    gateway.decider.mode.paused = true
    const all = Array.from({ length: 1000 }, () => gateway.post('/v1/claims', bearer, claim))
    const before = gateway.ledger.versions.length
    while (gateway.ingest.replies.count() < 1000) await new Promise((resolve) => setTimeout(resolve, 20))
    gateway.decider.resume()
    const answers = await Promise.all(all.map(async (one) => jsonOf(await one)))
    expect(new Set(answers.map(({ version, status }) => `${version} ${status}`))).toEqual(new Set(['1 decided']))
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(gateway.ledger.versions).toHaveLength(before + 1)
    expect(gateway.ingest.replies.count()).toBe(0)
  })
  test('is answered although its own write is unconfirmed, when a twin was decided meanwhile', async () => {
    gateway.stream.mode.append = 'landed-unconfirmed'
    const response = await gateway.post('/v1/claims', bearer, makeClaim())
    gateway.stream.mode.append = 'ok'
    expect(response.status).toBe(200)
  })
  test('that was decided is answered while Kafka is down', async () => {
    const claim = makeClaim()
    await gateway.post('/v1/claims', bearer, claim)
    gateway.stream.mode.append = 'unavailable'
    const response = await gateway.post('/v1/claims', bearer, claim)
    gateway.stream.mode.append = 'ok'
    expect(response.status).toBe(200)
  })
})

describe('a claim that is not decided in time', () => {
  beforeAll(() => {
    gateway.decider.mode.paused = true
  })
  afterAll(() => gateway.decider.resume())

  test('gets a receipt, and the receipt is answered `received` by any process', async () => {
    const claim = makeClaim()
    const response = await gateway.post('/v1/claims', bearer, claim, { prefer: 'respond-async' })
    const body = await jsonOf<Record<string, string>>(response)
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBe('respond-async')
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(body).toEqual({
      claimId: expect.stringMatching(/^c_[0-9a-z]{26}$/),
      facilityCode: '01999',
      encounterId: claim.XML1.MA_LK,
      status: 'received',
      receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      contentSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const location = response.headers.get('location')!
    expect(location).toMatch(new RegExp(`^/v1/claims/${body['claimId']}\\?receipt=[\\w-]+$`))
    expect(location).not.toContain(claim.XML1.MA_LK)
    const looked = await gateway.get(location, bearer)
    expect(looked.status).toBe(202)
    expect(await jsonOf(looked)).toEqual(body)
  })
  test('after the wait it asked for, counted from its arrival', async () => {
    const began = performance.now()
    const response = await gateway.post('/v1/claims', bearer, makeClaim(), { prefer: 'wait=1' })
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBe('wait=1')
    expect(performance.now() - began).toBeGreaterThan(950)
    expect(performance.now() - began).toBeLessThan(2_500)
  })
  test('is not known to GET without its receipt, and a receipt with one byte changed is none', async () => {
    const response = await gateway.post('/v1/claims', bearer, makeClaim(), { prefer: 'respond-async' })
    const location = response.headers.get('location')!
    const changed = `${location.slice(0, -4)}${location.at(-4) === 'A' ? 'B' : 'A'}${location.slice(-3)}`
    expect((await gateway.get(location.split('?')[0]!, bearer)).status).toBe(404)
    expect((await gateway.get(changed, bearer)).status).toBe(404)
    expect((await gateway.get(location, await gateway.token('79999'))).status).toBe(404)
  })
  test('is found decided under its receipt later, also when other content has superseded it', async () => {
    const claim = makeClaim()
    const location = (await gateway.post('/v1/claims', bearer, claim, { prefer: 'respond-async' })).headers.get('location')!
    const changed = { XML1: { ...claim.XML1, GHI_CHU: 'later' } }
    const later = (await gateway.post('/v1/claims', bearer, changed, { prefer: 'respond-async' })).headers.get('location')!
    gateway.decider.resume()
    const answers = [await jsonOf(await gateway.get(location, bearer)), await jsonOf(await gateway.get(later, bearer))]
    gateway.decider.mode.paused = true
    expect(answers).toMatchObject([
      { version: 1, current: false, currentVersion: 2 },
      { version: 2, current: true },
    ])
  })
})

test('a claim that is held is answered 202 with its reason', async () => {
  gateway.decider.mode.status = 'held'
  const response = await gateway.post('/v1/claims', bearer, makeClaim())
  gateway.decider.mode.status = 'decided'
  expect(response.status).toBe(202)
  expect(await jsonOf(response)).toMatchObject({ status: 'held', heldReason: 'unreadable' })
})

test('an envelope with several claims is answered one by one, in order', async () => {
  const twin = makeClaim()
  await gateway.post('/v1/claims', bearer, twin)
  const claims = [makeClaim(), makeClaim({ NGAY_RA: 'bad' }), makeClaim({ MA_CSKCB: '79999' }), twin]
  const response = await gateway.post('/v1/claims', bearer, claims)
  const { results } = await jsonOf<{ results: (Record<string, unknown> & { status: number })[] }>(response)
  expect(response.status).toBe(207)
  expect(results).toMatchObject([
    { status: 200, encounterId: claims[0]!.XML1.MA_LK, claimStatus: 'decided', replayed: false, decision: { outcome: 'accept' } },
    { status: 422, code: 'claim.invalid', errorCount: 2 },
    { status: 403, code: 'request.other_facility' },
    { status: 200, encounterId: twin.XML1.MA_LK, replayed: true },
  ])
  expect(submitted().at(-1)!.value!.toString()).toBe(JSON.stringify(claims[0]))
})

test('claims of an envelope that are not decided share one deadline and have a receipt each', async () => {
  gateway.decider.mode.paused = true
  const began = performance.now()
  const response = await gateway.post('/v1/claims', bearer, [makeClaim(), makeClaim(), makeClaim()], { prefer: 'wait=1' })
  const { results } = await jsonOf<{ results: { status: number; location: string }[] }>(response)
  const took = performance.now() - began
  expect(results.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(took).toBeLessThan(2_500)
  expect((await gateway.get(results[0]!.location, bearer)).status).toBe(202)
  gateway.decider.resume()
})

describe('a dry run', () => {
  test('gives the decision and stores nothing', async () => {
    const [records, versions] = [submitted().length, gateway.ledger.versions.length]
    const response = await gateway.post('/v1/claims/dry-run', bearer, makeClaim())
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ dryRun: true, decision: { outcome: 'accept' } })
    expect([submitted().length, gateway.ledger.versions.length]).toEqual([records, versions])
  })
  test('of an envelope gives one result each', async () => {
    const response = await gateway.post('/v1/claims/dry-run', bearer, [makeClaim(), makeClaim({ NGAY_RA: 'bad' })])
    expect(response.status).toBe(207)
    expect(await response.json()).toMatchObject({
      results: [{ status: 200, dryRun: true, decision: { outcome: 'accept' } }, { status: 422 }],
    })
  })
  test('of a claim with faults refuses as filing does', async () => {
    expect((await gateway.post('/v1/claims/dry-run', bearer, makeClaim({ NGAY_RA: 'bad' }))).status).toBe(422)
  })
})

describe('a void', () => {
  const reason = { reason: 'Nhập nhầm người bệnh' }
  test('makes a version that withdraws the current one, and sent again is replayed', async () => {
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    const first = await jsonOf(await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason))
    const record = submitted().at(-1)!
    const again = await jsonOf(await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason))
    expect(first).toMatchObject({ claimId, version: 2, status: 'decided', replayed: false, current: true })
    expect(record.headers['content-type']).toBe(VOID_MEDIA_TYPE)
    expect(JSON.parse(record.value!.toString())).toEqual({ claimId, version: 1, ...reason })
    expect(again).toEqual({ ...first, replayed: true })
  })
  test.each([
    ['a late, superseded version lies between', 3],
    ['many of them lie between', 60],
  ])('sent again is replayed also when %s', async (_what, voidVersion) => {
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    const chain = gateway.ledger.versions.splice(-1)
    for (let version = 2; version < voidVersion; version += 1) {
      gateway.ledger.versions.push({ ...chain[0]!, version, contentSha256: String(version).padStart(64, '0') })
    }
    gateway.ledger.versions.push(...chain)
    const first = await jsonOf(await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason))
    const before = submitted().length
    const again = await jsonOf(await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason))
    expect(first).toMatchObject({ version: voidVersion, replayed: false, current: true })
    expect(again).toEqual({ ...first, replayed: true })
    expect(submitted()).toHaveLength(before)
  })
  test('of a version that corrected a void withdraws the correction, also for the same reason', async () => {
    const claim = makeClaim()
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason)
    await gateway.post('/v1/claims', bearer, { XML1: { ...claim.XML1, GHI_CHU: 'right' } })
    const answer = await jsonOf(await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason))
    expect(answer).toMatchObject({ version: 4, replayed: false, current: true })
    expect(JSON.parse(submitted().at(-1)!.value!.toString())).toMatchObject({ version: 3 })
  })
  test('of a version that is held is refused, and nothing is stored', async () => {
    gateway.decider.mode.status = 'held'
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    const before = submitted().length
    const response = await gateway.post(`/v1/claims/${claimId}/void`, bearer, reason, { 'accept-language': 'en' })
    gateway.decider.mode.status = 'decided'
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'request.invalid', detail: expect.stringContaining('held') })
    expect(submitted()).toHaveLength(before)
  })
  test.each([
    ['no reason', {}, 422],
    ['an empty reason', { reason: ' ' }, 422],
    ['a number', { reason: 7 }, 422],
    ['an unknown field', { reason: 'x', other: 1 }, 422],
    ['a NUL', { reason: 'x\u0000' }, 422],
    ['a list', [], 400],
    ['no JSON', '{', 400],
  ])('with %s is refused', async (_what, body, status) => {
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    expect((await gateway.post(`/v1/claims/${claimId}/void`, bearer, body)).status).toBe(status)
  })
})

describe('Idempotency-Key', () => {
  test('with the same body again is answered as usual', async () => {
    const claim = makeClaim()
    const key = { 'idempotency-key': '"b0a7c9be-2d1f-4f2f-9d0d-4dfd6a4e3b11"' }
    await gateway.post('/v1/claims', bearer, claim, key)
    const again = await gateway.post('/v1/claims', bearer, claim, key)
    expect([again.status, (await jsonOf(again)).replayed]).toEqual([200, true])
  })
  test('of a refused request may be used for the corrected body', async () => {
    const key = { 'idempotency-key': 'corrected-0001' }
    expect((await gateway.post('/v1/claims', bearer, makeClaim({ NGAY_RA: 'bad' }), key)).status).toBe(422)
    expect((await gateway.post('/v1/claims', bearer, makeClaim(), key)).status).toBe(200)
  })
  test('of an envelope of which every claim was refused may be used for the corrected one', async () => {
    const key = { 'idempotency-key': 'corrected-0002' }
    const refused = [makeClaim({ NGAY_RA: 'bad' }), makeClaim({ MA_CSKCB: '79999' })]
    expect((await gateway.post('/v1/claims', bearer, refused, key)).status).toBe(207)
    expect((await gateway.post('/v1/claims', bearer, [makeClaim(), makeClaim()], key)).status).toBe(207)
  })
  test('of an envelope of which one claim was filed stands for that envelope', async () => {
    const key = { 'idempotency-key': 'partly-0001' }
    const envelope = [makeClaim({ NGAY_RA: 'bad' }), makeClaim()]
    expect((await gateway.post('/v1/claims', bearer, envelope, key)).status).toBe(207)
    expect((await gateway.post('/v1/claims', bearer, [makeClaim()], key)).status).toBe(409)
    expect((await gateway.post('/v1/claims', bearer, envelope, key)).status).toBe(207)
  })
  test('of one facility says nothing about the same key of another', async () => {
    const key = { 'idempotency-key': 'shared-0001' }
    const other = await gateway.token('79999')
    expect((await gateway.post('/v1/claims', bearer, makeClaim(), key)).status).toBe(200)
    expect((await gateway.post('/v1/claims', other, makeClaim({ MA_CSKCB: '79999' }), key)).status).toBe(200)
  })
  test('is not checked while the cache is down, and filing goes on', async () => {
    gateway.cache.mode.down = true
    const response = await gateway.post('/v1/claims', bearer, makeClaim(), { 'idempotency-key': 'down-0001' })
    gateway.cache.mode.down = false
    expect(response.status).toBe(200)
  })
  test('that is not a token is refused', async () => {
    expect((await gateway.post('/v1/claims', bearer, makeClaim(), { 'idempotency-key': 'a b' })).status).toBe(400)
  })
})

describe('reading', () => {
  test('gives the current version, or the one that is named', async () => {
    const claim = makeClaim()
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    await gateway.post('/v1/claims', bearer, { XML1: { ...claim.XML1, GHI_CHU: 'paid' } })
    expect(await jsonOf(await gateway.get(`/v1/claims/${claimId}`, bearer))).toMatchObject({ version: 2, current: true })
    expect(await jsonOf(await gateway.get(`/v1/claims/${claimId}?version=1`, bearer))).toMatchObject({
      version: 1,
      current: false,
    })
    expect((await gateway.get(`/v1/claims/${claimId}?version=3`, bearer)).status).toBe(404)
    expect((await gateway.get(`/v1/claims/${claimId}?version=x`, bearer)).status).toBe(400)
  })
  test('lists the own claims page by page, newest first', async () => {
    const own = await gateway.token('38000')
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) {
      ids.unshift((await jsonOf(await gateway.post('/v1/claims', own, makeClaim({ MA_CSKCB: '38000' })))).claimId)
    }
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { items: { claimId: string }[]; nextCursor: string | null } = await jsonOf(
        await gateway.get(`/v1/claims?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, own),
      )
      seen.push(...page.items.map(({ claimId }) => claimId))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(ids)
  })
  test('takes days of Vietnam and instants as bounds', async () => {
    const own = await gateway.token('38001')
    await gateway.post('/v1/claims', own, makeClaim({ MA_CSKCB: '38001' }))
    const today = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10)
    const count = async (query: string) =>
      (await jsonOf<{ items: unknown[] }>(await gateway.get(`/v1/claims?${query}`, own))).items.length
    expect(await count(`from=${today}&to=${today}&status=decided`)).toBe(1)
    expect(await count('to=2020-01-01')).toBe(0)
    expect(await count('from=0001-01-02&to=9999-12-31')).toBe(1)
    expect(await count(`from=${new Date(Date.now() + 60_000).toISOString()}`)).toBe(0)
  })
  test.each([
    'limit=0',
    'limit=201',
    'status=received',
    'from=yesterday',
    'from=2026-02-30T00:00:00',
    'cursor=%27',
    'to=2026-13-01',
    'from=0000-01-01',
    'from=0001-01-01',
    'to=0000-06-01T00:00:00Z',
    'to=9999-12-31T23:00:00-02:00',
  ])('refuses %s', async (query) => {
    expect((await gateway.get(`/v1/claims?${query}`, bearer)).status).toBe(400)
  })
  test('of the insurer sees every facility', async () => {
    const { claimId } = await jsonOf(await gateway.post('/v1/claims', bearer, makeClaim()))
    const insurer = await gateway.token('00000', 'insurer')
    expect((await gateway.get(`/v1/claims/${claimId}`, insurer)).status).toBe(200)
    expect((await gateway.post('/v1/claims', insurer, makeClaim())).status).toBe(403)
  })
})

test('the four endings of a filing are counted apart', async () => {
  const own = await startGateway()
  const token = await own.token()
  await own.post('/v1/claims', token, makeClaim())
  await own.post('/v1/claims', token, makeClaim({ NGAY_RA: 'bad' }))
  own.decider.mode.paused = true
  await own.post('/v1/claims', token, makeClaim(), { prefer: 'respond-async' })
  own.stream.mode.append = 'unconfirmed'
  await own.post('/v1/claims', token, makeClaim())
  const text = await (await fetch(`${own.base}/metrics`)).text()
  await own.stop()
  for (const outcome of ['decided', 'refused', 'receipted', 'unconfirmed']) {
    expect(text).toContain(`bhyt_filings_total{outcome="${outcome}",replayed="false"} 1`)
  }
})
