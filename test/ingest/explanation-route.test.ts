import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecisionExplained } from '../../src/domain/explanation.ts'
import { explanationBounds, prefersPage } from '../../src/ingest/explanation-route.ts'
import { makeClaim, makeExplanation } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

let gateway: TestGateway
let token: string
let path: string
beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.token('01999')
  const { claimId } = (await (await gateway.post('/v1/claims', token, makeClaim())).json()) as { claimId: string }
  path = `/v1/claims/${claimId}/explanation`
})
afterAll(() => gateway.stop())

describe('the explanation', () => {
  test('is JSON unless a page is asked for, and is kept by no cache', async () => {
    const json = await gateway.get(path, token)
    expect([json.status, json.headers.get('content-type'), json.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ])
    expect(json.headers.get('vary')).toBe('Accept')
    const page = await gateway.get(path, token, { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' })
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(await page.text()).toContain('<html lang="vi">')
  })
  test('speaks the language of the address before that of the header', async () => {
    const html = (query: string, language: string) =>
      gateway.get(path + query, token, { accept: 'text/html', 'accept-language': language }).then((page) => page.text())
    expect(await html('', 'en-GB,en')).toContain('<html lang="en">')
    expect(await html('?lang=vi', 'en')).toContain('<html lang="vi">')
    expect((await gateway.get(`${path}?lang=fr`, token)).status).toBe(400)
  })
  test('is for those who may read the claim', async () => {
    expect((await gateway.get(path, await gateway.token('79999', 'insurer'))).status).toBe(200)
    expect((await gateway.get(path, await gateway.token('79999'))).status).toBe(404)
    expect((await gateway.get(path, await gateway.token('01999', 'kiosk'))).status).toBe(403)
  })
})

test.each([
  [undefined, false],
  ['*/*', false],
  ['application/json', false],
  ['text/html', true],
  ['application/json, text/html;q=0.9', false],
  ['text/html, application/json;q=0.9', true],
  ['text/html;q=0', false],
])('%s asks for a page: %s', (accept, page) => {
  expect(prefersPage(accept)).toBe(page)
})

test('no more than four explanations are under way; the next is told to come back', async () => {
  const held: (() => void)[] = []
  const own = await startGateway({
    deps: {
      explain: async (found) => {
        await new Promise<void>((done) => held.push(done))
        return makeExplanation(found)
      },
    },
  })
  const bearer = await own.token('01999')
  const { claimId } = (await (await own.post('/v1/claims', bearer, makeClaim())).json()) as { claimId: string }
  const ask = () => own.get(`/v1/claims/${claimId}/explanation`, bearer)
  const first = Array.from({ length: explanationBounds.underWayMax }, ask)
  while (held.length < explanationBounds.underWayMax) await new Promise((done) => setTimeout(done, 10))
  const next = await ask()
  expect([next.status, next.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
  expect(((await next.json()) as { code: string }).code).toBe('gateway.overloaded')
  for (const done of held) done()
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  await own.stop()
})

test('what rules on trial would say is for reviewers, not for the hospital', async () => {
  const note = {
    rule: 'CLN-09',
    severity: 'pend',
    message: { vi: 'chưa có kết quả', en: 'no result' },
    legalBasis: [],
    finding: 0,
  } as const
  const own = await startGateway({
    deps: {
      explain: async (found) => ({ ...makeExplanation(found), decision: { shadow: [note] } as unknown as DecisionExplained }),
    },
  })
  const bearer = await own.token('01999')
  const { claimId } = (await (await own.post('/v1/claims', bearer, makeClaim())).json()) as { claimId: string }
  const shadowFor = async (token: string) => {
    const answer = await own.get(`/v1/claims/${claimId}/explanation`, token)
    return ((await answer.json()) as { decision: { shadow?: unknown } }).decision.shadow
  }
  expect(await shadowFor(bearer)).toBeUndefined()
  expect(await shadowFor(await own.token('79999', 'insurer'))).toEqual([note])
  await own.stop()
})
