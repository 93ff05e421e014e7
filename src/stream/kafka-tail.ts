import { randomUUID } from 'node:crypto'
import { type MemberOptions, messageOf, recordOf, startMember } from './kafka-consumer.ts'
import { type StreamRecord, StreamUnavailable, type Subscription } from './stream.ts'

export interface TailOptions extends Omit<MemberOptions, 'groupId' | 'fromBeginning' | 'onJoin' | 'onFetch' | 'eachBatch'> {
  readonly groupPrefix: string
  /** End offsets before the tail starts: it reads on from exactly there, also over rebalances and lost connections. */
  readonly ends: ReadonlyMap<number, number>
  readonly readyMsMax: number
}
export interface Tail extends Subscription {
  trouble(): string | undefined
}

/** A group of its own, from the given ends, without commits. Resolves after its first fetch. @throws StreamUnavailable */
export async function startTail(options: TailOptions, handle: (records: readonly StreamRecord[]) => void): Promise<Tail> {
  const { topic, clock } = options
  const next = new Map(options.ends)
  let joined = false
  let ready = () => {}
  const fetched = new Promise<true>((done) => {
    ready = () => done(true)
  })
  const member = startMember({
    ...options,
    // A new group each time: in the old one Kafka would first wait for the member that was lost.
    groupId: () => `${options.groupPrefix}${randomUUID()}`,
    fromBeginning: false,
    onJoin: (consumer, partitions) => {
      joined = true
      for (const partition of partitions) consumer.seek({ topic, partition, offset: String(next.get(partition) ?? 0) })
    },
    onFetch: () => joined && ready(),
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      const last = batch.messages.at(-1)
      if (!last) return
      const from = next.get(batch.partition) ?? 0
      const records = batch.messages.map((message) => recordOf(batch.partition, message)).filter(({ offset }) => offset >= from)
      try {
        if (records.length > 0) handle(records)
      } catch (cause) {
        options.onTrouble('tail', cause)
      }
      next.set(batch.partition, Number(last.offset) + 1)
      resolveOffset(last.offset)
      await heartbeat()
    },
  })
  const inTime = await Promise.race([fetched, clock.sleep(options.readyMsMax)])
  if (inTime) return { stop: member.stop, trouble: member.trouble }
  const why = member.trouble() ?? 'no fetch was answered'
  await member.stop(1_000)
  throw new StreamUnavailable(`the tail of ${topic} did not start within ${options.readyMsMax} ms: ${messageOf(why)}`)
}
