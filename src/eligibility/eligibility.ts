import type { Facility, Member, RegisterFact } from '../domain/facts.ts'

/** How a member may be asked for: the first of these that the register knows wins, in this order. */
export interface MemberQuery {
  readonly personalId: string | undefined
  readonly socialInsuranceNumbers: readonly string[]
  readonly cardNumbers: readonly string[]
}

/**
 * What the register knows, read through the cache. Never throws: a register that cannot be asked is `unavailable` (or `known` and
 * `stale` from the last copy), a cache that cannot be asked is only slower.
 */
export interface Eligibility {
  /** In the order asked; one cache round trip and at most a few queries for all of them. */
  findMembers(queries: readonly MemberQuery[]): Promise<readonly RegisterFact<Member>[]>
  findFacilities(codes: readonly string[]): Promise<readonly RegisterFact<Facility>[]>
}
