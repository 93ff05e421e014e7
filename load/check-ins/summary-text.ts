import { at } from '../summary-text.ts'
import type { DeskReport } from './run.ts'

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(' · ') || '–'

/** The report for a terminal. */
export function deskSummaryText({ settings, checkIns, again, claims, harnessCpuUs, sound }: DeskReport): string {
  const { outcomes, latency } = checkIns
  const lines: (readonly [string, string | number])[] = [
    ['check-ins', `${settings.count} at ${settings.rate}/s ${settings.arrivals}, open loop`],
    ['admitted · provisional', `${outcomes.admitted} · ${outcomes.provisional}`],
    ['turned away', outcomes['turned-away']],
    ['shed (429, 503) · faulty · no answer', `${outcomes.shed} · ${outcomes.faulty} · ${outcomes.broken}`],
    ['dropped · sent late by the harness', `${checkIns.dropped} · ${checkIns.late}`],
    ['knowledge from', counted(checkIns.sources)],
    ['assurance', counted(checkIns.assurances)],
    ['reasons', counted(checkIns.reasons)],
  ]
  for (const name of ['all', 'card', 'chip', 'challenge'] as const) {
    const times = latency[name]
    if (times.count > 0) {
      lines.push([
        `${name} p50 · p99 · p99.9 · max`,
        `${at(times, 50)} · ${at(times, 99)} · ${at(times, 99.9)} · ${times.max} ms`,
      ])
    }
  }
  for (const [why, count] of Object.entries(checkIns.failures)) lines.push([`  ${why}`, count])
  lines.push(['sent a second time · changed · doubled', `${again.sent} · ${again.changed.length} · ${again.doubled.length}`])
  lines.push(['recorded nowhere at first · still', `${checkIns.unrecorded} · ${again.unrecorded}`])
  for (const fault of [...again.changed, ...again.doubled].slice(0, 5)) lines.push(['    for example', fault])
  if (claims) {
    const { decided, receipted, refused, unconfirmed, broken } = claims.summary.outcomes
    const times = claims.summary.latency.decided
    lines.push(
      ['claims beside them', `${settings.claimRate}/s`],
      ['  decided · receipted · refused · unknown', `${decided} · ${receipted} · ${refused} · ${unconfirmed + broken}`],
      ['  decision p50 · p99 · p99.9', `${at(times, 50)} · ${at(times, 99)} · ${at(times, 99.9)}`],
      ['  lost · doubled', `${claims.check.lost.length} · ${claims.check.doubled.length}`],
    )
  }
  lines.push(['CPU of the harness', `${harnessCpuUs} µs a request`], ['sound', sound ? 'yes' : 'NO'])
  const width = Math.max(...lines.map(([name]) => name.length))
  return `${lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n`
}
