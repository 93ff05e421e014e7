import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

const INFLIGHT_BYTES_MAX = 256 * 1024
const BODY_BYTES = 100_000
/** As many as fit at once. */
const ROOM = Math.floor(INFLIGHT_BYTES_MAX / BODY_BYTES)

interface Client {
  readonly socket: Socket
  readonly heard: { text: string; closed: boolean }
}
let gateway: TestGateway
let bearer: string
const clients: Client[] = []
beforeEach(async () => {
  gateway = await startGateway({ bounds: { inflightBytesMax: INFLIGHT_BYTES_MAX } })
  bearer = await gateway.token()
})
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy()
  await until(() => gateway.ingest.inflightBytes() === 0)
  await gateway.stop()
})

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !holds(); round += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}
function open(lengthHeader: string): Client {
  const heard = { text: '', closed: false }
  const socket: Socket = connect(gateway.port, '127.0.0.1')
  socket.on('data', (chunk) => {
    heard.text += chunk.toString()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    heard.closed = true
  })
  socket.write(
    `POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\n${lengthHeader}\r\n\r\n`,
  )
  const client = { socket, heard }
  clients.push(client)
  return client
}
const refused = () => clients.filter(({ heard }) => heard.text.startsWith('HTTP/1.1 503 '))

describe('a body that is still coming', () => {
  test('counts with its announced length, and what finds no room is refused before it is sent', async () => {
    for (let count = 0; count < ROOM; count += 1) open(`Content-Length: ${BODY_BYTES}`).socket.write(' ')
    await until(() => gateway.ingest.inflightBytes() === ROOM * BODY_BYTES)
    for (let count = 0; count < 10; count += 1) open(`Content-Length: ${BODY_BYTES}`)
    await until(() => refused().length === 10)
    expect(refused()[0]!.heard.text).toContain('gateway.overloaded')
    expect(gateway.ingest.inflightBytes()).toBe(ROOM * BODY_BYTES)
  })
  test('counts as it comes when it announces no length, and is refused where the room ends', async () => {
    const chunk = `${BODY_BYTES.toString(16)}\r\n${' '.repeat(BODY_BYTES)}\r\n`
    for (let count = 0; count < ROOM + 3; count += 1) open('Transfer-Encoding: chunked').socket.write(chunk)
    await until(() => refused().length === 3)
    await until(() => refused().every(({ heard }) => heard.closed))
    expect(gateway.ingest.inflightBytes()).toBeLessThanOrEqual(INFLIGHT_BYTES_MAX)
  })
  test('gives its room back when its sender goes away', async () => {
    for (let count = 0; count < ROOM; count += 1) open(`Content-Length: ${BODY_BYTES}`).socket.write(' ')
    await until(() => gateway.ingest.inflightBytes() === ROOM * BODY_BYTES)
    clients[0]!.socket.destroy()
    await until(() => gateway.ingest.inflightBytes() === (ROOM - 1) * BODY_BYTES)
    expect((await gateway.post('/v1/claims', bearer, makeClaim())).status).toBe(200)
  })
})

test('a connection whose body was refused unread serves the next request', async () => {
  for (let count = 0; count < ROOM; count += 1) open(`Content-Length: ${BODY_BYTES}`).socket.write(' ')
  await until(() => gateway.ingest.inflightBytes() === ROOM * BODY_BYTES)
  const { socket, heard } = open(`Content-Length: ${BODY_BYTES}`)
  socket.write(' '.repeat(BODY_BYTES))
  await until(() => refused().length === 1)
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => heard.text.includes('HTTP/1.1 200 '))
})
