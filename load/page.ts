import { type Axis, barPlot, escapeHtml, type Line, lengthAxis, linearAxis, linePlot, logAxis, ninesAxis } from './plots.ts'
import type { Report } from './run.ts'
import { perSecond } from './summary-text.ts'
import type { Latency, Second } from './tally.ts'

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`
const count = (value: number) => value.toLocaleString('en')
const both = (vi: string, en: string) => `${vi} / ${en}`

/** The report as one HTML page that needs nothing from elsewhere: Vietnamese first, then English. */
export function reportPage(report: Report): string {
  const { settings, summary } = report
  const how =
    settings.mode === 'open'
      ? `${both('vòng mở', 'open loop')}: ${settings.rate}/s, ${settings.arrivals}`
      : `${both('mức trần', 'ceiling')}: ${settings.connections} ${both('kết nối', 'connections')}`
  const times =
    settings.mode === 'open'
      ? both('tính từ thời điểm đã định', 'from the planned time')
      : both('tính từ lúc gửi', 'from the send: closed loop hides stalls')
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>BHYT: ${escapeHtml(settings.run)}</title><style>${STYLE}</style></head>
<body><main>
<header><p class="eyebrow">BHYT Gateway</p><h1>Kết quả thử tải <span lang="en">Load report</span></h1><p>${escapeHtml(how)} · ${settings.seconds} s · ${escapeHtml(report.startedAt)}</p></header>
${verdict(report)}
${figures(report)}
<section><h2>${both('Thời gian trả lời', 'Answer time')}</h2><p class="note">${times}</p><div class="plots">
<figure><figcaption>${both('Theo bách phân vị', 'By percentile')}</figcaption>${percentilePlot(summary.latency)}</figure>
<figure><figcaption>${both('Phân bố', 'Distribution')}</figcaption>${histogramPlot(summary.latency)}</figure>
</div>${percentileTable(summary.latency)}</section>
<section><h2>${both('Theo thời gian', 'Over time')}</h2><div class="plots">
<figure><figcaption>${both('Mỗi giây', 'Each second')}</figcaption>${throughputPlot(summary.seconds)}</figure>
<figure><figcaption>${both('Thời gian trả lời mỗi giây', 'Answer time each second')}</figcaption>${timePlot(summary.seconds)}</figure>
</div></section>
${countsTable(report)}
${environmentTable(report)}
</main></body></html>
`
}

function verdict({ check, sound }: Report): string {
  if (!check)
    return `<p class="verdict open">${both('Chưa kiểm tra mất hay trùng', 'Not checked for lost or doubled claims')}</p>`
  if (sound)
    return `<p class="verdict good">✓ ${both('Không mất, không trùng', 'Nothing lost, nothing doubled')}: ${count(check.acknowledged)} ${both('nội dung đã xác nhận đều tìm thấy theo mã', 'acknowledged contents found by id')}</p>`
  const faults = [...check.lost, ...check.doubled, ...check.storedThoughRefused, ...check.contradictions]
  const list = faults.slice(0, 20).map((fault) => `<li>${escapeHtml(fault)}</li>`)
  return `<div class="verdict bad"><p>✗ ${both('Mất', 'lost')}: ${check.lost.length} · ${both('trùng', 'doubled')}: ${check.doubled.length} · ${both('đã lưu dù bị từ chối', 'stored though refused')}: ${check.storedThoughRefused.length} · ${both('mâu thuẫn', 'contradictions')}: ${check.contradictions.length}</p><ul>${list.join('')}</ul></div>`
}

function figures(report: Report): string {
  const { decided, receipted } = report.summary.latency
  const main = decided.count >= receipted.count ? decided : receipted
  const at = (percentile: number) => {
    const found = main.percentiles.find((one) => one.percentile === percentile)
    return found ? ms(found.ms) : '–'
  }
  const cells = [
    [both('xác nhận mỗi giây', 'acknowledged per second'), count(perSecond(report))],
    ['p50', at(50)],
    ['p99', at(99)],
    ['p99.9', at(99.9)],
  ]
  return `<dl class="figures">${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

type Latencies = Report['summary']['latency']
const kinds = (latency: Latencies): readonly { label: string; colour: string; times: Latency }[] =>
  [
    { label: both('quyết định (200)', 'decided (200)'), colour: 'a', times: latency.decided },
    { label: both('biên nhận (202)', 'receipted (202)'), colour: 'b', times: latency.receipted },
  ].filter(({ times }) => times.count > 0)

function timeAxis(latency: Latencies): Axis {
  const shown = kinds(latency).map(({ times }) => times)
  const low = Math.min(...shown.map(({ percentiles }) => percentiles[0]?.ms ?? 1), 1_000)
  return logAxis('ms', low, Math.max(...shown.map(({ max }) => max), 1))
}

function percentilePlot(latency: Latencies): string {
  const lines = kinds(latency).map(({ label, colour, times }) => ({
    label,
    colour,
    points: times.percentiles.map(({ percentile, ms }) => [percentile, ms] as const),
  }))
  return linePlot('answer time by percentile', ninesAxis(both('bách phân vị', 'percentile')), timeAxis(latency), lines)
}

function histogramPlot(latency: Latencies): string {
  const groups = kinds(latency).map(({ label, colour, times }) => ({
    label,
    colour,
    bars: times.histogram.map(({ fromMs, toMs, count }) => ({ from: fromMs, to: toMs, height: (100 * count) / times.count })),
  }))
  const top = Math.max(...groups.flatMap(({ bars }) => bars.map(({ height }) => height)), 1)
  return barPlot('distribution of answer times', timeAxis(latency), linearAxis(both('tỷ lệ %', 'share %'), top), groups)
}

const secondsAxis = (seconds: readonly Second[]) => lengthAxis(both('giây', 'second'), Math.max(seconds.length, 1))

function throughputPlot(seconds: readonly Second[]): string {
  const of = (label: string, colour: string, value: (second: Second) => number): Line => ({
    label,
    colour,
    points: seconds.map((second) => [second.second + 0.5, value(second)] as const),
  })
  const lines = [
    of(both('đến hạn', 'offered'), 'e', ({ offered }) => offered),
    of(both('quyết định', 'decided'), 'a', ({ outcomes }) => outcomes.decided),
    of(both('biên nhận', 'receipted'), 'b', ({ outcomes }) => outcomes.receipted),
    of(both('từ chối', 'refused'), 'c', ({ outcomes }) => outcomes.refused),
    of(both('chưa rõ', 'unconfirmed, no answer'), 'd', ({ outcomes }) => outcomes.unconfirmed + outcomes.broken),
  ].filter(({ points }, index) => index < 2 || points.some(([, value]) => value > 0))
  const top = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 1)
  return linePlot('claims each second', secondsAxis(seconds), linearAxis(both('hồ sơ', 'claims'), top, count), lines)
}

function timePlot(seconds: readonly Second[]): string {
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

function percentileTable(latency: Latencies): string {
  const shown = [50, 90, 95, 99, 99.9, 99.99]
  const rows = kinds(latency).map(({ label, times }) => {
    const cells = shown.map(
      (percentile) => `<td>${ms(times.percentiles.find((one) => one.percentile === percentile)?.ms ?? 0)}</td>`,
    )
    return `<tr><th scope="row">${label}</th><td>${count(times.count)}</td>${cells.join('')}<td>${ms(times.max)}</td></tr>`
  })
  return `<div class="scroll"><table><thead><tr><th></th><th scope="col">n</th>${shown.map((one) => `<th scope="col">p${one}</th>`).join('')}<th scope="col">max</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

const twoColumns = (heading: string, rows: readonly (readonly [string, string])[]) =>
  `<section><h2>${heading}</h2><div class="scroll"><table class="pairs"><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</tbody></table></div></section>`

function countsTable({ summary, check }: Report): string {
  const { outcomes } = summary
  const rows: [string, string][] = [
    [both('đến hạn', 'offered'), count(summary.offered)],
    [both('quyết định (200)', 'decided (200)'), count(outcomes.decided)],
    [both('biên nhận (202)', 'receipted (202)'), count(outcomes.receipted)],
    [both('từ chối, không lưu gì', 'refused, nothing stored'), count(outcomes.refused)],
    [both('chưa xác nhận', 'unconfirmed'), count(outcomes.unconfirmed)],
    [both('không có trả lời', 'no answer'), count(outcomes.broken)],
    [both('máy thử bỏ qua', 'dropped by the harness'), count(summary.dropped)],
    [both('máy thử gửi trễ', 'sent late by the harness'), count(summary.late)],
    [both('trả lại kết quả cũ', 'replayed'), count(summary.replayed)],
    ...Object.entries(summary.decisions).map(
      ([outcome, n]) => [`${both('kết quả', 'outcome')} ${outcome}`, count(n)] as [string, string],
    ),
    ...Object.entries(summary.reasons).map(([reason, n]) => [reason, count(n)] as [string, string]),
  ]
  if (check)
    rows.push(
      [both('đã kiểm tra', 'acknowledged contents checked'), count(check.acknowledged)],
      [both('đã quyết định · giữ lại', 'of them decided · held'), `${count(check.decided)} · ${count(check.held)}`],
      [both('mất', 'lost'), count(check.lost.length)],
      [both('trùng', 'doubled'), count(check.doubled.length)],
      [
        both('chưa rõ · trong đó đã lưu', 'outcome unknown · of them stored'),
        `${count(check.unknown)} · ${count(check.unknownStored)}`,
      ],
    )
  return twoColumns(both('Số lượng', 'Counts'), rows)
}

function environmentTable({ environment, settings, harnessCpuUs }: Report): string {
  const { sizes, ...shares } = settings.mix
  return twoColumns(both('Môi trường', 'Environment'), [
    ['CPU', `${environment.cores} × ${environment.cpu}`],
    [both('bộ nhớ', 'memory'), `${environment.memoryGiB} GiB (${environment.freeGiB} GiB ${both('trống', 'free')})`],
    [both('hệ thống', 'system'), environment.system],
    ['Node', environment.node],
    [both('CPU của máy thử', 'CPU of the harness'), `${harnessCpuUs} µs / ${both('hồ sơ', 'claim')}`],
    [both('cỡ hồ sơ', 'claim sizes'), percentages(sizes)],
    [both('cách gửi', 'ways of filing'), percentages(shares)],
    [both('thành viên', 'members'), count(settings.members)],
    [both('chờ', 'wait'), `${settings.waitS} s`],
    [both('hạt giống', 'seed'), String(settings.seed)],
  ])
}
const percentages = (shares: Readonly<Record<string, number>>) =>
  Object.entries(shares)
    .map(([name, share]) => `${name} ${Math.round(share * 1_000) / 10} %`)
    .join(', ')

const STYLE = `
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
