import { type Axis, barPlot, escapeHtml, type Line, lengthAxis, linearAxis, linePlot, logAxis, ninesAxis } from './plots.ts'
import type { Latency } from './tally.ts'

/** Answer times under one name, in one colour. */
export interface Series {
  readonly label: string
  /** Class that gives the colour: `a` to `e`. */
  readonly colour: string
  readonly times: Latency
}
/** One second of a run, and what its answers took, ms. */
export interface Timed {
  readonly second: number
  readonly p50?: number
  readonly p99?: number
}

export const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`
export const count = (value: number) => value.toLocaleString('en')
export const both = (vi: string, en: string) => `${vi} / ${en}`

function timeAxis(series: readonly Series[]): Axis {
  const shown = series.map(({ times }) => times)
  const low = Math.min(...shown.map(({ percentiles }) => percentiles[0]?.ms ?? 1), 1_000)
  return logAxis('ms', low, Math.max(...shown.map(({ max }) => max), 1))
}

export function percentilePlot(series: readonly Series[]): string {
  const lines = series.map(({ label, colour, times }) => ({
    label,
    colour,
    points: times.percentiles.map(({ percentile, ms }) => [percentile, ms] as const),
  }))
  return linePlot('answer time by percentile', ninesAxis(both('bách phân vị', 'percentile')), timeAxis(series), lines)
}

export function histogramPlot(series: readonly Series[]): string {
  const groups = series.map(({ label, colour, times }) => ({
    label,
    colour,
    bars: times.histogram.map(({ fromMs, toMs, count }) => ({ from: fromMs, to: toMs, height: (100 * count) / times.count })),
  }))
  const top = Math.max(...groups.flatMap(({ bars }) => bars.map(({ height }) => height)), 1)
  return barPlot('distribution of answer times', timeAxis(series), linearAxis(both('tỷ lệ %', 'share %'), top), groups)
}

export const secondsAxis = (seconds: readonly unknown[]) => lengthAxis(both('giây', 'second'), Math.max(seconds.length, 1))

export function timePlot(seconds: readonly Timed[]): string {
  const of = (name: 'p50' | 'p99', colour: string): Line => ({
    label: name,
    colour,
    points: seconds.flatMap((second) => (second[name] === undefined ? [] : [[second.second + 0.5, second[name]] as const])),
  })
  const lines = [of('p50', 'a'), of('p99', 'c')]
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value))
  return linePlot(
    'answer time each second',
    secondsAxis(seconds),
    logAxis('ms', Math.min(...values, 1_000), Math.max(...values, 1)),
    lines,
  )
}

export function percentileTable(series: readonly Series[]): string {
  const shown = [50, 90, 95, 99, 99.9, 99.99]
  const rows = series.map(({ label, times }) => {
    const cells = shown.map(
      (percentile) => `<td>${ms(times.percentiles.find((one) => one.percentile === percentile)?.ms ?? 0)}</td>`,
    )
    return `<tr><th scope="row">${label}</th><td>${count(times.count)}</td>${cells.join('')}<td>${ms(times.max)}</td></tr>`
  })
  return `<div class="scroll"><table><thead><tr><th></th><th scope="col">n</th>${shown.map((one) => `<th scope="col">p${one}</th>`).join('')}<th scope="col">max</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

export const twoColumns = (heading: string, rows: readonly (readonly [string, string])[]) =>
  `<section><h2>${heading}</h2><div class="scroll"><table class="pairs"><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</tbody></table></div></section>`

export const STYLE = `
:root{--ink:#16202b;--soft:#5a6775;--line:#dfe5ea;--ground:#f6f8f9;--card:#fff;--a:#0b5c8c;--b:#c26a00;--c:#a3173f;--d:#6b3fa0;--e:#8b98a5}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf1;--soft:#9fb0bf;--line:#2c3944;--ground:#10171d;--card:#172129;--a:#5cb6ea;--b:#f0a648;--c:#f27a9b;--d:#b795ea;--e:#708090}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 64px}h1{font-size:1.9rem;line-height:1.25;margin:0}h1 span{color:var(--soft);font-weight:400}
h2{font-size:1.2rem;margin:40px 0 12px}.eyebrow{margin:0;color:var(--a);font-weight:600}header p:last-child,.note{color:var(--soft);margin:4px 0 0}
.verdict{padding:12px 16px;border-radius:8px;border-left:5px solid;background:var(--card);font-weight:600;margin:20px 0}.verdict p{margin:0}.verdict ul{font-weight:400;font-size:.85rem}
.good{border-color:#1c8a4c}.bad{border-color:var(--c)}.open{border-color:var(--b)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0}.figures div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.7rem;font-weight:650;font-variant-numeric:tabular-nums}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px;margin-top:12px}figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px}
figcaption{font-weight:600;margin-bottom:6px}svg{width:100%;height:auto;display:block}.rule{stroke:var(--line)}.tick,.name{fill:var(--soft);font-size:13px}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.line.a{stroke:var(--a)}.line.b{stroke:var(--b);stroke-dasharray:7 3}.line.c{stroke:var(--c)}.line.d{stroke:var(--d);stroke-dasharray:2 3}.line.e{stroke:var(--e)}
.bar.a,.key.a{fill:var(--a);background:var(--a)}.bar.b,.key.b{fill:var(--b);background:var(--b)}.key.c{background:var(--c)}.key.d{background:var(--d)}.key.e{background:var(--e)}.bar{opacity:.8}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0;font-size:.85rem;color:var(--soft)}.key{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle}
.scroll{overflow-x:auto;margin-top:12px}table{border-collapse:collapse;background:var(--card);font-variant-numeric:tabular-nums;min-width:min(100%,520px)}th,td{padding:6px 14px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th[scope=row]{text-align:left;font-weight:500}.pairs th,.pairs td{white-space:normal}thead th{color:var(--soft);font-weight:500}.pairs{width:100%}.pairs td{text-align:right}
@media print{body{background:#fff}figure,table{break-inside:avoid}}`
