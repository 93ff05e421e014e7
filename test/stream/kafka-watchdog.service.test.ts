import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import type { PlacedRecord } from '../../src/stream/append-lane.ts'
import { createKafkaStream, type KafkaStreamOptions, parseKafkaUrl } from '../../src/stream/kafka.ts'
import { KafkaConsumption } from '../../src/stream/kafka-consume.ts'
import { consumerBounds } from '../../src/stream/kafka-consumer.ts'
import { KafkaLink } from '../../src/stream/kafka-link.ts'
import type { LogRange } from '../../src/stream/known-ends.ts'
import { type SliceOutcome, type Stream, StreamUnavailable } from '../../src/stream/stream.ts'
import { consumeOptions, recordOf, TOPIC, until } from '../contract/stream-contract.ts'

const url = process.env['TEST_KAFKA_URL']
if (!url) throw new Error('TEST_KAFKA_URL is not set: this test belongs to the project `service`')
const { brokers } = parseKafkaUrl(url)
const topicPrefix = `w${randomBytes(4).toString('hex')}.`
const topic = topicPrefix + TOPIC
const client = {
  brokers,
  clientId: 'watchdog',
  connectionTimeoutMs: 1_000,
  requestTimeoutMs: 5_000,
  retries: 1,
  onTrouble: () => {},
}
const optionsOf = (onFatal: (reason: string) => void): KafkaStreamOptions => ({
  brokers,
  topicPrefix,
  clientId: 'watchdog',
  profile: 'development',
  partitions: 6,
  clock: systemClock,
  onTrouble: () => {},
  onFatal,
})

describe('a consumer that stands still', () => {
  let stream: Stream
  beforeAll(async () => {
    stream = await createKafkaStream(optionsOf(() => {}))
  })
  afterAll(() => stream?.close(3_000))

  /** A consumer that is told of ends it never reaches. */
  function consumptionTold(
    available: () => Promise<ReadonlyMap<number, LogRange>>,
    fatal: string[],
    positions: ReadonlyMap<number, number> = new Map(),
    outcome: SliceOutcome = { kind: 'done' },
  ) {
    return new KafkaConsumption(
      {
        client,
        groupId: () => `${topicPrefix}stalled-${randomBytes(3).toString('hex')}`,
        topic,
        bounds: { ...consumerBounds, stallMs: 800 },
        clock: systemClock,
        consume: consumeOptions({ positions: async () => positions }),
        compacted: false,
        available,
        answers: async () => true,
        onTrouble: () => {},
        onFatal: (reason) => fatal.push(reason),
      },
      async () => outcome,
    )
  }
  const claimed = new Map(Array.from({ length: 6 }, (_, partition) => [partition, { low: 0, high: 1000 }]))

  test('has the process ended when Kafka answers and says that there is something to read', async () => {
    const fatal: string[] = []
    const consumption = consumptionTold(async () => claimed, fatal)
    await until('it is noticed', () => fatal.length > 0)
    expect(fatal[0]).toContain('has read none for 800 ms')
    await consumption.stop(2_000)
  })

  test('has the process ended when the ledger only ever sends it elsewhere', async () => {
    const { partition } = await stream.append(TOPIC, recordOf('member-1', 'x'))
    const elsewhereAtTheirEnds = new Map([...claimed.keys()].filter((one) => one !== partition).map((one) => [one, 1000]))
    const fatal: string[] = []
    const consumption = consumptionTold(async () => claimed, fatal, elsewhereAtTheirEnds, { kind: 'again', next: 0 })
    await until('it is noticed', () => fatal.length > 0)
    expect(fatal[0]).toContain('has read none for 800 ms')
    await consumption.stop(2_000)
  })

  test('is left alone while Kafka does not answer', async () => {
    const fatal: string[] = []
    let asked = 0
    const consumption = consumptionTold(async () => {
      if (++asked > 1) throw new StreamUnavailable('Kafka is away')
      return claimed
    }, fatal)
    await until('it looks', () => asked > 8)
    expect(fatal).toEqual([])
    await consumption.stop(2_000)
  })

  test('a consumer that Kafka refuses for good has the process ended', async () => {
    const fatal: string[] = []
    const refused = await createKafkaStream({
      ...optionsOf((reason) => fatal.push(reason)),
      // Below the 6 s that the broker asks for.
      consumerBounds: { sessionTimeoutMs: 1_000, heartbeatIntervalMs: 300 },
    })
    await refused.consume(TOPIC, consumeOptions({ group: 'refused' }), async () => ({ kind: 'done' }))
    await until('it is said', () => fatal.length > 0)
    expect(fatal[0]).toContain('stopped for good')
    await refused.close(2_000)
  })
})

describe('the answer to a send', () => {
  test('names every partition of the batch, and the attempt is known to have begun', async () => {
    const link = new KafkaLink({ client, ackTimeoutMs: 5_000, clock: systemClock })
    const batch: PlacedRecord[] = Array.from({ length: 60 }, (_, index) => ({
      record: recordOf('member-1', `${index}`),
      partition: index % 6,
    }))
    const before = await link.ranges(topic)
    const attempt = { begun: false, calledOff: false }
    const first = await link.send(topic, batch, attempt)
    expect([...first.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(first).toEqual(new Map([...before].map(([partition, { high }]) => [partition, high])))
    expect(attempt.begun).toBe(true)
    await link.close()
  })
})
