import type { BacktestReport } from '../adjudication/backtest.ts'
import type { ChangedClaim, Moved, Row } from '../adjudication/backtest-tally.ts'
import { barsByRow } from './backtest-plot.ts'

const both = (vi: string, en: string) => `${vi} / ${en}`
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
/** Digits in groups of three, as both languages read them: a thin space between. */
const dong = (amount: string): string => amount.replace(/\.00$/, '').replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '\u202f')

const LEVELS: Readonly<Record<string, string>> = {
  primary: both('ban đầu', 'primary'),
  basic: both('cơ bản', 'basic'),
  specialised: both('chuyên sâu', 'specialised'),
  unknown: both('không rõ', 'unknown'),
}
const OUTCOMES: Readonly<Record<string, string>> = {
  accept: both('chấp nhận', 'accept'),
  adjust: both('điều chỉnh', 'adjust'),
  pend: both('chờ xem xét', 'pend'),
  deny: both('từ chối', 'deny'),
}
const PARTIES: readonly (readonly [keyof Moved, string])[] = [
  ['fund', both('quỹ', 'fund')],
  ['patient', both('người bệnh', 'patient')],
  ['otherSources', both('nguồn khác', 'other sources')],
  ['hospital', both('bệnh viện', 'hospital')],
]

/** The report as one HTML page that needs nothing from elsewhere: Vietnamese first, then English. No claim is named but by its id. */
export function backtestPage(report: BacktestReport): string {
  const { rulebook, since, compared, total } = report
  const span = since === null ? both('mọi hồ sơ', 'all claims') : `${both('nhận từ', 'received since')} ${since}`
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>BHYT: ${escapeHtml(rulebook.version)}</title><style>${STYLE}</style></head>
<body><main>
<header><p class="eyebrow">BHYT Gateway</p><h1>Thử bộ quy tắc khác <span lang="en">Backtest</span></h1><p>${both('bộ quy tắc', 'rulebook')} ${escapeHtml(rulebook.version)} · <code>${rulebook.sha256.slice(0, 16)}…</code> · ${escapeHtml(span)}</p></header>
<dl class="figures">${figure(both('hồ sơ thay đổi', 'claims that change'), `${count(total.claims)} <small>/ ${count(compared)}</small>`)}${figure(both('dòng', 'lines'), count(total.lines))}${PARTIES.map(([party, name]) => figure(name, signed(total[party]))).join('')}</dl>
<p class="note">${both('Số dương: bên đó chịu thêm (đồng). Bốn bên cộng lại bằng không.', 'Positive: that party bears more (đồng). The four add up to nothing.')}</p>
${section(both('Theo quy tắc', 'By rule'), report.byRule, both('quy tắc', 'rule'))}
${section(both('Theo cấp chuyên môn', 'By facility level'), report.byLevel, both('cấp', 'level'), LEVELS)}
${section(both('Theo tỉnh', 'By province'), report.byProvince, both('tỉnh', 'province'))}
${section(both('Theo nhóm thẻ', 'By card group'), report.byCardGroup, both('nhóm thẻ', 'card group'))}
${outcomes(report)}
${top(report.top)}
${reservations(report)}
</main></body></html>
`
}

const count = (value: number) => dong(String(value))
const signed = (amount: string) => `${amount.startsWith('-') || /^0\.00$/.test(amount) ? '' : '+'}${dong(amount)}`
const figure = (name: string, value: string) => `<div><dt>${name}</dt><dd>${value}</dd></div>`

function section(title: string, rows: readonly Row[], name: string, labels: Readonly<Record<string, string>> = {}): string {
  const label = (key: string) => escapeHtml(labels[key] ?? (key === 'unknown' ? LEVELS['unknown']! : key))
  const head = [name, both('hồ sơ', 'claims'), both('dòng', 'lines'), ...PARTIES.map(([, party]) => party)]
  const body = rows.map(
    (row) =>
      `<tr><th scope="row">${label(row.key)}</th><td>${count(row.claims)}</td><td>${count(row.lines)}</td>${PARTIES.map(([party]) => `<td>${signed(row[party])}</td>`).join('')}</tr>`,
  )
  const plot = barsByRow(
    title,
    rows.map((row) => ({ label: label(row.key), values: PARTIES.map(([party]) => Number(row[party])) })),
    PARTIES.map(([, party]) => party),
  )
  return `<section><h2>${title}</h2><figure>${plot}</figure>${tableOf(head, body)}</section>`
}

const tableOf = (head: readonly string[], body: readonly string[]) =>
  `<div class="scroll"><table><thead><tr>${head.map((cell) => `<th scope="col">${cell.replace(' / ', '<br>')}</th>`).join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`

const outcomeName = (outcome: string) => OUTCOMES[outcome] ?? escapeHtml(outcome)

function outcomes({ outcomes: changes }: BacktestReport): string {
  const rows = changes.map(
    ({ before, after, claims }) =>
      `<tr><th scope="row">${outcomeName(before)} → ${outcomeName(after)}</th><td>${count(claims)}</td></tr>`,
  )
  return `<section><h2>${both('Kết quả', 'Outcomes')}</h2>${tableOf([both('trước → sau', 'before → after'), both('hồ sơ', 'claims')], rows)}</section>`
}

function top(claims: readonly ChangedClaim[]): string {
  const head = [
    both('hồ sơ', 'claim'),
    both('cơ sở', 'facility'),
    both('kết quả', 'outcome'),
    ...PARTIES.map(([, party]) => party),
    both('quy tắc', 'rules'),
  ]
  const rows = claims.map(
    (claim) =>
      `<tr><th scope="row"><code>${escapeHtml(claim.claimId)}.${claim.version}</code></th><td>${escapeHtml(claim.facilityCode)}</td><td>${outcomeName(claim.outcome.before)} → ${outcomeName(claim.outcome.after)}</td>${PARTIES.map(([party]) => `<td>${signed(claim[party])}</td>`).join('')}<td>${escapeHtml(claim.rules.join(', '))}</td></tr>`,
  )
  return `<section><h2>${both(`${claims.length} hồ sơ thay đổi nhiều nhất`, `the ${claims.length} claims with most moved`)}</h2>${tableOf(head, rows)}</section>`
}

function reservations({ reworded, voids, otherEngine, factsNotKept, notDecided }: BacktestReport): string {
  const facts = Object.entries(factsNotKept.byFact)
    .map(([name, claims]) => `${name} ${count(claims)}`)
    .join(', ')
  const rows: readonly (readonly [string, number, string])[] = [
    [both('chỉ khác lời văn hoặc căn cứ', 'only words or bases differ'), reworded, ''],
    [both('đã rút', 'withdrawn'), voids, ''],
    [both('do phiên bản máy khác quyết định', 'decided by another engine'), otherEngine, ''],
    [both('không so được: dữ kiện không được lưu', 'not compared: facts not kept'), factsNotKept.claims, facts],
    [both('không so được: không đọc lại được', 'not compared: cannot be decided'), notDecided.claims, ''],
  ]
  const body = rows.map(
    ([name, claims, more]) =>
      `<tr><th scope="row">${name}${more ? ` (${escapeHtml(more)})` : ''}</th><td>${count(claims)}</td></tr>`,
  )
  return `<section><h2>${both('Ngoài ra', 'Besides')}</h2>${tableOf(['', both('hồ sơ', 'claims')], body)}</section>`
}

const STYLE = `
:root{--ink:#16202b;--soft:#5a6775;--line:#dfe5ea;--ground:#f6f8f9;--card:#fff;--a:#0b5c8c;--b:#c26a00;--c:#a3173f;--d:#6b3fa0}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf1;--soft:#9fb0bf;--line:#2c3944;--ground:#10171d;--card:#172129;--a:#5cb6ea;--b:#f0a648;--c:#f27a9b;--d:#b795ea}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 64px}h1{font-size:1.9rem;line-height:1.25;margin:0}h1 span{color:var(--soft);font-weight:400}
h2{font-size:1.2rem;margin:40px 0 12px}.eyebrow{margin:0;color:var(--a);font-weight:600}header p:last-child,.note{color:var(--soft);margin:8px 0 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:12px;margin:20px 0 0}.figures div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.3rem;overflow-wrap:anywhere;font-weight:650;font-variant-numeric:tabular-nums}dd small{color:var(--soft);font-weight:400}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px}svg{width:100%;height:auto;display:block}.zero{stroke:var(--soft)}.tick,.name{fill:var(--soft);font-size:13px}.name{fill:var(--ink)}
.p0{fill:var(--a);background:var(--a)}.p1{fill:var(--b);background:var(--b)}.p2{fill:var(--d);background:var(--d)}.p3{fill:var(--c);background:var(--c)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0;font-size:.85rem;color:var(--soft)}.key{display:inline-block;width:14px;height:8px;border-radius:2px;margin-right:7px;vertical-align:middle}
.scroll{overflow-x:auto;margin-top:12px}table{border-collapse:collapse;background:var(--card);font-variant-numeric:tabular-nums;min-width:min(100%,520px)}th,td{padding:6px 12px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th[scope=row]{text-align:left;font-weight:500}thead th{color:var(--soft);font-weight:500;font-size:.85rem;line-height:1.3}thead th:first-child{text-align:left}
@media print{body{background:#fff}figure,table{break-inside:avoid}}`
