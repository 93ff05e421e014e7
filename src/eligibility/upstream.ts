import type { Cache } from '../cache/cache.ts'
import { addDays } from '../domain/calendar.ts'
import type { Member, RegisterFact } from '../domain/facts.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Logger } from '../platform/log.ts'
import { createCopies } from './copies.ts'
import type { Copy, CopyBounds } from './copy-store.ts'
import type { DeskEligibility, MemberQuery, Sourced } from './eligibility.ts'
import type { RegisterReading } from './read-register.ts'
import { createSeal } from './seal.ts'
import type { AskUpstream, Identifier } from './upstream-client.ts'

export interface UpstreamEligibilityDeps {
  readonly own: DeskEligibility
  readonly askUpstream: AskUpstream
  readonly cache: Cache
  readonly clock: Clock
  readonly keyedHash: KeyedHash
  readonly log: Logger
  readonly bounds: CopyBounds
  /** A row of the own register that is older than this is asked for upstream. */
  readonly olderDays: number
}

const UPSTREAM_PREFIX = 'upstream-member:'
/** What is left of a desk's patience for the upstream, however long the own register took. */
const BUDGET_MS_MIN = 50

/**
 * The own register, and an upstream one where that has no row, an old one, or does not answer. Answers of the upstream are copies like any others: one
 * flight a number, kept in the cache, marked stale when the upstream is away. Only for desks: a batch of claims waits for nobody else's service.
 */
export function createUpstreamEligibility(deps: UpstreamEligibilityDeps): DeskEligibility {
  const { own, clock, keyedHash, olderDays } = deps
  const upstream = createUpstreamCopies(deps)

  function needsUpstream({ fact }: Sourced<Member>): boolean {
    return fact.kind !== 'known' || fact.stale || fact.asOf < addDays(vietnamDate(clock.now()), -olderDays)
  }
  return {
    findFacilitiesSoon: (codes, budgetMs) => own.findFacilitiesSoon(codes, budgetMs),
    async findMembersSoon(queries, budgetMs) {
      const startedAt = clock.monotonic()
      const found = await own.findMembersSoon(queries, budgetMs)
      const asked = queries.filter((_, index) => needsUpstream(found[index]!))
      if (asked.length === 0) return found
      const left = Math.max(BUDGET_MS_MIN, budgetMs - (clock.monotonic() - startedAt))
      const lists = asked.map((query) => identifiersOf(query).map((one) => [keyOf(one, keyedHash), one] as const))
      const answers = await upstream.find(lists, left)
      const more = new Map(asked.map((query, index) => [query, answers[index]!]))
      return queries.map((query, index) => better(found[index]!, more.get(query)))
    },
  }
}

function createUpstreamCopies({ askUpstream, cache, clock, keyedHash, log, bounds }: UpstreamEligibilityDeps) {
  const seal = createSeal(keyedHash, 'upstream-member')
  /** What the keys that are being asked for stand for. */
  const meanings = new Map<string, Identifier>()

  async function read(keys: readonly string[]): Promise<RegisterReading<Member>> {
    const answers = await Promise.all(keys.map(async (key) => [key, await askUpstream(meanings.get(key)!)] as const))
    const known = answers.flatMap(([key, { member, asOf }]) => (member ? [[key, { value: member, asOf }] as const] : []))
    const [oldest = null] = answers.map(([, { asOf }]) => asOf).sort()
    // The later answer is the newer one; none of them makes all others old.
    return { revision: clock.now(), wholeRevision: 0, asOf: oldest, rows: new Map(known) }
  }
  const copies = createCopies<Member>({
    ...{ ...bounds, cache, clock, log, read, prefix: UPSTREAM_PREFIX },
    encode: (copy, key) => seal.seal(JSON.stringify(copy), key).toString('base64'),
    decode(text, key) {
      const opened = seal.open(Buffer.from(text, 'base64'), key)
      return opened === undefined ? undefined : (JSON.parse(opened) as Copy<Member>)
    },
    isSettled: () => true,
  })
  return {
    async find(
      lists: readonly (readonly (readonly [string, Identifier])[])[],
      budgetMs: number,
    ): Promise<readonly Sourced<Member>[]> {
      for (const [key, identifier] of lists.flat()) {
        meanings.delete(key)
        meanings.set(key, identifier)
      }
      for (const key of meanings.keys()) {
        if (meanings.size <= bounds.lastKnownMax) break
        meanings.delete(key)
      }
      return copies.findSoon(
        lists.map((list) => list.map(([key]) => key)),
        budgetMs,
      )
    },
  }
}

function identifiersOf({ personalId, socialInsuranceNumbers, cardNumbers }: MemberQuery): Identifier[] {
  return [
    ...(personalId === undefined ? [] : [{ personalId }]),
    ...socialInsuranceNumbers.map((socialInsuranceNumber) => ({ socialInsuranceNumber })),
    ...cardNumbers.map((cardNumber) => ({ cardNumber })),
  ]
}

function keyOf(identifier: Identifier, keyedHash: KeyedHash): string {
  if ('personalId' in identifier) return keyedHash.member('personal', identifier.personalId)
  if ('socialInsuranceNumber' in identifier) return keyedHash.member('insurance', identifier.socialInsuranceNumber)
  return keyedHash.member('card', identifier.cardNumber)
}

/** A person known is more than nobody, the higher version more than the lower, what answered now more than a copy. */
function better(own: Sourced<Member>, other: Sourced<Member> | undefined): Sourced<Member> {
  if (other === undefined || other.fact.kind === 'unavailable') return own
  if (own.fact.kind === 'unavailable') return other
  if (other.fact.kind === 'none') return own.fact.kind === 'none' && newerNone(other.fact, own.fact) ? other : own
  if (own.fact.kind === 'none') return other
  return rankOf(other.fact) > rankOf(own.fact) ? other : own
}

type Known = Extract<RegisterFact<Member>, { kind: 'known' }>
type None = Extract<RegisterFact<Member>, { kind: 'none' }>
const newerNone = (a: None, b: None): boolean => a.asOf !== null && (b.asOf === null || a.asOf > b.asOf)
/** As text: version, then date, then whether it answered now. */
const rankOf = ({ value, asOf, stale }: Known): string => `${String(value.version).padStart(16, '0')} ${asOf} ${stale ? 0 : 1}`
