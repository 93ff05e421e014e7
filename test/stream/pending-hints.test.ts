import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PendingHints } from '../../src/stream/pending-hints.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Hints whose storing a test can refuse or hold. */
function hintsOver(...answers: (() => Promise<boolean>)[]) {
  const stored: [number, number][][] = []
  const troubles: unknown[] = []
  const hints = new PendingHints(
    async (next) => {
      const isStored = (await answers.shift()?.()) ?? true
      if (isStored) stored.push([...next])
      return isStored
    },
    (cause) => troubles.push(cause),
  )
  return { hints, stored, troubles }
}
const second = () => vi.advanceTimersByTimeAsync(1_000)

describe('a hint of how far the ledger is', () => {
  test('is stored once a second, the last one of each partition', async () => {
    const { hints, stored } = hintsOver()
    hints.give(new Map([[0, 5]]))
    hints.give(
      new Map([
        [0, 9],
        [1, 2],
      ]),
    )
    await second()
    expect(stored).toEqual([
      [
        [0, 9],
        [1, 2],
      ],
    ])
    await second()
    expect(stored).toHaveLength(1)
  })

  test('that could not be stored is kept and stored later', async () => {
    const { hints, stored, troubles } = hintsOver(
      () => Promise.reject(new Error('the log is away')),
      async () => false,
    )
    hints.give(new Map([[0, 5]]))
    await second()
    await second()
    expect(stored).toEqual([])
    await second()
    expect(stored).toEqual([[[0, 5]]])
    expect(troubles).toHaveLength(1)
  })

  test('that comes while an earlier one is being stored is stored after it', async () => {
    let finish = (_: boolean) => {}
    const { hints, stored } = hintsOver(
      () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    )
    hints.give(new Map([[0, 5]]))
    await second()
    hints.give(new Map([[0, 7]]))
    await second()
    expect(stored).toEqual([])
    finish(true)
    await second()
    expect(stored).toEqual([[[0, 5]], [[0, 7]]])
  })

  test('of a partition that was lost is left to its next owner', async () => {
    const { hints, stored } = hintsOver()
    hints.give(
      new Map([
        [0, 5],
        [1, 2],
      ]),
    )
    hints.forget((partition) => partition === 0)
    await second()
    expect(stored).toEqual([[[1, 2]]])
  })

  test('is stored at the end', async () => {
    const { hints, stored } = hintsOver()
    hints.give(new Map([[0, 5]]))
    await hints.close()
    expect(stored).toEqual([[[0, 5]]])
  })
})
