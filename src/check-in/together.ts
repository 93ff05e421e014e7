import type { Clock } from '../platform/clock.ts'

export interface TogetherBounds {
  /** Of one run. */
  readonly batchMax: number
  /** Items that wait for the run under way; above it the next one fails at once. */
  readonly waitingMax: number
  /** How long an item waits altogether, ms. Its run may still succeed. */
  readonly patienceMs: number
  /** From the start of one run to that of the next at least, so that under load a statement is of several. Who comes alone does not wait. */
  readonly everyMs: number
}
export const togetherBounds: TogetherBounds = { batchMax: 200, waitingMax: 2_000, patienceMs: 750, everyMs: 8 }

/** Neither done nor known to be undone. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

const turn = () => new Promise<void>((done) => setImmediate(done))

interface Waiting<In, Out> {
  readonly item: In
  readonly done: (out: Out) => void
  readonly failed: (cause: unknown) => void
}

/**
 * One statement for many callers: all that come while a run is under way go into the next, so a batch grows with the load and a single
 * caller waits for nobody. `run` answers in the order of its items; its failure is everybody's. The call rejects with `TooLate`.
 */
export function createTogether<In, Out>(
  run: (items: readonly In[]) => Promise<readonly Out[]>,
  clock: Clock,
  bounds: TogetherBounds = togetherBounds,
): (item: In) => Promise<Out> {
  const waiting: Waiting<In, Out>[] = []
  let isRunning = false
  let ranAt = Number.NEGATIVE_INFINITY

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const soonMs = ranAt + bounds.everyMs - clock.monotonic()
      // All who come in one turn of the loop go together, or the first of them would go alone and the others wait for the next run.
      await (soonMs > 0 && waiting.length < bounds.batchMax ? clock.sleep(soonMs) : turn())
      ranAt = clock.monotonic()
      const batch = waiting.splice(0, bounds.batchMax)
      try {
        const outs = await run(batch.map(({ item }) => item))
        for (const [index, { done }] of batch.entries()) done(outs[index]!)
      } catch (cause) {
        for (const { failed } of batch) failed(cause)
      }
    }
    isRunning = false
  }

  return async function together(item) {
    if (waiting.length >= bounds.waitingMax) throw new TooLate('too many wait')
    const stop = new AbortController()
    const result = new Promise<Out>((done, failed) => {
      waiting.push({ item, done, failed })
      if (!isRunning) void runAll()
    })
    const late = clock.sleep(bounds.patienceMs, stop.signal).then(() => {
      if (!stop.signal.aborted) throw new TooLate('it took too long')
      return result
    })
    late.catch(() => {})
    result.catch(() => {})
    try {
      return await Promise.race([result, late])
    } finally {
      // Without a reason of ours each call would make an error with its stack.
      stop.abort('answered')
    }
  }
}
