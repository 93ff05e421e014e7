import { describe, expect, test } from 'vitest'
import { createKnownDecisions } from '../../src/ingest/known-decisions.ts'
import { createReplies, replyBounds, type Waiter } from '../../src/ingest/replies.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { submissionRecord } from '../../src/stream/records.ts'
import { makeClock, makeDecider, makeLedger, makeStream, settled } from '../support/fakes-ingest.ts'

/** The longest that a waiter may sit beside a decision that is there. */
const UNSEEN_MS_MAX = 1_500
const WAIT_MS = 10_000
const facilityCode = '01999'
const claimId = 'c_00000000000000000000000000'
const content = 'a'.repeat(64)

async function setUp({ waitersMax = 100 } = {}) {
  const time = makeClock()
  const stream = makeStream()
  const ledger = makeLedger()
  const decider = makeDecider(stream, ledger, time.clock)
  const deps = { ledger: ledger.ledger, clock: time.clock, log: silentLogger, metrics: createMetrics({ processMetrics: false }) }
  const replies = createReplies(deps, { ...replyBounds, waitersMax })
  await replies.start(stream.stream)
  let submissions = 0
  const register = (submissionId = `s${++submissions}`, contentSha256 = content): Waiter =>
    replies.register({ claimId, contentSha256, submissionId, deadline: time.clock.monotonic() + WAIT_MS })
  const append = (submissionId: string, contentSha256 = content) =>
    stream.stream.append(
      'claims.submitted.v1',
      submissionRecord(
        {
          submissionId,
          receivedAt: new Date(time.clock.now()).toISOString(),
          facilityCode,
          claimId,
          contentSha256,
          bodySha256: contentSha256,
          contentType: 'application/json',
          release: '4750',
        },
        'k',
        Buffer.from('{"XML1":{"MA_LK":"TN-1"}}'),
      ),
    )
  /** Moves time on until the waiter is answered; how long that took, in ms. */
  async function unseenMs(waiter: Waiter): Promise<number> {
    const began = time.elapsed()
    let over = false
    void waiter.settled().then(() => {
      over = true
    })
    await settled()
    while (!over && time.elapsed() - began < WAIT_MS * 2) await time.advance(10)
    return time.elapsed() - began
  }
  return { time, stream, ledger, decider, replies, register, append, unseenMs, deps }
}

describe('a waiter', () => {
  test('is woken by the tail at once', async () => {
    const { register, append, unseenMs } = await setUp()
    const waiter = register('s1')
    await append('s1')
    expect(await unseenMs(waiter)).toBe(0)
    expect(waiter.peek()).toMatchObject({ status: 'decided', replayed: false })
  })
  test('whose decision was published between look-up and registration waits no longer than 1.5 s', async () => {
    const { register, append, unseenMs } = await setUp()
    await append('earlier')
    await settled()
    const waiter = register('mine')
    expect(await unseenMs(waiter)).toBeLessThanOrEqual(UNSEEN_MS_MAX)
    expect(waiter.peek()).toMatchObject({ replayed: true })
    expect(JSON.parse(waiter.peek()!.bytes.toString())).toMatchObject({ replayed: true })
  })
  test.each([100, 390, 410, 990, 3_333])(
    'whose decision the tail misses %i ms on waits no longer than 1.5 s for it',
    async (ms) => {
      const { register, append, unseenMs, stream, time } = await setUp()
      const waiter = register('s1')
      await time.advance(ms)
      stream.mode.deaf = true
      await append('s1')
      expect(await unseenMs(waiter)).toBeLessThanOrEqual(UNSEEN_MS_MAX)
    },
  )
  test('that comes while others wait is looked up no later than they', async () => {
    const { register, append, unseenMs, stream, time } = await setUp()
    register('s0', 'b'.repeat(64))
    await time.advance(1_350)
    stream.mode.deaf = true
    const waiter = register('s1')
    await append('s1')
    expect(await unseenMs(waiter)).toBeLessThanOrEqual(UNSEEN_MS_MAX)
  })
  test('for a decision too large to travel has it from the ledger', async () => {
    const { register, append, unseenMs, decider } = await setUp()
    decider.mode.tooLarge = true
    const waiter = register('s1')
    await append('s1')
    expect(await unseenMs(waiter)).toBeLessThanOrEqual(100)
    expect(waiter.peek()).toMatchObject({ status: 'decided', replayed: false })
  })
  test('for a duplicate in flight is answered with the one decision, as a replay', async () => {
    const { register, append, decider } = await setUp()
    decider.mode.paused = true
    const [first, second] = [register('s1'), register('s2')]
    await append('s1')
    await append('s2')
    decider.resume()
    await settled()
    expect([first.peek()?.replayed, second.peek()?.replayed]).toEqual([false, true])
    const [one, two] = [first, second].map((waiter) => JSON.parse(waiter.peek()!.bytes.toString()) as object)
    expect(two).toEqual({ ...one, replayed: true })
  })
  test('is not looked up before it is a second old, and then about once a second, all in one query', async () => {
    const { register, ledger, time } = await setUp()
    for (let count = 0; count < 50; count += 1) register(`s${count}`, String(count).padStart(64, '0'))
    await time.advance(950)
    expect(ledger.asked.findByContent).toHaveLength(0)
    await time.advance(5_000)
    expect(ledger.asked.findByContent.length).toBeLessThanOrEqual(6)
    expect(ledger.asked.findByContent.every((keys) => keys.length === 50)).toBe(true)
  })
  test('is looked up beside a look that hangs, and has its answer within 3 s', async () => {
    const { register, append, unseenMs, stream, ledger, time } = await setUp()
    stream.mode.deaf = true
    ledger.mode.slow = true
    const waiter = register('s1')
    await append('s1')
    while (ledger.asked.findByContent.length === 0) await time.advance(10)
    ledger.mode.slow = false
    expect(time.elapsed() + (await unseenMs(waiter))).toBeLessThanOrEqual(3_000)
    expect(waiter.peek()).toMatchObject({ status: 'decided', replayed: false })
  })
  test('is looked up by no more than three queries that hang, and again once they are given up', async () => {
    const { register, ledger, time } = await setUp()
    ledger.mode.slow = true
    register('s1')
    await time.advance(WAIT_MS - 500)
    register('s2')
    await time.advance(replyBounds.lookBudgetMs - WAIT_MS)
    expect(ledger.asked.findByContent).toHaveLength(3)
    await time.advance(3_000)
    expect(ledger.asked.findByContent.length).toBeGreaterThan(3)
  })
  test('gets nothing at its deadline, and leaves nothing behind', async () => {
    const { register, replies, unseenMs, time } = await setUp()
    const waiter = register()
    const forgotten = register()
    expect(await unseenMs(waiter)).toBeLessThanOrEqual(WAIT_MS + replyBounds.tickMs)
    await time.advance(100)
    expect([waiter.peek(), forgotten.peek(), replies.count()]).toEqual([undefined, undefined, 0])
    expect(await forgotten.settled()).toBeUndefined()
  })
  test('is answered by the tail while Postgres is down', async () => {
    const { register, append, unseenMs, ledger, time } = await setUp()
    ledger.mode.down = true
    const waiter = register('s1')
    await time.advance(3_000)
    await append('s1')
    expect(await unseenMs(waiter)).toBe(0)
  })
  test('beyond the bound is refused', async () => {
    const { register } = await setUp({ waitersMax: 2 })
    const first = register()
    register()
    expect(register).toThrow(expect.objectContaining({ code: 'gateway.overloaded' }))
    first.release()
    first.release()
    expect(register()).toBeDefined()
    expect(register).toThrow(expect.objectContaining({ code: 'gateway.overloaded' }))
  })
  test('is let go when the process drains, and no other is taken', async () => {
    const { register, replies } = await setUp()
    const waiter = register()
    const answer = waiter.settled()
    replies.drain()
    expect(await answer).toBeUndefined()
    expect(register).toThrow(expect.objectContaining({ code: 'gateway.overloaded' }))
  })
})

test('a tail that cannot be opened is tried again, and says so meanwhile', async () => {
  const { deps, time, stream } = await setUp()
  stream.mode.tailFails = 2
  const replies = createReplies(deps, { ...replyBounds, waitersMax: 10 })
  await replies.start(stream.stream)
  expect(replies.trouble()).toContain('claims.decided.v1')
  await time.advance(2_500)
  expect(replies.trouble()).toBeUndefined()
  await replies.stop(100)
})

describe('the fast path', () => {
  const key = (index: number) => String(index).padStart(64, '0')
  test('asks for everything of one moment in one query', async () => {
    const { deps, ledger } = await setUp()
    const find = createKnownDecisions(deps)
    await Promise.all(Array.from({ length: 200 }, (_, index) => find(claimId, key(index))))
    expect(ledger.asked.findByContent.map((keys) => keys.length)).toEqual([200])
  })
  test('finds what is stored', async () => {
    const { deps, append } = await setUp()
    await append('s1')
    expect(await createKnownDecisions(deps)(claimId, content)).toMatchObject({ version: 1 })
  })
  test.each(['down', 'slow'] as const)('is skipped while the ledger is %s, and nobody waits for it', async (trouble) => {
    const { deps, ledger, time } = await setUp()
    const find = createKnownDecisions(deps)
    ledger.mode[trouble] = true
    const first = find(claimId, content)
    await settled()
    await time.advance(300)
    expect(await first).toBeUndefined()
    expect(find(claimId, content)).toBeUndefined()
    ledger.mode[trouble] = false
    await time.advance(1_000)
    expect(find(claimId, content)).toBeInstanceOf(Promise)
  })
})
