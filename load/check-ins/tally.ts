import { createRecorder, type Latency, type Recorder } from '../tally.ts'
import { DESK_OUTCOMES, type DeskOutcome, type DeskTold } from './told.ts'

/** One second of a run, by the second in which the check-ins were due. */
export interface DeskSecond {
  readonly second: number
  readonly offered: number
  readonly answered: number
  readonly failed: number
  readonly p50?: number
  readonly p99?: number
}
export interface DeskSummary {
  readonly seconds: readonly DeskSecond[]
  readonly outcomes: Readonly<Record<DeskOutcome, number>>
  readonly offered: number
  readonly dropped: number
  readonly late: number
  /** Where the knowledge came from: `cache`, `cache stale`, … */
  readonly sources: Readonly<Record<string, number>>
  readonly assurances: Readonly<Record<string, number>>
  /** Codes of the reasons that answers gave. */
  readonly reasons: Readonly<Record<string, number>>
  /** Why something was turned away, shed, faulty or broken. */
  readonly failures: Readonly<Record<string, number>>
  readonly unrecorded: number
  /** From the planned time. `chip` and `card` are parts of `all`; `challenge` is from the asking, ahead of the plan. */
  readonly latency: { readonly all: Latency; readonly card: Latency; readonly chip: Latency; readonly challenge: Latency }
}
export interface DeskTally {
  offered(atMs: number, what: 'sent' | 'late' | 'dropped'): void
  answered(atMs: number, ms: number, sent: DeskSent): void
  challenged(ms: number): void
  summary(): DeskSummary
}
export interface DeskSent {
  readonly method: 'card' | 'chip'
  readonly told: DeskTold
}

interface Cell {
  offered: number
  failed: number
  ms: number[]
}

/** Counts check-ins by what the desk was told; times in HDR histograms, from the planned time. */
export function createDeskTally(): DeskTally {
  const cells: Cell[] = []
  const outcomes = Object.fromEntries(DESK_OUTCOMES.map((outcome) => [outcome, 0])) as Record<DeskOutcome, number>
  const recorders = { all: createRecorder(), card: createRecorder(), chip: createRecorder(), challenge: createRecorder() }
  const counts = { sources: {}, assurances: {}, reasons: {}, failures: {} } as Record<string, Record<string, number>>
  const totals = { offered: 0, dropped: 0, late: 0, unrecorded: 0 }
  const count = (what: string, key: string) => {
    const counted = counts[what]!
    counted[key] = (counted[key] ?? 0) + 1
  }
  function cellAt(atMs: number): Cell {
    const second = Math.max(0, Math.floor(atMs / 1_000))
    while (cells.length <= second) cells.push({ offered: 0, failed: 0, ms: [] })
    return cells[second]!
  }

  return {
    offered(atMs, what) {
      cellAt(atMs).offered++
      totals.offered++
      if (what !== 'sent') totals[what]++
    },
    answered(atMs, ms, { method, told }) {
      outcomes[told.outcome]++
      for (const code of told.reasons ?? []) count('reasons', code)
      if (told.unrecorded) totals.unrecorded++
      if (told.outcome !== 'admitted' && told.outcome !== 'provisional') {
        cellAt(atMs).failed++
        count('failures', `${told.outcome}: ${told.why}`)
        return
      }
      count('sources', `${told.source}${told.stale ? ' stale' : ''}`)
      count('assurances', told.assurance ?? 'none')
      cellAt(atMs).ms.push(ms)
      recorders.all.record(ms)
      recorders[method].record(ms)
    },
    challenged: (ms) => recorders.challenge.record(ms),
    summary: () => ({
      ...{ seconds: cells.map(secondOf), outcomes, ...totals },
      ...(counts as Pick<DeskSummary, 'sources' | 'assurances' | 'reasons' | 'failures'>),
      latency: latencies(recorders),
    }),
  }
}

const latencies = (recorders: Readonly<Record<keyof DeskSummary['latency'], Recorder>>): DeskSummary['latency'] => ({
  all: recorders.all.latency(),
  card: recorders.card.latency(),
  chip: recorders.chip.latency(),
  challenge: recorders.challenge.latency(),
})

function secondOf({ offered, failed, ms }: Cell, second: number): DeskSecond {
  const sorted = ms.sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! * 100) / 100
  return { second, offered, failed, answered: sorted.length, ...(sorted.length > 0 ? { p50: at(0.5), p99: at(0.99) } : {}) }
}
