import type { Clock } from '../platform/clock.ts'
import type { Stream } from '../stream/stream.ts'
import type { CheckInStore } from './check-in-store.ts'
import { CHECK_INS_TOPIC, type CheckInRecord, streamRecordOf } from './record.ts'

/** Where a check-in is durable now. */
export type Kept = 'stream' | 'ledger' | 'nowhere'
export type KeepRecord = (record: CheckInRecord) => Promise<Kept>

/** A broker that hangs must not use up the patience of the desk. */
const APPEND_MS_MAX = 2_000

/**
 * Makes a check-in durable: on the stream, else in the ledger alone, from where it is said on the stream later. A write whose outcome is not known
 * counts as not done: the same check-in twice is one. Never throws.
 */
export function createKeepRecord(deps: {
  readonly stream: Pick<Stream, 'append'>
  readonly store: CheckInStore
  readonly clock: Clock
  readonly onTrouble: (what: string, cause: unknown) => void
}): KeepRecord {
  const { stream, store, clock, onTrouble } = deps
  async function append(record: CheckInRecord): Promise<void> {
    const stop = new AbortController()
    const tooLate = clock.sleep(APPEND_MS_MAX, stop.signal).then(() => {
      if (!stop.signal.aborted) throw new Error('the stream did not answer in time')
    })
    tooLate.catch(() => {})
    const appended = stream.append(CHECK_INS_TOPIC, streamRecordOf(record))
    await Promise.race([appended, tooLate]).finally(() => stop.abort('answered'))
  }
  return async function keepRecord(record) {
    try {
      await append(record)
      return 'stream'
    } catch (cause) {
      onTrouble('append', cause)
    }
    try {
      await store.recordUnpublished(record)
      return 'ledger'
    } catch (cause) {
      onTrouble('record', cause)
      return 'nowhere'
    }
  }
}
