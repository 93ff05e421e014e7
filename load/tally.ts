import { build } from 'hdr-histogram-js'
import { OUTCOMES, type Outcome, type Told } from './told.ts'

/** One second of a run, by the second in which the request was due (open loop) or sent (ceiling). */
export interface Second {
  readonly second: number
  readonly offered: number
  readonly dropped: number
  readonly late: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** Answer time of acknowledged claims, milliseconds; absent when there were none. */
  readonly p50?: number
  readonly p99?: number
}
export interface Latency {
  readonly count: number
  /** Milliseconds. */
  readonly mean: number
  readonly max: number
  readonly percentiles: readonly { readonly percentile: number; readonly ms: number }[]
  /** Share of answers by time, upper bounds growing by 1.2. */
  readonly histogram: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[]
}
export interface TallySummary {
  readonly seconds: readonly Second[]
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly offered: number
  readonly dropped: number
  readonly late: number
  readonly replayed: number
  /** Refusals, unconfirmed and broken by `status code`. */
  readonly reasons: Readonly<Record<string, number>>
  /** Outcomes of the decisions that were read whole. */
  readonly decisions: Readonly<Record<string, number>>
  readonly latency: { readonly decided: Latency; readonly receipted: Latency }
}
export interface Tally {
  offered(atMs: number, what: 'sent' | 'late' | 'dropped'): void
  /** `ms` from the planned time (open loop) or from the send (ceiling). */
  answered(atMs: number, ms: number, told: Told): void
  summary(): TallySummary
}

interface Cell {
  offered: number
  dropped: number
  late: number
  outcomes: Record<Outcome, number>
  acknowledgedMs: number[]
}
const PERCENTILES = [
  1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.25, 99.5, 99.75, 99.9, 99.95, 99.99, 100,
]
const zeros = () => Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>
const BIN_FIRST_MS = 0.1
const BIN_GROWTH = 1.2

/** Counts decided, receipted, refused, unconfirmed and broken apart; times in HDR histograms. Times of a run start at 0. */
export function createTally(): Tally {
  const cells: Cell[] = []
  const recorders = { decided: createRecorder(), receipted: createRecorder() }
  const reasons: Record<string, number> = {}
  const decisions: Record<string, number> = {}
  let replayed = 0

  function cellAt(atMs: number): Cell {
    const second = Math.max(0, Math.floor(atMs / 1_000))
    while (cells.length <= second) cells.push({ offered: 0, dropped: 0, late: 0, outcomes: zeros(), acknowledgedMs: [] })
    return cells[second]!
  }

  return {
    offered(atMs, what) {
      const cell = cellAt(atMs)
      cell.offered++
      if (what !== 'sent') cell[what]++
    },
    answered(atMs, ms, told) {
      const cell = cellAt(atMs)
      cell.outcomes[told.outcome]++
      if (told.replayed) replayed++
      if (told.decisionOutcome) decisions[told.decisionOutcome] = (decisions[told.decisionOutcome] ?? 0) + 1
      if (told.outcome === 'decided' || told.outcome === 'receipted') {
        cell.acknowledgedMs.push(ms)
        recorders[told.outcome].record(ms)
      } else {
        const reason = `${told.status} ${told.code}`
        reasons[reason] = (reasons[reason] ?? 0) + 1
      }
    },
    summary() {
      const sum = (of: (cell: Cell) => number) => cells.reduce((total, cell) => total + of(cell), 0)
      const outcomes = zeros()
      for (const outcome of OUTCOMES) outcomes[outcome] = sum((cell) => cell.outcomes[outcome])
      return {
        seconds: cells.map(secondOf),
        outcomes,
        offered: sum(({ offered }) => offered),
        dropped: sum(({ dropped }) => dropped),
        late: sum(({ late }) => late),
        replayed,
        reasons,
        decisions,
        latency: { decided: recorders.decided.latency(), receipted: recorders.receipted.latency() },
      }
    },
  }
}

function secondOf({ acknowledgedMs, ...cell }: Cell, second: number): Second {
  const sorted = acknowledgedMs.sort((a, b) => a - b)
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!)
  return { second, ...cell, ...(sorted.length > 0 ? { p50: at(0.5), p99: at(0.99) } : {}) }
}

export interface Recorder {
  record(ms: number): void
  latency(): Latency
}

/** HDR histogram in microseconds (three digits, up to ten minutes) and, for the picture, bins that grow by a fifth. */
export function createRecorder(): Recorder {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3 })
  const bins: number[] = []
  return {
    record(ms) {
      histogram.recordValue(Math.max(1, Math.round(ms * 1_000)))
      const bin = Math.max(0, Math.ceil(Math.log(ms / BIN_FIRST_MS) / Math.log(BIN_GROWTH)))
      bins[bin] = (bins[bin] ?? 0) + 1
    },
    latency() {
      const count = histogram.totalCount
      if (count === 0) return { count: 0, mean: 0, max: 0, percentiles: [], histogram: [] }
      const at = (percentile: number) => ({ percentile, ms: rounded(histogram.getValueAtPercentile(percentile) / 1_000) })
      const upper = (bin: number) => rounded(BIN_FIRST_MS * BIN_GROWTH ** bin)
      const filled = Array.from(bins, (count = 0, bin) => ({ fromMs: bin === 0 ? 0 : upper(bin - 1), toMs: upper(bin), count }))
      return {
        count,
        mean: rounded(histogram.mean / 1_000),
        max: rounded(histogram.maxValue / 1_000),
        percentiles: PERCENTILES.map(at),
        histogram: filled.slice(filled.findIndex(({ count }) => count > 0)),
      }
    },
  }
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100
