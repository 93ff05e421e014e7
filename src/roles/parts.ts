import type { Decider } from '../adjudication/decide-batch.ts'
import type { GatherFacts } from '../adjudication/gather-facts.ts'
import type { OpenRulebook } from '../adjudication/rulebook-store.ts'
import type { Cache } from '../cache/cache.ts'
import type { Config } from '../config.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import type { RunningEligibility } from '../eligibility/create-eligibility.ts'
import type { Keys } from '../ingest/access/keys.ts'
import type { RandomBytes } from '../ingest/request-ids.ts'
import type { Ledger, LedgerOperations } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import type { Stream } from '../stream/stream.ts'

/** What every role is built from: adapters already chosen and opened. */
export interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly metrics: Metrics
  readonly keys: Keys
  readonly keyedHash: KeyedHash
  readonly pool: PostgresPool
  /** For the desk alone. */
  readonly deskPool: PostgresPool
  readonly ledger: Ledger & LedgerOperations
  readonly cache: Cache
  readonly stream: Stream
  readonly eligibility: RunningEligibility
  /** By the desk's own connections. */
  readonly deskEligibility: RunningEligibility
  readonly gatherFacts: GatherFacts
  readonly decider: Decider
  readonly openRulebook: OpenRulebook
  /** In force in this process. */
  readonly rulebook: Rulebook
  /** Of this process. */
  readonly engineSha256: string
  readonly clock: Clock
  readonly randomBytes: RandomBytes
}

export interface Role {
  /** Why it cannot do its work now; empty when it can. */
  reasons(): Promise<readonly string[]>
  stop(deadlineMs: number): Promise<void>
}
