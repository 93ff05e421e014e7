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

/** How a technique was done: under local anaesthesia, stopped, otherwise (QĐ 130, `MA_DICH_VU`). */
const manner = /_(GT|TB|TT)$/
/** `XX.YYYY.ZZZZ.K.WWWWW`: done at another facility, whose lists are not this one's. */
const doneElsewhere = /\.K\.[0-9A-Z]{5}$/
const joinsIngredients = '+'

/** A service code without the mark of how it was done. */
export const withoutManner = (code: string): string => code.replace(manner, '')

/** The ingredients that a drug code joins; none for a drug of one. */
export const ingredientsOf = (code: string): readonly string[] =>
  code.includes(joinsIngredients) ? code.split(joinsIngredients).map((part) => part.trim()) : []

/** Every code under which a line may stand in its list: what facts have to be gathered of it. */
export function codesToFind({ kind, code }: Pick<ClaimLine, 'kind' | 'code'>): readonly string[] {
  if (kind === 'drug') return [code, ...ingredientsOf(code)]
  return kind === 'supply' || withoutManner(code) === code ? [code] : [code, withoutManner(code)]
}

export type FindListing = (list: CatalogueList, code: string, on: CalendarDate) => Listing

/**
 * Looks codes up in the catalogue of one claim: as billed, else without the mark of how a technique was done. A row of the facility
 * stands before one of every facility, a later row before an earlier one.
 */
export function createFindListing(fact: RegisterFact<Catalogue>): FindListing {
  if (fact.kind === 'unavailable') return () => unavailable
  if (fact.kind === 'none' || fact.value.loaded.length === 0) return () => notLoaded
  const { value } = fact
  const rows = new Map<string, CatalogueEntry[]>()
  for (const entry of value.entries) {
    const key = `${entry.list} ${entry.code}`
    const known = rows.get(key)
    if (known) known.push(entry)
    else rows.set(key, [entry])
  }
  const rowOn = (list: CatalogueList, code: string, on: CalendarDate) => {
    let best: CatalogueEntry | undefined
    for (const entry of rows.get(`${list} ${code}`) ?? []) {
      const inForce = entry.validFrom <= on && on <= (entry.validTo ?? on)
      if (inForce && (best === undefined || standsBefore(entry, best))) best = entry
    }
    return best
  }
  return (list, code, on) => {
    if (!value.loaded.includes(list) || (list === 'service' && doneElsewhere.test(code))) return notLoaded
    const entry = rowOn(list, code, on) ?? (list === 'service' ? rowOn(list, withoutManner(code), on) : undefined)
    const asOf = value.listsAsOf?.[list] ?? fact.asOf
    return entry === undefined ? { kind: 'unlisted', asOf } : { kind: 'listed', entry, asOf }
  }
}

function standsBefore(a: CatalogueEntry, b: CatalogueEntry): boolean {
  if ((a.facilityCode === null) !== (b.facilityCode === null)) return a.facilityCode !== null
  return a.validFrom > b.validFrom
}
