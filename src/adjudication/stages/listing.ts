import type { CalendarDate, ClaimLine } from '../../domain/claim.ts'
import type { Catalogue, CatalogueEntry, CatalogueList, RegisterFact } from '../../domain/facts.ts'

/** What the facility's list says of a line's code on the date of its order. */
export type Listing =
  | { readonly kind: 'listed'; readonly entry: CatalogueEntry; readonly asOf: CalendarDate }
  /** The list is loaded and has no row of this code that is in force on the date. */
  | { readonly kind: 'unlisted'; readonly asOf: CalendarDate }
  /** The facility has no entry of this list: nothing follows. */
  | { readonly kind: 'not-loaded' }
  | { readonly kind: 'unavailable' }

const notLoaded: Listing = { kind: 'not-loaded' }
const unavailable: Listing = { kind: 'unavailable' }

/** The list in which a line's code stands. */
export function listOf({ kind }: Pick<ClaimLine, 'kind'>): CatalogueList {
  return kind === 'drug' || kind === 'supply' || kind === 'bed' ? kind : 'service'
}

export type FindListing = (list: CatalogueList, code: string, on: CalendarDate) => Listing

/** Looks codes up in the catalogue of one claim; a row of the facility stands before one of every facility. */
export function createFindListing(fact: RegisterFact<Catalogue>): FindListing {
  if (fact.kind === 'unavailable') return () => unavailable
  if (fact.kind === 'none' || fact.value.loaded.length === 0) return () => notLoaded
  const { asOf, value } = fact
  const rows = new Map<string, CatalogueEntry[]>()
  for (const entry of value.entries) {
    const key = `${entry.list} ${entry.code}`
    const known = rows.get(key)
    if (known) known.push(entry)
    else rows.set(key, [entry])
  }
  return (list, code, on) => {
    if (!value.loaded.includes(list)) return notLoaded
    const inForce =
      rows.get(`${list} ${code}`)?.filter(({ validFrom, validTo }) => validFrom <= on && on <= (validTo ?? on)) ?? []
    const entry = inForce.find(({ facilityCode }) => facilityCode !== null) ?? inForce[0]
    return entry === undefined ? { kind: 'unlisted', asOf } : { kind: 'listed', entry, asOf }
  }
}
