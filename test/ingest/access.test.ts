import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { secretDigest } from '../../src/ingest/access/client-records.ts'
import { createClients } from '../../src/ingest/access/clients.ts'
import { KEY_FILES, loadKeys } from '../../src/ingest/access/keys.ts'
import { createRateLimit } from '../../src/ingest/access/rate-limit.ts'
import { createTokens, TOKEN_LIFE_S } from '../../src/ingest/access/tokens.ts'
import { createReceipts } from '../../src/ingest/receipt.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { makeClaim, makeClock } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })
const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${gateway.base}/v1/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) })
const grant = { grant_type: 'client_credentials' }

describe('the token endpoint', () => {
  test.each(['basic', 'form'])('issues a bearer token of 600 s by %s', async (way) => {
    const { clientId, secret } = gateway.register('01999')
    const response =
      way === 'basic'
        ? await ask(grant, basic(clientId, secret))
        : await ask({ ...grant, client_id: clientId, client_secret: secret })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const body = (await response.json()) as Record<string, unknown>
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 600,
    })
    expect((await gateway.get('/v1/claims', String(body['access_token']))).status).toBe(200)
  })
  test.each([
    ['a wrong secret', grant, basic('client_x', 'wrong'), 401, 'invalid_client'],
    ['no credential', grant, {}, 401, 'invalid_client'],
    ['half a credential', { ...grant, client_id: 'client_x' }, {}, 401, 'invalid_client'],
    ['another scheme', grant, { authorization: 'Digest x' }, 401, 'invalid_client'],
    ['a broken Basic header', grant, { authorization: 'Basic %%%' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, {}, 400, 'unsupported_grant_type'],
    ['no grant', {}, {}, 400, 'invalid_request'],
  ] as const)('refuses %s as RFC 6749 says', async (_what, form, headers, status, error) => {
    const response = await ask(form, headers)
    expect([response.status, await response.json()]).toEqual([status, { error }])
    expect(response.headers.get('request-id')).toMatch(/^req_/)
    if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
  })
  test('refuses a secret of another client', async () => {
    const [one, two] = [gateway.register('01999'), gateway.register('01999')]
    expect((await ask(grant, basic(one.clientId, two.secret))).status).toBe(401)
  })
  test('refuses a form that is JSON', async () => {
    const response = await fetch(`${gateway.base}/v1/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(grant),
    })
    expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request' }])
  })
})

describe('a token', () => {
  const claims = { facility: '01999', role: 'facility' }
  const sign = (header: Record<string, string>, payload: Record<string, unknown>, key: Parameters<SignJWT['sign']>[0]) => {
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: 'bhyt-gateway', aud: 'bhyt-gateway', sub: 'c', jti: 'j', iat: now, exp: now + 600, ...claims, ...payload }
    return new SignJWT(all).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(key)
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  let clientId: string
  beforeAll(() => {
    clientId = gateway.register('01999').clientId
  })
  const status = async (token: string) => (await gateway.get('/v1/claims', token)).status

  test('signed as ours is taken', async () => {
    await gateway.clients.login(clientId, 'look again')
    expect(await status(await sign({}, { sub: clientId }, gateway.keys.tokenPrivate))).toBe(200)
  })
  test.each([
    ['another type', { typ: 'JWT' }, {}],
    ['another audience', {}, { aud: 'other' }],
    ['another issuer', {}, { iss: 'other' }],
    ['an expiry that is past', {}, { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['no expiry', {}, { exp: undefined }],
    ['another facility than its client', {}, { facility: '79999' }],
    ['another role than its client', {}, { role: 'insurer' }],
    ['an unknown role', {}, { role: 'root' }],
    ['an unknown client', {}, { sub: 'client_none' }],
  ] as const)('with %s is refused', async (_what, header, payload) => {
    expect(await status(await sign(header, { sub: clientId, ...payload }, gateway.keys.tokenPrivate))).toBe(401)
  })
  test('signed by another key is refused, also one that it brings along', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = stranger.publicKey.export({ format: 'jwk' }) as Record<string, string>
    expect(await status(await sign({}, { sub: clientId }, stranger.privateKey))).toBe(401)
    expect(await status(await sign({ jwk } as never, { sub: clientId }, stranger.privateKey))).toBe(401)
  })
  test('without a signature, or signed with the public key as a secret, is refused', async () => {
    const now = Math.floor(Date.now() / 1000)
    const payload = encode({
      iss: 'bhyt-gateway',
      aud: 'bhyt-gateway',
      sub: clientId,
      jti: 'j',
      iat: now,
      exp: now + 600,
      ...claims,
    })
    const none = `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`
    const head = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${payload}`
    const pem = gateway.keys.tokenPublic.export({ type: 'spki', format: 'pem' })
    const hmac = `${head}.${createHmac('sha256', pem).update(head).digest('base64url')}`
    expect([await status(none), await status(hmac)]).toEqual([401, 401])
  })
  test.each(['', 'x', 'a.b.c', 'x'.repeat(4000)])('that is %j is refused', async (token) => {
    expect(await status(token)).toBe(401)
  })
  test('of another scheme is refused', async () => {
    const response = await fetch(`${gateway.base}/v1/claims`, { headers: { authorization: 'Basic abc' } })
    expect(response.status).toBe(401)
  })
})

describe('tokens and time', () => {
  test('a token is good for 600 s and no longer, also when it was verified before', async () => {
    const { clock, advance } = makeClock(Date.now())
    const tokens = createTokens(gateway.keys, clock)
    const caller = { clientId: 'c', facilityCode: '01999', role: 'facility' as const }
    const token = await tokens.issue(caller, 'j')
    expect(await tokens.verify(token)).toEqual(caller)
    expect(tokens.verify(token)).toEqual(caller)
    await advance((TOKEN_LIFE_S - 1) * 1000, 100_000)
    expect(tokens.verify(token)).toEqual(caller)
    await advance(12_000, 12_000)
    expect(await tokens.verify(token)).toBeUndefined()
    expect(await tokens.verify(token)).toBeUndefined()
  })
})

describe('clients', () => {
  test('that are new work at once, and those revoked stop within seconds although their token is still fresh', async () => {
    const own = await startGateway()
    const token = await own.token()
    expect((await own.post('/v1/claims', token, makeClaim())).status).toBe(200)
    const [record] = own.records
    own.records[0] = { ...record!, revokedAt: new Date().toISOString() }
    const until = performance.now() + 10_000
    let status = 200
    while (status !== 401 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      status = (await own.get('/v1/claims', token)).status
    }
    await own.stop()
    expect(status).toBe(401)
  })
  test('known before are still given tokens while Postgres is down', async () => {
    const { clientId, secret } = gateway.register('01999')
    expect((await ask(grant, basic(clientId, secret))).status).toBe(200)
    gateway.clientMode.down = true
    expect((await ask(grant, basic(clientId, secret))).status).toBe(200)
    expect((await ask(grant, basic('client_unknown', secret))).status).toBe(401)
    gateway.clientMode.down = false
  })
  test('that were removed while nobody looked are gone after a whole reading', async () => {
    const { clock, advance } = makeClock()
    const keyedHash = createKeyedHash(randomBytes(32))
    const record = {
      clientId: 'c1',
      facilityCode: '01999',
      role: 'facility' as const,
      secretDigest: secretDigest(keyedHash, 'c1', 's'),
      createdAt: '',
      revokedAt: null,
    }
    let stored = [record]
    const source = { all: async () => stored, changed: async () => [] }
    const clients = createClients({ source, keyedHash, clock, log: silentLogger })
    await clients.start()
    stored = []
    await advance(59_000, 1_000)
    expect(clients.find('c1')).toBeDefined()
    await advance(5_000, 1_000)
    expect(clients.find('c1')).toBeUndefined()
    clients.stop()
  })
  test('that were never read are said to be missing', async () => {
    const source = { all: () => Promise.reject(new Error('down')), changed: () => Promise.reject(new Error('down')) }
    const clients = createClients({
      source,
      keyedHash: createKeyedHash(randomBytes(32)),
      clock: makeClock().clock,
      log: silentLogger,
    })
    await clients.start()
    expect(clients.trouble()).toContain('never read')
    clients.stop()
  })
})

describe('the rate of a facility', () => {
  test('is its burst at once and its rate after that', async () => {
    const { clock, advance } = makeClock()
    const admit = createRateLimit(clock, { ratePerS: 10, burst: 20 })
    const taken = () => Array.from({ length: 100 }, () => admit('01999', 1)).filter((wait) => wait === undefined).length
    expect(taken()).toBe(20)
    expect(admit('01999', 1)).toBeCloseTo(0.1)
    expect(admit('79999', 1)).toBeUndefined()
    await advance(1_000, 100)
    expect(taken()).toBe(10)
  })
  test('pays an envelope back before the next request', async () => {
    const { clock, advance } = makeClock()
    const admit = createRateLimit(clock, { ratePerS: 10, burst: 20 })
    expect(admit('01999', 100)).toBeUndefined()
    expect(admit('01999', 1)).toBeCloseTo(8.1)
    await advance(8_200, 100)
    expect(admit('01999', 1)).toBeUndefined()
  })
})

describe('keys', () => {
  const dirs: string[] = []
  const makeDir = () => {
    const dir = mkdtempSync(join(tmpdir(), 'bhyt-keys-test-'))
    dirs.push(dir)
    return dir
  }
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
  })
  test('are made once, one file each, for their owner alone, and read back the same', () => {
    const dir = join(makeDir(), 'keys')
    const first = loadKeys(dir, { create: true })
    const second = loadKeys(dir, { create: false })
    expect(second.member.equals(first.member) && second.receipt.equals(first.receipt)).toBe(true)
    expect(second.tokenPublic.equals(first.tokenPublic)).toBe(true)
    expect(readdirSync(dir).sort()).toEqual(Object.values(KEY_FILES).sort())
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
  })
  test('that are missing are named and not made where they may not be', () => {
    expect(() => loadKeys(makeDir(), { create: false })).toThrow(KEY_FILES.tokenSigning)
  })
  test.each([
    [KEY_FILES.member, 'abc', 'is not 32 bytes'],
    [KEY_FILES.tokenSigning, 'abc', 'is not a private key'],
    [
      KEY_FILES.tokenSigning,
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'is not an EC P-256 key',
    ],
  ])('that are not what they should be are refused: %s', (name, content, message) => {
    const dir = makeDir()
    loadKeys(dir, { create: true })
    chmodSync(join(dir, name), 0o600)
    writeFileSync(join(dir, name), content)
    expect(() => loadKeys(dir, { create: true })).toThrow(message)
  })
})

test('a receipt opens for its facility and claim alone, and not when any byte of it is changed', () => {
  const receipts = createReceipts(randomBytes(32), randomBytes)
  const claimId = `c_${'0'.repeat(26)}`
  const receipt = { claimId, encounterId: 'TN-Đ-0001', contentSha256: 'a1'.repeat(32), receivedAt: '2026-03-10T03:40:00.123Z' }
  const token = receipts.seal(receipt, '01999')
  expect(receipts.open(token, '01999', claimId)).toEqual(receipt)
  expect(receipts.open(token, '79999', claimId)).toBeUndefined()
  expect(receipts.open(token, '01999', `c_${'1'.repeat(26)}`)).toBeUndefined()
  const bytes = Buffer.from(token, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    expect(receipts.open(changed.toString('base64url'), '01999', claimId)).toBeUndefined()
  }
  expect(receipts.open('', '01999', claimId)).toBeUndefined()
  expect(receipts.open('x'.repeat(5000), '01999', claimId)).toBeUndefined()
})
