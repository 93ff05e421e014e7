import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ConsumeOptions,
  type OutgoingRecord,
  RecordTooLarge,
  type Slice,
  type SliceOutcome,
  type Stream,
  type StreamRecord,
  StreamUnavailable,
  type Topic,
} from '../../src/stream/stream.ts'

/** A log of one test alone. */
export interface StreamUnderTest {
  /** Another process's handle on the same log. */
  open(): Promise<Stream>
  /** Removes the records of a partition below `low`, as retention does. */
  removeBelow(topic: Topic, partition: number, low: number): Promise<void>
  /** Closes every handle and the log. */
  end(): Promise<void>
}

export const TOPIC = 'claims.submitted.v1'
const MIB = 1024 * 1024

export function recordOf(key: string, value: Buffer | string | null, headers: Record<string, string> = {}): OutgoingRecord {
  return { key, value: typeof value === 'string' ? Buffer.from(value) : value, headers }
}
const numbered = (count: number, keys = 60) =>
  Array.from({ length: count }, (_, index) => recordOf(`member-${index % keys}`, `${index}`))

export async function until(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

export function consumeOptions(options: Partial<ConsumeOptions> = {}): ConsumeOptions {
  return {
    group: 'readers',
    positions: async () => new Map(),
    onMissing: (partition, expected, { low, high }) => {
      throw new Error(`partition ${partition}: ${expected} is not within ${low} to ${high}`)
    },
    sliceRecordsMax: 100,
    sliceBytesMax: MIB,
    ...options,
  }
}

/** Consumes into a list, as a ledger would: it knows the next position of each partition. */
export async function collect(stream: Stream, options: Partial<ConsumeOptions> = {}, topic: Topic = TOPIC) {
  const records: StreamRecord[] = []
  const slices: Slice[] = []
  const next = new Map<number, number>()
  const subscription = await stream.consume(
    topic,
    consumeOptions({ positions: async () => new Map(next), ...options }),
    async (slice) => {
      slices.push(slice)
      records.push(...slice.records)
      next.set(slice.partition, slice.records.at(-1)!.offset + 1)
      return { kind: 'done' }
    },
  )
  return { records, slices, next, subscription }
}

const texts = (records: readonly StreamRecord[]) => records.map(({ value }) => value?.toString())
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0)
const DONE: SliceOutcome = { kind: 'done' }
/** A handler over a ledger that takes only what follows on what it has. */
const fencedBy =
  (ledger: Map<number, number>, stored: number[]) =>
  async ({ partition, records }: Slice): Promise<SliceOutcome> => {
    const next = ledger.get(partition) ?? 0
    if (records[0]!.offset !== next) return { kind: 'again', next }
    ledger.set(partition, records.at(-1)!.offset + 1)
    stored.push(...records.map(({ offset }) => offset))
    return DONE
  }

/** What every adapter promises. */
export function streamContract(name: string, setUp: () => Promise<StreamUnderTest>): void {
  describe(name, () => {
    let under: StreamUnderTest
    let stream: Stream
    beforeEach(async () => {
      under = await setUp()
      stream = await under.open()
    })
    afterEach(() => under.end())

    describe('append', () => {
      test('a record comes back as it was given: key, bytes, headers', async () => {
        const bytes = randomBytes(3000)
        const position = await stream.append(TOPIC, recordOf('member-1', bytes, { ce_id: 'a-1', facility: '01999', empty: '' }))
        const { records } = await collect(stream)
        await until('one record', () => records.length === 1)
        expect(records[0]).toMatchObject({
          ...position,
          key: 'member-1',
          headers: { ce_id: 'a-1', facility: '01999', empty: '' },
        })
        expect(records[0]?.value?.equals(bytes)).toBe(true)
        expect(Math.abs(records[0]!.appendedAt - Date.now())).toBeLessThan(60_000)
      })

      test('a record without a value keeps its headers', async () => {
        await stream.append('claims.decided.v1', recordOf('member-1', null, { 'claim-id': 'c_1' }))
        const { records } = await collect(stream, {}, 'claims.decided.v1')
        await until('one record', () => records.length === 1)
        expect(records[0]).toMatchObject({ value: null, headers: { 'claim-id': 'c_1' } })
      })

      test('positions are those of the records, in the order given', async () => {
        const positions = await stream.appendAll(TOPIC, numbered(500))
        const { records } = await collect(stream)
        await until('all records', () => records.length === 500)
        const at = new Map(records.map(({ partition, offset, value }) => [`${partition}/${offset}`, value?.toString()]))
        expect(positions.map(({ partition, offset }) => at.get(`${partition}/${offset}`))).toEqual(
          Array.from({ length: 500 }, (_, index) => `${index}`),
        )
      })

      test('records of one key keep the order of their appends, also when nobody waits in between', async () => {
        await Promise.all(numbered(600).map((record) => stream.append(TOPIC, record)))
        const { records } = await collect(stream)
        await until('all records', () => records.length === 600)
        for (const key of new Set(records.map((record) => record.key))) {
          const order = texts(records.filter((record) => record.key === key)).map(Number)
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
      })

      test('1,000 appends at once: every acknowledged record is there once', async () => {
        const positions = await Promise.all(numbered(1000, 1000).map((record) => stream.append(TOPIC, record)))
        expect(new Set(positions.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(1000)
        const { records } = await collect(stream)
        await until('all records', () => records.length >= 1000)
        expect(new Set(records.map(({ key }) => key)).size).toBe(1000)
      })

      test('two processes append at once: offsets have no holes and no doubles', async () => {
        const other = await under.open()
        await Promise.all(numbered(400).map((record, index) => (index % 2 ? stream : other).append(TOPIC, record)))
        const { records, next } = await collect(stream)
        await until('all records', () => records.length >= 400)
        expect(new Set(texts(records)).size).toBe(400)
        expect(sum(next.values())).toBe(400)
      })

      test('8 MiB pass; what is above 9 MiB is refused before it can spoil what is beside it', async () => {
        const large = randomBytes(8 * MIB)
        const beside = stream.append(TOPIC, recordOf('member-1', 'beside'))
        const tooLarge = stream.append(TOPIC, recordOf('member-1', Buffer.alloc(9 * MIB)))
        await expect(tooLarge).rejects.toBeInstanceOf(RecordTooLarge)
        await expect(
          stream.appendAll(TOPIC, [recordOf('member-2', 'not stored'), recordOf('member-1', Buffer.alloc(9 * MIB))]),
        ).rejects.toBeInstanceOf(RecordTooLarge)
        await beside
        await stream.append(TOPIC, recordOf('member-1', large))
        const { records } = await collect(stream)
        await until('both records', () => records.length >= 2)
        expect(records).toHaveLength(2)
        expect(records[1]?.value?.equals(large)).toBe(true)
      })

      test('a batch of 5,000 is taken as a whole', async () => {
        const positions = await stream.appendAll(TOPIC, numbered(5000))
        expect(positions).toHaveLength(5000)
        expect(sum((await stream.ends(TOPIC)).values())).toBe(5000)
      })
    })

    describe('consume', () => {
      test('goes on from the positions that the ledger gives', async () => {
        await stream.appendAll(TOPIC, numbered(300))
        const ends = await stream.ends(TOPIC)
        const half = new Map([...ends].map(([partition, end]) => [partition, Math.floor(end / 2)]))
        const { records, next } = await collect(stream, { positions: async () => half })
        await until('the second half', () => records.length >= 300 - sum(half.values()))
        expect(next).toEqual(ends)
        for (const [partition, from] of half)
          expect(Math.min(...records.filter((one) => one.partition === partition).map(({ offset }) => offset))).toBe(from)
      })

      test('slices are consecutive, of one partition, and within their bounds', async () => {
        await stream.appendAll(
          TOPIC,
          Array.from({ length: 200 }, (_, index) => recordOf('member-1', Buffer.alloc(index % 50 === 7 ? 30_000 : 1000))),
        )
        const { records, slices } = await collect(stream, { sliceRecordsMax: 17, sliceBytesMax: 20_000 })
        await until('all records', () => records.length === 200)
        for (const { records: sliced } of slices) {
          expect(sliced.map(({ offset }) => offset)).toEqual(sliced.map((_, index) => sliced[0]!.offset + index))
          expect(sliced.length).toBeLessThanOrEqual(17)
          const bytes = sum(sliced.map(({ value }) => value!.length))
          expect(bytes <= 20_000 || sliced.length === 1).toBe(true)
        }
      })

      test('a handler that throws gets the same slice again; other partitions flow meanwhile', async () => {
        await stream.appendAll(TOPIC, numbered(120))
        const handled: StreamRecord[] = []
        const attempts: number[] = []
        let broken: number | undefined
        await stream.consume(TOPIC, consumeOptions(), async ({ partition, records }) => {
          broken ??= partition
          if (partition === broken) {
            attempts.push(records[0]!.offset)
            if (attempts.length <= 3) throw new Error('the ledger is away')
          }
          handled.push(...records)
          return DONE
        })
        await until('the others', () => handled.some(({ partition }) => partition !== broken))
        await until('all records', () => handled.length === 120)
        expect(attempts.slice(0, 4)).toEqual([0, 0, 0, 0])
      })

      test('a stale owner gets the records again from where the ledger is', async () => {
        await stream.appendAll(
          TOPIC,
          Array.from({ length: 10 }, (_, index) => recordOf('member-1', `${index}`)),
        )
        const handled: string[] = []
        let first = true
        await stream.consume(TOPIC, consumeOptions(), async ({ records }) => {
          if (first) {
            first = false
            return { kind: 'again', next: 4 }
          }
          handled.push(...records.map(({ value }) => String(value)))
          return DONE
        })
        await until('the rest', () => handled.length >= 6)
        expect(handled).toEqual(['4', '5', '6', '7', '8', '9'])
      })

      test('a ledger that was restored to an earlier moment gets again what it lacks', async () => {
        const ledger = new Map<number, number>()
        const stored: number[] = []
        const appendTen = () => stream.appendAll(TOPIC, Array(10).fill(recordOf('member-1', 'x')))
        await stream.consume(TOPIC, consumeOptions({ positions: async () => new Map(ledger) }), fencedBy(ledger, stored))
        const { partition } = (await appendTen())[0]!
        await until('all is stored', () => stored.length === 10)
        stored.length = 0
        ledger.set(partition, 3)
        await appendTen()
        await until('it has caught up', () => ledger.get(partition) === 20, 5_000)
        expect(stored).toEqual(Array.from({ length: 17 }, (_, index) => index + 3))
      })

      test('a ledger restored to before what the log still holds stops the partition and is reported', async () => {
        const ledger = new Map<number, number>()
        const stored: number[] = []
        const missing: unknown[] = []
        const appendTen = () => stream.appendAll(TOPIC, Array(10).fill(recordOf('member-1', 'x')))
        await stream.consume(
          TOPIC,
          consumeOptions({ positions: async () => new Map(ledger), onMissing: (...what) => missing.push(what) }),
          fencedBy(ledger, stored),
        )
        const { partition } = (await appendTen())[0]!
        await until('all is stored', () => stored.length === 10)
        await under.removeBelow(TOPIC, partition, 5)
        ledger.set(partition, 3)
        await appendTen()
        await until('the report', () => missing.length > 0)
        expect(missing).toEqual([[partition, 3, { low: 5, high: 20 }]])
        await new Promise((done) => setTimeout(done, 300))
        expect(stored).toHaveLength(10)
        expect(stream.trouble()).toContain('missing')
      })

      test('no two slices of one partition are handled side by side', async () => {
        await stream.appendAll(TOPIC, numbered(200))
        const open = new Set<number>()
        let handled = 0
        let overlaps = 0
        await stream.consume(TOPIC, consumeOptions({ sliceRecordsMax: 10 }), async ({ partition, records }) => {
          if (open.has(partition)) overlaps++
          open.add(partition)
          await new Promise((done) => setTimeout(done, 5))
          open.delete(partition)
          handled += records.length
          return DONE
        })
        await until('all records', () => handled === 200)
        expect(overlaps).toBe(0)
      })

      test('positions that cannot be read now are asked for again', async () => {
        await stream.appendAll(TOPIC, numbered(50))
        let asked = 0
        const { records } = await collect(stream, {
          positions: async () => {
            if (++asked <= 2) throw new Error('the ledger is away')
            return new Map()
          },
        })
        await until('all records', () => records.length === 50)
      })

      test('records that are gone stop their partition and are reported; nothing is skipped', async () => {
        const [first] = await stream.appendAll(TOPIC, [
          ...Array.from({ length: 10 }, () => recordOf('member-1', 'old')),
          recordOf('member-1', 'new'),
        ])
        const { partition } = first!
        await under.removeBelow(TOPIC, partition, 5)
        const missing: unknown[] = []
        const { records } = await collect(stream, {
          positions: async () => new Map([[partition, 3]]),
          onMissing: (...what) => missing.push(what),
        })
        await until('the report', () => missing.length > 0)
        expect(missing).toEqual([[partition, 3, { low: 5, high: 11 }]])
        await new Promise((done) => setTimeout(done, 300))
        expect(records.filter((record) => record.partition === partition)).toEqual([])
        expect(stream.trouble()).toContain('missing')
      })

      test('a log that ends before the position of the ledger stops the partition; what is written anew is not taken for it', async () => {
        const { partition } = await stream.append(TOPIC, recordOf('member-1', 'only'))
        const missing: unknown[] = []
        const { records } = await collect(stream, {
          positions: async () => new Map([[partition, 7]]),
          onMissing: (...what) => missing.push(what),
        })
        await until('the report', () => missing.length > 0)
        expect(missing).toEqual([[partition, 7, { low: 0, high: 1 }]])
        await stream.appendAll(TOPIC, Array(10).fill(recordOf('member-1', 'new')))
        await new Promise((done) => setTimeout(done, 500))
        expect(records.filter((record) => record.partition === partition)).toEqual([])
      })

      test('records that go while their slice waits to be given again stop the partition; what follows is not taken for them', async () => {
        const [first] = await stream.appendAll(
          TOPIC,
          Array.from({ length: 12 }, (_, index) => recordOf('member-1', `${index}`)),
        )
        const { partition } = first!
        const missing: number[][] = []
        const given: number[] = []
        let removed: Promise<void> | undefined
        await stream.consume(
          TOPIC,
          consumeOptions({ sliceRecordsMax: 4, onMissing: (where, expected, { low }) => missing.push([where, expected, low]) }),
          async ({ records }) => {
            given.push(records[0]!.offset)
            removed ??= under.removeBelow(TOPIC, partition, 6)
            await removed
            throw new Error('the ledger is away')
          },
        )
        await until('the report', () => missing.length > 0)
        expect(missing).toEqual([[partition, 0, 6]])
        expect(new Set(given)).toEqual(new Set([0]))
      })

      test('members that come and go under load: nothing is skipped, and the fence of the ledger lets nothing in twice', async () => {
        const other = await under.open()
        const ledger = new Map<number, number>()
        const stored: string[] = []
        let passingSlices = 0
        const fenced = async (slice: Slice): Promise<SliceOutcome> => {
          await new Promise((done) => setTimeout(done, 2))
          const next = ledger.get(slice.partition) ?? 0
          if (slice.records[0]!.offset !== next) return { kind: 'again', next }
          ledger.set(slice.partition, slice.records.at(-1)!.offset + 1)
          stored.push(...slice.records.map(({ partition, offset }) => `${partition}/${offset}`))
          return DONE
        }
        const options = consumeOptions({ positions: async () => new Map(ledger), sliceRecordsMax: 20 })
        const appended = new Set<string>()
        let loading = true
        const load = (async () => {
          while (loading) {
            for (const { partition, offset } of await stream.appendAll(TOPIC, numbered(60)))
              appended.add(`${partition}/${offset}`)
            await new Promise((done) => setTimeout(done, 50))
          }
        })()
        await stream.consume(TOPIC, options, fenced)
        for (let round = 1; round <= 2; round++) {
          const passing = await other.consume(TOPIC, options, (slice) => {
            passingSlices++
            return fenced(slice)
          })
          await until('the passing member reads', () => passingSlices >= 3 * round)
          await passing.stop(5_000)
        }
        loading = false
        await load
        await until('all records', () => stored.length >= appended.size)
        expect(stored).toHaveLength(appended.size)
        expect(new Set(stored)).toEqual(appended)
      })

      test('two members of a group share the partitions, and one that leaves hands over within 2 s', async () => {
        const other = await under.open()
        const ledger = new Map<number, number>()
        const by = new Map<string, Set<number>>([
          ['first', new Set()],
          ['second', new Set()],
        ])
        const seen = new Set<string>()
        let firstLeft = Number.POSITIVE_INFINITY
        const take =
          (who: string) =>
          async (slice: Slice): Promise<SliceOutcome> => {
            by.get(who)!.add(slice.partition)
            for (const { offset } of slice.records) seen.add(`${slice.partition}/${offset}`)
            ledger.set(slice.partition, slice.records.at(-1)!.offset + 1)
            return DONE
          }
        const options = consumeOptions({ positions: async () => new Map(ledger) })
        const first = await stream.consume(TOPIC, options, take('first'))
        await other.consume(TOPIC, options, take('second'))
        const expected = new Set<string>()
        const appendToAll = async () => {
          for (const { partition, offset } of await stream.appendAll(TOPIC, numbered(60))) expected.add(`${partition}/${offset}`)
        }
        const end = performance.now() + 20_000
        while (by.get('first')!.size === 0 || by.get('second')!.size === 0 || isEverything(by)) {
          if (performance.now() > end) throw new Error('the members do not share')
          await appendToAll()
          for (const partitions of by.values()) partitions.clear()
          await appendToAll()
          await until('both have read', () => seen.size === expected.size)
        }
        await first.stop(5_000)
        firstLeft = performance.now()
        by.get('second')!.clear()
        await appendToAll()
        await until('the second reads all', () => seen.size === expected.size)
        expect(performance.now() - firstLeft).toBeLessThan(2_000)
        expect(by.get('second')!.size).toBe((await stream.ends(TOPIC)).size)
      })
    })

    describe('tail', () => {
      test('sees every record appended after it began, and none before', async () => {
        await stream.appendAll(TOPIC, numbered(50))
        const other = await under.open()
        const tailed: StreamRecord[] = []
        const tail = await other.tail(TOPIC, (records) => tailed.push(...records))
        const later = Array.from({ length: 200 }, (_, index) => recordOf(`member-${index}`, `later ${index}`))
        await stream.appendAll(TOPIC, later)
        await until('all later records', () => tailed.length >= 200)
        expect(texts(tailed).sort()).toEqual(later.map(({ value }) => value!.toString()).sort())
        await tail.stop(2_000)
        await stream.append(TOPIC, recordOf('member-1', 'after the tail stopped'))
        await new Promise((done) => setTimeout(done, 300))
        expect(tailed).toHaveLength(200)
      })

      test('a record is seen soon after its append, not at the next look', async () => {
        const other = await under.open()
        let seenAt = 0
        await other.tail(TOPIC, () => {
          seenAt = performance.now()
        })
        await new Promise((done) => setTimeout(done, 300))
        const waits: number[] = []
        for (let index = 0; index < 10; index++) {
          seenAt = 0
          await stream.append(TOPIC, recordOf(`member-${index}`, 'x'))
          const appendedAt = performance.now()
          await until('seen', () => seenAt > 0)
          waits.push(seenAt - appendedAt)
        }
        expect(waits.sort((a, b) => a - b)[5]).toBeLessThan(100)
      })

      test('a handler that throws does not end it', async () => {
        let calls = 0
        await stream.tail(TOPIC, () => {
          calls++
          throw new Error('a waiter is broken')
        })
        await stream.append(TOPIC, recordOf('member-1', 'a'))
        await until('first', () => calls === 1)
        await stream.append(TOPIC, recordOf('member-1', 'b'))
        await until('second', () => calls === 2)
      })
    })

    describe('what waits for a consumer', () => {
      test('is what the log holds beyond what it said is done, with no hint given', async () => {
        await stream.appendAll(TOPIC, numbered(90))
        const other = await under.open()
        let open = () => {}
        const opened = new Promise<void>((resolve) => {
          open = resolve
        })
        const subscription = await other.consume(TOPIC, consumeOptions(), async () => {
          await opened
          return DONE
        })
        await until('everything waits', () => subscription.waiting() === 90)
        await stream.appendAll(TOPIC, numbered(60))
        await until('what was appended meanwhile waits too', () => subscription.waiting() === 150)
        open()
        await until('nothing waits', () => subscription.waiting() === 0)
        await subscription.stop(5_000)
        expect(subscription.waiting()).toBe(0)
      })

      test('is counted for the partitions it owns alone: the members of a group share it', async () => {
        const other = await under.open()
        const handled = [0, 0]
        let isHeld = false
        const take = (who: number) => async (): Promise<SliceOutcome> => {
          handled[who]!++
          return isHeld ? new Promise<SliceOutcome>(() => {}) : DONE
        }
        const members = await Promise.all([stream, other].map((each, who) => each.consume(TOPIC, consumeOptions(), take(who))))
        const end = performance.now() + 20_000
        while (handled.includes(0)) {
          if (performance.now() > end) throw new Error('the members do not share')
          await stream.appendAll(TOPIC, numbered(60))
          await new Promise((done) => setTimeout(done, 200))
        }
        await until('all is done', () => members.every((member) => member.waiting() === 0))
        isHeld = true
        await stream.appendAll(TOPIC, numbered(600))
        const waits = () => members.map((member) => member.waiting() ?? 0)
        await until('both have a part', () => waits().every((part) => part > 0) && sum(waits()) === 600)
      })

      test('does not count a partition that is stopped because records are missing', async () => {
        const [first] = await stream.appendAll(TOPIC, Array(10).fill(recordOf('member-1', 'x')))
        await under.removeBelow(TOPIC, first!.partition, 5)
        let isMissing = false
        const subscription = await stream.consume(
          TOPIC,
          consumeOptions({
            onMissing: () => {
              isMissing = true
            },
          }),
          async () => DONE,
        )
        await until('the report', () => isMissing)
        await until('it is known', () => subscription.waiting() !== undefined)
        expect(subscription.waiting()).toBe(0)
      })
    })

    describe('meters and end', () => {
      test('ends are the next offsets; the lag falls as hints are given', async () => {
        await stream.appendAll(TOPIC, numbered(90))
        const ends = await stream.ends(TOPIC)
        expect(sum(ends.values())).toBe(90)
        const other = await under.open()
        expect(other.lag(TOPIC, 'readers')).toBeUndefined()
        const { records } = await collect(stream)
        await until('all records', () => records.length === 90)
        await until('the lag is known', () => other.lag(TOPIC, 'readers') === 90)
        stream.hint(TOPIC, 'readers', ends)
        await until('the lag is gone', () => other.lag(TOPIC, 'readers') === 0)
        await stream.appendAll(TOPIC, numbered(7))
        await until('the lag is back', () => other.lag(TOPIC, 'readers') === 7)
      })

      test('after a kill between a commit and its hint, the lag is gone as soon as the partitions are assigned again', async () => {
        await stream.appendAll(TOPIC, numbered(90))
        const ends = await stream.ends(TOPIC)
        const killed = await collect(stream)
        await until('all is read, without a hint', () => killed.records.length === 90)
        await until('the lag is known', () => stream.lag(TOPIC, 'readers') === 90)
        await killed.subscription.stop(5_000)
        const { records } = await collect(await under.open(), { positions: async () => ends })
        await until('the lag is gone', () => stream.lag(TOPIC, 'readers') === 0)
        expect(records).toEqual([])
      })

      test('the lag of a ledger that went back grows by what it lacks', async () => {
        await stream.appendAll(TOPIC, numbered(90))
        const ends = await stream.ends(TOPIC)
        const first = await collect(stream, { positions: async () => ends })
        await until('no lag', () => stream.lag(TOPIC, 'readers') === 0)
        await first.subscription.stop(5_000)
        await stream.consume(TOPIC, consumeOptions(), () => new Promise(() => {}))
        await until('the lag is back', () => stream.lag(TOPIC, 'readers') === 90)
      })

      test('closing stores what waits, takes nothing more, and is done in time', async () => {
        const other = await under.open()
        await collect(other)
        await other.tail(TOPIC, () => {})
        const waiting = numbered(200).map((record) => other.append(TOPIC, record))
        const startedAt = performance.now()
        await other.close(5_000)
        expect(performance.now() - startedAt).toBeLessThan(5_000)
        expect(await Promise.all(waiting)).toHaveLength(200)
        await expect(other.append(TOPIC, recordOf('member-1', 'late'))).rejects.toBeInstanceOf(StreamUnavailable)
      })

      test('a healthy stream has no trouble', async () => {
        await stream.append(TOPIC, recordOf('member-1', 'a'))
        const { records } = await collect(stream)
        await until('read', () => records.length === 1)
        expect(stream.trouble()).toBeUndefined()
      })
    })
  })
}

/** One member still reads every partition. */
function isEverything(by: ReadonlyMap<string, ReadonlySet<number>>): boolean {
  const all = new Set([...by.values()].flatMap((partitions) => [...partitions]))
  return [...by.values()].some((partitions) => partitions.size === all.size)
}
