import type { PostgresPool } from '../platform/postgres.ts'
import type { Topic } from '../stream/stream.ts'

/**
 * Starts partitions from the beginning of their log: for a topic that was made anew, on purpose and by a person. Safe for the ledger:
 * what it knows already is known by content and not decided again.
 */
export async function resetOffsets(pool: PostgresPool, topic: Topic, partitions: readonly number[]): Promise<void> {
  await pool.query('UPDATE stream_offset SET next = 0 WHERE topic = $1 AND partition = ANY($2::int[])', [topic, partitions])
}
