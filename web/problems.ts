import { html, raw } from 'hono/html'
import { PROBLEM_TEXTS } from '../src/ingest/problem-texts.ts'
import { PROBLEMS, type ProblemCode } from '../src/platform/problem.ts'
import { page } from './page.ts'
import { problemExample } from './problem-examples.ts'
import { PROBLEM_GUIDE } from './problem-guide.ts'

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[]

/** Our own texts with `code` and **strong**; everything else in them is escaped. */
function marked(text: string) {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return raw(escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>').replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'))
}

function section(code: ProblemCode) {
  const { status, title, retryable } = PROBLEMS[code]
  const { meaning, action } = PROBLEM_GUIDE[code]
  return html`<section id="${code}">
    <h2><a href="#${code}">${code}</a></h2>
    <p><strong>${status}</strong> · ${PROBLEM_TEXTS[code].title} · <span lang="en">${title}</span> · <code>retryable: ${String(retryable)}</code></p>
    <p>${marked(meaning.vi)} <strong>Cần làm:</strong> ${marked(action.vi)}</p>
    <p lang="en">${marked(meaning.en)} <strong>What to do:</strong> ${marked(action.en)}</p>
    <pre><code>${JSON.stringify(problemExample(code), null, 2)}</code></pre>
  </section>`
}

/** `/problems`: every refusal, what it means and what to do; `type` of a problem leads to its section. */
export function problemsPage(): string {
  return page(
    'Mã lỗi · Problems',
    html`<h1>Mã lỗi · Problems</h1>
      <p>Mỗi lần từ chối là một <code>application/problem+json</code>. <strong>Chưa lưu gì</strong>, trừ khi mục của mã ấy nói khác. Một hồ sơ không được thanh toán không phải lỗi: đó là một quyết định (200).</p>
      <p lang="en">Every refusal is an <code>application/problem+json</code>. <strong>Nothing was stored</strong>, unless the section of the code says otherwise. A claim that is not paid is no problem: it is a decision (200).</p>
      <ul>${PROBLEM_CODES.map((code) => html`<li><a href="#${code}">${code}</a> · ${PROBLEMS[code].status} · ${PROBLEM_TEXTS[code].title}</li>`)}</ul>
      ${PROBLEM_CODES.map(section)}`,
  )
}
