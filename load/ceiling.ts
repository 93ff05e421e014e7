import autocannon from 'autocannon'
import type { Actions } from './actions.ts'
import type { ClaimPlan, SyntheticClaim } from './claims.ts'
import type { GatewayClient } from './client.ts'
import type { Journal } from './journal.ts'
import { contentLabel, preferHeader } from './submit.ts'
import type { Tally } from './tally.ts'
import { glanceAt } from './told.ts'

export interface CeilingOptions {
  readonly url: string
  readonly seconds: number
  readonly connections: number
  readonly waitS: number
  readonly answerWithinMs: number
}
export interface CeilingDeps {
  readonly client: GatewayClient
  readonly journal: Journal
  readonly tally: Tally
  readonly actions: Actions
  readonly make: (plan: ClaimPlan) => SyntheticClaim
}
interface Sent {
  encounterId?: string
  label?: string
  atMs?: number
}

/**
 * Closed loop with autocannon: every connection sends its next claim when it has its answer, so the rate found is the most that the
 * gateway gives. Times are from the send: they say nothing about people who would have come meanwhile; `open` is for those.
 */
export async function runCeiling(options: CeilingOptions, deps: CeilingDeps): Promise<void> {
  const { journal, tally } = deps
  let authorization = await deps.client.authorization()
  const renewing = setInterval(async () => {
    authorization = await deps.client.authorization().catch(() => authorization)
  }, 5_000)
  const startedAt = performance.now()
  try {
    await autocannon({
      url: options.url,
      connections: options.connections,
      duration: options.seconds,
      timeout: options.answerWithinMs / 1_000,
      requests: [
        {
          method: 'POST',
          path: '/v1/claims',
          setupRequest(request, context) {
            const action = deps.actions.next()
            if (action.kind !== 'file') throw new Error('the ceiling files claims alone')
            const { encounterId, body, contentType } = deps.make(action.plan)
            const label = contentLabel(action.plan.revision)
            const atMs = performance.now() - startedAt
            journal.sent(encounterId, label)
            tally.offered(atMs, 'sent')
            Object.assign(context as Sent, { encounterId, label, atMs })
            const headers = { authorization, 'content-type': contentType, prefer: preferHeader(options.waitS) }
            return { ...request, body, headers }
          },
          onResponse(status, body, context) {
            const { encounterId, label, atMs } = context as Required<Sent>
            const told = glanceAt({ status, body })
            journal.answered(encounterId, label, told)
            const nowMs = performance.now() - startedAt
            tally.answered(nowMs, nowMs - atMs, told)
          },
        },
      ],
    })
  } finally {
    clearInterval(renewing)
  }
}
