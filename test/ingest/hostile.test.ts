import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { identifiersOf } from '../../src/national/identifiers-of.ts'
import { readBody } from '../../src/national/read-body.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { rawExchange, startGateway, type TestGateway } from '../support/ingest.ts'

/** The real readers of the national formats behind the real front door. */
let gateway: TestGateway
let bearer: string
const IDLE_MS = 500
beforeAll(async () => {
  gateway = await startGateway({ bounds: { bodyIdleMsMax: IDLE_MS }, deps: { national: { readBody, identifiersOf } } })
  bearer = await gateway.token()
})
afterAll(() => gateway.stop())
/** Whatever came in: nothing stored, nothing held, the process answers. */
afterEach(async () => {
  expect(gateway.stream.records('claims.submitted.v1')).toHaveLength(0)
  expect(gateway.ingest.inflightBytes()).toBe(0)
  expect(gateway.ingest.replies.count()).toBe(0)
  expect((await fetch(`${gateway.base}/livez`)).status).toBe(200)
})

async function send(body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.base}/v1/claims`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  return { status: response.status, code: ((await response.json()) as { code: string }).code }
}
const xml = { 'content-type': 'application/xml' }

describe('a body that cannot be read', () => {
  test.each<[string, string | Buffer, Record<string, string>]>([
    ['nothing', '', {}],
    ['half a JSON', '{"XML1": {', {}],
    ['a number', '7', {}],
    ['a list', '[]', {}],
    ['a duplicate name', '{"XML1":{"MA_LK":"1","MA_LK":"2"}}', {}],
    ['a __proto__', '{"__proto__":{"x":1},"XML1":{}}', {}],
    ['deep JSON', `{"XML1":${'['.repeat(100_000)}`, {}],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), {}],
    ['an entity bomb', '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><GIAMDINHHS>&b;</GIAMDINHHS>', xml],
    ['half an XML', '<GIAMDINHHS><THONGTINDONVI>', xml],
    ['XML that says it is not UTF-8', '<?xml version="1.0" encoding="utf-16"?><GIAMDINHHS/>', xml],
    ['JSON sent as XML', JSON.stringify(makeClaim()), xml],
  ])('is refused with 400: %s', async (_what, body, headers) => {
    expect(await send(body, headers)).toEqual({ status: 400, code: 'request.unreadable' })
  })
})

describe('a body of the wrong kind', () => {
  test.each<[string, Record<string, string>]>([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['gzip twice', { 'content-encoding': 'gzip, gzip' }],
  ])('is refused with 415: %s', async (_what, headers) => {
    expect(await send('{}', headers)).toEqual({ status: 415, code: 'request.media_type' })
  })
  test('is refused when it is a compressed bomb, without unpacking it', async () => {
    const bomb = gzipSync(Buffer.alloc(128 * 1024 * 1024))
    const before = process.memoryUsage().rss
    expect(await send(bomb, { 'content-encoding': 'gzip' })).toEqual({ status: 415, code: 'request.media_type' })
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })
  test('without any type is refused', async () => {
    const answer = await rawExchange(
      gateway.port,
      `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 415 /)
  })
  test('with its charset named UTF-8 is read', async () => {
    expect((await send('{}', { 'content-type': 'application/json; charset="UTF-8"' })).status).toBe(422)
  })
})

describe('a body that is too large', () => {
  const head = (more: string) =>
    `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\n${more}\r\n\r\n`
  test('is refused by its announced length, before it is sent', async () => {
    const answer = await rawExchange(gateway.port, head('Content-Length: 99999999'))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
  })
  test('is refused while it comes, when it announces none', async () => {
    const chunk = `${(64 * 1024).toString(16)}\r\n${'x'.repeat(64 * 1024)}\r\n`
    const answer = await rawExchange(gateway.port, head('Transfer-Encoding: chunked') + chunk.repeat(20))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('a sender that stalls', () => {
  test('after some bytes is refused with 408 and the connection ends', async () => {
    const began = performance.now()
    const answer = await rawExchange(
      gateway.port,
      `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"XML1"`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - began).toBeLessThan(IDLE_MS * 2 + 2_000)
  })
  test('but goes on in time is served', async () => {
    const socket = connect(gateway.port, '127.0.0.1')
    const heard = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
    const body = '{"XML1": {}}'
    socket.write(
      `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    for (const letter of body) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS / 10))
      socket.write(letter)
    }
    expect(await heard).toMatch(/^HTTP\/1\.1 422 /)
    socket.destroy()
  })
  test('and goes away leaves nothing behind', async () => {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(
      `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
  })
})

describe('a request that is not HTTP as it should be', () => {
  test.each([
    ['nonsense', 'HELLO\r\n\r\n', 400],
    ['two lengths', 'POST /v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 400],
    [
      'length and chunks',
      'POST /v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a folded header', 'GET /livez HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
    ['a host that is none', 'GET /livez HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n', 400],
    ['long headers', `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('is refused with an id: %s', async (_what, bytes, status) => {
    const answer = await rawExchange(gateway.port, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/\r\nrequest-id: req_[0-9a-f]{24}\r\n/i)
    expect(answer).toMatch(/application\/problem\+json/)
  })
  test('with forged proxy headers is still nobody', async () => {
    const response = await fetch(`${gateway.base}/v1/claims`, {
      headers: { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1', 'x-client-cert': 'x' },
    })
    expect(response.status).toBe(401)
  })
})
