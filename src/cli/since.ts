import { AskedWrongly, remark } from './output.ts'

/** `--since`: a date begins at midnight in Vietnam. @throws AskedWrongly */
export function sinceOf(since: string | undefined): { since?: string } {
  if (since === undefined) return {}
  const ms = Date.parse(/^\d{4}-\d\d-\d\d$/.test(since) ? `${since}T00:00:00+07:00` : since)
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d.*(Z|[+-]\d\d:\d\d))?$/.test(since)
  if (!isDate || Number.isNaN(ms)) throw new AskedWrongly('--since is a date (2026-03-01) or an instant (2026-03-01T00:00:00Z)')
  return { since: new Date(ms).toISOString() }
}

const SAID_EVERY_MS = 2_000

/** Says on stderr how far a long run is, at most every two seconds. */
export function progress(verb: string): (count: number) => void {
  let saidAt = performance.now()
  return (count) => {
    if (performance.now() - saidAt < SAID_EVERY_MS) return
    saidAt = performance.now()
    remark(`${count} ${verb} …`)
  }
}
