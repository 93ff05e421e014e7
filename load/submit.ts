import type { Action, Actions } from './actions.ts'
import { type ClaimPlan, encounterIdOf, type SyntheticClaim } from './claims.ts'
import type { GatewayClient } from './client.ts'
import type { Journal } from './journal.ts'
import { type Told, toldBy, toldNothing } from './told.ts'

export interface SubmitDeps {
  readonly client: GatewayClient
  readonly journal: Journal
  readonly actions: Actions
  readonly make: (plan: ClaimPlan) => SyntheticClaim
  readonly run: string
  /** `Prefer: wait=N`; 0 sends `respond-async`. */
  readonly waitS: number
}

export const preferHeader = (waitS: number): string => (waitS === 0 ? 'respond-async' : `wait=${waitS}`)
/** Label of a content in the journal. */
export const contentLabel = (revision: number): string => `revision ${revision}`

/** Sends one action, notes it before and after, and says what was told. Never throws. */
export function createSubmit(deps: SubmitDeps): (action: Action) => Promise<Told> {
  const { client, journal, actions, make, run } = deps
  const headers = { prefer: preferHeader(deps.waitS) }

  async function send(encounterId: string, label: string, path: string, body: string, contentType: string): Promise<Told> {
    journal.sent(encounterId, label)
    const told = await client.send('POST', path, { body, contentType, headers }).then(toldBy, toldNothing)
    journal.answered(encounterId, label, told)
    return told
  }

  return async (action) => {
    if (action.kind === 'void') {
      const encounterId = encounterIdOf(run, action.sequence)
      const claimId = journal.claims.get(encounterId)?.claimId
      return send(encounterId, 'void', `/v1/claims/${claimId}/void`, '{"reason":"load test"}', 'application/json')
    }
    const { encounterId, body, contentType } = make(action.plan)
    const told = await send(encounterId, contentLabel(action.plan.revision), '/v1/claims', body, contentType)
    // Only a decided claim can be corrected or voided without a race that hospitals do not run.
    if (told.outcome === 'decided') actions.acknowledged(action.plan)
    return told
  }
}
