import { describe, expect, test } from 'vitest'
import { startWatchdog } from '../../src/adjudication/watchdog.ts'
import type { Clock } from '../../src/platform/clock.ts'

/** A clock whose sleeps end at once and move its time on, at most `steps` times. */
function makeSteppedClock(steps: number): { clock: Clock; ended: Promise<void> } {
  let now = 0
  let left = steps
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (left-- <= 0) {
          end()
          signal?.addEventListener('abort', () => resolve(), { once: true })
          return
        }
        now += ms
        setImmediate(resolve)
      }),
  }
  return { clock, ended }
}

async function stalls(options: { waiting: number | undefined; progressEveryMs?: number; answers?: boolean }): Promise<number[]> {
  const { clock, ended } = makeSteppedClock(30)
  const found: number[] = []
  const every = options.progressEveryMs
  const watchdog = startWatchdog({
    waiting: () => options.waiting,
    lastProgressAt: () => (every === undefined ? 0 : Math.floor(clock.monotonic() / every) * every),
    backEndsAnswer: async () => options.answers ?? true,
    clock,
    onStall: (ms) => found.push(ms),
  })
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500))])
  await watchdog.stop()
  return found
}

describe('the watchdog', () => {
  test('barks once when work waits and nothing moves for 20 s', async () => {
    expect(await stalls({ waiting: 5 })).toEqual([20_000])
  })
  test('is quiet while batches are committed', async () => {
    expect(await stalls({ waiting: 5, progressEveryMs: 10_000 })).toEqual([])
  })
  test('is quiet when nothing waits, however long', async () => {
    expect(await stalls({ waiting: 0 })).toEqual([])
    expect(await stalls({ waiting: undefined })).toEqual([])
  })
  test('is quiet while a back end is down: standing still is right', async () => {
    expect(await stalls({ waiting: 5, answers: false })).toEqual([])
  })
})
