import type { Admin } from 'kafkajs'
import { TOPICS, type Topic } from './stream.ts'

/** Largest record batch of a topic: the contract's 9 MiB. */
const MESSAGE_BYTES_MAX = 9 * 1024 * 1024
/** Kafka's number for a topic among the things that have a configuration; kafkajs's own name of it cannot be imported by name. */
const TOPIC_RESOURCE = 2
const DAY_MS = 86_400_000
const RETENTION_DAYS_MIN = 30
const REPLICAS_MIN = 3
const IN_SYNC_MIN = 2

const isCompacted = (topic: Topic) => topic === 'registry.members.v1'

export interface CreateTopicsOptions {
  readonly topicPrefix: string
  /** Of each topic, used only when it is made: order is per key, so the number never changes later. */
  readonly partitions: number
}

/** Makes the topics that are missing: as many replicas as there are brokers, at most 3, of which one may be away. */
export async function createTopics(admin: Admin, { topicPrefix, partitions }: CreateTopicsOptions): Promise<void> {
  const { brokers } = await admin.describeCluster()
  const existing = new Set(await admin.listTopics())
  const missing = TOPICS.filter((topic) => !existing.has(topicPrefix + topic))
  if (missing.length === 0) return
  const replicas = Math.min(REPLICAS_MIN, brokers.length)
  await admin.createTopics({
    waitForLeaders: true,
    timeout: 10_000,
    topics: missing.map((topic) => ({
      topic: topicPrefix + topic,
      numPartitions: partitions,
      replicationFactor: replicas,
      configEntries: configOf(topic, replicas).map(([name, value]) => ({ name, value })),
    })),
  })
}

function configOf(topic: Topic, replicas: number): [string, string][] {
  const common: [string, string][] = [
    ['max.message.bytes', `${MESSAGE_BYTES_MAX}`],
    ['min.insync.replicas', `${Math.max(1, Math.min(IN_SYNC_MIN, replicas - 1))}`],
    ['unclean.leader.election.enable', 'false'],
  ]
  return isCompacted(topic)
    ? [...common, ['cleanup.policy', 'compact']]
    : [...common, ['cleanup.policy', 'delete'], ['retention.ms', `${RETENTION_DAYS_MIN * DAY_MS}`], ['retention.bytes', '-1']]
}

/**
 * What is wrong with the topics, each a line for people. `production` also asks for 3 replicas, 2 of them in sync, and no unclean
 * election; 30 days of retention for what was submitted.
 */
export async function checkTopics(admin: Admin, topicPrefix: string, profile: 'development' | 'production'): Promise<string[]> {
  const existing = new Set(await admin.listTopics())
  const missing = TOPICS.filter((topic) => !existing.has(topicPrefix + topic))
  const present = TOPICS.filter((topic) => existing.has(topicPrefix + topic))
  const faults = missing.map((topic) => `topic ${topicPrefix + topic} does not exist`)
  if (present.length === 0) return faults
  const names = present.map((topic) => topicPrefix + topic)
  const [{ topics }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: names }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: TOPIC_RESOURCE, name })),
    }),
  ])
  for (const topic of present) {
    const name = topicPrefix + topic
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? []
    const config = new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
    const partitions = topics.find((one) => one.name === name)?.partitions ?? []
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length))
    faults.push(...faultsOf(topic, config, replicas, profile).map((fault) => `topic ${name}: ${fault}`))
  }
  return faults
}

function faultsOf(
  topic: Topic,
  config: ReadonlyMap<string, string>,
  replicas: number,
  profile: 'development' | 'production',
): string[] {
  const faults: string[] = []
  const value = (name: string) => Number(config.get(name))
  if (!(value('max.message.bytes') >= MESSAGE_BYTES_MAX)) faults.push(`max.message.bytes is below ${MESSAGE_BYTES_MAX}`)
  if (profile !== 'production') return faults
  if (replicas < REPLICAS_MIN) faults.push(`${replicas} replicas, fewer than ${REPLICAS_MIN}`)
  if (!(value('min.insync.replicas') >= IN_SYNC_MIN)) faults.push(`min.insync.replicas is below ${IN_SYNC_MIN}`)
  if (config.get('unclean.leader.election.enable') !== 'false') faults.push('unclean.leader.election.enable is on')
  const retentionMs = value('retention.ms')
  if (topic === 'claims.submitted.v1' && retentionMs !== -1 && !(retentionMs >= RETENTION_DAYS_MIN * DAY_MS))
    faults.push(`retention.ms is below ${RETENTION_DAYS_MIN} days`)
  if (topic === 'claims.submitted.v1' && value('retention.bytes') !== -1) faults.push('retention.bytes is limited')
  return faults
}
