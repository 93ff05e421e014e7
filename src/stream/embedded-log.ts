import { binaryArray, type PostgresPool, PostgresUnavailable, type Sql } from '../platform/postgres.ts'
import { type PlacedRecord, SendFailed } from './append-lane.ts'
import type { LogRange } from './known-ends.ts'
import { type StreamRecord, StreamUnavailable, TOPICS, type Topic } from './stream.ts'

/** The log's SQL: what is stored, in which order, and what is read back. */
export const CHANNEL = 'bhyt_log'

/**
 * Makes the rows of topics that have none; the number of partitions never changes afterwards. Of two first starts at once the first to
 * commit counts: the lock lets the other see its rows, and every process places a key by the same number.
 * @returns how many each topic has
 */
export async function preparePartitions(pool: PostgresPool, partitions: number): Promise<ReadonlyMap<Topic, number>> {
  const known = await countPartitions(pool)
  if (TOPICS.every((topic) => known.has(topic))) return known
  return pool.transaction(async (sql) => {
    await sql.query('LOCK TABLE log_partition IN SHARE ROW EXCLUSIVE MODE')
    await sql.query(
      `INSERT INTO log_partition (topic, partition)
       SELECT t.topic, p.partition FROM unnest($1::text[]) AS t(topic), generate_series(0, $2::integer - 1) AS p(partition)
       WHERE NOT EXISTS (SELECT FROM log_partition l WHERE l.topic = t.topic)`,
      [TOPICS, partitions],
    )
    return countPartitions(sql)
  })
}

async function countPartitions(sql: Sql): Promise<ReadonlyMap<Topic, number>> {
  const { rows } = await sql.query<{ topic: Topic; count: number }>(
    'SELECT topic, count(*) AS count FROM log_partition GROUP BY topic ORDER BY topic',
  )
  return new Map(rows.map(({ topic, count }) => [topic, count]))
}

/**
 * One statement, so one transaction: takes offsets from the partitions' rows (locked in order), stores the records, and tells listeners
 * in other processes.
 */
const APPEND = `
  WITH given AS MATERIALIZED (
    SELECT * FROM unnest($2::integer[], $3::integer[]) AS g(partition, records)
  ), locked AS MATERIALIZED (
    SELECT p.partition FROM given g JOIN log_partition p ON p.topic = $1 AND p.partition = g.partition
    ORDER BY p.partition FOR UPDATE OF p
  ), moved AS (
    UPDATE log_partition p SET next = p.next + g.records FROM given g JOIN locked k USING (partition)
    WHERE p.topic = $1 AND p.partition = g.partition
    RETURNING p.partition, p.next - g.records AS first
  ), stored AS (
    INSERT INTO log_record (topic, partition, record_offset, key, headers, value)
    SELECT $1, m.partition, m.first + r.place, r.key, r.headers, r.value
    FROM unnest($4::integer[], $5::integer[], $6::text[], $7::text[], $8::bytea[]) AS r(partition, place, key, headers, value)
    JOIN moved m USING (partition)
  )
  SELECT m.partition, m.first, pg_notify('${CHANNEL}', $9) FROM moved m`

/** @returns the first offset of every partition of the batch @throws SendFailed, which knows whether anything may be stored */
export async function appendBatch(
  sql: Sql,
  topic: Topic,
  batch: readonly PlacedRecord[],
  notice: string,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>()
  const places = batch.map(({ partition }) => {
    const place = counts.get(partition) ?? 0
    counts.set(partition, place + 1)
    return place
  })
  const values = [
    topic,
    [...counts.keys()],
    [...counts.values()],
    batch.map(({ partition }) => partition),
    places,
    batch.map(({ record }) => record.key),
    batch.map(({ record }) => JSON.stringify(record.headers)),
    binaryArray(
      'bytea',
      batch.map(({ record }) => record.value),
    ),
    notice,
  ]
  try {
    const { rows } = await sql.query<{ partition: number; first: number }>(APPEND, values, 'log-append')
    return new Map(rows.map(({ partition, first }) => [partition, first]))
  } catch (cause) {
    const unknown = cause instanceof PostgresUnavailable && cause.commitUnknown
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new SendFailed(message, { nothingStored: !unknown }, cause)
  }
}

/** @throws StreamUnavailable */
export async function rangesOf(sql: Sql, topic: Topic): Promise<ReadonlyMap<number, LogRange>> {
  try {
    const { rows } = await sql.query<{ partition: number; low: number; next: number }>(
      'SELECT partition, low, next FROM log_partition WHERE topic = $1 ORDER BY partition',
      [topic],
      'log-ranges',
    )
    return new Map(rows.map(({ partition, low, next }) => [partition, { low, high: next }]))
  } catch (cause) {
    throw new StreamUnavailable('the embedded log cannot be asked', { cause })
  }
}

const FETCH = `
  SELECT w.partition, r.record_offset, r.key, r.headers, r.value, r.appended_at
  FROM unnest($2::integer[], $3::bigint[]) AS w(partition, expected)
  CROSS JOIN LATERAL (
    SELECT l.*, row_number() OVER up_to AS number, sum(coalesce(octet_length(l.value), 0)) OVER up_to AS bytes
    FROM (
      SELECT * FROM log_record l
      WHERE l.topic = $1 AND l.partition = w.partition AND l.record_offset >= w.expected
      ORDER BY l.record_offset LIMIT $4
    ) l
    WINDOW up_to AS (ORDER BY l.record_offset ROWS UNBOUNDED PRECEDING)
  ) r
  WHERE r.number = 1 OR r.bytes <= $5
  ORDER BY w.partition, r.record_offset`

/** At most `recordsMax` records and `bytesMax` bytes of each partition, from the offset given for it; a larger record comes alone. */
export async function fetchFrom(
  sql: Sql,
  topic: Topic,
  from: ReadonlyMap<number, number>,
  recordsMax: number,
  bytesMax: number,
): Promise<ReadonlyMap<number, readonly StreamRecord[]>> {
  const { rows } = await sql.query<{
    partition: number
    record_offset: number
    key: string
    headers: string
    value: Buffer | null
    appended_at: string
  }>(FETCH, [topic, [...from.keys()], [...from.values()], recordsMax, bytesMax], 'log-fetch')
  const found = new Map<number, StreamRecord[]>()
  for (const { partition, record_offset, key, headers, value, appended_at } of rows) {
    const record: StreamRecord = {
      partition,
      offset: record_offset,
      key,
      value,
      headers: JSON.parse(headers) as Record<string, string>,
      appendedAt: Date.parse(appended_at),
    }
    const records = found.get(partition)
    if (records) records.push(record)
    else found.set(partition, [record])
  }
  return found
}

/**
 * Deletes from the front of every partition, at most `recordsMax` at a time, what is older than `ageMs` and what every group that
 * ever read the topic has behind it. @returns records deleted
 */
export async function trim(sql: Sql, ageMs: number, recordsMax: number): Promise<number> {
  const { rows } = await sql.query<{ trimmed: number }>(
    `WITH cut AS MATERIALIZED (
       SELECT p.topic, p.partition, coalesce(max(r.record_offset) + 1, p.low) AS low
       FROM log_partition p
       CROSS JOIN LATERAL (
         SELECT l.record_offset, l.appended_at FROM log_record l
         WHERE l.topic = p.topic AND l.partition = p.partition AND l.record_offset >= p.low
         ORDER BY l.record_offset LIMIT $2
       ) r
       WHERE r.appended_at < now() - $1 * interval '1 millisecond'
         AND r.record_offset < (SELECT coalesce(min(o.hint), p.next) FROM log_owner o
                                WHERE o.topic = p.topic AND o.partition = p.partition)
       GROUP BY p.topic, p.partition
     ), moved AS (
       UPDATE log_partition p SET low = c.low FROM cut c WHERE p.topic = c.topic AND p.partition = c.partition
     ), gone AS (
       DELETE FROM log_record l USING cut c
       WHERE l.topic = c.topic AND l.partition = c.partition AND l.record_offset < c.low
       RETURNING 1
     )
     SELECT count(*) AS trimmed FROM gone`,
    [ageMs, recordsMax],
  )
  return rows[0]?.trimmed ?? 0
}
