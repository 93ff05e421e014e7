import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Cache, CacheEntry } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import type { Coverage, Member } from '../domain/facts.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Copy } from './copy-store.ts'
import { createSeal } from './seal.ts'

/**
 * All members in the cache, packed: a copy of each under its own keys takes some 2 KB, which 100 million do not fit with. A pack holds the members
 * whose name (keyed hash) begins alike: rows of values without names, deflated together and sealed. An index pack leads from the hashes of the other
 * numbers to the name.
 */
export const PACK_PREFIX = 'member-pack:'
const HEAD_KEY = `${PACK_PREFIX}head`
/** How long a process goes by what it read of the head. */
const HEAD_MS = 30_000
const TAG_CHARS = 8
const INDEX_TAG_BYTES = 5
const INDEX_ENTRY_BYTES = INDEX_TAG_BYTES + TAG_CHARS / 2
/** Best for texts this short and alike, and still faster than the register can be read. */
const DEFLATE = { level: 9, memLevel: 9 }

/** What a whole preload has in common; the names of its packs follow from it. */
export interface PackHead {
  /** Packs of members are told by so many first bits of the name, of the index by as many of the key. */
  readonly bits: number
  readonly indexBits: number
  /** Of the register when the preload began. */
  readonly revision: number
  readonly readAt: number
}
/** One member with the name that the register keeps it under. */
export interface PackedMember {
  /** 32 hex characters. */
  readonly ref: string
  readonly asOf: CalendarDate
  readonly member: Member
}
export interface IndexEntry {
  readonly key: string
  readonly ref: string
}

export interface MemberPacks {
  /** Copies of the members under these keys (32 hex characters), where a preload has them. @throws CacheUnavailable */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, Copy<Member>>>
}
export interface PackDeps {
  readonly cache: Cache
  readonly clock: Clock
  readonly keyedHash: KeyedHash
}

/** The first bits of a hash, as a number in base 36. */
export const packOf = (hash: string, bits: number): string =>
  bits === 0 ? '0' : (Number.parseInt(hash.slice(0, 8), 16) >>> (32 - bits)).toString(36)
const memberPackKey = ({ bits }: PackHead, ref: string) => `${PACK_PREFIX}m${bits}.${packOf(ref, bits)}`
const indexPackKey = ({ indexBits }: PackHead, key: string) => `${PACK_PREFIX}i${indexBits}.${packOf(key, indexBits)}`

/** Reads what `preloadMembers` wrote. */
export function createMemberPacks({ cache, clock, keyedHash }: PackDeps): MemberPacks {
  const codec = createPackCodec(keyedHash)
  let head: { readonly value: PackHead | undefined; readonly readAt: number } | undefined

  async function currentHead(): Promise<PackHead | undefined> {
    const now = clock.now()
    if (head !== undefined && now - head.readAt < HEAD_MS) return head.value
    const [entry] = await cache.getMany([HEAD_KEY])
    head = { value: entry && (JSON.parse(entry.value) as PackHead), readAt: now }
    return head.value
  }
  async function read(packs: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>> {
    const names = [...new Set(packs)]
    const entries = names.length === 0 ? [] : await cache.getMany(names)
    return new Map(names.flatMap((name, index) => (entries[index] ? [[name, entries[index]] as const] : [])))
  }

  return {
    async find(keys) {
      const found = new Map<string, Copy<Member>>()
      const of = await currentHead()
      if (of === undefined) return found
      const [indexes, direct] = await Promise.all([
        read(keys.map((key) => indexPackKey(of, key))),
        read(keys.map((key) => memberPackKey(of, key))),
      ])
      const tags = new Map(keys.map((key) => [key, codec.tagIn(indexes.get(indexPackKey(of, key)), key)]))
      const more = await read([...tags.values()].flatMap((tag) => (tag === undefined ? [] : [memberPackKey(of, tag)])))
      for (const key of keys) {
        const tag = tags.get(key)
        const pack = tag === undefined ? direct.get(memberPackKey(of, key)) : more.get(memberPackKey(of, tag))
        const copy = pack && codec.memberIn(pack, memberPackKey(of, tag ?? key), tag ?? key.slice(0, TAG_CHARS), key, of)
        if (copy) found.set(key, copy)
      }
      return found
    },
  }
}

/** Writes the packs of one preload. */
export function createPackWriter({ cache, keyedHash }: Pick<PackDeps, 'cache' | 'keyedHash'>, head: PackHead, ttlMs: number) {
  const codec = createPackCodec(keyedHash)
  const set = (key: string, value: string) => cache.set(key, { value, version: head.revision }, ttlMs)
  return {
    /** All of them have the same pack. */
    members(members: readonly PackedMember[]): Promise<boolean> {
      const key = memberPackKey(head, members[0]!.ref)
      return set(key, codec.packMembers(members, key))
    },
    index: (entries: readonly IndexEntry[]) => set(indexPackKey(head, entries[0]!.key), codec.packIndex(entries)),
    /** Last: from now on the packs are found. */
    head: () => set(HEAD_KEY, JSON.stringify(head)),
  }
}

function createPackCodec(keyedHash: KeyedHash) {
  const seal = createSeal(keyedHash, 'member-pack')
  return {
    packMembers(members: readonly PackedMember[], key: string): string {
      const rows = JSON.stringify(members.map(({ ref, asOf, member }) => [ref.slice(0, TAG_CHARS), asOf, ...rowOf(member)]))
      return seal.sealBytes(deflateRawSync(rows, DEFLATE), key).toString('base64')
    },
    /** The member with this tag who has the number that was asked for. */
    memberIn(pack: CacheEntry, packKey: string, tag: string, key: string, head: PackHead): Copy<Member> | undefined {
      const sealed = seal.openBytes(Buffer.from(pack.value, 'base64'), packKey)
      if (sealed === undefined) return undefined
      const rows = JSON.parse(inflateRawSync(sealed).toString('utf8')) as [string, CalendarDate, ...Row][]
      for (const [ownTag, asOf, ...row] of rows) {
        if (ownTag !== tag) continue
        const value = memberOf(row)
        if (hasKey(value, key, keyedHash)) return { value, asOf, revision: head.revision, readAt: head.readAt }
      }
      return undefined
    },
    packIndex: (entries: readonly IndexEntry[]): string =>
      Buffer.concat(
        entries.map(({ key, ref }) => Buffer.from(key.slice(-2 * INDEX_TAG_BYTES) + ref.slice(0, TAG_CHARS), 'hex')),
      ).toString('base64'),
    /** Where the index leads; the end of the key tells it from others of the same pack. */
    tagIn(pack: CacheEntry | undefined, key: string): string | undefined {
      if (pack === undefined) return undefined
      const bytes = Buffer.from(pack.value, 'base64')
      const tag = Buffer.from(key.slice(-2 * INDEX_TAG_BYTES), 'hex')
      for (let at = bytes.indexOf(tag); at >= 0; at = bytes.indexOf(tag, at + 1)) {
        if (at % INDEX_ENTRY_BYTES === 0) return bytes.subarray(at + INDEX_TAG_BYTES, at + INDEX_ENTRY_BYTES).toString('hex')
      }
      return undefined
    },
  }
}

type Row = readonly [
  string | null,
  string | null,
  string,
  string,
  Member['sex'],
  CalendarDate | null,
  number,
  readonly CoverageRow[],
  readonly (readonly [number, string, CalendarDate])[],
]
type CoverageRow = readonly [string, string, string | null, string, string | null, string | null, Coverage['status']]

function rowOf(member: Member): Row {
  const { personalId, socialInsuranceNumber, fullName, birthDate, sex, deceasedOn, version, coverages, copayCounted } = member
  return [
    ...([personalId, socialInsuranceNumber, fullName, birthDate, sex, deceasedOn, version] as const),
    coverages.map((one) => [
      ...([one.cardNumber, one.validFrom, one.validTo, one.registeredFacility] as const),
      ...([one.fiveYearsFrom, one.area, one.status] as const),
    ]),
    copayCounted.map(({ year, amount, asOf }) => [year, amount, asOf]),
  ]
}

function memberOf(row: Row): Member {
  const [personalId, socialInsuranceNumber, fullName, birthDate, sex, deceasedOn, version, coverages, copayCounted] = row
  return {
    ...{ personalId, socialInsuranceNumber, fullName, birthDate, sex, deceasedOn, version },
    coverages: coverages.map(([cardNumber, validFrom, validTo, registeredFacility, fiveYearsFrom, area, status]) => ({
      ...{ cardNumber, validFrom, validTo, registeredFacility, fiveYearsFrom, area, status },
    })),
    copayCounted: copayCounted.map(([year, amount, asOf]) => ({ year, amount, asOf })),
  }
}

function hasKey({ personalId, socialInsuranceNumber, coverages }: Member, key: string, keyedHash: KeyedHash): boolean {
  return (
    (personalId !== null && keyedHash.member('personal', personalId) === key) ||
    (socialInsuranceNumber !== null && keyedHash.member('insurance', socialInsuranceNumber) === key) ||
    coverages.some(({ cardNumber }) => keyedHash.member('card', cardNumber) === key)
  )
}
