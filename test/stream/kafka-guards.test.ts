import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { parseKafkaUrl } from '../../src/stream/kafka.ts'
import { createKafkaClient } from '../../src/stream/kafka-client.ts'
import { slicesOf } from '../../src/stream/kafka-consume.ts'
import { partitionOf } from '../../src/stream/partition.ts'

describe('placement', () => {
  test('a key lands where any Kafka client puts it', () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner()
    const metadata = (count: number) => Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }))
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'khóa', ...Array.from({ length: 300 }, () => randomBytes(32).toString('hex'))]
    for (const key of keys)
      for (const count of [1, 6, 24])
        expect(partitionOf(key, count)).toBe(
          theirs({ topic: 't', partitionMetadata: metadata(count) as never, message: { key, value: null } }),
        )
  })
})

describe('the idle timer of kafkajs', () => {
  interface Queue {
    pending: unknown[]
    throttledUntil: number
    throttleCheckTimeoutId: NodeJS.Timeout | null
    checkPendingRequests(): void
    destroy(): void
  }
  const makeQueue = (): Queue => {
    const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: object) => Queue
    const logger = { debug: () => {}, warn: () => {} }
    return new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1000, clientId: 'a', broker: 'b', logger })
  }
  const client = () =>
    createKafkaClient({
      brokers: ['127.0.0.1:1'],
      clientId: 'a',
      connectionTimeoutMs: 100,
      requestTimeoutMs: 100,
      retries: 0,
      onTrouble: () => {},
    })

  test('a connection with nothing pending never wakes up', async () => {
    client()
    const queue = makeQueue()
    let checks = 0
    const check = queue.checkPendingRequests.bind(queue)
    queue.checkPendingRequests = () => {
      checks++
      check()
    }
    queue.checkPendingRequests()
    await new Promise((done) => setTimeout(done, 100))
    expect(checks).toBe(1)
    expect(queue.throttleCheckTimeoutId).toBeNull()
  })

  test('a request that waits for a throttled broker is looked at when the throttle ends', async () => {
    client()
    const queue = makeQueue()
    const sent: string[] = []
    queue.throttledUntil = Date.now() + 60
    queue.pending.push({ send: () => sent.push('sent'), expectResponse: true })
    queue.checkPendingRequests()
    expect(sent).toEqual([])
    await new Promise((done) => setTimeout(done, 120))
    expect(sent).toEqual(['sent'])
  })
})

describe('addresses', () => {
  test('one or several brokers, with or without a prefix', () => {
    expect(parseKafkaUrl('kafka://127.0.0.1:9092')).toEqual({ brokers: ['127.0.0.1:9092'], topicPrefix: '' })
    expect(parseKafkaUrl('kafka://a:1,b:2/run1.')).toEqual({ brokers: ['a:1', 'b:2'], topicPrefix: 'run1.' })
  })
  test.each(['kafka://', 'kafka://a', 'http://a:1', 'kafka://a:1,b', 'kafka://a:1/x/y'])('%s is refused', (url) => {
    expect(() => parseKafkaUrl(url)).toThrow('kafka://host:port')
  })
})

describe('slices', () => {
  test('a hole in the offsets begins a new slice', () => {
    const at = (offset: number) => ({ partition: 0, offset, key: 'k', value: null, headers: {}, appendedAt: 0 })
    const slices = slicesOf([at(1), at(2), at(5), at(6)], { sliceRecordsMax: 10, sliceBytesMax: 100 })
    expect(slices.map(({ records }) => records.map(({ offset }) => offset))).toEqual([
      [1, 2],
      [5, 6],
    ])
  })
})
