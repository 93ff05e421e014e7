import { expect, test } from 'vitest'
import { createGate } from '../../src/check-in/gate.ts'
import type { Clock } from '../../src/platform/clock.ts'

/** Time that stands until it is told to go on. */
function makeClock() {
  let now = 0
  const sleepers: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    random: () => 0,
    sleep: (ms) => new Promise((wake) => sleepers.push({ at: now + ms, wake })),
  }
  async function advance(ms: number): Promise<void> {
    now += ms
    for (const one of sleepers.splice(0)) one.at <= now ? one.wake() : sleepers.push(one)
    await new Promise((turn) => setImmediate(turn))
  }
  return { clock, advance }
}

test('who comes alone does not wait; who comes soon after go together, none longer than the interval', async () => {
  const { clock, advance } = makeClock()
  const pass = createGate(clock, 8)
  const through: string[] = []
  const go = (name: string) => void pass().then(() => through.push(name))
  go('alone')
  await advance(0)
  expect(through).toEqual(['alone'])
  await advance(3)
  go('soon')
  await advance(4)
  go('sooner')
  expect(through).toEqual(['alone'])
  await advance(1)
  expect(through).toEqual(['alone', 'soon', 'sooner'])
  go('next')
  await advance(7)
  expect(through).toHaveLength(3)
  await advance(1)
  expect(through).toEqual(['alone', 'soon', 'sooner', 'next'])
  await advance(100)
  go('alone again')
  await advance(0)
  expect(through).toHaveLength(5)
})
