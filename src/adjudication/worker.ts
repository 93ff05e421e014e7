import { type Ledger, LedgerUnavailable, type StoredVersion } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Slice, SliceOutcome, Stream, Subscription } from '../stream/stream.ts'
import { type DecidedBatch, type Decider, decideBatch } from './decide-batch.ts'
import type { GatherFacts } from './gather-facts.ts'
import { createPublisher, deadLetter } from './publish.ts'
import { readSubmission, type Submission } from './submission.ts'

export const ADJUDICATION_GROUP = 'adjudication'
const TOPIC = 'claims.submitted.v1'

export interface WorkerBounds {
  /** Claims and bytes of one ledger transaction (a single larger slice goes alone). */
  readonly batchRecordsMax: number
  readonly batchBytesMax: number
  /** Times a batch is decided again on fresh facts before its slices are given back to the stream. */
  readonly staleRetriesMax: number
  /** Publications under way at once. */
  readonly publicationsMax: number
  /** Age after which a noted publication is swept, and how often to look. */
  readonly sweepAfterMs: number
}
export const workerBounds: WorkerBounds = {
  batchRecordsMax: 256,
  batchBytesMax: 4 * 1024 * 1024,
  staleRetriesMax: 8,
  publicationsMax: 4,
  sweepAfterMs: 2_000,
}

export interface WorkerEvents {
  /** A batch is committed: how many claims were decided, were duplicates, are held; how long it took. */
  readonly onBatch: (batch: { decided: number; duplicates: number; held: number; ms: number }) => void
  readonly onTrouble: (what: 'publish' | 'sweep' | 'facts' | 'commit' | 'missing', cause: unknown) => void
}
export interface WorkerDeps {
  readonly stream: Stream
  readonly ledger: Ledger
  readonly gatherFacts: GatherFacts
  readonly decider: Decider
  readonly clock: Clock
  readonly bounds: WorkerBounds
  readonly events: WorkerEvents
}
export interface Worker {
  stop(deadlineMs: number): Promise<void>
  /** Monotonic time of the last commit; for the watchdog. */
  lastProgressAt(): number
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
        progressAt = clock.monotonic()
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

type PublishBatch = (publishId: number, batch: DecidedBatch) => Promise<void>

function createProcessBatch(deps: WorkerDeps, publish: PublishBatch) {
  const { stream, ledger, clock, bounds, events } = deps

  /** Reads, decides, commits; on a lost race reads again. Returns one outcome per slice, in order. */
  return async function processBatch(slices: readonly Slice[]): Promise<SliceOutcome[]> {
    const startedAt = clock.monotonic()
    const read = new Map(slices.map((slice) => [slice, slice.records.map((record) => readSubmission(record, slice.partition))]))
    let live = slices
    const given = new Map<Slice, SliceOutcome>()
    for (let attempt = 0; attempt <= bounds.staleRetriesMax && live.length > 0; attempt++) {
      if (attempt > 1) await clock.sleep(clock.random() * 5 * 2 ** attempt)
      const batch = await decide(live.flatMap((slice) => read.get(slice)!))
      if (batch.foreign.length > 0) await stream.appendAll('claims.dead-letter.v1', batch.foreign.map(foreignLetter))
      const outcome = await commit(live, batch)
      if (outcome.kind === 'committed') {
        if (outcome.publishId !== null) await publish(outcome.publishId, batch)
        stream.hint(TOPIC, ADJUDICATION_GROUP, new Map(live.map((slice) => [slice.partition, nextOf(slice)])))
        report(batch, live, clock.monotonic() - startedAt)
        for (const slice of live) given.set(slice, { kind: 'done' })
        live = []
      } else if (outcome.what === 'offset') {
        live = await withoutStale(live, given)
      }
    }
    if (live.length > 0) throw new Error('the batch lost every race for its members; it comes again')
    return slices.map((slice) => given.get(slice)!)
  }

  async function decide(submissions: readonly Submission[]): Promise<DecidedBatch> {
    const [facts, withdrawn] = await Promise.all([deps.gatherFacts(submissions), readWithdrawn(ledger, submissions)])
    return decideBatch(submissions, facts, deps.decider, withdrawn, new Date(clock.now()).toISOString())
  }

  async function commit(slices: readonly Slice[], batch: DecidedBatch) {
    const offsets = slices.map((slice) => ({
      partition: slice.partition,
      expected: slice.records[0]!.offset,
      next: nextOf(slice),
    }))
    try {
      return await ledger.commit({ topic: TOPIC, offsets, ...batch.ledger })
    } catch (cause) {
      events.onTrouble('commit', cause)
      if (!(cause instanceof LedgerUnavailable && cause.commitUnknown)) throw cause
      // The transaction may have landed: the offsets tell. If it did, the sweep publishes what it noted.
      const now = await ledger.offsets(
        TOPIC,
        offsets.map(({ partition }) => partition),
      )
      if (offsets.every(({ partition, next }) => (now.get(partition) ?? 0) >= next))
        return { kind: 'committed' as const, publishId: null }
      throw cause
    }
  }

  /** Slices whose partition has moved on are given back, to be delivered from where the ledger stands. */
  async function withoutStale(slices: readonly Slice[], given: Map<Slice, SliceOutcome>): Promise<readonly Slice[]> {
    const now = await ledger.offsets(
      TOPIC,
      slices.map(({ partition }) => partition),
    )
    return slices.filter((slice) => {
      const next = now.get(slice.partition) ?? 0
      if (next === slice.records[0]!.offset) return true
      given.set(slice, { kind: 'again', next })
      return false
    })
  }

  function report(batch: DecidedBatch, slices: readonly Slice[], ms: number): void {
    const held = batch.ledger.versions.filter(({ status }) => status === 'held').length
    const all = slices.reduce((sum, { records }) => sum + records.length, 0)
    const made = batch.ledger.versions.length
    events.onBatch({ decided: made - held, duplicates: all - made - batch.foreign.length, held, ms })
  }
}

const nextOf = (slice: Slice) => slice.records.at(-1)!.offset + 1

function foreignLetter(submission: Submission) {
  const { record, partition } = submission
  return deadLetter(record.key, { reason: 'foreign', partition: String(partition), offset: String(record.offset) })
}

/** The versions that voids of this batch withdraw. Rare: one read each. */
async function readWithdrawn(ledger: Ledger, submissions: readonly Submission[]): Promise<ReadonlyMap<string, StoredVersion>> {
  const found = new Map<string, StoredVersion>()
  for (const submission of submissions) {
    if (submission.kind !== 'void') continue
    const { claimId, version } = submission.request
    const stored = await ledger.findVersion(claimId, { facilityCode: submission.head.facilityCode, version })
    if (stored) found.set(claimId, stored)
  }
  return found
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
