import type { Sql } from '../platform/postgres.ts'
import { CHANNEL } from './embedded-log.ts'
import type { Topic } from './stream.ts'

/** Who a group member is. */
export interface GroupMember {
  readonly topic: Topic
  readonly group: string
  readonly member: string
}

/** Makes the group's rows, as free partitions. */
export async function openGroup(sql: Sql, { topic, group }: GroupMember): Promise<void> {
  await sql.query(
    `INSERT INTO log_owner (topic, group_name, partition)
     SELECT topic, $2, partition FROM log_partition WHERE topic = $1
     ON CONFLICT (topic, group_name, partition) DO NOTHING`,
    [topic, group],
  )
}

/**
 * Says that this member lives and renews its leases.
 * @returns the partitions it owns now, and how many would be its share among all members that live
 */
export async function renew(
  sql: Sql,
  { topic, group, member }: GroupMember,
  leaseMs: number,
): Promise<{ owned: readonly number[]; share: number }> {
  const values = [topic, group, member, leaseMs]
  await sql.query(
    `INSERT INTO log_member (topic, group_name, member, until) VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
     ON CONFLICT (topic, group_name, member) DO UPDATE SET until = excluded.until`,
    values,
    'log-member',
  )
  const { rows } = await sql.query<{ partition: number }>(
    `UPDATE log_owner SET until = now() + $4 * interval '1 millisecond'
     WHERE topic = $1 AND group_name = $2 AND member = $3 AND until > now() RETURNING partition`,
    values,
    'log-renew',
  )
  const shares = await sql.query<{ share: number }>(
    `SELECT ceil((SELECT count(*) FROM log_owner WHERE topic = $1 AND group_name = $2)::double precision
       / (SELECT count(*) FROM log_member WHERE topic = $1 AND group_name = $2 AND until > now()))::integer AS share`,
    [topic, group],
    'log-share',
  )
  return { owned: rows.map(({ partition }) => partition), share: shares.rows[0]?.share ?? 0 }
}

/** Takes at most `count` partitions that nobody owns. */
export async function take(
  sql: Sql,
  { topic, group, member }: GroupMember,
  leaseMs: number,
  count: number,
): Promise<readonly number[]> {
  const { rows } = await sql.query<{ partition: number }>(
    `UPDATE log_owner o SET member = $3, until = now() + $4 * interval '1 millisecond'
     FROM (SELECT partition FROM log_owner WHERE topic = $1 AND group_name = $2 AND until <= now()
           ORDER BY partition LIMIT $5 FOR UPDATE SKIP LOCKED) AS free
     WHERE o.topic = $1 AND o.group_name = $2 AND o.partition = free.partition RETURNING o.partition`,
    [topic, group, member, leaseMs, count],
    'log-take',
  )
  return rows.map(({ partition }) => partition)
}

/** Gives partitions back and tells the other members. */
export async function release(sql: Sql, { topic, group, member }: GroupMember, partitions: readonly number[]): Promise<void> {
  await sql.query(
    `WITH freed AS (
       UPDATE log_owner SET until = '-infinity'
       WHERE topic = $1 AND group_name = $2 AND member = $3 AND partition = ANY ($4::integer[]) RETURNING 1
     ) SELECT pg_notify($5, $6) FROM freed`,
    [topic, group, member, partitions, CHANNEL, groupNotice(topic, group)],
  )
}

/** Leaves the group with all it owns. */
export async function leave(sql: Sql, { topic, group, member }: GroupMember): Promise<void> {
  await sql.query(
    `WITH freed AS (
       UPDATE log_owner SET until = '-infinity' WHERE topic = $1 AND group_name = $2 AND member = $3 RETURNING 1
     ), gone AS (
       DELETE FROM log_member WHERE topic = $1 AND group_name = $2 AND (member = $3 OR until < now() - interval '1 hour')
     ) SELECT pg_notify($4, $5)`,
    [topic, group, member, CHANNEL, groupNotice(topic, group)],
  )
}

/** What the other processes hear when partitions of a group become free. */
export const groupNotice = (topic: Topic, group: string) => `group ${topic} ${group}`

/** Of the partitions that this member owned last; also back, when the ledger went back, so that nothing it needs is trimmed. */
export async function saveHints(
  sql: Sql,
  { topic, group, member }: GroupMember,
  next: ReadonlyMap<number, number>,
): Promise<void> {
  await sql.query(
    `UPDATE log_owner o SET hint = h.next
     FROM unnest($4::integer[], $5::bigint[]) AS h(partition, next)
     WHERE o.topic = $1 AND o.group_name = $2 AND o.member = $3 AND o.partition = h.partition AND o.hint <> h.next`,
    [topic, group, member, [...next.keys()], [...next.values()]],
    'log-hint',
  )
}

export async function lagOf(sql: Sql, topic: Topic, group: string): Promise<number> {
  const { rows } = await sql.query<{ lag: string }>(
    `SELECT coalesce(sum(greatest(0, p.next - greatest(p.low, coalesce(o.hint, 0)))), 0) AS lag
     FROM log_partition p LEFT JOIN log_owner o ON o.topic = p.topic AND o.partition = p.partition AND o.group_name = $2
     WHERE p.topic = $1`,
    [topic, group],
    'log-lag',
  )
  return Number(rows[0]?.lag ?? 0)
}
