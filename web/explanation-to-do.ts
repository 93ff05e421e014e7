import { html } from 'hono/html'
import type { DecisionExplained } from '../src/domain/explanation.ts'
import { byTexts, type Html, outcomeTexts, type Speaker } from './explanation-words.ts'

/** What can be done: changes that were tried and pay, then what others have to settle. */
export function whatToDo({ changes, open }: DecisionExplained, speaker: Speaker): Html {
  if (changes.length === 0 && open.length === 0) return html``
  const { say, both, money, change: signed, language } = speaker
  return html`<section class="box todo"><h2>${say('Cần làm gì', 'What to do')}</h2>
      ${changes.map(
        ({ message, edits, result }) => html`<div class="offer">
          <p>${both(message)}</p>
          <table class="edits"><tbody>${edits.map(
            ({ table, stt, field, from, to, follows }) =>
              html`<tr class="${follows ? 'follows' : ''}"><td>${table}${stt === undefined ? '' : `/${stt}`}</td><td><code>${field}</code></td><td class="number">${from === '' ? '–' : from}</td><td>→</td><td class="number"><strong>${to}</strong></td><td>${follows ? say('tính theo', 'follows') : ''}</td></tr>`,
          )}</tbody></table>
          <p>${say('Đã thử lại:', 'Decided again:')} <strong>${outcomeTexts[result.outcome]?.[language] ?? result.outcome}</strong>, ${say('quỹ trả', 'the fund pays')} ${money(result.T_BHTT)} ${Number(result.gain) === 0 ? '' : `(${signed(result.gain)})`}</p>
        </div>`,
      )}
      ${
        open.length === 0
          ? ''
          : html`<ul>${open.map(
              ({ rule, by, message, advice }) =>
                html`<li><code>${rule}</code> ${both(message)} <strong>${byTexts[by]?.[language] ?? by}:</strong> ${both(advice)}</li>`,
            )}</ul>`
      }
    </section>`
}
