import { join } from 'node:path'
import { filingSuite } from './support/filing.ts'
import { createDatabase } from './support/store.ts'

filingSuite('on Kafka, Postgres and Redis, one ingest and one adjudication process', async (folder) => {
  const database = await createDatabase(process.env['TEST_POSTGRES_URL']!)
  return {
    env: {
      GATEWAY_STORE_URL: database.url,
      GATEWAY_STREAM_URL: `${process.env['TEST_KAFKA_URL']!}/filing-${process.pid}-`,
      GATEWAY_CACHE_URL: process.env['TEST_REDIS_URL']!,
      GATEWAY_KEYS_DIR: join(folder, 'keys'),
    },
    roles: ['ingest', 'adjudication'],
    stop: () => database.drop(),
  }
})
