import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROBLEMS, type ProblemCode } from '../../src/platform/problem.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { usedReferral } from '../support/fakes-referrals.ts'
import { type GatewayOptions, noCheckIns, rawExchange, startGateway, type TestGateway } from '../support/ingest.ts'

interface ProblemAnswer {
  status: number
  headers: Headers
  body: Record<string, unknown> & { code: string; title: string; detail: string; instance: string }
}
const answered = async (response: Response): Promise<ProblemAnswer> => ({
  status: response.status,
  headers: response.headers,
  body: (await response.json()) as ProblemAnswer['body'],
})

function parseRaw(text: string): ProblemAnswer {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [status, ...lines] = head.split('\r\n')
  const headers = new Headers(lines.map((line) => line.split(': ', 2) as [string, string]))
  return { status: Number(status!.split(' ')[1]), headers, body: JSON.parse(body) as ProblemAnswer['body'] }
}

let gateway: TestGateway
let bearer: string
const others: TestGateway[] = []
async function another(options: GatewayOptions): Promise<TestGateway> {
  const made = await startGateway(options)
  others.push(made)
  return made
}
beforeAll(async () => {
  gateway = await startGateway({ bounds: { bodyIdleMsMax: 150 } })
  bearer = await gateway.token()
})
afterAll(async () => {
  for (const one of [gateway, ...others]) await one.stop()
})

/** One way to provoke each code over HTTP. A code without one fails the test below. */
const provoke: Record<ProblemCode, () => Promise<ProblemAnswer>> = {
  'request.unreadable': async () => answered(await gateway.post('/v1/claims', bearer, '{')),
  'request.timeout': async () =>
    parseRaw(
      await rawExchange(
        gateway.port,
        `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      ),
    ),
  'request.too_large': async () => answered(await gateway.post('/v1/claims', bearer, 'x'.repeat(1024 * 1024 + 1))),
  'request.headers_too_large': async () =>
    parseRaw(await rawExchange(gateway.port, `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)),
  'request.media_type': async () =>
    answered(
      await fetch(`${gateway.base}/v1/claims`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(1024 * 1024)),
      }),
    ),
  'request.invalid': async () => answered(await gateway.get('/v1/claims?limit=many', bearer)),
  'request.method': async () => answered(await fetch(`${gateway.base}/v1/claims`, { method: 'DELETE' })),
  'request.unauthenticated': async () => answered(await gateway.get('/v1/claims', 'not-a-token')),
  'request.forbidden': async () =>
    answered(await gateway.post('/v1/claims', await gateway.token('01999', 'operator'), makeClaim())),
  'request.other_facility': async () => answered(await gateway.post('/v1/claims', bearer, makeClaim({ MA_CSKCB: '79999' }))),
  'route.not_found': async () => answered(await fetch(`${gateway.base}/v1/nothing-here`)),
  'claim.not_found': async () => answered(await gateway.get(`/v1/claims/c_${'0'.repeat(26)}`, bearer)),
  'check_in.invalid': async () => answered(await gateway.post('/v1/check-ins', bearer, { identity: { method: 'chip' } })),
  'check_in.not_found': async () =>
    answered(
      await gateway.post(`/v1/check-ins/k_${'0'.repeat(26)}/confirm`, bearer, { staff: { name: 'NGUYEN THI NHAN VIEN' } }),
    ),
  'check_in.not_provisional': async () => {
    const settled = await another({ deps: { checkIns: { ...noCheckIns, confirm: async () => 'not-provisional' } } })
    const path = `/v1/check-ins/k_${'0'.repeat(26)}/confirm`
    return answered(await settled.post(path, await settled.token(), { staff: { name: 'NGUYEN THI NHAN VIEN' } }))
  },
  'idempotency.key_reused': async () => {
    const key = { 'idempotency-key': 'visit-0001' }
    await gateway.post('/v1/claims', bearer, makeClaim(), key)
    return answered(await gateway.post('/v1/claims', bearer, makeClaim(), key))
  },
  'claim.invalid': async () => answered(await gateway.post('/v1/claims', bearer, makeClaim({ NGAY_RA: 'bad' }))),
  'caller.over_limit': async () => {
    const narrow = await another({ bounds: { rate: { ratePerS: 0.5, burst: 1 } } })
    const narrowBearer = await narrow.token()
    await narrow.get('/v1/claims', narrowBearer)
    return answered(await narrow.get('/v1/claims', narrowBearer))
  },
  'gateway.overloaded': async () => {
    const full = await another({ bounds: { waitersMax: 0 } })
    return answered(await full.post('/v1/claims', await full.token(), makeClaim()))
  },
  'stream.unavailable': async () => {
    const cut = await another({})
    cut.stream.mode.append = 'unavailable'
    return answered(await cut.post('/v1/claims', await cut.token(), makeClaim()))
  },
  'stream.unconfirmed': async () => {
    const unsure = await another({})
    unsure.stream.mode.append = 'unconfirmed'
    return answered(await unsure.post('/v1/claims', await unsure.token(), makeClaim()))
  },
  'ledger.unavailable': async () => {
    const dark = await another({})
    dark.ledger.mode.down = true
    return answered(await dark.get('/v1/claims', await dark.token()))
  },
  'referral.not_found': async () => answered(await gateway.get(`/v1/referrals/r_${'0'.repeat(32)}`, bearer)),
  'referral.invalid': async () => answered(await gateway.post('/v1/referrals', bearer, { kind: 'transfer' })),
  'referral.used': async () => {
    const { referrals, id } = await usedReferral()
    const one = await another({ deps: { referrals } })
    return answered(await one.post(`/v1/referrals/${id}/use`, await one.token(), { encounterId: 'K-2' }))
  },
  'referral.not_valid': async () => {
    const { referrals, id } = await usedReferral('2026-03-09')
    const one = await another({ deps: { referrals } })
    return answered(await one.post(`/v1/referrals/${id}/use`, await one.token(), { encounterId: 'K-2' }))
  },
  'gateway.internal': async () => {
    const broken = await another({
      deps: {
        dryRun: async () => {
          throw new Error('NGUYỄN VĂN A 001085000001 is not for anybody to read')
        },
      },
    })
    return answered(await broken.post('/v1/claims/dry-run', await broken.token(), makeClaim()))
  },
}

describe('every problem code', () => {
  test('has a way to provoke it here', () => {
    expect(Object.keys(provoke).sort()).toEqual(Object.keys(PROBLEMS).sort())
  })
  test.each(Object.keys(PROBLEMS) as ProblemCode[])('%s is answered as the registry says', async (code) => {
    const { status, headers, body } = await provoke[code]()
    expect(body).toMatchObject({
      type: `/problems/${code}`,
      code,
      status: PROBLEMS[code].status,
      retryable: PROBLEMS[code].retryable,
    })
    expect(status).toBe(PROBLEMS[code].status)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('request-id')).toBe(body.instance)
    expect(body.instance).toMatch(/^req_[0-9a-f]{24}$/)
    expect(body.title.length).toBeGreaterThan(5)
    expect(body.detail.length).toBeGreaterThan(5)
    if (status === 429 || status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(body)).not.toMatch(/NGUYỄN|001085000001|at .*\.ts/)
  })
})

describe('a refusal', () => {
  test('speaks Vietnamese unless English is asked for', async () => {
    const vi = await answered(await gateway.get('/v1/claims', 'x', { 'accept-language': 'vi-VN,vi;q=0.9,en;q=0.5' }))
    const en = await answered(await gateway.get('/v1/claims', 'x', { 'accept-language': 'en-GB, vi;q=0.3' }))
    expect(vi.body.title).toBe('Không có mã truy cập hợp lệ')
    expect(en.body.title).toBe(PROBLEMS['request.unauthenticated'].title)
    expect(en.headers.get('content-language')).toBe('en')
  })
  test('of an invalid claim lists every fault in the language of the caller', async () => {
    const { body } = await answered(
      await gateway.post('/v1/claims', bearer, makeClaim({ NGAY_RA: 'bad' }), { 'accept-language': 'en' }),
    )
    expect(body).toMatchObject({
      errorCount: 2,
      errors: [
        {
          pointer: '/XML1/NGAY_RA',
          table: 'XML1',
          field: 'NGAY_RA',
          code: 'date.format',
          detail: 'NGAY_RA must have 12 digits.',
        },
        {},
      ],
    })
  })
  test('of a method names those that work', async () => {
    const response = await fetch(`${gateway.base}/v1/claims`, { method: 'PUT' })
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD')
  })
  test('of a token says how to get one', async () => {
    const response = await gateway.get('/v1/claims', 'not-a-token')
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
  })
  test('of a reused key names the first claim', async () => {
    const key = { 'idempotency-key': 'visit-0002' }
    const first = (await (await gateway.post('/v1/claims', bearer, makeClaim(), key)).json()) as { claimId: string }
    const again = await gateway.post('/v1/claims', bearer, makeClaim(), key)
    expect(again.headers.get('location')).toBe(`/v1/claims/${first.claimId}`)
  })
})
