import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Logger } from '../platform/log.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import type { Consumption, Slice, SliceOutcome, Stream } from '../stream/stream.ts'
import { applyMembers } from './apply-members.ts'
import type { RunningEligibility } from './create-eligibility.ts'
import { createMemberRecords, MEMBERS_TOPIC } from './feed-record.ts'

export const REGISTER_GROUP = 'register'
const SLICE_RECORDS_MAX = 1_000
const SLICE_BYTES_MAX = 8 * 1024 * 1024

export interface FeedDeps {
  readonly stream: Pick<Stream, 'consume' | 'hint'>
  readonly pool: PostgresPool
  readonly keyedHash: KeyedHash
  readonly eligibility: Pick<RunningEligibility, 'membersChanged'>
  /** Next offset of each partition as the ledger knows it. */
  readonly offsets: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
  readonly log: Logger
  readonly onTrouble: (what: string, cause: unknown) => void
}

/**
 * The register as the topic of members has it. A record that cannot be read is passed over and told; a member leaves by a coverage that ends, so
 * a record without a value changes nothing.
 */
export async function startRegisterFeed(deps: FeedDeps): Promise<Consumption> {
  const { stream, onTrouble } = deps
  return stream.consume(
    MEMBERS_TOPIC,
    {
      group: REGISTER_GROUP,
      positions: deps.offsets,
      onMissing: (partition) => onTrouble('missing', new Error(`records of partition ${partition} of the members are missing`)),
      sliceRecordsMax: SLICE_RECORDS_MAX,
      sliceBytesMax: SLICE_BYTES_MAX,
    },
    createApply(deps),
  )
}

function createApply({ stream, pool, keyedHash, eligibility, log, onTrouble }: FeedDeps) {
  const records = createMemberRecords(keyedHash)
  return async function apply(slice: Slice): Promise<SliceOutcome> {
    const { partition } = slice
    const sealed = slice.records.filter(({ value }) => value !== null)
    const fed = sealed.flatMap((record) => records.decode(record) ?? [])
    const next = slice.records.at(-1)!.offset + 1
    const { changedKeys, revision, ...counts } = await applyMembers(pool, keyedHash, fed, {
      topic: MEMBERS_TOPIC,
      partition,
      next,
    })
    const unreadable = sealed.length - fed.length
    if (unreadable + counts.conflicting > 0) {
      onTrouble(
        'records',
        new Error(`${unreadable} records cannot be read, ${counts.conflicting} differ under the version that is stored`),
      )
    }
    // The rows are safe; a cache that cannot be told is only older until its copies end.
    await eligibility.membersChanged(changedKeys, revision).catch((cause: unknown) => onTrouble('cache', cause))
    stream.hint(MEMBERS_TOPIC, REGISTER_GROUP, new Map([[partition, next]]))
    log.debug('register.fed', { count: counts.applied, partition })
    return { kind: 'done' }
  }
}
