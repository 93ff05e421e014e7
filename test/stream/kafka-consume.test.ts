import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { KafkaConsumption } from '../../src/stream/kafka-consume.ts'
import { consumerBounds } from '../../src/stream/kafka-consumer.ts'
import type { Slice } from '../../src/stream/stream.ts'

const TOPIC = 'check-ins.recorded.v1'
interface FakeConsumer {
  /** Ended within, as kafkajs does before it tells. */
  end(): void
  crash(): void
  join(): void
  deliver(): Promise<void>
}
const made: FakeConsumer[] = []
vi.mock('../../src/stream/kafka-client.ts', () => ({ createKafkaClient: () => ({ consumer: makeConsumer }) }))
beforeEach(() => {
  made.length = 0
})

/** As much of kafkajs as a consumption touches: without a group it refuses to seek, pause and resume. */
function makeConsumer(): Partial<Consumer> {
  const told = new Map<string, (event: never) => void>()
  let run: Parameters<Consumer['run']>[0]
  let isRunning = false
  const inGroup = () => {
    if (!isRunning) throw new Error('Consumer group was not initialized, consumer#run must be called first')
  }
  const consumer = {
    events: { CRASH: 'crash', GROUP_JOIN: 'join', FETCH: 'fetch' } as unknown as Consumer['events'],
    on: ((name: string, tell: (event: never) => void) => told.set(name, tell)) as unknown as Consumer['on'],
    connect: async () => {},
    disconnect: async () => {},
    subscribe: async () => {},
    commitOffsets: async () => {},
    run: async (given: Parameters<Consumer['run']>[0]) => {
      run = given
      isRunning = true
    },
    seek: inGroup,
    pause: inGroup,
    resume: inGroup,
  }
  made.push({
    end: () => {
      isRunning = false
    },
    crash: () => {
      isRunning = false
      const error = Object.assign(new Error('the connection is gone'), { retriable: true })
      told.get('crash')!({ payload: { error } } as unknown as ConsumerCrashEvent as never)
    },
    join: () =>
      told.get('join')!({ payload: { memberAssignment: { [TOPIC]: [0] } } } as unknown as ConsumerGroupJoinEvent as never),
    deliver: () => run!.eachBatch!(batchOfOne()),
  })
  return consumer as unknown as Partial<Consumer>
}

function batchOfOne(): EachBatchPayload {
  const message = { offset: '0', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: '0' }
  return {
    batch: { partition: 0, highWatermark: '1', messages: [message] },
    heartbeat: async () => {},
    isRunning: () => true,
    isStale: () => false,
    resolveOffset: () => {},
  } as unknown as EachBatchPayload
}

function consume(handle: (slice: Slice) => Promise<{ kind: 'done' }>) {
  return new KafkaConsumption(
    {
      client: {
        ...{ brokers: ['127.0.0.1:1'], clientId: 'test', connectionTimeoutMs: 100, requestTimeoutMs: 100, retries: 0 },
        onTrouble: () => {},
      },
      ...{ topic: TOPIC, groupId: () => 'g', clock: systemClock, compacted: false },
      bounds: { ...consumerBounds, rebuildAfterMs: 20 },
      consume: {
        ...{ group: 'g', sliceRecordsMax: 10, sliceBytesMax: 1_000 },
        positions: async () => new Map([[0, 0]]),
        onMissing: () => {},
      },
      available: async () => new Map([[0, { low: 0, high: 1 }]]),
      answers: async () => true,
      onTrouble: () => {},
      onFatal: (reason) => {
        throw new Error(reason)
      },
    },
    handle,
  )
}
const flows = () => systemClock.sleep(20)
/** The longest first pause before a slice is given again, and some. */
const retried = () => systemClock.sleep(200)

describe('a consumer that crashes while a slice waits to be given again', () => {
  test.each([
    ['and has told so', (consumer: FakeConsumer) => consumer.crash()],
    ['and has not told yet', (consumer: FakeConsumer) => consumer.end()],
  ])('%s does not take the process with it, and the next one gives it', async (_, stop) => {
    const unheard: unknown[] = []
    const hear = (cause: unknown) => void unheard.push(cause)
    process.on('unhandledRejection', hear)
    let given = 0
    const consumption = consume(async () => {
      given++
      if (given === 1) throw new Error('Postgres is away')
      return { kind: 'done' }
    })
    await vi.waitFor(() => expect(made).toHaveLength(1))
    await flows()
    made[0]!.join()
    await flows()
    await made[0]!.deliver()
    stop(made[0]!)
    await retried()
    made[0]!.crash()
    await vi.waitFor(() => expect(made).toHaveLength(2))
    await flows()
    made[1]!.join()
    await flows()
    await made[1]!.deliver()
    await consumption.stop(100)
    process.off('unhandledRejection', hear)
    expect(unheard).toEqual([])
    expect(given).toBe(2)
  })
})
