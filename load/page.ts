import {
  both,
  count,
  histogramPlot,
  ms,
  percentilePlot,
  percentileTable,
  type Series,
  STYLE,
  secondsAxis,
  timePlot,
  twoColumns,
} from './page-parts.ts'
import { escapeHtml, type Line, linearAxis, linePlot } from './plots.ts'
import type { Report } from './run.ts'
import { perSecond } from './summary-text.ts'
import type { Second } from './tally.ts'

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
<figure><figcaption>${both('Theo bách phân vị', 'By percentile')}</figcaption>${percentilePlot(kinds(summary.latency))}</figure>
<figure><figcaption>${both('Phân bố', 'Distribution')}</figcaption>${histogramPlot(kinds(summary.latency))}</figure>
</div>${percentileTable(kinds(summary.latency))}</section>
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

const kinds = (latency: Report['summary']['latency']): readonly Series[] =>
  [
    { label: both('quyết định (200)', 'decided (200)'), colour: 'a', times: latency.decided },
    { label: both('biên nhận (202)', 'receipted (202)'), colour: 'b', times: latency.receipted },
  ].filter(({ times }) => times.count > 0)

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
