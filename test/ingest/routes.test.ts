import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../src/ingest/access/access.ts'
import { ROLES } from '../../src/ingest/access/access.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

let gateway: TestGateway
let claimId: string
const tokens = new Map<string, string>()
beforeAll(async () => {
  gateway = await startGateway()
  const owner = await gateway.token('01999')
  claimId = ((await (await gateway.post('/v1/claims', owner, makeClaim())).json()) as { claimId: string }).claimId
  for (const role of ROLES) tokens.set(role, await gateway.token('79999', role))
  tokens.set('owner', owner)
})
afterAll(() => gateway.stop())

const absent = `c_${'z'.repeat(26)}`
const body = { reason: 'probe' }
async function call(method: string, path: string, token: string) {
  const response = await fetch(`${gateway.base}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
  })
  const id = response.headers.get('request-id')!
  const text = (await response.text()).replaceAll(id, '')
  const headers = [...response.headers].filter(([name]) => name !== 'request-id' && name !== 'date')
  return { status: response.status, text, headers }
}

test('the walk covers the routes that name a claim', () => {
  const named = gateway.ingest.routes
    .filter(({ template }) => template.includes('{'))
    .map(({ method, template }) => `${method} ${template}`)
  expect(named.sort()).toEqual([
    'GET /v1/claims/{claimId}',
    'GET /v1/claims/{claimId}/explanation',
    'GET /v1/referrals/{referralId}',
    'POST /v1/check-ins/{checkInId}/confirm',
    'POST /v1/claims/{claimId}/void',
    'POST /v1/referrals/{referralId}/use',
  ])
})

test("another facility's claim is answered exactly as one that does not exist, on every route", async () => {
  for (const { method, template } of gateway.ingest.routes.filter(({ template }) => template.includes('{claimId}'))) {
    for (const query of ['', '?version=1', '?version=2', '?receipt=x']) {
      const stranger = tokens.get('facility')!
      const foreign = await call(method, template.replace('{claimId}', claimId) + query, stranger)
      const none = await call(method, template.replace('{claimId}', absent) + query, stranger)
      const malformed = await call(method, template.replace('{claimId}', 'c_1') + query, stranger)
      expect(foreign.status, `${method} ${template}${query}`).toBe(404)
      expect(foreign).toEqual(none)
      expect(malformed).toEqual(none)
    }
  }
})

test('a list of another facility has nothing of the first', async () => {
  const { text } = await call('GET', '/v1/claims', tokens.get('facility')!)
  expect(JSON.parse(text)).toEqual({ items: [], nextCursor: null })
})

describe('every route', () => {
  test('under /v1 but the token endpoint asks who calls', async () => {
    for (const { method, template, roles } of gateway.ingest.routes) {
      const response = await fetch(gateway.base + template.replace('{claimId}', claimId), { method })
      if (template.startsWith('/v1/') && template !== '/v1/oauth/token') {
        expect(roles, template).not.toBe('open')
        expect(response.status, `${method} ${template}`).toBe(401)
      } else expect(response.status, `${method} ${template}`).not.toBe(401)
    }
  })
  test('is closed to every role that it does not name', async () => {
    for (const { method, template, roles } of gateway.ingest.routes) {
      if (roles === 'open') continue
      for (const role of ROLES as readonly Role[]) {
        const { status } = await call(method, template.replace('{claimId}', claimId), tokens.get(role)!)
        if (roles.includes(role)) expect(status, `${role} ${method} ${template}`).not.toBe(403)
        else expect(status, `${role} ${method} ${template}`).toBe(403)
      }
    }
  })
  test('takes no method that it does not name, and answers each with an id', async () => {
    const templates = [...new Set(gateway.ingest.routes.map(({ template }) => template))]
    for (const template of templates) {
      const allowed = gateway.ingest.routes.filter((route) => route.template === template).map(({ method }) => method as string)
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (allowed.includes(method)) continue
        const response = await fetch(gateway.base + template.replace('{claimId}', claimId), { method })
        expect(response.status, `${method} ${template}`).toBe(405)
        expect(response.headers.get('allow')).toContain(allowed[0])
        expect(response.headers.get('request-id')).toMatch(/^req_/)
      }
    }
  })
})

test('the owner is let in by all of them', async () => {
  expect((await call('GET', `/v1/claims/${claimId}`, tokens.get('owner')!)).status).toBe(200)
  expect((await call('POST', `/v1/claims/${claimId}/void`, tokens.get('owner')!)).status).toBe(200)
})

describe('probes and pages', () => {
  test('livez, readyz with its reasons, and metrics need no token', async () => {
    let reasons: string[] = []
    const page = {
      fetch: (request: Request) =>
        new URL(request.url).pathname === '/docs'
          ? new Response('<p>docs', {
              headers: { 'content-type': 'text/html', 'cache-control': 'max-age=60', 'request-id': 'its own' },
            })
          : new Response(null, { status: 404 }),
    }
    const own = await startGateway({ deps: { readiness: () => reasons, pages: [page] } })
    const ready = async () => {
      const response = await fetch(`${own.base}/readyz`)
      return [response.status, await response.json()]
    }
    expect((await fetch(`${own.base}/livez`)).status).toBe(200)
    expect(await ready()).toEqual([200, { status: 'ready' }])
    reasons = ['Postgres cannot be reached']
    expect(await ready()).toEqual([503, { status: 'not-ready', reasons }])
    const metrics = await fetch(`${own.base}/metrics`)
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
    expect(await metrics.text()).toContain('bhyt_http_requests_total{method="GET",route="/readyz",status="503"} 1')
    const docs = await fetch(`${own.base}/docs`)
    expect([docs.status, await docs.text(), docs.headers.get('cache-control')]).toEqual([200, '<p>docs', 'max-age=60'])
    expect(docs.headers.get('request-id')).toMatch(/^req_[0-9a-f]{24}$/)
    expect((await fetch(`${own.base}/none`)).status).toBe(404)
    const head = await fetch(`${own.base}/livez`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    await own.stop()
  })
  test('metrics are not here where they have their own port', async () => {
    const own = await startGateway({ deps: { metricsHere: false } })
    expect((await fetch(`${own.base}/metrics`)).status).toBe(404)
    await own.stop()
  })
})
