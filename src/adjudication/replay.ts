import { hash } from 'node:crypto'
import type { KeptEngine, LedgerOperations, ReplayQuery, StoredForReplay } from '../ledger/ledger.ts'
import { encodeDecision } from './encode-decision.ts'
import { firstDifference } from './replay-difference.ts'
import { decideVersion, isDecided, storedVersions } from './replay-version.ts'
import type { OpenRulebook } from './rulebook-store.ts'

export interface ReplayDeps {
  readonly ledger: Pick<LedgerOperations, 'versionsForReplay' | 'engine'>
  readonly openRulebook: OpenRulebook
  /** Of this process. */
  readonly engineSha256: string
}

/** Where a stored version is not what is decided from its content, facts and rulebook. Codes and places, never a value. */
export interface ReplayDifference {
  readonly claimId: string
  readonly version: number
  readonly what: 'decision' | 'decisionSha256' | 'outcome' | 'facts' | 'body' | 'rulebook'
  /** Of the first byte of the decision that differs. */
  readonly pointer: string | null
  readonly offset: number | null
}
export interface ReplayReport {
  /** Versions decided again. */
  readonly compared: number
  /** Held versions have no decision. */
  readonly held: number
  /** Versions that another engine decided: to be replayed with the release that has it. */
  readonly otherEngines: readonly (KeptEngine & { readonly versions: number })[]
  /** The first; the replay ends there. */
  readonly difference: ReplayDifference | null
}

/** Decides stored versions again, each under its own rulebook and facts, and compares bytes and hashes; ends at the first difference. */
export async function replay(
  deps: ReplayDeps,
  query: Omit<ReplayQuery, 'cursor' | 'limit'>,
  onProgress: (compared: number) => void = () => {},
): Promise<ReplayReport> {
  const others = new Map<string, number>()
  let [compared, held] = [0, 0]
  let difference: ReplayDifference | null = null
  for await (const stored of storedVersions(deps.ledger, query)) {
    if (stored.status === 'held') held++
    else if (stored.engineSha256 !== deps.engineSha256) {
      const engine = stored.engineSha256 ?? ''
      others.set(engine, (others.get(engine) ?? 0) + 1)
    } else {
      compared++
      difference = await compare(deps, stored)
      if (difference) break
      onProgress(compared)
    }
  }
  return { compared, held, otherEngines: await namesOf(deps.ledger, others), difference }
}

async function compare({ openRulebook }: ReplayDeps, stored: StoredForReplay): Promise<ReplayDifference | null> {
  const { claimId, version } = stored
  const differs = (what: ReplayDifference['what'], place?: { pointer: string; offset: number }): ReplayDifference => ({
    ...{ claimId, version, what },
    pointer: place?.pointer ?? null,
    offset: place?.offset ?? null,
  })
  if (!isDecided(stored)) return differs('decision')
  const rulebook = await openRulebook(stored.rulebookSha256)
  if (rulebook === undefined) return differs('rulebook')
  if (hash('sha256', stored.facts) !== stored.factsSha256) return differs('facts')
  let made: ReturnType<typeof encodeDecision>
  let outcome: string
  try {
    const decision = decideVersion(stored, rulebook)
    outcome = decision.outcome
    made = encodeDecision(decision, stored.factsSha256)
  } catch {
    return differs('body')
  }
  const place = firstDifference(stored.decision, made.bytes)
  if (place) return differs('decision', place)
  if (stored.decisionSha256 !== made.sha256) return differs('decisionSha256')
  return stored.outcome === outcome ? null : differs('outcome')
}

function namesOf(ledger: ReplayDeps['ledger'], others: ReadonlyMap<string, number>): Promise<ReplayReport['otherEngines']> {
  return Promise.all(
    [...others].map(async ([sha256, versions]) => ({
      ...((await ledger.engine(sha256)) ?? { sha256, release: 'unknown', commit: null }),
      versions,
    })),
  )
}
