/** How long a submitter wants to wait, as `Prefer` says it (RFC 7240), and what of it is honoured. */
export interface Preference {
  readonly waitMs: number
  /** Value of `Preference-Applied`; `undefined` when nothing was asked for. */
  readonly applied: string | undefined
}
export interface WaitBounds {
  readonly defaultMs: number
  readonly maxMs: number
}

/** Unknown and malformed preferences are passed over, as the RFC says; a longer wait than the bound is cut to it. */
export function preferenceOf(header: string | undefined, { defaultMs, maxMs }: WaitBounds): Preference {
  if (header === undefined) return { waitMs: defaultMs, applied: undefined }
  for (const part of header.split(',', 16)) {
    const text = part.trim().toLowerCase()
    if (text === 'respond-async') return { waitMs: 0, applied: 'respond-async' }
    const wait = /^wait\s*=\s*"?(\d{1,6})"?\s*(?:;|$)/.exec(text)
    if (!wait) continue
    const waitMs = Math.min(Number(wait[1]) * 1000, maxMs)
    return { waitMs, applied: `wait=${Math.floor(waitMs / 1000)}` }
  }
  return { waitMs: defaultMs, applied: undefined }
}
