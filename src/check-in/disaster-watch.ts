import type { DeskEligibility } from '../eligibility/eligibility.ts'
import type { Clock } from '../platform/clock.ts'
import type { Listening, PostgresPool } from '../platform/postgres.ts'
import { type Disaster, disasterFor } from './disaster.ts'
import { DISASTER_CHANNEL, disastersThatCount } from './disaster-store.ts'

/** A process that hears of no change looks as often. */
export const LOOK_MS = 5_000

export interface DisasterWatchDeps {
  readonly pool: PostgresPool
  readonly eligibility: Pick<DeskEligibility, 'findFacilitiesSoon'>
  readonly clock: Clock
  /** What a desk waits for the register, ms. */
  readonly lookupMsMax: number
  readonly onTrouble: (what: string, cause: unknown) => void
}
/** The disasters in the memory of a process: at most 5 s old while the ledger answers, else the last known. */
export interface DisasterWatch {
  /** Open for a facility at an instant. Never throws; asks nobody while nothing is open anywhere. */
  at(facilityCode: string, atMs: number): Promise<Disaster | undefined>
  start(): Promise<void>
  stop(): Promise<void>
}

export function createDisasterWatch({ pool, eligibility, clock, lookupMsMax, onTrouble }: DisasterWatchDeps): DisasterWatch {
  let known: readonly Disaster[] = []
  let fails = false
  let listening: Listening | undefined
  let looping: Promise<void> | undefined
  const stopped = new AbortController()

  async function look(): Promise<void> {
    try {
      known = await disastersThatCount({ sql: pool, clock })
      fails = false
    } catch (cause) {
      if (!fails) onTrouble('disasters', cause)
      fails = true
    }
  }
  async function keepLooking(): Promise<void> {
    while (!stopped.signal.aborted) {
      await clock.sleep(LOOK_MS, stopped.signal)
      if (!stopped.signal.aborted) await look()
    }
  }
  return {
    async at(facilityCode, atMs) {
      if (known.length === 0) return undefined
      const [found] = await eligibility.findFacilitiesSoon([facilityCode], lookupMsMax)
      // A facility's code begins with its province: enough where the register cannot be asked.
      const province = found?.fact.kind === 'known' ? found.fact.value.province : facilityCode.slice(0, 2)
      return disasterFor(province, atMs, known)
    },
    async start() {
      await look()
      listening = await pool.listen(DISASTER_CHANNEL, () => void look())
      looping = keepLooking()
    },
    async stop() {
      stopped.abort()
      await listening?.stop()
      await looping
    },
  }
}
