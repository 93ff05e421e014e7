import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import {
  type AppendBounds,
  type Attempt,
  appendBounds,
  Lane,
  type PlacedRecord,
  SendFailed,
  type SendFailure,
} from '../../src/stream/append-lane.ts'
import { StreamUnavailable, StreamUnconfirmed } from '../../src/stream/stream.ts'

const placed = (value: string, partition = 0): PlacedRecord => ({
  record: { key: 'member-1', value: Buffer.from(value), headers: {} },
  partition,
})
const textOf = (batch: readonly PlacedRecord[]) => batch.map(({ record }) => record.value!.toString())
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

/** A lane over a log in memory whose sends a test can fail. */
function laneOver(bounds: Partial<AppendBounds> = {}) {
  const log: string[] = []
  const sends: string[][] = []
  const faults: ((attempt: Attempt) => Promise<void>)[] = []
  let reachable = true
  const hanging: Promise<boolean>[] = []
  const lane = new Lane(
    {
      send: async (batch, attempt) => {
        sends.push(textOf(batch))
        const fault = faults.shift()
        if (fault) await fault(attempt)
        if (attempt.calledOff) throw new Error('called off')
        attempt.begun = true
        const first = log.length
        log.push(...textOf(batch))
        return new Map([[0, first]])
      },
      probe: async () => hanging.shift() ?? reachable,
      clock: systemClock,
      bounds: { ...appendBounds, deadlineMs: 400, probeEveryMs: 40, ...bounds },
      onTrouble: () => {},
    },
    { records: 0, bytes: 0 },
  )
  return {
    lane,
    log,
    sends,
    failNext: (...next: ((attempt: Attempt) => Promise<void>)[]) => faults.push(...next),
    /** The next probe never ends. */
    hangProbe: () => hanging.push(new Promise(() => {})),
    setReachable: (now: boolean) => {
      reachable = now
    },
  }
}
const refused = (why: SendFailure = {}) => Promise.reject(new SendFailed('connection refused', why, undefined))
const begunAndRefused =
  (why: SendFailure = {}) =>
  (attempt: Attempt) => {
    attempt.begun = true
    return refused(why)
  }

describe('the append lane', () => {
  test('what comes while a send is under way goes together in the next', async () => {
    const { lane, sends, failNext } = laneOver()
    failNext(() => pause(30))
    const first = lane.append(placed('a'))
    await pause(10)
    await Promise.all([first, ...['b', 'c', 'd'].map((value) => lane.append(placed(value)))])
    expect(sends).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('a batch ends at its bounds of records and bytes; a large record goes alone', async () => {
    const { lane, sends } = laneOver({ batchRecordsMax: 3, batchBytesMax: 1000 })
    const large = 'x'.repeat(2000)
    await Promise.all(['a', 'b', 'c', 'd', large, 'e'].map((value) => lane.append(placed(value))))
    expect(sends.map((batch) => batch.length)).toEqual([3, 1, 1, 1])
  })

  test('a failed batch is sent again as a whole before anything later: order is kept', async () => {
    const { lane, log, failNext } = laneOver()
    failNext(() => refused())
    const positions = await Promise.all(['a', 'b', 'c'].map((value) => lane.append(placed(value))))
    expect(log).toEqual(['a', 'b', 'c'])
    expect(positions.map(({ offset }) => offset)).toEqual([0, 1, 2])
  })

  test('what never left is unavailable at its deadline, what was begun is unconfirmed', async () => {
    const hanging = laneOver()
    hanging.failNext(() => new Promise(() => {}))
    const notBegun = hanging.lane.append(placed('a'))
    const queued = pause(20).then(() => hanging.lane.append(placed('b')))
    await expect(notBegun).rejects.toBeInstanceOf(StreamUnavailable)
    await expect(queued).rejects.toBeInstanceOf(StreamUnavailable)

    const cut = laneOver()
    cut.failNext((attempt) => {
      attempt.begun = true
      return new Promise(() => {})
    })
    await expect(cut.lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnconfirmed)
  })

  test('what was answered with nothing stored is not stored afterwards, when the send comes round at last', async () => {
    const { lane, log, failNext } = laneOver({ deadlineMs: 150 })
    failNext(() => pause(300))
    const oldest = lane.append(placed('a'))
    const sentWithIt = lane.append(placed('b'))
    for (const one of [oldest, sentWithIt]) await expect(one).rejects.toBeInstanceOf(StreamUnavailable)
    await pause(300)
    expect(log).toEqual([])
  })

  test('what closing answered with nothing stored is not stored afterwards', async () => {
    const { lane, log, failNext } = laneOver()
    failNext(() => pause(100))
    const waiting = lane.append(placed('a'))
    await pause(20)
    lane.close()
    await expect(waiting).rejects.toBeInstanceOf(StreamUnavailable)
    await pause(200)
    expect(log).toEqual([])
  })

  test('a try that failed writes no more, so that the one after it is neither doubled nor overtaken', async () => {
    const { lane, log, failNext } = laneOver()
    let straggler: Attempt | undefined
    failNext((attempt) => {
      straggler = attempt
      return refused()
    })
    await lane.append(placed('a'))
    expect(straggler).toEqual({ begun: false, calledOff: true })
    expect(log).toEqual(['a'])
  })

  test('a try that was begun and failed makes the record unconfirmed, whatever later tries say', async () => {
    const { lane, failNext } = laneOver()
    failNext(begunAndRefused(), ...Array(20).fill(() => refused()))
    await expect(lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnconfirmed)
  })

  test('a send that certainly stored nothing leaves the record unavailable', async () => {
    const { lane, failNext } = laneOver()
    failNext(...Array(20).fill(begunAndRefused({ nothingStored: true })))
    await expect(lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnavailable)
  })

  test('after repeated failures the breaker answers at once; a probe that succeeds lets the next append through', async () => {
    const { lane, failNext, setReachable } = laneOver({ deadlineMs: 5_000 })
    setReachable(false)
    failNext(...Array(3).fill(() => refused()))
    await expect(lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnavailable)
    const startedAt = performance.now()
    await expect(lane.append(placed('b'))).rejects.toBeInstanceOf(StreamUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(100)
    expect(lane.trouble).toContain('refused')
    setReachable(true)
    await pause(150)
    expect(await lane.append(placed('c'))).toEqual({ partition: 0, offset: 0 })
    expect(lane.trouble).toBeUndefined()
  })

  test('a probe that never ends does not keep the breaker open', async () => {
    const { lane, failNext, hangProbe } = laneOver({ deadlineMs: 5_000, probeMsMax: 50 })
    hangProbe()
    failNext(...Array(3).fill(() => refused()))
    await expect(lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnavailable)
    await expect.poll(() => lane.trouble, { timeout: 3_000 }).toBeUndefined()
    expect(await lane.append(placed('b'))).toEqual({ partition: 0, offset: 0 })
  })

  test('what comes alone is sent at once; what comes soon after is sent with others', async () => {
    const { lane, sends } = laneOver({ deadlineMs: 5_000, sendEveryMs: 300 })
    const began = performance.now()
    await lane.append(placed('a'))
    expect(performance.now() - began).toBeLessThan(250)
    const soon = ['b', 'c', 'd'].map(async (value, index) => {
      await pause(20 * index)
      return lane.append(placed(value))
    })
    expect((await Promise.all(soon)).map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(sends).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('one request without an answer opens the breaker', async () => {
    const { lane, failNext, setReachable } = laneOver({ deadlineMs: 5_000 })
    setReachable(false)
    failNext(() => refused({ unanswered: true }))
    await expect(lane.append(placed('a'))).rejects.toBeInstanceOf(StreamUnavailable)
    expect(lane.trouble).toBeDefined()
  })

  test('a full queue refuses at once and takes again when it has drained', async () => {
    const { lane, failNext } = laneOver({ queueRecordsMax: 2 })
    failNext(() => pause(30))
    const taken = [lane.append(placed('a')), lane.append(placed('b'))]
    await expect(lane.append(placed('c'))).rejects.toBeInstanceOf(StreamUnavailable)
    await Promise.all(taken)
    await lane.append(placed('d'))
  })

  test('closing answers everything that waits', async () => {
    const { lane, failNext } = laneOver()
    failNext(() => new Promise(() => {}))
    const waiting = [lane.append(placed('a')), lane.append(placed('b'))]
    lane.close()
    for (const one of waiting) await expect(one).rejects.toBeInstanceOf(StreamUnavailable)
    await expect(lane.append(placed('c'))).rejects.toBeInstanceOf(StreamUnavailable)
  })
})
