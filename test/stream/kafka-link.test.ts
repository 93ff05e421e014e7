import type { Admin } from 'kafkajs'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { KafkaLink } from '../../src/stream/kafka-link.ts'
import { StreamUnavailable } from '../../src/stream/stream.ts'

/** Admin connections that a test makes: each answers while it is open. */
interface FakeAdmin {
  isOpen: boolean
  answer(ms: number): Promise<string>
}
const made: FakeAdmin[] = []
vi.mock('../../src/stream/kafka-client.ts', () => ({
  createKafkaClient: () => ({
    admin() {
      const admin = {
        isOpen: false,
        async connect() {
          admin.isOpen = true
        },
        async disconnect() {
          admin.isOpen = false
        },
        async answer(ms: number) {
          await systemClock.sleep(ms)
          if (!admin.isOpen) throw new Error('the connection is closed')
          return 'answered'
        },
      }
      made.push(admin)
      return admin
    },
  }),
  producingFor: () => {},
}))
beforeEach(() => {
  made.length = 0
})

const makeLink = () =>
  new KafkaLink({
    client: {
      ...{ brokers: ['127.0.0.1:1'], clientId: 'test', connectionTimeoutMs: 100, requestTimeoutMs: 100, retries: 0 },
      onTrouble: () => {},
    },
    ackTimeoutMs: 100,
    clock: systemClock,
  })
const answering = (ms: number) => (admin: Admin) => (admin as unknown as FakeAdmin).answer(ms)
const failing = async () => {
  throw new Error('no coordinator')
}

describe('questions to Kafka side by side', () => {
  test('share one connection', async () => {
    const link = makeLink()
    await Promise.all([link.ask(answering(10)), link.ask(answering(20)), link.ask(answering(5))])
    expect(made.map(({ isOpen }) => isOpen)).toEqual([true])
    await link.close()
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false])
  })

  test('that fail do not cut off the others; who asks afterwards has a new connection, and the old one ends', async () => {
    const link = makeLink()
    const slow = link.ask(answering(60))
    await expect(link.ask(failing)).rejects.toBeInstanceOf(StreamUnavailable)
    expect(await link.ask(answering(1))).toBe('answered')
    expect(await slow).toBe('answered')
    await expect.poll(() => made.map(({ isOpen }) => isOpen)).toEqual([false, true])
    await link.close()
  })
})
