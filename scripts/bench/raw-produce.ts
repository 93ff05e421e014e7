import { parseArgs } from 'node:util'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { type ClaimSize, createClaimFactory } from '../../load/claims.ts'

/**
 * Baseline of P6: what kafkajs alone appends, the same bytes with as many headers, batches of 200, all in-sync replicas, two batches
 * under way. Prints one line of JSON.
 */
const { values } = parseArgs({
  options: {
    brokers: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '2' },
    size: { type: 'string', default: 'small' },
    topic: { type: 'string', default: 'bench.raw' },
  },
})
const BATCH = 200
const kafka = new Kafka({ clientId: 'bench', brokers: values.brokers!.split(','), logLevel: logLevel.ERROR })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic: values.topic, numPartitions: 6 }] })
await admin.disconnect()
const producer = kafka.producer({ idempotent: false, createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()

const make = createClaimFactory({ run: 'P', facility: '01999', date: '2026-03-10', members: 10_000, seed: 1 })
const headers = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`header-${index}`, 'x'.repeat(24)]))
let sequence = 0
const batch = () =>
  Array.from({ length: BATCH }, () => {
    const { encounterId, body } = make({ sequence: sequence++, size: values.size as ClaimSize, format: 'json', revision: 0 })
    return { key: encounterId, value: body, headers }
  })

const warmUpMs = Number(values['warm-up']) * 1_000
const endMs = warmUpMs + Number(values.seconds) * 1_000
const startedAt = performance.now()
let counted = 0
let cpuAtStart = process.cpuUsage()
let warm = false
async function lane(): Promise<void> {
  for (;;) {
    const at = performance.now() - startedAt
    if (at > endMs) return
    if (at > warmUpMs && !warm) {
      warm = true
      cpuAtStart = process.cpuUsage()
    }
    await producer.send({ topic: values.topic, acks: -1, messages: batch() })
    if (at > warmUpMs) counted += BATCH
  }
}
await Promise.all([lane(), lane()])
const { user, system } = process.cpuUsage(cpuAtStart)
await producer.disconnect()
process.stdout.write(
  `${JSON.stringify({ perSecond: Math.round(counted / Number(values.seconds)), cpuUs: Math.round((user + system) / Math.max(1, counted)) })}\n`,
)
