import { html } from 'hono/html'
import type { DecisionExplained, Explanation, NoteExplained } from '../src/domain/explanation.ts'
import { rulesByBasis } from '../src/domain/explanation-text.ts'
import { linesTable } from './explanation-lines.ts'
import { waterfall } from './explanation-picture.ts'
import { whatToDo } from './explanation-to-do.ts'
import { createSpeaker, type Html, type Language, outcomeTexts, type Speaker, severityTexts } from './explanation-words.ts'
import { pageHeaders } from './security.ts'

/** An explanation as a page of A4 that needs no script: nothing from elsewhere, no name of a person. */
export function explanationPage(explanation: Explanation, language: Language): { headers: Record<string, string>; body: string } {
  return {
    headers: { ...pageHeaders, 'Content-Type': 'text/html; charset=utf-8', 'Referrer-Policy': 'no-referrer' },
    body: String(document(explanation, createSpeaker(language))),
  }
}

function document(explanation: Explanation, speaker: Speaker): Html {
  const { say, only, language } = speaker
  const { decision } = explanation
  const title = only('Giải trình quyết định giám định', 'Explanation of a decision')
  return html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · ${explanation.encounterId}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/explanation.css">
  </head>
  <body>
    <main>
      ${header(explanation, speaker)}
      ${
        decision === undefined
          ? ''
          : html`${totals(decision, speaker)}
      ${
        decision.rules.length === 0
          ? ''
          : html`<section><h2>${say('Từ đề nghị đến quyết định', 'From claimed to decided')}</h2>${waterfall(decision, speaker)}${rulesTable(decision, speaker)}</section>`
      }
      ${benefit(decision, speaker)}
      ${whatToDo(decision, speaker)}
      ${notes(decision, speaker)}
      ${shadow(decision, speaker)}
      <section><h2>${say('Từng dòng', 'Line by line')}</h2>${linesTable(decision.lines, speaker)}</section>
      ${bases(decision, speaker)}
      ${proofs(explanation, decision, speaker)}`
      }
    </main>
  </body>
</html>
`
}

function header(explanation: Explanation, { say, both, day, instant, language }: Speaker): Html {
  const { facilityCode, encounterId, claimId, version, current, currentVersion, receivedAt, decidedAt, summary, decision } =
    explanation
  const outcome = outcomeTexts[decision?.outcome ?? 'held']!
  const visit = decision?.visit
  return html`<header>
      <h1>${say('Giải trình quyết định giám định', 'Explanation of a decision')}</h1>
      <p class="outcome ${decision?.outcome ?? 'held'}"><strong>${outcome[language]}</strong></p>
      <p class="summary">${both(summary)}</p>
      <dl class="head">
        <div><dt>${say('Cơ sở', 'Facility')}</dt><dd>${facilityCode}</dd></div>
        <div><dt>MA_LK</dt><dd>${encounterId}</dd></div>
        <div><dt>${say('Phiên bản', 'Version')}</dt><dd>${version}${current ? '' : html` <strong>${say(`đã được thay bằng phiên bản ${currentVersion}`, `superseded by version ${currentVersion}`)}</strong>`}</dd></div>
        ${visit === undefined ? '' : html`<div><dt>${say('Ngày vào – ra', 'From – to')}</dt><dd>${day(visit.arrivedOn)} – ${day(visit.endedOn)}</dd></div>`}
        ${visit === undefined ? '' : html`<div><dt>MA_DOITUONG_KCB · MA_LOAI_KCB</dt><dd>${visit.visitCategory} · ${visit.careType}</dd></div>`}
        <div><dt>${say('Nhận', 'Received')}</dt><dd>${instant(receivedAt)}</dd></div>
        <div><dt>${say('Quyết định', 'Decided')}</dt><dd>${instant(decidedAt)}</dd></div>
        <div><dt>${say('Mã hồ sơ', 'Claim')}</dt><dd>${claimId}</dd></div>
      </dl>
      ${decision?.derivation.message === undefined ? '' : html`<p class="notice">${both(decision.derivation.message)}</p>`}
    </header>`
}

const TOTALS = [
  ['T_BHTT', 'Quỹ trả', 'The fund pays'],
  ['T_BNCCT', 'Cùng chi trả', 'Co-pay'],
  ['T_BNTT', 'Tự trả', 'Own payment'],
  ['T_NGUONKHAC', 'Nguồn khác', 'Other sources'],
  ['T_TONGCHI_BV', 'Tổng chi phí', 'All costs'],
  ['T_TONGCHI_BH', 'Trong phạm vi bảo hiểm', 'Within the insurance'],
] as const

function totals({ claimed, decided }: DecisionExplained, { say, money, change }: Speaker): Html {
  return html`<table class="totals">
      <thead><tr><th scope="col">${say('Số tiền (đồng)', 'Amounts (đồng)')}</th><th scope="col" class="number">${say('Đề nghị', 'Claimed')}</th><th scope="col" class="number">${say('Quyết định', 'Decided')}</th><th scope="col" class="number">${say('Chênh', 'Difference')}</th></tr></thead>
      <tbody>${TOTALS.map(
        ([field, vi, en]) =>
          html`<tr class="${field}"><th scope="row">${say(vi, en)}</th><td class="number">${money(claimed[field])}</td><td class="number">${money(decided[field])}</td><td class="number">${change((Number(decided[field]) - Number(claimed[field])).toFixed(2))}</td></tr>`,
      )}</tbody>
    </table>`
}

function rulesTable({ rules }: DecisionExplained, { both, change, only }: Speaker): Html {
  return html`<table class="rules">
      <thead><tr><th scope="col">${only('Quy tắc', 'Rule')}</th><th scope="col">${only('Nội dung', 'What it says')}</th><th scope="col" class="number">${only('Quỹ', 'Fund')}</th><th scope="col" class="number">${only('Cùng chi trả', 'Co-pay')}</th><th scope="col" class="number">${only('Tự trả', 'Own')}</th><th scope="col" class="number">${only('Tổng chi phí', 'All costs')}</th></tr></thead>
      <tbody>${rules.map(
        ({ rule, name, change: moved }) =>
          html`<tr><td><code>${rule}</code></td><td>${both(name)}</td><td class="number">${change(moved.T_BHTT)}</td><td class="number">${change(moved.T_BNCCT)}</td><td class="number">${change(moved.T_BNTT)}</td><td class="number">${change(moved.T_TONGCHI_BV)}</td></tr>`,
      )}</tbody>
    </table>`
}

function benefit({ benefit: { rates, claim } }: DecisionExplained, { say, both, day }: Speaker): Html {
  if (rates.length === 0 && claim.length === 0) return html``
  return html`<section class="box"><h2>${say('Mức hưởng', 'Benefit rate')}</h2>
      ${rates.map(
        ({ card, from, to, rate, how }) =>
          html`<h3>${rate} % <small>${say('thẻ', 'card')} ${card}, ${day(from)} – ${day(to)}</small></h3><ol>${how.map(({ rule, message }) => html`<li>${both(message)} <code>${rule}</code></li>`)}</ol>`,
      )}
      ${claim.length === 0 ? '' : html`<ul>${claim.map(({ rule, message }) => html`<li>${both(message)} <code>${rule}</code></li>`)}</ul>`}
    </section>`
}

function notes({ notes: said, derivation }: DecisionExplained, { say, both, language }: Speaker): Html {
  if (said.length === 0) return html``
  const heading =
    derivation.kind === 'stored' ? say('Kết luận đã lưu', 'Findings as stored') : say('Về cả hồ sơ', 'About the claim as a whole')
  return html`<section><h2>${heading}</h2>${noteList(said, both, language)}</section>`
}

/** What reviewers see of rules on trial. */
function shadow({ shadow: said = [] }: DecisionExplained, { say, both, language }: Speaker): Html {
  if (said.length === 0) return html``
  const heading = say('Quy tắc đang chạy thử (không có hiệu lực)', 'Rules on trial (without effect)')
  return html`<section><h2>${heading}</h2>${noteList(said, both, language)}</section>`
}

function noteList(said: readonly NoteExplained[], both: Speaker['both'], language: Speaker['language']): Html {
  return html`<ul>${said.map(
    ({ rule, severity, message, lines = [] }) =>
      html`<li><code>${rule}</code> <strong>${severityTexts[severity]?.[language] ?? severity}</strong>${lines.length === 0 ? '' : ` ${lines.map(({ table, stt }) => `${table}/${stt}`).join(', ')}`}: ${both(message)}</li>`,
  )}</ul>`
}

/** Each text of the law once, with the rules that rest on it. */
function bases(decision: DecisionExplained, { say, language }: Speaker): Html {
  const found = rulesByBasis(decision, language)
  if (found.length === 0) return html``
  return html`<section><h2>${say('Căn cứ', 'Legal basis')}</h2>
      <p>${say('Trang giải thích của mỗi quy tắc: docs/rules/<mã>.md.', 'Each rule has its page: docs/rules/<id>.md.')}</p>
      <ul class="bases">${found.map(({ text, rules }) => html`<li>${text} · ${rules.join(', ')}</li>`)}</ul></section>`
}

function proofs(
  { contentSha256 }: Explanation,
  { rulebook, engineSha256, factsSha256, sha256 }: DecisionExplained,
  { say }: Speaker,
): Html {
  const rows = [
    [say('Bộ quy tắc', 'Rulebook'), `${rulebook.version} · ${rulebook.sha256}`],
    [say('Bộ giám định', 'Engine'), engineSha256],
    [say('Nội dung hồ sơ', 'Content'), contentSha256],
    [say('Dữ kiện', 'Facts'), factsSha256],
    [say('Quyết định', 'Decision'), sha256],
  ] as const
  return html`<footer>
      <p>${say('Kết quả giám định tự động, chưa phải quyết toán.', 'The automatic review; not the settlement.')}</p>
      <dl class="proofs">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    </footer>`
}
