import { html } from 'hono/html'
import type { LineAmountsText, LineExplained, Step } from '../src/domain/explanation.ts'
import { bearerTexts, type Html, type Speaker, severityTexts } from './explanation-words.ts'

const FIELDS = ['THANH_TIEN_BV', 'THANH_TIEN_BH', 'T_BHTT', 'T_BNCCT', 'T_BNTT', 'T_NGUONKHAC'] as const
/** Lines with all their steps; a claim may have 5,000. The JSON has every one. */
const LINES_SHOWN_MAX = 500

/** The table of lines: each from claimed to decided; one that is as claimed takes a single row. */
export function linesTable(lines: readonly LineExplained[], speaker: Speaker): Html {
  const { only, say } = speaker
  const shown = lines.slice(0, LINES_SHOWN_MAX)
  const rest = lines.length - shown.length
  return html`<table class="lines">
    <thead>
      <tr>
        <th scope="col">${only('Dòng, từng bước', 'Line, step by step')}</th>
        <th scope="col" class="number">${only('Tổng (BV)', 'Total (BV)')}</th>
        <th scope="col" class="number">${only('Trong BH', 'Insured')}</th>
        <th scope="col" class="number">${only('Quỹ trả', 'Fund')}</th>
        <th scope="col" class="number">${only('Cùng chi trả', 'Co-pay')}</th>
        <th scope="col" class="number">${only('Tự trả', 'Own')}</th>
        <th scope="col" class="number">${only('Nguồn khác', 'Other')}</th>
      </tr>
    </thead>
    ${shown.map((line) => lineBody(line, speaker))}
  </table>
  ${rest > 0 ? html`<p>${say(`Còn ${rest} dòng nữa: xem bản JSON.`, `${rest} more lines: see the JSON.`)}</p>` : ''}`
}

function lineBody(line: LineExplained, speaker: Speaker): Html {
  const { only } = speaker
  const place = html`<strong>${line.table}/${line.stt}</strong> ${line.code ?? ''} ${line.name ?? ''}`
  const steps = line.steps.filter((step) => moves(step) || step.severity !== 'info' || step.effect !== undefined)
  const same = FIELDS.every((field) => line.claimed[field] === line.decided[field])
  if (same && steps.length === 0) {
    return html`<tbody class="same">
      <tr><td>${place} · ${only('như đề nghị', 'as claimed')}</td>${cells(line.decided, speaker)}</tr>
    </tbody>`
  }
  const arithmetic = line.arithmetic.map((text, index) => html`${index === 0 ? '' : html`<br>`}${text[speaker.language]}`)
  return html`<tbody>
      <tr class="place"><th scope="rowgroup" colspan="7">${place}</th></tr>
      <tr><td class="inner">${only('Đề nghị', 'Claimed')}</td>${cells(line.claimed, speaker)}</tr>
      ${steps.map((step) => stepRow(step, speaker))}
      <tr class="decided"><td class="inner">${only('Được quyết định', 'Decided')}</td>${cells(line.decided, speaker)}</tr>
      ${arithmetic.length === 0 ? '' : html`<tr><td class="inner formula" colspan="7">${arithmetic}</td></tr>`}
    </tbody>`
}

function stepRow(step: Step, speaker: Speaker): Html {
  const severity = severityTexts[step.severity]?.[speaker.language] ?? ''
  const head = html`<code>${step.rule}</code> <small>${severity}</small>${effectOf(step, speaker)}`
  const said = speaker.both(step.message)
  // Without money of its own a step takes one row.
  if (!moves(step)) return html`<tr><td class="inner" colspan="7">${head} ${said}</td></tr>`
  return html`<tr class="step"><td class="inner">${head}</td>${FIELDS.map((field) => html`<td class="number">${speaker.change(step.change[field])}</td>`)}</tr>
      <tr class="said"><td class="inner" colspan="7">${said}</td></tr>`
}

/** Where other rules had taken the money already, the step says that it was found as well. */
function effectOf(step: Step, { only }: Speaker): Html {
  const { effect, severity } = step
  const moved = moves(step)
  const heavy = severity === 'reduce' || severity === 'deny'
  const also = !moved && heavy ? html` <em>${only('(không đổi thêm số tiền nào)', '(changes no amount of its own)')}</em>` : ''
  if (effect === undefined) return html`${also}`
  const bearer = moved ? bearerTexts[effect.bearer] : undefined
  const borne = bearer === undefined ? '' : html` · ${only(bearer.vi, bearer.en)}`
  return html`<br><span class="formula">${effect.field}: ${effect.before} → ${effect.after}</span>${borne}${also}`
}

const moves = ({ change }: Step): boolean => FIELDS.some((field) => Number(change[field]) !== 0)
const cells = (amounts: LineAmountsText, { money }: Speaker): readonly Html[] =>
  FIELDS.map((field) => html`<td class="number">${money(amounts[field])}</td>`)
