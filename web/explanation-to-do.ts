import { html } from 'hono/html'
import type { ChangeOffered, DecisionExplained, Edit } from '../src/domain/explanation.ts'
import { byTexts, type Html, outcomeTexts, type Speaker } from './explanation-words.ts'

/** What can be done: changes that were tried and pay, then what others have to settle. */
export function whatToDo({ changes, open }: DecisionExplained, speaker: Speaker): Html {
  if (changes.length === 0 && open.length === 0) return html``
  const { say, both, language } = speaker
  return html`<section class="box todo"><h2>${say('Cần làm gì', 'What to do')}</h2>
      ${changes.length === 0 ? '' : html`<ol>${changes.map((change) => offer(change, speaker))}</ol>`}
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

/** Amounts that follow are named one by one up to here; the JSON has all. */
const FOLLOWING_NAMED_MAX = 12

function offer({ message, edits, result }: ChangeOffered, speaker: Speaker): Html {
  const { say, both, only, money, change, language } = speaker
  const wanted = edits.filter(({ follows }) => !follows)
  const following = edits.filter(({ follows }) => follows)
  const gain = change(result.gain)
  return html`<li class="offer">
      ${both(message)}
      ${wanted.length === 1 ? '' : html`<ul class="edits">${wanted.map((edit) => html`<li>${editText(edit)}</li>`)}</ul>`}
      ${
        following.length === 0
          ? ''
          : html`<p class="second">${only('Tính theo', 'These follow')}: ${following.slice(0, FOLLOWING_NAMED_MAX).map(editText).join('; ')}${following.length > FOLLOWING_NAMED_MAX ? ` … (${following.length})` : ''}</p>`
      }
      <p>${say('Đã thử lại:', 'Decided again:')} <strong>${outcomeTexts[result.outcome]?.[language] ?? result.outcome}</strong>, ${only('quỹ trả', 'the fund pays')} ${money(result.T_BHTT)}${gain === '' ? '' : ` (${gain})`}</p>
    </li>`
}

const editText = ({ table, stt, field, from, to }: Edit): string =>
  `${stt === undefined ? table : `${table}/${stt}`} ${field} ${from === '' ? '–' : from} → ${to}`
