import type {
  Catalogue,
  CatalogueList,
  Facility,
  Member,
  Practitioner,
  Referral,
  RegisterFact,
  Relation,
} from '../domain/facts.ts'

/** How a member may be asked for: the first of these that the register knows wins, in this order. */
export interface MemberQuery {
  readonly personalId: string | undefined
  readonly socialInsuranceNumbers: readonly string[]
  readonly cardNumbers: readonly string[]
}

/** What is asked of a facility's lists. */
export interface CatalogueQuery {
  readonly facilityCode: string
  readonly codes: readonly { readonly list: CatalogueList; readonly code: string }[]
}

/**
 * What the register knows, read through the cache. Never throws: a register that cannot be asked is `unavailable` (or `known` and
 * `stale` from the last copy), a cache that cannot be asked is only slower.
 */
export interface Eligibility {
  /** In the order asked; one cache round trip and at most a few queries for all of them. */
  findMembers(queries: readonly MemberQuery[]): Promise<readonly RegisterFact<Member>[]>
  findFacilities(codes: readonly string[]): Promise<readonly RegisterFact<Facility>[]>
  /** Rows of every date, by list, code, place (every facility first) and first day; `none` before the first import of any list. */
  findCatalogues(queries: readonly CatalogueQuery[]): Promise<readonly RegisterFact<Catalogue>[]>
  /** For each list of codes every relation that one of them stands first in, by code, kind, other code and first day. */
  findRelations(codes: readonly (readonly string[])[]): Promise<readonly RegisterFact<readonly Relation[]>[]>
  /** For each personal id the slips of the member, by id; of a member without one nothing is known. */
  findReferrals(personalIds: readonly (string | undefined)[]): Promise<readonly RegisterFact<readonly Referral[]>[]>
  /** For each list of codes every registration of these practitioners, by code, facility and first day. */
  findPractitioners(codes: readonly (readonly string[])[]): Promise<readonly RegisterFact<readonly Practitioner[]>[]>
}

/** A fact and who said it: `last-known` where the register did not answer and an old copy stood in, `none` where there was not even that. */
export interface Sourced<T> {
  readonly fact: RegisterFact<T>
  readonly source: 'cache' | 'register' | 'last-known' | 'none'
}

/** The same knowledge for a desk that people stand at: what does not answer within the budget counts as not reachable. Never throws. */
export interface DeskEligibility {
  /** @param budgetMs for cache and register together */
  findMembersSoon(queries: readonly MemberQuery[], budgetMs: number): Promise<readonly Sourced<Member>[]>
  findFacilitiesSoon(codes: readonly string[], budgetMs: number): Promise<readonly Sourced<Facility>[]>
}
