import { type CheckResult, checkRun } from '../../../load/check.ts'
import { type GatewayProcess, pause } from './gateway.ts'
import type { Hospital } from './hospital.ts'

export interface CrashPlan {
  /** Killed in turn, over and over. */
  readonly victims: readonly GatewayProcess[]
  readonly kills: number
  /** After a restart the next victim is killed when decisions have come again, but after this long in any case. */
  readonly killWithinMs: number
}

/**
 * Kills the victims in turn and starts each again at once, while the hospital goes on filing. Each kill waits until a decision has been
 * heard since the last restart, and then a random moment more, so that it falls into work and not into silence.
 */
export async function killInTurn(hospital: Hospital, plan: CrashPlan): Promise<void> {
  for (let kill = 0; kill < plan.kills; kill++) {
    const decided = hospital.told.decided
    for (const deadline = performance.now() + plan.killWithinMs; performance.now() < deadline; await pause(20))
      if (hospital.told.decided > decided) break
    await pause(Math.random() * 400)
    const victim = plan.victims[kill % plan.victims.length]!
    await victim.kill()
    victim.start()
  }
}

/** What the independent checker finds by ids alone, every claim read by id and in the list. */
export function audit(hospital: Hospital, settleMs: number): Promise<CheckResult> {
  const { client, journal, startedAt } = hospital
  return checkRun(client, journal, { since: startedAt, settleMs, concurrency: 8, readEach: true })
}
