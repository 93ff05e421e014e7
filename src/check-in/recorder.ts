import type { Clock } from '../platform/clock.ts'
import type { Stream, Subscription } from '../stream/stream.ts'
import type { CheckInStore } from './check-in-store.ts'
import { readLook } from './note-looks.ts'
import type { Once } from './once.ts'
import { CHECK_INS_TOPIC, readRecord, streamRecordOf } from './record.ts'

export const CHECK_INS_GROUP = 'check-ins'
const SLICE_RECORDS_MAX = 500
const SLICE_BYTES_MAX = 8 * 1024 * 1024
/** What comes meanwhile is one transaction with the next: a desk's day is as new as this. */
const GATHER_MS = 100
/** What was written while the stream was down is said there when it is this old, and looked for as often. */
const SWEEP_MS = 5_000
const SWEEP_RECORDS_MAX = 500
const CLEAN_EVERY_SWEEPS = 720

export interface RecorderDeps {
  readonly stream: Pick<Stream, 'consume' | 'appendAll' | 'hint'>
  readonly store: CheckInStore
  readonly once: Pick<Once, 'clean'>
  /** Next offset of each partition as the ledger knows it. */
  readonly offsets: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
  readonly clock: Clock
  readonly onTrouble: (what: string, cause: unknown) => void
}
export interface Recorder {
  stop(deadlineMs: number): Promise<void>
}

/**
 * Writes what the stream says of check-ins into the ledger, each once, and says on the stream what was written straight into the ledger. A record that
 * cannot be read is passed over and told: it holds up nobody else's.
 */
export async function startRecorder(deps: RecorderDeps): Promise<Recorder> {
  const { stream, store, onTrouble } = deps
  const subscription = await stream.consume(
    CHECK_INS_TOPIC,
    {
      group: CHECK_INS_GROUP,
      positions: deps.offsets,
      onMissing: (partition) => onTrouble('missing', new Error(`check-ins of partition ${partition} are missing in the stream`)),
      sliceRecordsMax: SLICE_RECORDS_MAX,
      sliceBytesMax: SLICE_BYTES_MAX,
    },
    async ({ partition, records }) => {
      const isAll = records.length < SLICE_RECORDS_MAX
      const read = records.flatMap(({ value }) => readRecord(value) ?? [])
      const looks = records.flatMap(({ headers, value }) => readLook(headers, value) ?? [])
      const unreadable = records.length - read.length - looks.length
      if (unreadable > 0) onTrouble('unreadable', new Error(`${unreadable} records of check-ins`))
      await store.note(looks)
      const next = records.at(-1)!.offset + 1
      await store.record(read, { topic: CHECK_INS_TOPIC, partition, next })
      // The log keeps what no group has behind it.
      stream.hint(CHECK_INS_TOPIC, CHECK_INS_GROUP, new Map([[partition, next]]))
      if (isAll) await deps.clock.sleep(GATHER_MS)
      return { kind: 'done' }
    },
  )
  const sweeper = startSweeper(deps)
  return { stop: (deadlineMs) => stopBoth(subscription, sweeper, deadlineMs) }
}

async function stopBoth(subscription: Subscription, sweeper: { stop(): Promise<void> }, deadlineMs: number): Promise<void> {
  await Promise.all([subscription.stop(deadlineMs), sweeper.stop()])
}

function startSweeper({ stream, store, once, clock, onTrouble }: RecorderDeps) {
  const stopped = new AbortController()
  async function sweep(): Promise<void> {
    const records = await store.unpublished(new Date(clock.now() - SWEEP_MS), SWEEP_RECORDS_MAX)
    if (records.length === 0) return
    await stream.appendAll(CHECK_INS_TOPIC, records.map(streamRecordOf))
    await store.published(records.map(({ checkInId }) => checkInId))
  }
  const done = (async () => {
    for (let sweeps = 0; !stopped.signal.aborted; sweeps += 1) {
      await sweep().catch((cause: unknown) => onTrouble('sweep', cause))
      if (sweeps % CLEAN_EVERY_SWEEPS === 0) await once.clean().catch((cause: unknown) => onTrouble('clean', cause))
      await clock.sleep(SWEEP_MS, stopped.signal)
    }
  })()
  return {
    async stop() {
      stopped.abort()
      await done
    },
  }
}
