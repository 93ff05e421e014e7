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
} from '../page-parts.ts'
import { escapeHtml, type Line, linearAxis, linePlot } from '../plots.ts'
import type { DeskReport } from './run.ts'
import type { DeskSecond } from './tally.ts'

/** The report as one HTML page that needs nothing from elsewhere: Vietnamese first, then English. */
export function deskReportPage(report: DeskReport): string {
  const { settings, checkIns } = report
  const series = seriesOf(report)
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>BHYT: ${escapeHtml(settings.run)}</title><style>${STYLE}</style></head>
<body><main>
<header><p class="eyebrow">BHYT Gateway</p><h1>Kết quả thử tải tiếp đón <span lang="en">Load report: check-ins</span></h1><p>${both('vòng mở', 'open loop')}: ${count(settings.count)} × ${settings.rate}/s · ${both('hồ sơ kèm theo', 'claims beside')}: ${settings.claimRate}/s · ${escapeHtml(report.startedAt)}</p></header>
${verdict(report)}
${figures(report)}
<section><h2>${both('Thời gian trả lời', 'Answer time')}</h2><p class="note">${both('tính từ thời điểm đã định', 'from the planned time')}</p><div class="plots">
<figure><figcaption>${both('Theo bách phân vị', 'By percentile')}</figcaption>${percentilePlot(series)}</figure>
<figure><figcaption>${both('Phân bố', 'Distribution')}</figcaption>${histogramPlot(series)}</figure>
</div>${percentileTable(series)}</section>
<section><h2>${both('Theo thời gian', 'Over time')}</h2><div class="plots">
<figure><figcaption>${both('Mỗi giây', 'Each second')}</figcaption>${throughputPlot(checkIns.seconds)}</figure>
<figure><figcaption>${both('Thời gian trả lời mỗi giây', 'Answer time each second')}</figcaption>${timePlot(checkIns.seconds)}</figure>
</div></section>
${countsTable(report)}
${environmentTable(report)}
</main></body></html>
`
}

function verdict({ sound, checkIns, again }: DeskReport): string {
  const { outcomes } = checkIns
  if (sound)
    return `<p class="verdict good">✓ ${both('Không ai bị từ chối, không trùng, mọi trả lời đều ghi nguồn và ngày dữ liệu', 'Nobody turned away, nothing doubled, every answer says how old its knowledge is')}</p>`
  const found = [
    [both('bị từ chối', 'turned away'), outcomes['turned-away']],
    [both('trả lời sai', 'faulty answers'), outcomes.faulty],
    [both('trùng', 'doubled'), again.doubled.length],
    [both('đổi khi gửi lại', 'changed when sent again'), again.changed.length],
    [both('không được ghi', 'recorded nowhere'), again.unrecorded],
  ]
  return `<div class="verdict bad"><p>✗ ${found.map(([name, value]) => `${name}: ${value}`).join(' · ')}</p></div>`
}

function figures({ checkIns, tookS }: DeskReport): string {
  const { all } = checkIns.latency
  const at = (percentile: number) => {
    const found = all.percentiles.find((one) => one.percentile === percentile)
    return found ? ms(found.ms) : '–'
  }
  const cells = [
    [both('tiếp đón mỗi giây', 'check-ins a second'), count(Math.round(all.count / tookS))],
    ['p50', at(50)],
    ['p99', at(99)],
    ['p99.9', at(99.9)],
  ]
  return `<dl class="figures">${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

function seriesOf({ checkIns, claims }: DeskReport): readonly Series[] {
  const { card, chip, challenge } = checkIns.latency
  return [
    { label: both('thẻ in', 'printed card'), colour: 'a', times: card },
    { label: both('chip', 'chip'), colour: 'b', times: chip },
    { label: both('thử thách', 'challenge'), colour: 'd', times: challenge },
    ...(claims ? [{ label: both('hồ sơ (200)', 'claims (200)'), colour: 'e', times: claims.summary.latency.decided }] : []),
  ].filter(({ times }) => times.count > 0)
}

function throughputPlot(seconds: readonly DeskSecond[]): string {
  const of = (label: string, colour: string, value: (second: DeskSecond) => number): Line => ({
    label,
    colour,
    points: seconds.map((second) => [second.second + 0.5, value(second)] as const),
  })
  const lines = [
    of(both('đến hạn', 'offered'), 'e', ({ offered }) => offered),
    of(both('được tiếp đón', 'taken'), 'a', ({ answered }) => answered),
    of(both('không được', 'not taken'), 'c', ({ failed }) => failed),
  ]
  const top = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 1)
  return linePlot('check-ins each second', secondsAxis(seconds), linearAxis(both('lượt', 'check-ins'), top, count), lines)
}

function countsTable({ checkIns, again, claims }: DeskReport): string {
  const { outcomes } = checkIns
  const each = (name: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([key, value]) => [`${name}: ${key}`, count(value)] as const)
  return twoColumns(both('Số lượng', 'Counts'), [
    [both('đến hạn', 'offered'), count(checkIns.offered)],
    [both('nhận', 'admitted'), count(outcomes.admitted)],
    [both('nhận tạm', 'provisional'), count(outcomes.provisional)],
    [both('bị từ chối', 'turned away'), count(outcomes['turned-away'])],
    [both('báo quá tải', 'shed'), count(outcomes.shed)],
    [both('trả lời sai', 'faulty'), count(outcomes.faulty)],
    [both('không có trả lời', 'no answer'), count(outcomes.broken)],
    [both('máy thử bỏ qua', 'dropped by the harness'), count(checkIns.dropped)],
    [both('máy thử gửi trễ', 'sent late by the harness'), count(checkIns.late)],
    ...each(both('nguồn', 'knowledge'), checkIns.sources),
    ...each(both('mức tin cậy', 'assurance'), checkIns.assurances),
    ...each(both('lý do', 'reason'), checkIns.reasons),
    ...each(both('lỗi', 'failure'), checkIns.failures),
    [both('gửi lại', 'sent a second time'), count(again.sent)],
    [both('trùng · đổi', 'doubled · changed'), `${again.doubled.length} · ${again.changed.length}`],
    ...(claims ? each(both('hồ sơ', 'claims'), claims.summary.outcomes) : []),
  ])
}

function environmentTable({ environment, settings, harnessCpuUs }: DeskReport): string {
  return twoColumns(both('Môi trường', 'Environment'), [
    ['CPU', `${environment.cores} × ${environment.cpu}`],
    [both('bộ nhớ', 'memory'), `${environment.memoryGiB} GiB (${environment.freeGiB} GiB ${both('trống', 'free')})`],
    [both('hệ thống', 'system'), environment.system],
    ['Node', environment.node],
    [both('CPU của máy thử', 'CPU of the harness'), `${harnessCpuUs} µs / ${both('yêu cầu', 'request')}`],
    [both('bằng chip', 'by chip'), `${Math.round(settings.chipShare * 1_000) / 10} %`],
    [both('thành viên', 'members'), count(settings.members)],
    [both('hạt giống', 'seed'), String(settings.seed)],
  ])
}
