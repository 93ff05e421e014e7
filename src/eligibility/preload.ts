import { type Cache, CacheUnavailable } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import { createPackWriter, type IndexEntry, type PackedMember, type PackHead, packOf } from './member-packs.ts'
import { MEMBER_SEAL, OtherSecret, openMember, secretMark } from './read-register.ts'
import { createSeal } from './seal.ts'

export interface PreloadDeps {
  readonly pool: PostgresPool
  readonly cache: Cache
  readonly keyedHash: KeyedHash
  readonly clock: Clock
  /** How long the packs are kept, like copies, ms. */
  readonly keepMs: number
}
export interface PreloadReport {
  readonly members: number
  readonly keys: number
  readonly packs: number
  readonly ms: number
}

const MEMBERS_PER_PACK = 64
const KEYS_PER_INDEX_PACK = 512
const ROWS_PER_QUERY = 5_000
/** Packs on their way to the cache at once. */
const WRITES_MAX = 16
const TRIES_MAX = 5
const RETRY_MS = 200
const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * All members of the register into the cache, packed. Reads the register in the order of its names, some thousand rows at a time; what changes
 * meanwhile is written beside the packs by whoever changes it, and goes before them.
 * @throws PostgresUnavailable · CacheUnavailable · OtherSecret
 */
export async function preloadMembers(
  deps: PreloadDeps,
  onProgress: (members: number, of: number) => void = () => {},
): Promise<PreloadReport> {
  const { pool, keyedHash, clock } = deps
  const startedAt = clock.monotonic()
  const { rows } = await pool.query<{ revision: number; secret_mark: string | null; members: number; keys: number }>(
    `SELECT revision, secret_mark, (SELECT count(*) FROM register_member) AS members,
            (SELECT count(*) FROM register_member_key WHERE key <> ref) AS keys
       FROM register_state WHERE kind = 'members'`,
  )
  const { revision, secret_mark: mark, members, keys } = rows[0]!
  if (mark !== null && mark !== secretMark(keyedHash)) throw new OtherSecret()
  const head: PackHead = {
    bits: bitsFor(members / MEMBERS_PER_PACK),
    indexBits: bitsFor(keys / KEYS_PER_INDEX_PACK),
    ...{ revision, readAt: clock.now() },
  }
  const writer = createPackWriter(deps, head, deps.keepMs)
  const writes = createWrites(clock)
  let [done, packs] = [0, 0]
  for await (const pack of inPacks(readMembers(pool, keyedHash), ({ ref }) => packOf(ref, head.bits))) {
    await writes.add(() => writer.members(pack))
    packs++
    done += pack.length
    onProgress(done, members)
  }
  for await (const pack of inPacks(readKeys(pool), ({ key }) => packOf(key, head.indexBits))) {
    await writes.add(() => writer.index(pack))
    packs++
  }
  await writes.done()
  await writes.add(() => writer.head())
  await writes.done()
  return { members: done, keys, packs, ms: Math.round(clock.monotonic() - startedAt) }
}

const bitsFor = (packs: number): number => Math.max(0, Math.min(30, Math.round(Math.log2(Math.max(1, packs)))))

/** Neighbours with the same pack together. */
async function* inPacks<T>(rows: AsyncIterable<T>, packOfRow: (row: T) => string): AsyncGenerator<readonly T[]> {
  let pack: T[] = []
  let name: string | undefined
  for await (const row of rows) {
    const of = packOfRow(row)
    if (of !== name && pack.length > 0) {
      yield pack
      pack = []
    }
    name = of
    pack.push(row)
  }
  if (pack.length > 0) yield pack
}

async function* readMembers(pool: PostgresPool, keyedHash: KeyedHash): AsyncGenerator<PackedMember> {
  const seal = createSeal(keyedHash, MEMBER_SEAL)
  for (let after = FIRST; ; ) {
    const { rows } = await pool.query<{ at: string; as_of: CalendarDate; sealed: Buffer }>(
      `SELECT ref::text AS at, as_of::text AS as_of, sealed FROM register_member WHERE ref > $1::uuid ORDER BY ref LIMIT ${ROWS_PER_QUERY}`,
      [after],
      'register-preload-members',
    )
    for (const { at, as_of: asOf, sealed } of rows) {
      const ref = at.replaceAll('-', '')
      yield { ref, asOf, member: openMember(seal, sealed, ref) }
    }
    if (rows.length < ROWS_PER_QUERY) return
    after = rows.at(-1)!.at
  }
}

async function* readKeys(pool: PostgresPool): AsyncGenerator<IndexEntry> {
  for (let after = FIRST; ; ) {
    const { rows } = await pool.query<{ at: string; ref: string }>(
      `SELECT key::text AS at, ref::text AS ref FROM register_member_key WHERE key > $1::uuid AND key <> ref ORDER BY key LIMIT ${ROWS_PER_QUERY}`,
      [after],
      'register-preload-keys',
    )
    for (const { at, ref } of rows) yield { key: at.replaceAll('-', ''), ref: ref.replaceAll('-', '') }
    if (rows.length < ROWS_PER_QUERY) return
    after = rows.at(-1)!.at
  }
}

/** A bounded number of writes at once, each tried again while the cache is busy. */
function createWrites(clock: Clock) {
  const underWay = new Set<Promise<void>>()
  let failure: unknown
  async function write(run: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await run()
        return
      } catch (cause) {
        if (!(cause instanceof CacheUnavailable) || tries >= TRIES_MAX) throw cause
        await clock.sleep(RETRY_MS * tries)
      }
    }
  }
  return {
    async add(run: () => Promise<unknown>): Promise<void> {
      if (failure !== undefined) throw failure
      const one = write(run).catch((cause: unknown) => {
        failure ??= cause
      })
      underWay.add(one)
      void one.then(() => underWay.delete(one))
      if (underWay.size >= WRITES_MAX) await Promise.race(underWay)
    },
    async done(): Promise<void> {
      await Promise.all(underWay)
      if (failure !== undefined) throw failure
    },
  }
}
