import type { OutgoingRecord, Slice, SliceOutcome, Stream, StreamRecord, Topic } from '../../src/stream/stream.ts'

export const placed = (records: readonly OutgoingRecord[], partition = 0): StreamRecord[] =>
  records.map((record, offset) => ({ ...record, partition, offset, appendedAt: 0 }))

export interface OnePartitionStream extends Stream {
  /** Every record was handled. */
  readonly drained: Promise<void>
  readonly appended: readonly { readonly topic: Topic; readonly record: OutgoingRecord }[]
  readonly outcomes: readonly SliceOutcome[]
  /** While set, appends fail. */
  failing: Error | undefined
}

/** Hands one worker the slices of one partition, as a real stream would after an assignment, and keeps what is appended. */
export function makeStream(records: readonly StreamRecord[], sliceSize: number): OnePartitionStream {
  const appended: { topic: Topic; record: OutgoingRecord }[] = []
  const outcomes: SliceOutcome[] = []
  let end = () => {}
  const drained = new Promise<void>((resolve) => {
    end = resolve
  })
  async function deliver(handle: (slice: Slice) => Promise<SliceOutcome>): Promise<void> {
    for (let next = 0; next < records.length; ) {
      const slice = records.slice(next, next + sliceSize)
      const outcome = await handle({ partition: slice[0]!.partition, records: slice }).catch(() => ({
        kind: 'again' as const,
        next,
      }))
      outcomes.push(outcome)
      next = outcome.kind === 'again' ? outcome.next : next + slice.length
    }
    end()
  }
  const stream: OnePartitionStream = {
    drained,
    appended,
    outcomes,
    failing: undefined,
    async append(topic, record) {
      await stream.appendAll(topic, [record])
      return { partition: 0, offset: appended.length }
    },
    async appendAll(topic, all) {
      if (stream.failing) throw stream.failing
      for (const record of all) appended.push({ topic, record })
      return []
    },
    async consume(_topic, { positions }, handle) {
      await positions([records[0]!.partition])
      void deliver(handle)
      return { stop: async () => {}, waiting: () => 0 }
    },
    tail: async () => ({ stop: async () => {} }),
    ends: async () => new Map(),
    hint: () => {},
    lag: () => 0,
    trouble: () => undefined,
    close: async () => {},
  }
  return stream
}
