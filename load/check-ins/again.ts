import { seededRandom } from '../random.ts'
import type { Desk, Sent } from './desk.ts'

/** What a second sending showed. */
export interface Again {
  /** Sent a second time. */
  readonly sent: number
  /** Two check-ins under one id or one ticket. */
  readonly doubled: readonly string[]
  /** A second answer under another id, ticket or outcome than the first. */
  readonly changed: readonly string[]
  /** Said to be recorded nowhere, and not taken within the time either. */
  readonly unrecorded: number
}
export interface AgainOptions {
  readonly again: number
  readonly settleMs: number
  readonly seed: number
}

/** A check-in that is sent twice is one; the ones that were recorded nowhere are sent until they are. */
export async function checkAgain(desk: Desk, { again, settleMs, seed }: AgainOptions): Promise<Again> {
  const answered = desk.sent.filter(({ told }) => told.checkInId)
  const recorded = answered.filter(({ told }) => !told.unrecorded)
  const chosen = sample(recorded, again, seed)
  const changed: string[] = []
  await side(chosen, async (first) => {
    const { told } = await desk.again(first)
    const same =
      told.checkInId === first.told.checkInId && told.ticket === first.told.ticket && told.outcome === first.told.outcome
    if (!same)
      changed.push(
        `${first.told.checkInId} ${first.told.ticket} ${first.told.outcome} was ${told.ticket} ${told.outcome} ${told.why}`,
      )
  })
  const deadline = performance.now() + settleMs
  let unrecorded = 0
  await side(
    answered.filter(({ told }) => told.unrecorded),
    async (first) => {
      while (performance.now() < deadline) {
        const { told } = await desk.again(first)
        if (told.checkInId === first.told.checkInId && !told.unrecorded) return
        await new Promise((done) => setTimeout(done, 200))
      }
      unrecorded++
    },
  )
  return { sent: chosen.length, doubled: doubledIn(recorded), changed, unrecorded }
}

function doubledIn(sent: readonly Sent[]): string[] {
  const seen = new Set<string>()
  return sent.flatMap(({ told }) =>
    [told.checkInId!, told.ticket!].filter((id) => {
      const isSeen = seen.has(id)
      seen.add(id)
      return isSeen
    }),
  )
}

function sample(sent: readonly Sent[], count: number, seed: number): Sent[] {
  const random = seededRandom(seed)
  if (sent.length <= count) return [...sent]
  return Array.from({ length: count }, () => sent[Math.floor(random() * sent.length)]!)
}

const SIDE_BY_SIDE = 16
async function side<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (const item of left) await work(item)
    }),
  )
}
