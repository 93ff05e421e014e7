import { createActions } from '../actions.ts'
import { type CheckResult, checkRun, isSound } from '../check.ts'
import { createClaimFactory } from '../claims.ts'
import { createGatewayClient, type GatewayClient } from '../client.ts'
import { type Environment, environment } from '../environment.ts'
import { createJournal } from '../journal.ts'
import { runOpen } from '../open.ts'
import { createSubmit } from '../submit.ts'
import { createTally, type TallySummary } from '../tally.ts'
import { type Again, checkAgain } from './again.ts'
import { createChips } from './chips.ts'
import { readDeck } from './deck.ts'
import { createDesk, type Desk } from './desk.ts'
import type { DeskSettings } from './settings.ts'
import { createDeskTally, type DeskSummary } from './tally.ts'

export interface DeskReport {
  readonly startedAt: string
  readonly tookS: number
  /** The settings without the credentials. */
  readonly settings: Omit<DeskSettings, 'credentials'>
  readonly environment: Environment
  readonly checkIns: DeskSummary
  /** What check-ins were told when they came a second time, and numbers given twice. */
  readonly again: Again
  /** The claims that were filed beside them. */
  readonly claims: { readonly summary: TallySummary; readonly check: CheckResult } | undefined
  /** CPU of the harness over the run, microseconds per check-in and claim together. */
  readonly harnessCpuUs: number
  /** Nobody turned away, nothing faulty, doubled or lost. */
  readonly sound: boolean
}

const ANSWER_WITHIN_MS = 20_000
/** A card is laid on its reader so long before the check-in leaves: the challenge and the chip's answer are no part of its time. */
const AHEAD_MS = 1_500

/** One run: warm-up, check-ins by plan with claims beside them, the check. `say` is told what is going on. */
export async function runDesk(settings: DeskSettings, say: (line: string) => void): Promise<DeskReport> {
  const { credentials, ...shown } = settings
  const open = () =>
    createGatewayClient({ url: settings.url, credentials, socketsMax: settings.inFlightMax, timeoutMs: ANSWER_WITHIN_MS })
  const [client, claimClient] = [open(), open()]
  const deck = settings.deck === undefined || settings.chipShare === 0 ? [] : readDeck(settings.deck)
  let challenged: (ms: number) => void = () => {}
  const chips = deck.length === 0 ? undefined : createChips(deck, client, (ms) => challenged(ms))
  try {
    await Promise.all([client.authorization(), claimClient.authorization()])
    const startedAt = new Date()
    const drive = async (run: string, count: number, seed: number) => {
      const tally = createDeskTally()
      challenged = tally.challenged
      const desk = createDesk({ ...settings, run }, { client, chips, cards: deck.length })
      const planned = { ...settings, seconds: 0, count, seed }
      await runOpen(planned, desk.checkIn, tally, { prepare: desk.prepare, aheadMs: AHEAD_MS })
      return { desk, summary: tally.summary() }
    }
    const claims = createClaims(settings, claimClient)
    if (settings.warmUpS > 0) {
      say(`warming up for ${settings.warmUpS} s`)
      const count = Math.ceil(settings.warmUpS * settings.rate)
      await Promise.all([drive(`${settings.run}W`, count, settings.seed + 1), claims.file(settings.warmUpS, settings.seed + 1)])
    }
    say(`${settings.count} check-ins at ${settings.rate}/s, claims at ${settings.claimRate}/s, against ${settings.url}`)
    const cpuBefore = process.cpuUsage()
    const began = performance.now()
    const [{ desk, summary }, filed] = await Promise.all([
      drive(settings.run, settings.count, settings.seed),
      claims.file(settings.count / settings.rate + AHEAD_MS / 1_000, settings.seed),
    ])
    const tookS = (performance.now() - began) / 1_000
    const { user, system } = process.cpuUsage(cpuBefore)
    const again = await checkEnd(desk, settings, say)
    const check = await claims.check(startedAt)
    const answered = summary.offered + (filed?.offered ?? 0)
    return {
      startedAt: startedAt.toISOString(),
      tookS: Math.round(tookS * 10) / 10,
      settings: shown,
      environment: environment(),
      checkIns: summary,
      again,
      claims: filed && check && { summary: filed, check },
      harnessCpuUs: Math.round((user + system) / Math.max(1, answered)),
      sound: isSoundDesk(summary, again) && (check === undefined || isSound(check)),
    }
  } finally {
    await chips?.close()
    client.close()
    claimClient.close()
  }
}

function checkEnd(desk: Desk, settings: DeskSettings, say: (line: string) => void): Promise<Again> {
  say(`sending ${settings.again} of them a second time`)
  return checkAgain(desk, settings)
}

const isSoundDesk = ({ outcomes }: DeskSummary, { doubled, changed, unrecorded }: Again): boolean =>
  outcomes['turned-away'] + outcomes.faulty === 0 && doubled.length + changed.length + unrecorded === 0

/** The claims beside: their own client, journal and tally, so that nothing of theirs is counted with the check-ins. */
function createClaims(settings: DeskSettings, client: GatewayClient) {
  const journal = createJournal()
  const actions = createActions(settings.mix, settings.seed)
  const submit = createSubmit({ client, journal, actions, make: createClaimFactory(settings), run: settings.run, waitS: 10 })
  return {
    async file(seconds: number, seed: number): Promise<TallySummary | undefined> {
      if (settings.claimRate === 0) return undefined
      const tally = createTally()
      await runOpen({ ...settings, rate: settings.claimRate, seconds, seed }, () => submit(actions.next()), tally)
      return tally.summary()
    },
    async check(startedAt: Date): Promise<CheckResult | undefined> {
      if (settings.claimRate === 0) return undefined
      // A minute earlier: the clock of the gateway may differ from ours.
      const since = new Date(startedAt.getTime() - 60_000)
      return checkRun(client, journal, { since, settleMs: settings.settleMs, concurrency: 16 })
    },
  }
}
