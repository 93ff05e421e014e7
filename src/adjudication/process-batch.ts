import { type Ledger, LedgerUnavailable, type StoredVersion } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Slice, SliceOutcome, Stream } from '../stream/stream.ts'
import { countingFindings, type FindingCount } from './count-findings.ts'
import { type DecidedBatch, type Decider, decideBatch, type Withdrawn } from './decide-batch.ts'
import { versionKey } from './fold.ts'
import type { GatherFacts } from './gather-facts.ts'
import { deadLetter } from './publish.ts'
import { heldSubmission, readSubmission, type Submission } from './submission.ts'

export const ADJUDICATION_GROUP = 'adjudication'
export const TOPIC = 'claims.submitted.v1'

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

export interface BatchReport {
  readonly decided: number
  readonly duplicates: number
  readonly held: number
  readonly ms: number
  readonly findings: readonly FindingCount[]
}
export interface WorkerEvents {
  /** A batch is committed: how many claims were decided, were duplicates, are held; how long it took; what the rules said. */
  readonly onBatch: (batch: BatchReport) => void
  readonly onTrouble: (what: 'publish' | 'sweep' | 'commit' | 'refused' | 'missing', cause: unknown) => void
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
/** The ledger cannot take these rows, ever: asking again is of no use. */
class Refused extends Error {}

type CountedBatch = DecidedBatch & { readonly findings: readonly FindingCount[] }

export type PublishBatch = (publishId: number, batch: DecidedBatch) => Promise<void>

/**
 * Decides and stores what some slices hold. A batch that the ledger refuses is halved until the record that it cannot take is alone;
 * that one is held, its neighbours are decided.
 */
export function createProcessBatch(deps: WorkerDeps, publish: PublishBatch) {
  const decideAndCommit = createDecideAndCommit(deps, publish)

  /** A record whose held row is refused too has nothing that we could store: it goes to the dead letters as it came. */
  async function holdAlone(slices: readonly Slice[]): Promise<SliceOutcome[]> {
    try {
      return await decideAndCommit(slices, heldSubmission)
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause
      return decideAndCommit(slices, (record, partition) => ({ kind: 'foreign', record, partition }))
    }
  }

  /** One outcome per slice, in order. */
  return async function processBatch(slices: readonly Slice[]): Promise<SliceOutcome[]> {
    try {
      return await decideAndCommit(slices, readSubmission)
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause
      deps.events.onTrouble('refused', cause.cause)
      if (countOf(slices) === 1) return holdAlone(slices)
      const [former, latter] = halves(slices)
      return outcomesOf(slices, [...(await processBatch(former)), ...(await processBatch(latter))], [...former, ...latter])
    }
  }
}

/** Reads, decides, commits; on a lost race reads again. */
function createDecideAndCommit(deps: WorkerDeps, publish: PublishBatch) {
  const { stream, ledger, clock, bounds, events } = deps

  return async function decideAndCommit(slices: readonly Slice[], readOne: typeof readSubmission): Promise<SliceOutcome[]> {
    const startedAt = clock.monotonic()
    const read = new Map(slices.map((slice) => [slice, slice.records.map((record) => readOne(record, slice.partition))]))
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

  async function decide(submissions: readonly Submission[]): Promise<CountedBatch> {
    const [facts, withdrawn] = await Promise.all([deps.gatherFacts(submissions), readWithdrawn(ledger, submissions)])
    const { decider, counts } = countingFindings(deps.decider)
    const batch = decideBatch(submissions, facts, decider, withdrawn, new Date(clock.now()).toISOString())
    return { ...batch, findings: counts() }
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
      if (!(cause instanceof LedgerUnavailable)) throw new Refused('the ledger refuses a row of the batch', { cause })
      if (!cause.commitUnknown) throw cause
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

  function report(batch: CountedBatch, slices: readonly Slice[], ms: number): void {
    const held = batch.ledger.versions.filter(({ status }) => status === 'held').length
    const all = slices.reduce((sum, { records }) => sum + records.length, 0)
    const made = batch.ledger.versions.length
    events.onBatch({ decided: made - held, duplicates: all - made - batch.foreign.length, held, ms, findings: batch.findings })
  }
}

const countOf = (slices: readonly Slice[]) => slices.reduce((sum, { records }) => sum + records.length, 0)

/** Cuts in the middle of the records; at most one slice is cut itself. */
function halves(slices: readonly Slice[]): [Slice[], Slice[]] {
  const former: Slice[] = []
  const latter: Slice[] = []
  let room = Math.ceil(countOf(slices) / 2)
  for (const { partition, records } of slices) {
    const kept = records.slice(0, room)
    if (kept.length > 0) former.push({ partition, records: kept })
    if (kept.length < records.length) latter.push({ partition, records: records.slice(room) })
    room = Math.max(0, room - records.length)
  }
  return [former, latter]
}

/** Of a slice that was cut: done when every part is, else again from the first part that is not. */
function outcomesOf(slices: readonly Slice[], outcomes: readonly SliceOutcome[], parts: readonly Slice[]): SliceOutcome[] {
  return slices.map(({ partition }) => {
    const own = outcomes.filter((_, index) => parts[index]!.partition === partition)
    return own.find(({ kind }) => kind === 'again') ?? { kind: 'done' }
  })
}

const nextOf = (slice: Slice) => slice.records.at(-1)!.offset + 1

function foreignLetter(submission: Submission) {
  const { record, partition } = submission
  return deadLetter(record.key, { reason: 'foreign', partition: String(partition), offset: String(record.offset) })
}

/** The stored versions that voids of this batch name. Rare: one read each. */
async function readWithdrawn(ledger: Ledger, submissions: readonly Submission[]): Promise<Withdrawn> {
  const found = new Map<string, StoredVersion>()
  for (const submission of submissions) {
    if (submission.kind !== 'void') continue
    const { claimId, version } = submission.request
    const stored = await ledger.findVersion(claimId, { facilityCode: submission.head.facilityCode, version })
    if (stored) found.set(versionKey(claimId, version), stored)
  }
  return found
}
