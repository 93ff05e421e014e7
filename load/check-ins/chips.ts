import { Worker } from 'node:worker_threads'
import type { GatewayClient } from '../client.ts'
import type { DeckCard } from './deck.ts'

/** What a kiosk sends of a card that was laid on its reader. */
export type ChipIdentity = Readonly<Record<string, string>>

export interface Chips {
  /** Asks the gateway for a challenge and lets the card answer it. @throws Error when no challenge came */
  read(card: number): Promise<ChipIdentity>
  close(): Promise<void>
}

/** The deck on its reader: challenges from the gateway, answers from a thread of its own. `challenged` hears how long a challenge took, ms. */
export function createChips(deck: readonly DeckCard[], client: GatewayClient, challenged: (ms: number) => void): Chips {
  const worker = new Worker(new URL('./sign-worker.ts', import.meta.url), { workerData: deck })
  const waiting = new Map<number, (answer: string) => void>()
  let last = 0
  worker.on('message', ({ id, answer }: { id: number; answer: string }) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  const answerOf = (card: number, nonce: string) =>
    new Promise<string>((done) => {
      const id = ++last
      waiting.set(id, done)
      worker.postMessage({ id, card, nonce })
    })

  return {
    async read(card) {
      const began = performance.now()
      const reply = await client.send('POST', '/v1/check-ins/challenges', { body: '{}' })
      if (reply.status !== 200) throw new Error(`the challenge was answered ${reply.status}`)
      challenged(performance.now() - began)
      const { challengeId, nonce } = JSON.parse(reply.body) as { challengeId: string; nonce: string }
      const { sod, groups } = deck[card]!
      const files = Object.fromEntries(Object.entries(groups).map(([number, bytes]) => [`dg${number}`, bytes]))
      return { method: 'chip', challengeId, sod, ...files, activeAuthentication: await answerOf(card, nonce) }
    },
    async close() {
      await worker.terminate()
    },
  }
}
