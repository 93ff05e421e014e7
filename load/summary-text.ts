import type { Report } from './run.ts'
import type { Latency } from './tally.ts'

export const perSecond = (report: Report): number => {
  const { decided, receipted } = report.summary.outcomes
  return Math.round((decided + receipted) / report.tookS)
}

export const at = (latency: Latency, percentile: number): string => {
  const ms = latency.percentiles.find((one) => one.percentile === percentile)?.ms
  return ms === undefined ? '–' : `${ms} ms`
}

/** The report for a terminal. */
export function summaryText(report: Report): string {
  const { summary, check, settings } = report
  const { outcomes, latency } = summary
  const lines: (readonly [string, string | number])[] = [
    [
      'mode',
      settings.mode === 'open' ? `open, ${settings.rate}/s ${settings.arrivals}` : `ceiling, ${settings.connections} connections`,
    ],
    ['acknowledged per second', perSecond(report)],
    ['offered', summary.offered],
    ['decided (200)', outcomes.decided],
    ['receipted (202)', outcomes.receipted],
    ['refused (4xx, 429, 503)', outcomes.refused],
    ['unconfirmed', outcomes.unconfirmed],
    ['no answer', outcomes.broken],
    ['dropped by the harness', summary.dropped],
    ['sent late by the harness', summary.late],
  ]
  for (const [name, times] of [
    ['decision', latency.decided],
    ['receipt', latency.receipted],
  ] as const)
    if (times.count > 0)
      lines.push([
        `${name} p50 · p99 · p99.9 · max`,
        `${at(times, 50)} · ${at(times, 99)} · ${at(times, 99.9)} · ${times.max} ms`,
      ])
  lines.push(['CPU of the harness', `${report.harnessCpuUs} µs a claim`])
  for (const [reason, count] of Object.entries(summary.reasons)) lines.push([`  ${reason}`, count])
  if (check) {
    lines.push(
      ['checked: acknowledged contents', check.acknowledged],
      ['  decided · held', `${check.decided} · ${check.held}`],
      ['  lost', check.lost.length],
      ['  doubled', check.doubled.length],
      ['  stored though refused', check.storedThoughRefused.length],
      ['  contradictions', check.contradictions.length],
      ['  outcome unknown · of them stored', `${check.unknown} · ${check.unknownStored}`],
    )
    for (const fault of [...check.lost, ...check.doubled, ...check.storedThoughRefused, ...check.contradictions].slice(0, 10))
      lines.push(['    for example', fault])
  }
  lines.push(['sound', check ? (report.sound ? 'yes' : 'NO') : 'not checked'])
  const width = Math.max(...lines.map(([name]) => name.length))
  return `${lines.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n`
}
