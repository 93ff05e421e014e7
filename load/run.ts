import { createActions } from './actions.ts'
import { runCeiling } from './ceiling.ts'
import { type CheckResult, checkRun, isSound } from './check.ts'
import { createClaimFactory } from './claims.ts'
import { createGatewayClient } from './client.ts'
import { type Environment, environment } from './environment.ts'
import { createJournal } from './journal.ts'
import { runOpen } from './open.ts'
import type { Settings } from './settings.ts'
import { createSubmit } from './submit.ts'
import { createTally, type TallySummary } from './tally.ts'

export interface Report {
  readonly startedAt: string
  readonly tookS: number
  /** The settings without the credentials. */
  readonly settings: Omit<Settings, 'credentials'>
  readonly environment: Environment
  readonly summary: TallySummary
  /** CPU of the harness itself over the run, microseconds per claim that was answered. */
  readonly harnessCpuUs: number
  readonly check: CheckResult | undefined
  readonly sound: boolean
}

/** Beyond the longest wait of the gateway: 15 s, and time for a slow network. */
const ANSWER_WITHIN_MS = 20_000

/** One run: warm-up (same journal, other tally), the run, the check. `say` is told what is going on. */
export async function runLoad(settings: Settings, say: (line: string) => void): Promise<Report> {
  const { credentials, ...shown } = settings
  const client = createGatewayClient({
    url: settings.url,
    credentials,
    socketsMax: settings.inFlightMax,
    timeoutMs: ANSWER_WITHIN_MS,
  })
  try {
    await client.authorization()
    const startedAt = new Date()
    const journal = createJournal()
    const actions = createActions(settings.mix, settings.seed)
    const make = createClaimFactory(settings)
    const submit = createSubmit({ client, journal, actions, make, run: settings.run, waitS: settings.waitS })
    const drive = (seconds: number, seed: number) => {
      const tally = createTally()
      const running =
        settings.mode === 'open'
          ? runOpen({ ...settings, seconds, seed }, () => submit(actions.next()), tally)
          : runCeiling({ ...settings, seconds, answerWithinMs: ANSWER_WITHIN_MS }, { client, journal, tally, actions, make })
      return running.then(() => tally.summary())
    }
    if (settings.warmUpS > 0) {
      say(`warming up for ${settings.warmUpS} s`)
      await drive(settings.warmUpS, settings.seed + 1)
    }
    say(`${settings.mode}: ${settings.seconds} s against ${settings.url}`)
    const cpuBefore = process.cpuUsage()
    const began = performance.now()
    const summary = await drive(settings.seconds, settings.seed)
    const tookS = (performance.now() - began) / 1_000
    const { user, system } = process.cpuUsage(cpuBefore)
    const answered = Object.values(summary.outcomes).reduce((sum, count) => sum + count, 0)
    say(settings.check ? 'checking by ids that nothing was lost or doubled' : 'not checked (--no-check)')
    // A minute earlier: the clock of the gateway may differ from ours.
    const since = new Date(startedAt.getTime() - 60_000)
    const check = settings.check
      ? await checkRun(client, journal, { since, settleMs: settings.settleMs, concurrency: 16 })
      : undefined
    return {
      startedAt: startedAt.toISOString(),
      tookS: Math.round(tookS * 10) / 10,
      settings: shown,
      environment: environment(),
      summary,
      harnessCpuUs: Math.round((user + system) / Math.max(1, answered)),
      check,
      sound: check === undefined || isSound(check),
    }
  } finally {
    client.close()
  }
}
