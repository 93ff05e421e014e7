import type { Facts, Member, RegisterFact, Visit } from '../domain/facts.ts'
import { formatMoney, type Money, parseMoney } from '../domain/money.ts'
import type { Ledger, LedgerOperations } from '../ledger/ledger.ts'
import { adjudicate } from './adjudicate.ts'
import { type Comparison, compareDecisions, type Move, parties } from './backtest-compare.ts'
import { readKeptFacts } from './backtest-facts.ts'
import { encodeDecision } from './encode-decision.ts'
import type { GatherFacts } from './gather-facts.ts'
import { type DecidedVersion, isDecided, isVoid, REPLAY_PAGE, storedVersions, submissionOfVersion } from './replay-version.ts'
import { RulebookInvalid } from './rulebook/cursor.ts'
import type { OpenRulebook } from './rulebook-store.ts'
import { type CopayFigure, copayFigure, countedVisits } from './stages/counted-copay.ts'
import type { Submission } from './submission.ts'

export interface ReconcileDeps {
  readonly ledger: Pick<Ledger, 'findVersion'> & Pick<LedgerOperations, 'versionsForReplay'>
  readonly gatherFacts: GatherFacts
  readonly openRulebook: OpenRulebook
}

/** A claim whose decision counted another co-pay of its year than would be counted now. Nothing personal is in it. */
export interface Miscounted {
  readonly claimId: string
  readonly version: number
  readonly facilityCode: string
  readonly year: number
  /** Decimal đồng. */
  readonly counted: { readonly before: string; readonly now: string }
  /** The register's figure is another. */
  readonly register: boolean
  /** Earlier visits that count otherwise: `null` where the visit is none of this member, or none, then or now. */
  readonly visits: readonly { readonly claimId: string; readonly before: string | null; readonly now: string | null }[]
  /** What deciding again would change, decimal đồng; `null` where the rulebook of the decision is not to hand. */
  readonly change:
    | { readonly outcome: Comparison['outcome']; readonly money: Readonly<Record<keyof Move, string>> }
    | 'none'
    | null
}
export interface ReconcileReport {
  /** Current decided versions that were looked at. */
  readonly claims: number
  readonly miscounted: number
  /** Of them, those whose decision would be another. */
  readonly changed: number
  /** The register could not be asked for the member: visits alone were compared. */
  readonly registerUnavailable: number
}

/**
 * Compares the co-pay that each decision counted for its year with what would be counted now: the register's figure and the current
 * decided versions of the visits that were decided before it. A figure whose `asOf` has moved past the visit holds the visit itself and
 * says nothing about what came before: then the figure of the decision stands. Visits decided later count this one, not the other way.
 * What deciding again would change is said with the member and the visits of now, all other facts as they were kept.
 * Nothing is decided anew: the list is for a person.
 */
export async function reconcileCopay(
  deps: ReconcileDeps,
  since: string | undefined,
  on: { readonly found: (one: Miscounted) => void; readonly progress?: (claims: number) => void },
): Promise<ReconcileReport> {
  const counts = { claims: 0, miscounted: 0, changed: 0, registerUnavailable: 0 }
  const decidedFirst = createDecidedFirst(deps.ledger)
  const query = { current: true as const, ...(since === undefined ? {} : { since }) }
  for await (const page of inPages(storedVersions(deps.ledger, query))) {
    const facts = await deps.gatherFacts(page.map(({ submission }) => submission))
    for (const { stored, submission } of page) {
      const { member, memberRefs } = facts.entitlements.get(submission)!
      counts.claims++
      if (member.kind === 'unavailable') counts.registerUnavailable++
      const visits = memberRefs.flatMap((ref) => facts.members.get(ref)?.visits ?? [])
      const one = await compareCounted(deps, stored, submission, { member, visits }, decidedFirst)
      if (one === undefined) continue
      counts.miscounted++
      if (one.change !== 'none') counts.changed++
      on.found(one)
    }
    on.progress?.(counts.claims)
  }
  return counts
}

type ClaimSubmission = Extract<Submission, { kind: 'claim' }>
interface Candidate {
  readonly stored: DecidedVersion
  readonly submission: ClaimSubmission
}

/** Claims as they are stored, a handful at a time, so that the facts of all come with one look. */
async function* inPages(versions: ReturnType<typeof storedVersions>): AsyncGenerator<readonly Candidate[]> {
  let page: Candidate[] = []
  for await (const stored of versions) {
    if (isVoid(stored) || !isDecided(stored)) continue
    const submission = submissionOfVersion(stored)
    if (submission.kind === 'claim') page.push({ stored, submission })
    if (page.length === REPLAY_PAGE) {
      yield page
      page = []
    }
  }
  if (page.length > 0) yield page
}

/** When a claim's first version was decided; `undefined` while it was held. */
type DecidedFirst = (claimId: string) => Promise<string | undefined>
const REMEMBERED_MAX = 50_000

function createDecidedFirst(ledger: ReconcileDeps['ledger']): DecidedFirst {
  const known = new Map<string, string | undefined>()
  return async (claimId) => {
    if (known.has(claimId)) return known.get(claimId)
    const first = await ledger.findVersion(claimId, { facilityCode: undefined, version: 1 })
    if (known.size === REMEMBERED_MAX) known.clear()
    const at = first?.status === 'decided' ? first.decidedAt : undefined
    known.set(claimId, at)
    return at
  }
}

interface Now {
  readonly member: RegisterFact<Member>
  readonly visits: readonly Visit[]
}

async function compareCounted(
  deps: ReconcileDeps,
  stored: DecidedVersion,
  { claim }: ClaimSubmission,
  now: Now,
  decidedFirst: DecidedFirst,
): Promise<Miscounted | undefined> {
  const kept = readKeptFacts(stored.facts).facts()
  const year = Number(claim.endedAt.slice(0, 4))
  const was = kept.member.kind === 'known' ? copayFigure(kept.member.value, year) : undefined
  const is = figureNow(was, kept, now.member, year, claim.endedAt.slice(0, 10))
  const visits = await visitsNow(stored, kept.visits, now.visits, decidedFirst)
  const memberNow = now.member.kind === 'unavailable' ? kept.member : now.member
  const [then, today] = [counted(kept.visits, was, year), counted(visits, is, year)]
  if (then === today) return undefined
  return {
    claimId: stored.claimId,
    version: stored.version,
    facilityCode: stored.facilityCode,
    year,
    counted: { before: formatMoney(then), now: formatMoney(today) },
    register: was?.amount !== is?.amount || was?.asOf !== is?.asOf,
    visits: differing(countedVisits(kept.visits, was, year), countedVisits(visits, is, year)),
    change: await changeOf(deps, stored, kept, { ...kept, member: withFigure(memberNow, is, year), visits }, claim),
  }
}

function figureNow(
  was: CopayFigure | undefined,
  kept: Facts,
  member: RegisterFact<Member>,
  year: number,
  endedOn: string,
): CopayFigure | undefined {
  if (member.kind === 'unavailable' || kept.member.kind !== 'known') return was
  const is = member.kind === 'known' ? copayFigure(member.value, year) : undefined
  return is !== undefined && is.asOf >= endedOn && is.asOf !== was?.asOf ? was : is
}

function counted(visits: readonly Visit[], figure: CopayFigure | undefined, year: number): Money {
  const registered = figure === undefined ? 0 : parseMoney(figure.amount)
  return countedVisits(visits, figure, year).reduce((sum, visit) => sum + visit.copayCounted, registered) as Money
}

/**
 * Of the member's visits of now, in order: those that the decision knew, and those that were decided before it under another member.
 * Of the same batch it is not kept which came first: then the visit is taken for a later one, which counted this.
 */
async function visitsNow(
  { claimId, decidedAt }: DecidedVersion,
  then: readonly Visit[],
  now: readonly Visit[],
  decidedFirst: DecidedFirst,
): Promise<readonly Visit[]> {
  const known = new Set(then.map((visit) => visit.claimId))
  const found: Visit[] = []
  for (const visit of now) {
    if (visit.claimId === claimId) continue
    if (known.has(visit.claimId) || ((await decidedFirst(visit.claimId)) ?? decidedAt) < decidedAt) found.push(visit)
  }
  return found.sort((a, b) => (a.endedAt < b.endedAt || (a.endedAt === b.endedAt && a.claimId < b.claimId) ? -1 : 1))
}

function differing(then: readonly Visit[], now: readonly Visit[]): Miscounted['visits'] {
  const copayOf = (visits: readonly Visit[]) => new Map(visits.map((visit) => [visit.claimId, formatMoney(visit.copayCounted)]))
  const [was, is] = [copayOf(then), copayOf(now)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((claimId) => ({ claimId, before: was.get(claimId) ?? null, now: is.get(claimId) ?? null }))
    .filter((visit) => visit.before !== visit.now)
}

function withFigure(member: RegisterFact<Member>, figure: CopayFigure | undefined, year: number): RegisterFact<Member> {
  if (member.kind !== 'known') return member
  const others = member.value.copayCounted.filter((entry) => entry.year !== year)
  return { ...member, value: { ...member.value, copayCounted: figure === undefined ? others : [...others, figure] } }
}

/** Both sides by this engine and the rulebook of the decision, so that nothing but member and visits is different. */
async function changeOf(
  { openRulebook }: ReconcileDeps,
  stored: DecidedVersion,
  then: Facts,
  now: Facts,
  claim: ClaimSubmission['claim'],
): Promise<Miscounted['change']> {
  const rulebook = await openRulebook(stored.rulebookSha256).catch((cause: unknown) => {
    if (cause instanceof RulebookInvalid) return undefined
    throw cause
  })
  if (rulebook === undefined) return null
  const decide = (facts: Facts) => encodeDecision(adjudicate(claim, facts, rulebook), stored.factsSha256).bytes
  const comparison = compareDecisions(decide(then), decide(now))
  if (comparison === 'same' || comparison === 'reworded') return 'none'
  const money = Object.fromEntries(
    parties.map((party) => [
      party,
      formatMoney([...comparison.groups.values()].reduce((sum, group) => sum + group[party], 0) as Money),
    ]),
  ) as Record<keyof Move, string>
  return { outcome: comparison.outcome, money }
}
