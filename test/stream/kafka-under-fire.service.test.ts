import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningKafka, startKafka } from '../../scripts/provision/kafka.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKafkaStream, type KafkaStreamOptions, parseKafkaUrl } from '../../src/stream/kafka.ts'
import { createKafkaClient } from '../../src/stream/kafka-client.ts'
import { type Stream, StreamUnavailable, StreamUnconfirmed } from '../../src/stream/stream.ts'
import { collect, recordOf, TOPIC, until } from '../contract/stream-contract.ts'

const opened: Stream[] = []
async function open(kafka: RunningKafka, topicPrefix: string, options: Partial<KafkaStreamOptions> = {}): Promise<Stream> {
  const stream = await createKafkaStream({
    brokers: parseKafkaUrl(kafka.url).brokers,
    topicPrefix,
    clientId: 'under-fire',
    profile: 'development',
    partitions: 6,
    clock: systemClock,
    onTrouble: () => {},
    onFatal: (reason) => fatal.push(reason),
    ...options,
  })
  opened.push(stream)
  return stream
}
const fatal: string[] = []
const prefix = () => `f${randomBytes(4).toString('hex')}.`
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

interface Outcome {
  readonly key: string
  readonly kind: 'acknowledged' | 'unconfirmed' | 'unavailable'
  readonly ms: number
}
async function tryAppend(stream: Stream, key: string): Promise<Outcome> {
  const startedAt = performance.now()
  const ended = (kind: Outcome['kind']): Outcome => ({ key, kind, ms: performance.now() - startedAt })
  try {
    await stream.append(TOPIC, recordOf(key, randomBytes(500)))
    return ended('acknowledged')
  } catch (cause) {
    if (cause instanceof StreamUnconfirmed) return ended('unconfirmed')
    if (cause instanceof StreamUnavailable) return ended('unavailable')
    throw cause
  }
}
const keysOf = (outcomes: readonly Outcome[], kind: Outcome['kind']) =>
  outcomes.filter((one) => one.kind === kind).map(({ key }) => key)

/** Everything in the topic, read by a consumer that begins at its first record. */
async function keysStored(stream: Stream): Promise<Set<string>> {
  const ends = await stream.ends(TOPIC)
  const { next, records, subscription } = await collect(stream, { group: `reader-${randomBytes(4).toString('hex')}` })
  await until('everything is read', () => [...ends].every(([partition, end]) => end === 0 || (next.get(partition) ?? 0) >= end))
  await subscription.stop(2_000)
  return new Set(records.map(({ key }) => key))
}

function expectNothingLost(outcomes: readonly Outcome[], stored: ReadonlySet<string>): void {
  expect(keysOf(outcomes, 'acknowledged').filter((key) => !stored.has(key))).toEqual([])
  expect(keysOf(outcomes, 'unavailable').filter((key) => stored.has(key))).toEqual([])
  expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(6_000)
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((stream) => stream.close(2_000)))
  expect(fatal).toEqual([])
})

describe('one broker', () => {
  let kafka: RunningKafka
  beforeAll(async () => {
    kafka = await startKafka({ brokers: 1, own: true })
  })
  afterAll(() => kafka?.stop())

  test('1,000 appends at once and the broker killed in their midst: every acknowledged key is read back, what is refused was not stored', async () => {
    const stream = await open(kafka, prefix())
    const [broker] = kafka.brokers
    const tailed = new Set<string>()
    await stream.tail(TOPIC, (records) => {
      for (const { key } of records) tailed.add(key)
    })
    let acknowledged = 0
    let killed: Promise<void> | undefined
    const appends = Array.from({ length: 1000 }, async (_, index) => {
      await pause(index / 10)
      // The last tenth goes out only when the broker is being killed, so that the kill falls into the midst on any machine.
      if (index >= 900) await until('the kill', () => killed !== undefined)
      const outcome = await tryAppend(stream, `member-${index}`)
      if (outcome.kind === 'acknowledged') acknowledged++
      if (acknowledged >= 100) killed ??= broker!.kill()
      return outcome
    })
    const outcomes = await Promise.all(appends)
    await killed
    expect(keysOf(outcomes, 'acknowledged').length).toBeGreaterThan(0)
    expect(keysOf(outcomes, 'acknowledged').length).toBeLessThan(1000)

    const refused = await tryAppend(stream, 'while it is down')
    expect(refused.kind).toBe('unavailable')
    expect(refused.ms).toBeLessThan(100)
    expect(stream.trouble()).toBeDefined()

    await broker!.start()
    await until('appends are taken again without a restart', () => stream.trouble() === undefined)
    const later = await Promise.all(Array.from({ length: 100 }, (_, index) => tryAppend(stream, `later-${index}`)))
    expect(keysOf(later, 'acknowledged')).toHaveLength(100)
    const all = [...outcomes, refused, ...later]
    expectNothingLost(all, await keysStored(stream))
    await until('the tail has seen what was acknowledged', () => keysOf(all, 'acknowledged').every((key) => tailed.has(key)))
  })

  test('a broker that hangs: what was sent is unconfirmed within the deadline, what waited is unavailable; awake, it goes on', async () => {
    const stream = await open(kafka, prefix())
    const [broker] = kafka.brokers
    expect((await tryAppend(stream, 'before')).kind).toBe('acknowledged')
    broker!.pause()
    // The signal takes a moment to stop every thread of the broker.
    await pause(100)
    const sent = tryAppend(stream, 'sent')
    await pause(100)
    const waiting = tryAppend(stream, 'waiting')
    const outcomes = await Promise.all([sent, waiting])
    broker!.resume()
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unconfirmed', 'unavailable'])
    await until('appends are taken again', () => stream.trouble() === undefined)
    let again = await tryAppend(stream, 'sent')
    while (again.kind !== 'acknowledged') again = await tryAppend(stream, 'sent')
    const stored = await keysStored(stream)
    expect(stored.has('before') && stored.has('sent')).toBe(true)
    expect(stored.has('waiting')).toBe(false)
  })

  test('an idle connection does not keep the process busy', async () => {
    const stream = await open(kafka, prefix())
    await tryAppend(stream, 'member-1')
    const wakeUps = await wakeUpsOf(kafka)
    expect(wakeUps).toBeLessThan(20)
  })

  test('production refuses topics that could lose a record, and makes none itself', async () => {
    const topicPrefix = prefix()
    await expect(open(kafka, topicPrefix, { profile: 'production' })).rejects.toThrow('does not exist')
    await open(kafka, topicPrefix)
    await expect(open(kafka, topicPrefix, { profile: 'production' })).rejects.toThrow(
      /1 replicas, fewer than 3.*min\.insync\.replicas is below 2/,
    )
  })
})

/** Checks of the request queues of six idle connections within a second. */
async function wakeUpsOf(kafka: RunningKafka): Promise<number> {
  const client = createKafkaClient({
    brokers: parseKafkaUrl(kafka.url).brokers,
    clientId: 'idle',
    connectionTimeoutMs: 1_000,
    requestTimeoutMs: 5_000,
    retries: 1,
    onTrouble: () => {},
  })
  const producers = Array.from({ length: 6 }, () => client.producer({ createPartitioner: () => () => 0 }))
  await Promise.all(producers.map((producer) => producer.connect()))
  await pause(200)
  const original = globalThis.setTimeout
  let armed = 0
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    armed++
    return original(...args)
  }) as typeof setTimeout
  await new Promise((done) => original(done, 1_000))
  globalThis.setTimeout = original
  await Promise.all(producers.map((producer) => producer.disconnect()))
  return armed
}

describe('three brokers', () => {
  let kafka: RunningKafka
  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, own: true, heapMb: 256 })
  })
  afterAll(() => kafka?.stop())

  test('a leader killed under load: every acknowledged record is there, others go on, and production accepts the topics', async () => {
    const topicPrefix = prefix()
    await (await open(kafka, topicPrefix)).close(2_000)
    const stream = await open(kafka, topicPrefix, { profile: 'production' })
    const tailed = new Set<string>()
    await stream.tail(TOPIC, (records) => {
      for (const { key } of records) tailed.add(key)
    })
    const appends: Promise<Outcome>[] = []
    const load = async (ms: number) => {
      const end = performance.now() + ms
      while (performance.now() < end) {
        appends.push(tryAppend(stream, `member-${appends.length}`), tryAppend(stream, `member-${appends.length + 1}`))
        await pause(10)
      }
    }
    await load(1_000)
    const before = appends.length
    void kafka.brokers[0]!.kill()
    // Longer than the 6 s after which a dead broker's partitions get another leader.
    await load(9_000)
    const outcomes = await Promise.all(appends)
    expect(keysOf(outcomes.slice(before), 'acknowledged').length).toBeGreaterThan(before)
    expectNothingLost(outcomes, await keysStored(stream))
    await until('all leaders are there again', () => stream.trouble() === undefined)
    expect(
      (await Promise.all(Array.from({ length: 60 }, (_, index) => tryAppend(stream, `on two-${index}`)))).map(({ kind }) => kind),
    ).toEqual(Array(60).fill('acknowledged'))
    await until('the tail has seen what was acknowledged', () => keysOf(outcomes, 'acknowledged').every((key) => tailed.has(key)))
  })
})
