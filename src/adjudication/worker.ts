import type { Clock } from '../platform/clock.ts'
import type { Slice, SliceOutcome, Subscription } from '../stream/stream.ts'
import { ADJUDICATION_GROUP, createProcessBatch, TOPIC, type WorkerBounds, type WorkerDeps } from './process-batch.ts'
import { createPublisher } from './publish.ts'

export interface Worker {
  stop(deadlineMs: number): Promise<void>
  /** Monotonic time at which a slice was last done; for the watchdog. */
  lastProgressAt(): number
  /** Records of this process's own partitions that are not done; `undefined` when unknown. */
  waiting(): number | undefined
}

interface Waiting {
  readonly slice: Slice
  readonly settle: (outcome: SliceOutcome) => void
  readonly fail: (cause: unknown) => void
}

/**
 * Consumes `claims.submitted.v1`: takes every slice that waits, whatever its partition, as one batch and one transaction. While a
 * batch is under way the next slices gather, so batches grow with the load by themselves.
 */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { stream, ledger, clock, bounds, events } = deps
  const publisher = createPublisher({ stream, ledger, onTrouble: (cause) => events.onTrouble('publish', cause) })
  const publications = new Set<Promise<void>>()
  const processBatch = createProcessBatch(deps, async (publishId, batch) => {
    while (publications.size >= bounds.publicationsMax) await Promise.race(publications)
    const running = publisher
      .publish(publishId, batch.ledger.versions, batch.ledger.republish)
      .finally(() => publications.delete(running))
    publications.add(running)
  })
  const queue: Waiting[] = []
  let progressAt = clock.monotonic()
  let draining = false

  async function drainQueue(): Promise<void> {
    while (queue.length > 0) {
      const batch = takeBatch(queue, bounds)
      try {
        const outcomes = await processBatch(batch.map(({ slice }) => slice))
        if (outcomes.some(({ kind }) => kind === 'done')) progressAt = clock.monotonic()
        for (const [index, { settle }] of batch.entries()) settle(outcomes[index]!)
      } catch (cause) {
        for (const { fail } of batch) fail(cause)
      }
    }
    draining = false
  }

  const subscription = await stream.consume(
    TOPIC,
    {
      group: ADJUDICATION_GROUP,
      positions: (partitions) => ledger.offsets(TOPIC, partitions),
      onMissing: (partition, expected, available) =>
        events.onTrouble(
          'missing',
          new Error(
            `partition ${partition}: the ledger expects ${expected}, the log holds ${available.low} to ${available.high}`,
          ),
        ),
      sliceRecordsMax: bounds.batchRecordsMax,
      sliceBytesMax: bounds.batchBytesMax,
    },
    (slice) =>
      new Promise((settle, fail) => {
        queue.push({ slice, settle, fail })
        if (draining) return
        draining = true
        void Promise.resolve().then(drainQueue)
      }),
  )
  const sweeper = startSweep(publisher.sweep, clock, bounds.sweepAfterMs, (cause) => events.onTrouble('sweep', cause))
  return {
    lastProgressAt: () => progressAt,
    waiting: () => subscription.waiting(),
    stop: (deadlineMs) => stopAll(subscription, sweeper, () => [...publications], deadlineMs, clock),
  }
}

function takeBatch(queue: Waiting[], bounds: WorkerBounds): Waiting[] {
  const taken: Waiting[] = []
  let records = 0
  let bytes = 0
  while (queue.length > 0) {
    const { slice } = queue[0]!
    records += slice.records.length
    bytes += slice.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    if (taken.length > 0 && (records > bounds.batchRecordsMax || bytes > bounds.batchBytesMax)) break
    taken.push(queue.shift()!)
  }
  return taken.sort((a, b) => a.slice.partition - b.slice.partition)
}

/** Sweeps at start and then at its interval, until stopped. */
function startSweep(
  sweep: (olderThanMs: number) => Promise<number>,
  clock: Clock,
  everyMs: number,
  onTrouble: (cause: unknown) => void,
) {
  const stopped = new AbortController()
  const done = (async () => {
    while (!stopped.signal.aborted) {
      await sweep(everyMs).catch(onTrouble)
      await clock.sleep(everyMs / 2, stopped.signal)
    }
  })()
  return {
    stop: () => {
      stopped.abort()
      return done
    },
  }
}

async function stopAll(
  subscription: Subscription,
  sweeper: { stop(): Promise<void> },
  publications: () => readonly Promise<void>[],
  deadlineMs: number,
  clock: Clock,
): Promise<void> {
  const late = clock.sleep(deadlineMs)
  await Promise.race([late, subscription.stop(deadlineMs)])
  await Promise.race([late, Promise.all([sweeper.stop(), ...publications()])])
}
