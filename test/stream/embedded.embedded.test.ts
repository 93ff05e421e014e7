import { systemClock } from '../../src/platform/clock.ts'
import { createEmbeddedStream } from '../../src/stream/embedded.ts'
import type { Stream } from '../../src/stream/stream.ts'
import { type StreamUnderTest, streamContract } from '../contract/stream-contract.ts'
import { freshDatabase } from '../support/database.ts'

streamContract('the stream in the embedded Postgres', async (): Promise<StreamUnderTest> => {
  const { pool, drop } = await freshDatabase()
  const opened: Stream[] = []
  return {
    open: async () => {
      const stream = await createEmbeddedStream({ pool, clock: systemClock, partitions: 6, onTrouble: () => {} })
      opened.push(stream)
      return stream
    },
    removeBelow: async (topic, partition, low) => {
      await pool.query('DELETE FROM log_record WHERE topic = $1 AND partition = $2 AND record_offset < $3', [
        topic,
        partition,
        low,
      ])
      await pool.query('UPDATE log_partition SET low = $3 WHERE topic = $1 AND partition = $2', [topic, partition, low])
    },
    end: async () => {
      await Promise.all(opened.map((stream) => stream.close(5_000)))
      await drop()
    },
  }
})
