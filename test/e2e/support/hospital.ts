import { type ClaimPlan, createClaimFactory, type SyntheticClaim } from '../../../load/claims.ts'
import { type Credentials, createGatewayClient, type GatewayClient } from '../../../load/client.ts'
import { createJournal, type Journal } from '../../../load/journal.ts'
import { OUTCOMES, type Outcome, type Told, toldBy, toldNothing } from '../../../load/told.ts'
import { pause } from './gateway.ts'
import { FACILITY, VISIT_DATE } from './store.ts'

export interface HospitalOptions {
  readonly url: string
  readonly credentials: Credentials
  /** Claims a second. */
  readonly rate: number
  readonly members: number
  readonly run: string
  /** Of four claims, one waits so long for its decision; the others take the receipt at once, where an early one would be a lie. */
  readonly waitS: number
}
export interface Hospital {
  readonly client: GatewayClient
  readonly journal: Journal
  readonly startedAt: Date
  /** Every answer so far, by what was told. */
  readonly told: Readonly<Record<Outcome, number>>
  /** Problem codes and broken connections so far. */
  readonly codes: ReadonlyMap<string, number>
  /** Requests that broke after they had left: their outcome is not known. */
  cutOff(): number
  /** The longest that any request was under way, milliseconds. */
  longestMs(): number
  /** Starts no new claim, but sends those under way until each is acknowledged or the time is up. */
  finish(withinMs: number): Promise<void>
}

const ANSWER_WITHIN_MS = 20_000
/** Claims under way at once: while so many wait for an acknowledgement, no new one is begun. */
const UNDERWAY_MAX = 120

/**
 * A hospital's system that files at a steady rate whatever happens: what is not acknowledged is sent again, the same bytes, after a
 * short pause. It writes down what it was told and knows nothing else.
 */
export function startHospital(options: HospitalOptions): Hospital {
  const { rate, members, run, url, credentials } = options
  const client = createGatewayClient({ url, credentials, socketsMax: 1_000, timeoutMs: ANSWER_WITHIN_MS })
  const journal = createJournal()
  const make = createClaimFactory({ run, facility: FACILITY, date: VISIT_DATE, members, seed: 1 })
  const told = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  const codes = new Map<string, number>()
  const underway = new Set<Promise<void>>()
  let longestMs = 0
  let giveUpAt = Number.POSITIVE_INFINITY

  async function send({ encounterId, body, contentType }: SyntheticClaim, prefer: string): Promise<Told> {
    // Without a token nothing leaves: such a try is not noted.
    await client.authorization()
    journal.sent(encounterId, 'claim')
    const began = performance.now()
    const answer = await client.send('POST', '/v1/claims', { body, contentType, headers: { prefer } }).then(toldBy, toldNothing)
    longestMs = Math.max(longestMs, performance.now() - began)
    journal.answered(encounterId, 'claim', answer)
    told[answer.outcome]++
    if (answer.code !== '') codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1)
    return answer
  }
  async function file(plan: ClaimPlan): Promise<void> {
    const claim = make(plan)
    const prefer = plan.sequence % 4 === 0 ? `wait=${options.waitS}` : 'respond-async'
    for (let attempt = 0; performance.now() < giveUpAt; attempt++) {
      const answer = await send(claim, prefer).catch(() => undefined)
      if (answer?.outcome === 'decided' || answer?.outcome === 'receipted') return
      await pause(Math.min(1_500, 150 * 2 ** attempt) * (0.5 + Math.random()))
    }
  }

  let sequence = 0
  const ticking = setInterval(() => {
    if (underway.size >= UNDERWAY_MAX) return
    const format = sequence % 3 === 0 ? 'xml' : 'json'
    const filing = file({ sequence: sequence++, size: 'small', format, revision: 0 }).finally(() => underway.delete(filing))
    underway.add(filing)
  }, 1_000 / rate)

  return {
    client,
    journal,
    startedAt: new Date(Date.now() - 5_000),
    told,
    codes,
    cutOff: () => told.broken - (codes.get('ECONNREFUSED') ?? 0),
    longestMs: () => longestMs,
    async finish(withinMs) {
      clearInterval(ticking)
      giveUpAt = performance.now() + withinMs
      await Promise.all(underway)
    },
  }
}
