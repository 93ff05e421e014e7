import { startKafka } from '../../scripts/provision/kafka.ts'
import { startTestPostgres } from '../../scripts/provision/postgres.ts'
import { startRedis } from '../../scripts/provision/redis.ts'

/**
 * Set-up of the `service` project: real Kafka, Redis and Postgres for the whole run, each unless the environment already names one. A
 * back end that cannot be had fails the run; nothing is skipped.
 */
export default async function services(): Promise<() => Promise<void>> {
  const started: { stop(): Promise<void> }[] = []
  const provide = async (name: string, start: () => Promise<{ url: string; stop(): Promise<void> }>) => {
    if (process.env[name]) return
    const service = await start()
    process.env[name] = service.url
    started.push(service)
  }
  try {
    await provide('TEST_KAFKA_URL', () => startKafka({ brokers: 1 }))
    await provide('TEST_REDIS_URL', () => startRedis())
    await provide('TEST_POSTGRES_URL', () => startTestPostgres(() => {}))
  } catch (cause) {
    await Promise.all(started.map((service) => service.stop()))
    throw cause
  }
  return async () => {
    await Promise.all(started.map((service) => service.stop()))
  }
}
