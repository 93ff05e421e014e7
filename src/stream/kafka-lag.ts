import type { Clock } from '../platform/clock.ts'
import type { KafkaLink } from './kafka-link.ts'

const POLL_EVERY_MS = 1_000
/** A figure older than this is no figure. */
const FRESH_MS = 10_000

/** Records between what a group has committed as its hint and the ends of a topic, read once a second for those asked about. */
export class LagMeter {
  readonly #link: KafkaLink
  readonly #clock: Clock
  readonly #asked = new Map<string, { topic: string; group: string; lag: number; readAt: number }>()
  #timer: NodeJS.Timeout | undefined
  #reading = false

  constructor(link: KafkaLink, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  lag(topic: string, group: string): number | undefined {
    const key = `${group} ${topic}`
    const known = this.#asked.get(key)
    if (known) return this.#clock.monotonic() - known.readAt <= FRESH_MS ? known.lag : undefined
    this.#asked.set(key, { topic, group, lag: 0, readAt: Number.NEGATIVE_INFINITY })
    this.#timer ??= setInterval(() => void this.#read(), POLL_EVERY_MS)
    this.#timer.unref()
    void this.#read()
    return undefined
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #read(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      for (const one of this.#asked.values()) {
        const [ranges, committed] = await Promise.all([this.#link.ranges(one.topic), this.#committed(one.group, one.topic)])
        one.lag = 0
        for (const [partition, { low, high }] of ranges) {
          one.lag += Math.max(0, high - Math.max(low, committed.get(partition) ?? low))
        }
        one.readAt = this.#clock.monotonic()
      }
    } catch {
      // The figures grow stale and are then no longer given.
    } finally {
      this.#reading = false
    }
  }

  async #committed(groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const [offsets] = await this.#link.ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
    return new Map((offsets?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
  }
}
