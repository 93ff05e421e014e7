import type { Claim } from '../domain/claim.ts'
import type { Facts } from '../domain/facts.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import type { LedgerOperations } from '../ledger/ledger.ts'
import { adjudicate } from './adjudicate.ts'
import { compareDecisions } from './backtest-compare.ts'
import { readKeptFacts } from './backtest-facts.ts'
import { type ChangedClaim, createTally, type Place, type TallyReport } from './backtest-tally.ts'
import { encodeDecision } from './encode-decision.ts'
import { claimOfVersion, type DecidedVersion, isDecided, isVoid, storedVersions } from './replay-version.ts'
import { cardsOf } from './stages/cards.ts'

export interface BacktestDeps {
  readonly ledger: Pick<LedgerOperations, 'versionsForReplay'>
  readonly engineSha256: string
}
export interface BacktestReport extends TallyReport {
  readonly rulebook: { readonly version: string; readonly sha256: string }
  readonly since: string | null
  /** Current decided versions that were decided under the rulebook and compared with their stored decision. */
  readonly compared: number
  /** Of them, those whose stored decision is of another engine: what differs may be the engine's. */
  readonly otherEngine: number
  /** Same amounts, outcome and findings, in other words or with another basis. */
  readonly reworded: number
  /** Withdrawn claims pay nothing under any rulebook. */
  readonly voids: number
  /** Not compared: rules asked for facts that were not kept with the decision. By the name of the fact. */
  readonly factsNotKept: { readonly claims: number; readonly byFact: Readonly<Record<string, number>> }
  /** Not compared: what is stored cannot be decided. The first of them by id. */
  readonly notDecided: { readonly claims: number; readonly first: readonly string[] }
}

const NAMED_MAX = 20

/**
 * Decides the current decided versions under another rulebook with the facts that were kept, and sums up what would change. Facts are
 * held fixed: the co-pay of earlier visits stays as it was decided. Memory does not grow with the claims.
 * @param onChanged each claim that changes, in the order of receipt
 */
export async function backtest(
  deps: BacktestDeps,
  rulebook: Rulebook,
  since: string | undefined,
  on: { readonly progress?: (compared: number) => void; readonly changed?: (claim: ChangedClaim) => void } = {},
): Promise<BacktestReport> {
  const tally = createTally()
  const counts = { compared: 0, otherEngine: 0, reworded: 0, voids: 0 }
  const notKept = { claims: 0, byFact: new Map<string, number>() }
  const notDecided = { claims: 0, first: [] as string[] }
  for await (const stored of storedVersions(deps.ledger, { current: true, ...(since === undefined ? {} : { since }) })) {
    const result = decideUnder(stored, rulebook)
    if (result.kind === 'void') counts.voids++
    else if (result.kind === 'not-decided') {
      notDecided.claims++
      if (notDecided.first.length < NAMED_MAX) notDecided.first.push(stored.claimId)
    } else if (result.kind === 'facts-not-kept') {
      notKept.claims++
      for (const fact of result.facts) notKept.byFact.set(fact, (notKept.byFact.get(fact) ?? 0) + 1)
    } else {
      counts.compared++
      if (stored.engineSha256 !== deps.engineSha256) counts.otherEngine++
      const comparison = compareDecisions(result.before, result.after)
      if (comparison === 'reworded') counts.reworded++
      else if (comparison !== 'same') on.changed?.(tally.add(result.place, comparison))
      on.progress?.(counts.compared)
    }
  }
  return {
    rulebook: { version: rulebook.version, sha256: rulebook.sha256 },
    since: since ?? null,
    ...counts,
    factsNotKept: { claims: notKept.claims, byFact: Object.fromEntries([...notKept.byFact].sort()) },
    notDecided,
    ...tally.report(),
  }
}

type Under =
  | { readonly kind: 'void' }
  | { readonly kind: 'not-decided' }
  | { readonly kind: 'facts-not-kept'; readonly facts: readonly string[] }
  | { readonly kind: 'decided'; readonly before: Buffer; readonly after: Buffer; readonly place: Place }

function decideUnder(stored: Parameters<typeof isDecided>[0], rulebook: Rulebook): Under {
  if (isVoid(stored)) return { kind: 'void' }
  if (!isDecided(stored)) return { kind: 'not-decided' }
  try {
    return decideClaim(stored, claimOfVersion(stored), rulebook)
  } catch {
    return { kind: 'not-decided' }
  }
}

/** A fact that was not kept matters where the decision is another when its register says nothing than when it cannot be asked. */
function decideClaim(stored: DecidedVersion, claim: Claim, rulebook: Rulebook): Under {
  const kept = readKeptFacts(stored.facts)
  const decide = (facts: Facts) => encodeDecision(adjudicate(claim, facts, rulebook), stored.factsSha256).bytes
  const facts = kept.facts()
  const after = decide(facts)
  const missed = kept.lacking.filter((name) => !decide(kept.facts(name)).equals(after))
  if (missed.length + kept.asked.size > 0) return { kind: 'facts-not-kept', facts: [...missed, ...kept.asked] }
  return { kind: 'decided', before: stored.decision, after, place: placeOf(stored, claim, facts) }
}

const unknown = 'unknown'

function placeOf({ claimId, version, facilityCode }: DecidedVersion, claim: Claim, { facility, member }: Facts): Place {
  const known = facility.kind === 'known' ? facility.value : undefined
  const endedOn = claim.endedAt.slice(0, 10)
  const period = known?.periods.find(({ validFrom, validTo }) => validFrom <= endedOn && endedOn <= (validTo ?? endedOn))
  const [card] = cardsOf(claim, member.kind === 'known' ? member.value : undefined)
  return {
    ...{ claimId, version, facilityCode },
    level: period?.level ?? unknown,
    province: known?.province ?? unknown,
    cardGroup: /^[A-Z]{2}/.exec(card?.cardNumber ?? '')?.[0] ?? unknown,
  }
}
