import type { CalendarDate } from '../domain/claim.ts'
import type { Eligibility, MemberQuery } from '../eligibility/eligibility.ts'
import type { Referral as ReferralRecord } from '../eligibility/register-record.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool, Sql } from '../platform/postgres.ts'
import {
  countsOnce,
  type IssueResult,
  type ReferralActor,
  type ReferralKind,
  type ReferralWish,
  type ShownReferral,
  type StoredReferral,
  shown,
  standingOn,
  type UseResult,
} from './referral-record.ts'
import { createReferralStore, type ReferralStore } from './referral-store.ts'

/** Slips of one person that a search answers with at most, newest first. */
export const REFERRALS_FOUND_MAX = 50

export interface ReferralsDeps {
  readonly pool: PostgresPool
  readonly eligibility: Pick<Eligibility, 'findMembers' | 'findFacilities'>
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  /** The last day of a slip signed on a day, as the rulebook of that day says; undefined where it says nothing. */
  readonly lastDay: (kind: Exclude<ReferralKind, 're-visit'>, signedAt: CalendarDate) => CalendarDate | undefined
  /** While a disaster is open for the facility: its id and the last day of a transfer slip signed on that day. */
  readonly disaster: (
    facilityCode: string,
    signedAt: CalendarDate,
  ) => Promise<{ readonly id: string; readonly lastDay: CalendarDate } | undefined>
}

/** Electronic transfer and re-visit slips. What cannot be stored or read throws `PostgresUnavailable`. */
export interface Referrals {
  /** The same wish on the same day is the same slip, so a lost answer may be asked for again. */
  issue(wish: ReferralWish, actor: ReferralActor): Promise<IssueResult>
  /** `undefined`: there is none, or the facility neither issued nor receives it. */
  read(id: string, actor: ReferralActor): Promise<ShownReferral | undefined>
  /** What `use` would meet, for the facility that receives it: uses nothing. */
  standing(id: string, actor: ReferralActor): Promise<Exclude<UseResult['kind'], 'used'> | 'open'>
  /** Slips to this facility of a person. */
  search(member: MemberQuery, actor: ReferralActor): Promise<readonly ShownReferral[]>
  /** By the facility that receives it, once (a slip of a year: once for each visit). */
  use(id: string, encounterId: string, actor: ReferralActor): Promise<UseResult>
}

export function createReferrals(deps: ReferralsDeps): Referrals {
  const { pool, clock } = deps
  const store = createReferralStore(deps)
  const today = () => vietnamDate(clock.now())
  const personalIdOf = createPersonalIdOf(deps)
  return {
    issue: createIssue(deps, store, personalIdOf),
    use: (id, encounterId, actor) =>
      pool.transaction((sql) => use(sql, store, deps.keyedHash, { id, encounterId, actor, today: today() })),
    async read(id, actor) {
      const found = await store.find(pool, id)
      if (found === undefined) return undefined
      const { from, to, personalId } = found.record
      if (actor.facilityCode !== from && actor.facilityCode !== to) return undefined
      await store.look(pool, 'referral.read', personalId, actor)
      return shown(found, today(), actor.facilityCode)
    },
    async standing(id, actor) {
      const found = await store.find(pool, id)
      if (found === undefined || found.record.to !== actor.facilityCode) return 'not-found'
      await store.look(pool, 'referral.read', found.record.personalId, actor)
      if (isOfOther(found, actor, deps.keyedHash)) return 'other-person'
      const { status } = shown(found, today(), actor.facilityCode)
      return status === 'used' ? 'used-before' : status
    },
    async search(member, actor) {
      const person = await personalIdOf(member)
      if ('why' in person) return []
      await store.look(pool, 'referral.search', person.personalId, actor)
      const found = await store.ofPerson(pool, person.personalId)
      return found
        .filter(({ record }) => record.to === actor.facilityCode)
        .map((one) => shown(one, today(), actor.facilityCode))
        .sort((a, b) => (a.signedAt < b.signedAt ? 1 : a.signedAt > b.signedAt ? -1 : 0))
        .slice(0, REFERRALS_FOUND_MAX)
    },
  }
}

type Person = { readonly personalId: string } | { readonly why: 'member_unknown' | 'register_unavailable' }
type PersonalIdOf = (query: MemberQuery) => Promise<Person>

/** Slips are kept by personal id; one who is known by card alone is looked up in the register. */
function createPersonalIdOf({ eligibility }: ReferralsDeps): PersonalIdOf {
  return async (query) => {
    if (query.personalId !== undefined) return { personalId: query.personalId }
    const [fact] = await eligibility.findMembers([query])
    if (fact === undefined || fact.kind === 'unavailable') return { why: 'register_unavailable' }
    const personalId = fact.kind === 'known' ? fact.value.personalId : null
    return personalId === null ? { why: 'member_unknown' } : { personalId }
  }
}

function createIssue(deps: ReferralsDeps, store: ReferralStore, personalIdOf: PersonalIdOf): Referrals['issue'] {
  const { pool, keyedHash, clock, lastDay } = deps

  async function isUnknownFacility(code: string): Promise<boolean> {
    const [fact] = await deps.eligibility.findFacilities([code])
    // A register without any facility says nothing of this one.
    return fact?.kind === 'none' && fact.asOf !== null
  }
  return async (wish, actor) => {
    const { kind, to, encounterId = null } = wish
    const signedAt = vietnamDate(clock.now())
    const [person, isUnknown, disaster] = await Promise.all([
      personalIdOf(wish.member),
      isUnknownFacility(to),
      kind === 'transfer' ? deps.disaster(actor.facilityCode, signedAt) : undefined,
    ])
    if ('why' in person) return { kind: 'refused', why: person.why }
    if (isUnknown) return { kind: 'refused', why: 'facility_unknown' }
    const byLaw = (kind === 're-visit' ? wish.returnOn : lastDay(kind, signedAt)) ?? null
    const validTo = disaster !== undefined && (byLaw ?? '') < disaster.lastDay ? disaster.lastDay : byLaw
    const content = { kind, ...person, from: actor.facilityCode, to, signedAt, icd: [...wish.icd].sort() }
    const named = JSON.stringify([content, wish.returnOn ?? null, encounterId])
    const id = `r_${keyedHash.digest('referral', named).slice(0, 32)}`
    const record: ReferralRecord = { id, ...content, validTo, usedBy: null }
    return pool.transaction(async (sql): Promise<IssueResult> => {
      const isNew = await store.insert(sql, record, { ...actor, encounterId, disasterId: disaster?.id ?? null })
      const found = (await store.find(sql, id))!
      if (isNew) {
        await store.look(sql, 'referral.issue', person.personalId, actor)
        await store.changed(sql)
      }
      return { kind: 'issued', isNew, referral: shown(found, signedAt, actor.facilityCode) }
    })
  }
}

interface Using {
  readonly id: string
  readonly encounterId: string
  readonly actor: ReferralActor
  readonly today: CalendarDate
}

async function use(
  sql: Sql,
  store: ReferralStore,
  keyedHash: KeyedHash,
  { id, encounterId, actor, today }: Using,
): Promise<UseResult> {
  const before = await store.find(sql, id, encounterId)
  if (before === undefined || before.record.to !== actor.facilityCode) return { kind: 'not-found' }
  const { kind, usedBy, signedAt, validTo, personalId } = before.record
  if (isOfOther(before, actor, keyedHash)) return { kind: 'other-person' }
  if (countsOnce(kind) && usedBy !== null && usedBy !== encounterId) return usedBefore(before, actor)
  const standing = standingOn(before.record, today)
  if (standing !== 'open' && before.use === undefined) return { kind: standing, signedAt, validTo }
  const { facilityCode } = actor
  const isFirst = await store.insertUse(sql, id, countsOnce(kind) ? '' : encounterId, { facilityCode, encounterId })
  const after = (await store.find(sql, id, encounterId))!
  if (after.use?.encounterId !== encounterId) return usedBefore(after, actor)
  await store.look(sql, 'referral.use', personalId, actor)
  if (isFirst) await store.changed(sql)
  return { kind: 'used', again: !isFirst, referral: shown(after, today, facilityCode) }
}

/** Where the person at the desk is known, whether the slip is somebody else's. */
const isOfOther = ({ record }: StoredReferral, { memberRefs }: ReferralActor, keyedHash: KeyedHash): boolean =>
  memberRefs !== undefined && !memberRefs.includes(keyedHash.member('personal', record.personalId))

/** What another facility's visit is called is not told. */
function usedBefore({ use: used }: StoredReferral, { facilityCode }: ReferralActor): UseResult {
  const here = used?.facilityCode === facilityCode ? used : undefined
  return {
    kind: 'used-before',
    usedAt: used?.usedAt ?? null,
    where: here ? 'here' : 'elsewhere',
    usedBy: here?.encounterId ?? null,
  }
}
