import type { CalendarDate } from '../../domain/claim.ts'
import type { LegalBasis } from '../../domain/decision.ts'
import { basisOn, type Dated, type DatedBasis, type Slice } from '../../domain/rulebook.ts'
import type { Cursor } from './cursor.ts'

/** `basis:` of a value: at least one document. */
export function readBasis(at: Cursor): readonly LegalBasis[] {
  if (!at.has('basis')) {
    at.fault('no legal basis')
    return []
  }
  const basis = at.children('basis').map((one) => readDocument(one, {}))
  if (basis.length === 0) at.fault('no legal basis')
  return basis
}

function readDocument<T extends object>(one: Cursor, dates: T): LegalBasis & T {
  const read = {
    document: one.text('document'),
    ...(one.has('article') ? { article: one.text('article') } : {}),
    ...(one.has('clause') ? { clause: one.text('clause') } : {}),
    ...(one.has('point') ? { point: one.text('point') } : {}),
    ...dates,
  }
  one.close()
  return read
}

/** `basis:` of a rule, whose texts may have dates. On every day that the rule is in force there is one. */
export function readDatedBasis(at: Cursor, from: CalendarDate, to: CalendarDate | null): readonly DatedBasis[] {
  if (!at.has('basis')) {
    at.fault('no legal basis')
    return []
  }
  const bases = at.children('basis').map((one) =>
    readDocument(one, {
      ...(one.has('from') ? { from: one.date('from') } : {}),
      ...(one.has('to') ? { to: one.date('to') } : {}),
    }),
  )
  // Whatever is in force changes only on these days.
  const changes = [from, ...bases.flatMap((one) => [one.from ?? [], one.to === undefined ? [] : dayAfter(one.to)].flat())]
  const bare = changes.filter((day) => from <= day && (to === null || day <= to) && basisOn(bases, day).length === 0)
  for (const day of new Set(bare)) at.fault(`no legal basis on ${day}`)
  return bases
}

/** The dates, basis and note of one dated value; the caller reads the value itself and closes the cursor. */
export function readSlice<T>(at: Cursor, value: T): Slice<T> {
  const dates = readDates(at)
  if (at.has('checked')) at.truth('checked')
  return { ...dates, value, legalBasis: readBasis(at) }
}

export function readDates(at: Cursor): { readonly from: CalendarDate; readonly to: CalendarDate | null } {
  const from = at.date('from')
  const to = at.dateOrNull('to')
  if (to !== null && to < from) at.fault('`from` is after `to`')
  return { from, to }
}

/** In order of time; notes every gap and overlap at `place`. */
export function inOrder<T>(slices: readonly Slice<T>[], at: Cursor, what: string): Dated<T> {
  const sorted = [...slices].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  for (const [index, slice] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next === undefined) continue
    if (slice.to === null || slice.to >= next.from) at.fault(`${what}: overlap at ${next.from}`)
    else if (dayAfter(slice.to) !== next.from) at.fault(`${what}: gap from ${dayAfter(slice.to)} to ${next.from}`)
  }
  return sorted
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}
