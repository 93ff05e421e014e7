import type { Rulebook } from '../domain/rulebook.ts'
import type { LedgerOperations } from '../ledger/ledger.ts'
import { rulebookOf } from './rulebook/assemble.ts'
import { readRulebook } from './rulebook/load.ts'

/** Rulebooks kept in memory; beyond it the one that was asked for longest ago is loaded again when it is wanted. */
export const rulebooksMax = 16

/**
 * The rulebook with this hash, as it was kept when a gateway first decided with it; `undefined` when none was.
 * @throws RulebookInvalid when this engine has no code for it any more · LedgerUnavailable
 */
export type OpenRulebook = (sha256: string) => Promise<Rulebook | undefined>

/** @param loaded rulebooks at hand, which need no look into the ledger */
export function createOpenRulebook(ledger: Pick<LedgerOperations, 'rulebook'>, loaded: readonly Rulebook[] = []): OpenRulebook {
  const atHand = new Map(loaded.map((rulebook) => [rulebook.sha256, rulebook]))
  /** Last used last. */
  const opened = new Map<string, Rulebook>()
  return async function openRulebook(sha256) {
    const known = atHand.get(sha256) ?? opened.get(sha256) ?? (await readKept(ledger, sha256))
    if (known === undefined || atHand.has(sha256)) return known
    opened.delete(sha256)
    opened.set(sha256, known)
    if (opened.size > rulebooksMax) opened.delete(opened.keys().next().value!)
    return known
  }
}

async function readKept(ledger: Pick<LedgerOperations, 'rulebook'>, sha256: string): Promise<Rulebook | undefined> {
  const kept = await ledger.rulebook(sha256)
  if (kept === undefined) return undefined
  const rulebook = rulebookOf(new Map(Object.entries(JSON.parse(kept.content) as Record<string, unknown>)))
  if (rulebook.sha256 !== sha256) throw new Error(`the rulebook kept as ${sha256} has another hash: its row was changed`)
  return rulebook
}

/** Loads a folder and keeps what was loaded. @throws RulebookInvalid with every fault */
export async function loadAndKeepRulebook(dir: string, ledger: Pick<LedgerOperations, 'keepRulebook'>): Promise<Rulebook> {
  const { rulebook, content } = await readRulebook(dir)
  await ledger.keepRulebook({ sha256: rulebook.sha256, version: rulebook.version, content })
  return rulebook
}
