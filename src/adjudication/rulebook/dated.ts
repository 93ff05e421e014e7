import type { LegalBasis } from '../../domain/decision.ts'
import type { Dated, Slice } from '../../domain/rulebook.ts'
import type { Cursor } from './cursor.ts'

/** `basis:` of a value: at least one document. */
export function readBasis(at: Cursor): readonly LegalBasis[] {
  if (!at.has('basis')) {
    at.fault('no legal basis')
    return []
  }
  const basis = at.children('basis').map((one): LegalBasis => {
    const read: LegalBasis = {
      document: one.text('document'),
      ...(one.has('article') ? { article: one.text('article') } : {}),
      ...(one.has('clause') ? { clause: one.text('clause') } : {}),
      ...(one.has('point') ? { point: one.text('point') } : {}),
    }
    one.close()
    return read
  })
  if (basis.length === 0) at.fault('no legal basis')
  return basis
}

/** The dates, basis and note of one dated value; the caller reads the value itself and closes the cursor. */
export function readSlice<T>(at: Cursor, value: T): Slice<T> {
  const from = at.date('from')
  const to = at.dateOrNull('to')
  if (to !== null && to < from) at.fault('`from` is after `to`')
  if (at.has('checked')) at.truth('checked')
  return { from, to, value, legalBasis: readBasis(at) }
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
