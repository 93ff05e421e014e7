import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/platform/clock.ts'
import { createKafkaStream, parseKafkaUrl } from '../../src/stream/kafka.ts'
import { createKafkaClient } from '../../src/stream/kafka-client.ts'
import type { Stream } from '../../src/stream/stream.ts'
import { type StreamUnderTest, streamContract } from '../contract/stream-contract.ts'

const url = process.env['TEST_KAFKA_URL']
if (!url) throw new Error('TEST_KAFKA_URL is not set: this test belongs to the project `service`')
const { brokers } = parseKafkaUrl(url)
const admin = createKafkaClient({
  brokers,
  clientId: 'contract',
  connectionTimeoutMs: 1_000,
  requestTimeoutMs: 10_000,
  retries: 5,
  onTrouble: () => {},
}).admin()

streamContract('the stream on Kafka', async (): Promise<StreamUnderTest> => {
  const topicPrefix = `t${randomBytes(5).toString('hex')}.`
  const opened: Stream[] = []
  return {
    open: async () => {
      const stream = await createKafkaStream({
        brokers,
        topicPrefix,
        clientId: 'contract',
        profile: 'development',
        partitions: 6,
        clock: systemClock,
        onTrouble: () => {},
        onFatal: (reason) => {
          throw new Error(reason)
        },
      })
      opened.push(stream)
      return stream
    },
    removeBelow: async (topic, partition, low) => {
      // kafkajs looks for the leader before it has asked about the topic.
      await admin.fetchTopicOffsets(topicPrefix + topic)
      await admin.deleteTopicRecords({ topic: topicPrefix + topic, partitions: [{ partition, offset: String(low) }] })
    },
    end: async () => {
      await Promise.all(opened.map((stream) => stream.close(5_000)))
      await admin.deleteTopics({ topics: (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix)) })
    },
  }
})
