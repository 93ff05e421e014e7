import { type CheckResult, checkRun } from '../../../load/check.ts'
import { type GatewayProcess, pause } from './gateway.ts'
import type { Hospital } from './hospital.ts'

export interface Victim {
  readonly gateway: GatewayProcess
  /** What grows while it works: decisions heard, or acknowledgements. */
  readonly done: () => number
}
export interface CrashPlan {
  /** Killed in turn, over and over. */
  readonly victims: readonly Victim[]
  readonly kills: number
}

/** A victim has worked again since its last start before it is killed anew, so that a kill falls into work and not into silence. */
const WORKED = 10
const KILL_WITHIN_MS = 12_000

/** Kills the victims in turn, each at a random moment of its work, and starts each again at once, while the hospital goes on filing. */
export async function killInTurn({ victims, kills }: CrashPlan): Promise<void> {
  const doneAtStart = new Map(victims.map((victim) => [victim, victim.done()]))
  for (let kill = 0; kill < kills; kill++) {
    const victim = victims[kill % victims.length]!
    const enough = doneAtStart.get(victim)! + WORKED
    for (const deadline = performance.now() + KILL_WITHIN_MS; performance.now() < deadline && victim.done() < enough; )
      await pause(10)
    await pause(Math.random() * 300)
    await victim.gateway.kill()
    doneAtStart.set(victim, victim.done())
    victim.gateway.start()
  }
}

/** What the independent checker finds by ids alone, every claim read by id and in the list. */
export function audit(hospital: Hospital, settleMs: number): Promise<CheckResult> {
  const { client, journal, startedAt } = hospital
  return checkRun(client, journal, { since: startedAt, settleMs, concurrency: 8, readEach: true })
}
