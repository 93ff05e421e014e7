/** The port of the durable log. Adapters: `kafka.ts` (Apache Kafka through kafkajs) and `embedded.ts` (a table in Postgres). */

export type Topic =
  | 'claims.submitted.v1'
  | 'claims.decided.v1'
  | 'check-ins.recorded.v1'
  | 'registry.members.v1'
  | 'claims.dead-letter.v1'
export const TOPICS: readonly Topic[] = [
  'claims.submitted.v1',
  'claims.decided.v1',
  'check-ins.recorded.v1',
  'registry.members.v1',
  'claims.dead-letter.v1',
]

export type Headers = Readonly<Record<string, string>>

export interface OutgoingRecord {
  /** Keyed hash of the member, hex. Never personal data. The same key always lands in the same partition. */
  readonly key: string
  /** Bytes as submitted or as decided; `null` where a decision is too large and travels by its headers alone. */
  readonly value: Buffer | null
  /** ASCII header values. */
  readonly headers: Headers
}
export interface Position {
  readonly partition: number
  readonly offset: number
}
export interface StreamRecord extends OutgoingRecord, Position {
  readonly appendedAt: number
}
/** Consecutive records of one partition. */
export interface Slice {
  readonly partition: number
  readonly records: readonly StreamRecord[]
}

/** No connection, or the breaker is open: nothing left this process, nothing was stored. */
export class StreamUnavailable extends Error {
  readonly retryable = true
  override readonly name = 'StreamUnavailable'
}
/** A write was begun and its outcome is unknown: it may or may not have landed. Send the same bytes again. */
export class StreamUnconfirmed extends Error {
  readonly retryable = true
  override readonly name = 'StreamUnconfirmed'
}
/** The record can never fit (over 9 MiB with headers): refused before batching. */
export class RecordTooLarge extends Error {
  readonly retryable = false
  override readonly name = 'RecordTooLarge'
}

export interface ConsumeOptions {
  readonly group: string
  /**
   * Asked at every assignment: the next offset of each partition as the ledger knows it. A partition that is absent starts at 0.
   * Log start above it, or log end below it, means records are missing: the partition stops and `onMissing` is called; never a reset.
   */
  readonly positions: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
  readonly onMissing: (partition: number, expected: number, available: { low: number; high: number }) => void
  /** Bound on records and bytes of one slice. */
  readonly sliceRecordsMax: number
  readonly sliceBytesMax: number
}
/**
 * What became of a slice: `done` = go on after it; `again` = deliver from `next`: ahead (stale owner, or a part was taken), or back (the
 * ledger was restored to an earlier moment, or reset). `next` is checked against the log as a position of the ledger is. Only `done` is
 * progress.
 */
export type SliceOutcome = { readonly kind: 'done' } | { readonly kind: 'again'; readonly next: number }

export interface Subscription {
  /** Leaves the group, waits for the running slices at most `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
}
export interface Consumption extends Subscription {
  /**
   * Records that the log holds beyond what this consumer was told is done, in the partitions that it owns now and that are not stopped
   * as missing (`trouble` tells of those). 0 when it owns none; `undefined` while it does not know yet where a partition stands, and when
   * the ends have not been read for 10 s. Cheap: kept up to date about once a second. Unlike `lag` it needs no hints.
   */
  waiting(): number | undefined
}

export interface Stream {
  /**
   * Resolves only when the record would survive the death of any one process (Kafka: acknowledged by all in-sync replicas).
   * Micro-batched inside. Bounded by the append deadline.
   * @throws StreamUnavailable nothing was stored · StreamUnconfirmed outcome unknown · RecordTooLarge
   */
  append(topic: Topic, record: OutgoingRecord): Promise<Position>
  /** The same for many records at once, in order; rejects as a whole if any one is not acknowledged (then all are unknown). */
  appendAll(topic: Topic, records: readonly OutgoingRecord[]): Promise<readonly Position[]>
  /**
   * At least once, in order per partition. Slices of different partitions may be handled side by side, never two of one partition.
   * A handler that throws gets the slice again after a bounded, growing pause; later records of that partition wait.
   * Starting to consume never loses a record appended before.
   */
  consume(topic: Topic, options: ConsumeOptions, handle: (slice: Slice) => Promise<SliceOutcome>): Promise<Consumption>
  /** Every record appended after the returned promise resolved, to this process alone; no positions kept, no effect on groups. */
  tail(topic: Topic, handle: (records: readonly StreamRecord[]) => void): Promise<Subscription>
  /** End offset (next to be written) of each partition. @throws StreamUnavailable */
  ends(topic: Topic): Promise<ReadonlyMap<number, number>>
  /**
   * Tells the log how far the ledger is, for lag meters and for trimming; nothing resumes from it. Stored within about a second by the
   * consumer of this process that owns the partition, and kept until it is stored; a partition that is lost before is left to its next
   * owner. At every assignment, and whenever the handler says `again`, the position of the ledger is passed on without being asked.
   * Never throws.
   */
  hint(topic: Topic, group: string, next: ReadonlyMap<number, number>): void
  /**
   * Records between the hints of `group` and the ends, over all partitions, whoever owns them. A meter, a second or two behind: it
   * still counts what a killed process decided and did not hint until the partition has another owner, and learns that a ledger went back
   * when its consumer does. `undefined` when not asked for before, or not readable for 10 s. Cheap.
   */
  lag(topic: Topic, group: string): number | undefined
  /** `undefined` when healthy, else a reason for people. */
  trouble(): string | undefined
  /** Flushes what waits, closes within the deadline. */
  close(deadlineMs: number): Promise<void>
}
