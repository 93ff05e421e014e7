import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaClassPath } from '../../scripts/provision/kafka.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKafkaStream, parseKafkaUrl } from '../../src/stream/kafka.ts'
import { partitionOf } from '../../src/stream/partition.ts'
import { type SubmissionHead, submissionHead, submissionRecord } from '../../src/stream/records.ts'
import type { Stream } from '../../src/stream/stream.ts'

const url = process.env['TEST_KAFKA_URL']
if (!url) throw new Error('TEST_KAFKA_URL is not set: this test belongs to the project `service`')
const { brokers } = parseKafkaUrl(url)

/** A tool of the Kafka distribution, whose client is Kafka's own and not ours. */
function kafkaTool(tool: string, args: readonly string[], input = ''): Promise<string> {
  const java = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    kafkaClassPath(),
  ]
  const child = spawn('java', [...java, tool, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  let complaint = ''
  child.stdout.on('data', (data) => {
    said += data
  })
  child.stderr.on('data', (data) => {
    complaint += data
  })
  child.stdin.end(input)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) =>
      code === 0 ? done(said) : fail(new Error(`${tool} ended with ${code}: ${complaint.slice(-600)}`)),
    )
  })
}

const body = Buffer.from('{"XML1":{"MA_LK":"TN-0001","CHAN_DOAN_RV":"Viêm phổi, không đặc hiệu"}}')
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const head: SubmissionHead = {
  submissionId: '0b6f0d5e-3f64-4b52-9a52-5a3fd1f0b6a1',
  receivedAt: '2026-03-10T03:40:00.123Z',
  facilityCode: '01999',
  claimId: 'c_5m3example0000000000000000',
  contentSha256: sha256(Buffer.from('content')),
  bodySha256: sha256(body),
  contentType: 'application/json',
  release: '4750',
}
const key = sha256(Buffer.from('member-1'))

describe('any Kafka client can read and write the topics', () => {
  const topicPrefix = `s${randomBytes(4).toString('hex')}.`
  const topic = `${topicPrefix}claims.submitted.v1`
  let stream: Stream
  beforeAll(async () => {
    stream = await createKafkaStream({
      brokers,
      topicPrefix,
      clientId: 'second-client',
      profile: 'development',
      partitions: 6,
      clock: systemClock,
      onTrouble: () => {},
      onFatal: () => {},
    })
  })
  afterAll(() => stream?.close(3_000))

  test("Kafka's console consumer shows key, headers and bytes of a submitted claim as the contract says", async () => {
    const position = await stream.append('claims.submitted.v1', submissionRecord(head, key, body))
    const shown = await kafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', brokers.join(','), '--topic', topic, '--from-beginning'],
      ...['--max-messages', '1', '--timeout-ms', '20000'],
      ...['partition', 'offset', 'headers', 'key', 'value'].flatMap((name) => ['--property', `print.${name}=true`]),
      ...['--property', 'key.separator=|', '--property', 'headers.separator=,'],
    ])
    const [partition, offset, headers, shownKey, value] = shown.trim().split('|')
    expect(partition).toBe(`Partition:${position.partition}`)
    expect(offset).toBe(`Offset:${position.offset}`)
    expect(shownKey).toBe(key)
    expect(value).toBe(body.toString())
    const read = Object.fromEntries(
      headers!.split(',').map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]),
    )
    expect(read).toEqual({
      ce_specversion: '1.0',
      ce_id: head.submissionId,
      ce_type: 'vn.bhyt.claim.submitted.v1',
      ce_source: '/facilities/01999',
      ce_time: '2026-03-10T03:40:00.123Z',
      facility: '01999',
      'claim-id': head.claimId,
      'content-sha256': head.contentSha256,
      'body-sha256': head.bodySha256,
      'content-type': 'application/json',
      release: '4750',
    })
    expect(submissionHead(read)).toEqual(head)
  })

  test("what Kafka's console producer writes lands in our partition and is read as a record", async () => {
    const records: { partition: number; key: string; value: string | undefined; headers: object }[] = []
    await stream.tail('claims.dead-letter.v1', (batch) => {
      for (const { partition, key: recordKey, value, headers } of batch)
        records.push({ partition, key: recordKey, value: value?.toString(), headers })
    })
    await kafkaTool(
      'org.apache.kafka.tools.ConsoleProducer',
      [
        ...['--bootstrap-server', brokers.join(','), '--topic', `${topicPrefix}claims.dead-letter.v1`],
        ...['--property', 'parse.key=true', '--property', 'parse.headers=true'],
      ],
      `ce_id:1\t${key}\ttừ nơi khác\n`,
    )
    const end = performance.now() + 10_000
    while (records.length === 0 && performance.now() < end) await new Promise((done) => setTimeout(done, 20))
    expect(records).toEqual([{ partition: partitionOf(key, 6), key, value: 'từ nơi khác', headers: { ce_id: '1' } }])
  })
})
