import type { Cache } from '../cache/cache.ts'
import type { Facility, Member } from '../domain/facts.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Logger } from '../platform/log.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import { createCopies } from './copies.ts'
import type { Copy, CopyBounds } from './copy-store.ts'
import type { DeskEligibility, Eligibility, MemberQuery } from './eligibility.ts'
import { findCatalogues, findRows } from './find-lists.ts'
import { createMemberPacks } from './member-packs.ts'
import { readCatalogue, readPractitioners, readReferrals, readRelations } from './read-lists.ts'
import { readFacilities, readMembers } from './read-register.ts'
import { createRowCopies, type ReadRows, type RowCopyBounds } from './row-copies.ts'
import { createSeal } from './seal.ts'

export interface EligibilityDeps {
  readonly pool: PostgresPool
  readonly cache: Cache
  readonly clock: Clock
  readonly keyedHash: KeyedHash
  readonly log: Logger
  readonly bounds?: Partial<CopyBounds & RowCopyBounds>
  /** Whether all processes have this cache; one of this process alone can miss what others wrote. */
  readonly isCacheShared?: boolean
}
/** `start` begins to listen for imports by other processes; without it they are noticed when copies grow old. */
export interface RunningEligibility extends Eligibility, DeskEligibility {
  start(): Promise<void>
  stop(): Promise<void>
  /** Single members have changed: their copies are read anew and kept, here and in the cache. @throws whatever the register throws */
  membersChanged(keys: readonly string[], revision: number): Promise<void>
}

export const eligibilityBounds: CopyBounds & RowCopyBounds = {
  freshMs: 600_000,
  noneFreshMs: 30_000,
  keepMs: 604_800_000,
  lastKnownMax: 50_000,
  keysMax: 50_000,
}

/** NOTIFY channel; the payload is `kind revision`, and of single members `members revision key,key,…`. */
export const IMPORTED_CHANNEL = 'register_imported'
export const MEMBER_PREFIX = 'member:'
export const FACILITY_PREFIX = 'facility:'
/** Every claim and check-in asks for its facility; an import is heard of at once. */
const FACILITY_HELD_MS = 5_000

export function createEligibility(deps: EligibilityDeps): RunningEligibility {
  const { pool, cache, clock, keyedHash, log, bounds, isCacheShared = false } = deps
  const common = { ...eligibilityBounds, ...bounds, cache, clock, log }
  const seal = createSeal(keyedHash, 'cached-member')
  const members = createCopies<Member>({
    ...common,
    prefix: MEMBER_PREFIX,
    read: readMembers(pool, keyedHash),
    findPreloaded: createMemberPacks({ cache, clock, keyedHash }).find,
    encode: (copy, key) => seal.seal(JSON.stringify(copy), key).toString('base64'),
    decode: (text, key) => parse(seal.open(Buffer.from(text, 'base64'), key)),
    isSettled: ({ coverages }, today) =>
      coverages.some(
        ({ status, validFrom, validTo }) => status === 'active' && validFrom <= today && (validTo ?? today) >= today,
      ),
  })
  const facilities = createCopies<Facility>({
    ...common,
    prefix: FACILITY_PREFIX,
    heldMs: FACILITY_HELD_MS,
    read: readFacilities(pool),
    encode: (copy) => JSON.stringify(copy),
    decode: parse,
    isSettled: () => true,
  })
  const rowsOf = <T>(part: string, read: ReadRows<T>) => createRowCopies<T>({ ...common, part, read })
  const catalogue = rowsOf('catalogue', readCatalogue(pool))
  const relations = rowsOf('relations', readRelations(pool))
  const referrals = rowsOf('referrals', readReferrals(pool, keyedHash))
  const practitioners = rowsOf('practitioners', readPractitioners(pool))
  const kinds: Kinds = new Map<string, Kept>(
    Object.entries({ members, facilities, catalogue, relations, referrals, practitioners }),
  )
  let stopListening = async () => {}

  return {
    findMembers: (queries) => members.findFirst(queries.map((query) => keysOf(query, keyedHash))),
    findFacilities: (codes) => facilities.findFirst(codes.map((code) => [code])),
    findMembersSoon: (queries, budgetMs) =>
      members.findSoon(
        queries.map((query) => keysOf(query, keyedHash)),
        budgetMs,
      ),
    findFacilitiesSoon: (codes, budgetMs) =>
      facilities.findSoon(
        codes.map((code) => [code]),
        budgetMs,
      ),
    findCatalogues: (queries) => findCatalogues(catalogue, queries),
    findRelations: (codes) => findRows(relations, codes),
    findReferrals: (ids) =>
      findRows(
        referrals,
        ids.map((id) => (id === undefined ? [] : [keyedHash.member('personal', id)])),
      ),
    findPractitioners: (codes) => findRows(practitioners, codes),
    async start() {
      const listening = await pool.listen(IMPORTED_CHANNEL, (payload) => {
        if (payload === undefined) return void catchUp(pool, kinds, isCacheShared)
        const [kind = '', revision, keys] = payload.split(' ')
        if (keys === undefined) kinds.get(kind)?.imported(Number(revision))
        else members.changed(keys.split(','), Number(revision))
      })
      stopListening = () => listening.stop()
    },
    stop: () => stopListening(),
    membersChanged(keys, revision) {
      members.changed(keys, revision)
      return members.refresh(keys)
    },
  }
}

interface Kept {
  imported(revision: number): void
}
type Kinds = ReadonlyMap<string, Kept>

/**
 * Imports, and changes of single members, may have been missed while nobody listened. The copies of a shared cache count, though: whoever changes
 * single members writes them there.
 */
async function catchUp(pool: PostgresPool, kinds: Kinds, isCacheShared: boolean): Promise<void> {
  try {
    const { rows } = await pool.query<{ kind: string; revision: number; whole: number }>(
      'SELECT kind, revision, whole_revision AS whole FROM register_state',
    )
    for (const { kind, revision, whole } of rows) kinds.get(kind)?.imported(isCacheShared ? whole : revision)
  } catch {
    // The next reading of the register tells.
  }
}

/** Keyed hashes of a query's identifiers, in the order in which they are tried. */
function keysOf({ personalId, socialInsuranceNumbers, cardNumbers }: MemberQuery, keyedHash: KeyedHash): string[] {
  return [
    ...(personalId === undefined ? [] : [keyedHash.member('personal', personalId)]),
    ...socialInsuranceNumbers.map((number) => keyedHash.member('insurance', number)),
    ...cardNumbers.map((number) => keyedHash.member('card', number)),
  ]
}

function parse<T>(text: string | undefined): Copy<T> | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Copy<T>
  } catch {
    return undefined
  }
}
