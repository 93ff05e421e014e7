import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { type Attempt, appendBounds, Lane } from '../../src/stream/append-lane.ts'
import { KafkaLink } from '../../src/stream/kafka-link.ts'
import { StreamUnavailable } from '../../src/stream/stream.ts'

const PRODUCE = 0
const METADATA = 3
const API_VERSIONS = 18
const TOPIC = 'claims'

const int16 = (number: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(number)
  return bytes
}
const int32 = (number: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(number)
  return bytes
}
const int64 = (number: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(number))
  return bytes
}
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)])
const list = (...items: Buffer[]) => Buffer.concat([int32(items.length), ...items])

/** What the broker answers, in the versions that it says it speaks: produce 3, metadata 1. */
function answerTo(apiKey: number, port: number, throttleMs: number): Buffer {
  if (apiKey === API_VERSIONS) {
    const ranges = [
      [PRODUCE, 6],
      [METADATA, 1],
      [API_VERSIONS, 1],
    ].map(([key, high]) => Buffer.concat([int16(key!), int16(0), int16(high!)]))
    return Buffer.concat([int16(0), list(...ranges), int32(0)])
  }
  if (apiKey === METADATA) {
    const broker = Buffer.concat([int32(1), text('127.0.0.1'), int32(port), int16(-1)])
    const partition = Buffer.concat([int16(0), int32(0), int32(1), list(int32(1)), list(int32(1))])
    const topic = Buffer.concat([int16(0), text(TOPIC), Buffer.from([0]), list(partition)])
    return Buffer.concat([list(broker), int32(1), list(topic)])
  }
  const stored = Buffer.concat([int32(0), int16(0), int64(7), int64(-1), int64(0)])
  return Buffer.concat([list(Buffer.concat([text(TOPIC), list(stored)])), int32(throttleMs)])
}

/** As much of a broker as a producer needs. It may be slow to tell of leaders, as one that has just started, and may ask for a pause. */
async function startBroker({ metadataMs = 0, throttleMs = 0 }) {
  const sockets = new Set<Socket>()
  let produced = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const request = rest.subarray(4, 4 + rest.readInt32BE(0))
        rest = rest.subarray(4 + rest.readInt32BE(0))
        const apiKey = request.readInt16BE(0)
        if (apiKey === PRODUCE) produced++
        const body = answerTo(apiKey, port, throttleMs)
        const answer = Buffer.concat([int32(body.length + 4), request.subarray(4, 8), body])
        setTimeout(() => socket.write(answer), apiKey === METADATA ? metadataMs : 0)
      }
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  return {
    port,
    produced: () => produced,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const ended: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

async function brokerAndLink(how: Parameters<typeof startBroker>[0]) {
  const broker = await startBroker(how)
  const link = new KafkaLink({
    clock: systemClock,
    ackTimeoutMs: 400,
    client: {
      brokers: [`127.0.0.1:${broker.port}`],
      clientId: 'late',
      connectionTimeoutMs: 1_000,
      requestTimeoutMs: 1_000,
      retries: 0,
      onTrouble: () => {},
    },
  })
  ended.push(broker.stop, () => link.close())
  return { broker, link }
}
const claim = (value: string) => ({ record: { key: 'member-1', value: Buffer.from(value), headers: {} }, partition: 0 })
const newAttempt = (): Attempt => ({ begun: false, calledOff: false })
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

describe('a send that kafkajs holds back', () => {
  test('marks its attempt as begun when it leaves, and not before', async () => {
    const { broker, link } = await brokerAndLink({ metadataMs: 100 })
    const attempt = newAttempt()
    const sent = link.send(TOPIC, [claim('a')], attempt)
    await pause(50)
    expect(attempt.begun).toBe(false)
    expect(await sent).toEqual(new Map([[0, 7]]))
    expect(attempt.begun).toBe(true)
    expect(broker.produced()).toBe(1)
  })

  test('while it looks for the leader: what was answered with nothing stored at the deadline is not written afterwards', async () => {
    const { broker, link } = await brokerAndLink({ metadataMs: 300 })
    const deps = {
      send: (batch: Parameters<typeof link.send>[1], attempt: Attempt) => link.send(TOPIC, batch, attempt),
      probe: async () => true,
      clock: systemClock,
      bounds: { ...appendBounds, deadlineMs: 150 },
      onTrouble: () => {},
    }
    const lane = new Lane(deps, { records: 0, bytes: 0 })
    await expect(lane.append(claim('a'))).rejects.toBeInstanceOf(StreamUnavailable)
    await pause(700)
    expect(broker.produced()).toBe(0)
    lane.close()
  })

  test('while the broker has asked for a pause: once called off it is not written when the pause ends', async () => {
    const { broker, link } = await brokerAndLink({ throttleMs: 300 })
    await link.send(TOPIC, [claim('a')], newAttempt())
    const attempt = newAttempt()
    const sent = link.send(TOPIC, [claim('b')], attempt)
    await pause(100)
    expect(attempt.begun).toBe(false)
    attempt.calledOff = true
    await expect(sent).rejects.toThrow('called off')
    await pause(300)
    expect(attempt.begun).toBe(false)
    expect(broker.produced()).toBe(1)
  })
})
