import type { CalendarDate } from '../domain/claim.ts'
import { type Catalogue, type CatalogueList, catalogueLists, type RegisterFact } from '../domain/facts.ts'
import type { CatalogueQuery } from './eligibility.ts'
import { entryKey, type ListRow, listKey } from './read-lists.ts'
import type { KnownRows, RowCopies } from './row-copies.ts'

/** Stands for every facility in the register. */
const EVERY_FACILITY = ''
const unavailable = { kind: 'unavailable' } as const
const neverImported = { kind: 'none', asOf: null } as const

/** A text that no register can hold: Postgres refuses it, and one claim's must not spoil the look for all. */
const canBeKnown = (code: string): boolean => code !== '' && !code.includes('\u0000')

/** For each list of keys all rows under them, by key; every list is one fact. */
export async function findRows<T>(
  copies: RowCopies<T>,
  lists: readonly (readonly string[])[],
): Promise<readonly RegisterFact<readonly T[]>[]> {
  const asked = lists.map((keys) => [...new Set(keys)].filter(canBeKnown).sort())
  const known = await copies.find(asked.flat())
  return asked.map((keys) => {
    const rows = rowsOf(known, keys)
    if (rows === undefined || (known.stale && known.asOf === undefined)) return unavailable
    if (known.asOf === undefined) return neverImported
    return { kind: 'known', value: rows, asOf: known.asOf, stale: known.stale }
  })
}

function rowsOf<T>(known: KnownRows<T>, keys: readonly string[]): readonly T[] | undefined {
  const rows: T[] = []
  for (const key of keys) {
    const some = known.rowsOf(key)
    if (some === undefined) return undefined
    rows.push(...some)
  }
  return rows
}

/** What each facility's lists say of the codes, in the order asked. One code may be asked for any number of times. */
export async function findCatalogues(
  copies: RowCopies<ListRow>,
  queries: readonly CatalogueQuery[],
): Promise<readonly RegisterFact<Catalogue>[]> {
  const asked = queries.map(keysOf)
  const known = await copies.find(asked.flatMap(({ lists, entries }) => [...lists.flatMap(({ keys }) => keys), ...entries]))
  return asked.map(({ lists, entries }) => {
    const heads = lists.map(({ list, keys }) => ({ list, rows: rowsOf(known, keys) }))
    const rows = rowsOf(known, entries)
    if (rows === undefined || heads.some((head) => head.rows === undefined)) return unavailable
    if (known.asOf === undefined) return known.stale ? unavailable : neverImported
    const listsAsOf = Object.fromEntries(heads.flatMap(({ list, rows }) => asOfList(list, rows ?? [])))
    const asOf = Object.values(listsAsOf).sort()[0] ?? known.asOf
    const value: Catalogue = {
      loaded: catalogueLists.filter((list) => listsAsOf[list] !== undefined),
      listsAsOf,
      entries: rows.flatMap((row) => ('entry' in row ? [row.entry] : [])),
    }
    return { kind: 'known', value, asOf, stale: known.stale }
  })
}

/** A list that stands in two places is only as new as the older: a code may be missing in either. */
function asOfList(list: CatalogueList, rows: readonly ListRow[]): readonly (readonly [CatalogueList, CalendarDate])[] {
  const [oldest] = rows.flatMap((row) => ('asOf' in row ? [row.asOf] : [])).sort()
  return oldest === undefined ? [] : [[list, oldest]]
}

interface Asked {
  readonly lists: readonly { readonly list: CatalogueList; readonly keys: readonly string[] }[]
  readonly entries: readonly string[]
}

/** By list, code, every facility before this one. */
function keysOf({ facilityCode, codes }: CatalogueQuery): Asked {
  const places = [EVERY_FACILITY, facilityCode]
  const wanted = new Map(codes.filter(({ code }) => canBeKnown(code)).map((one) => [`${one.list} ${one.code}`, one]))
  return {
    lists: catalogueLists.map((list) => ({ list, keys: places.map((place) => listKey(list, place)) })),
    entries: [...wanted.keys()].sort().flatMap((key) => {
      const { list, code } = wanted.get(key)!
      return places.map((place) => entryKey(list, place, code))
    }),
  }
}
