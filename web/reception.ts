import { html } from 'hono/html'
import type { CheckInListed } from '../src/check-in/check-in-store.ts'
import type { MadePage, ReceptionFilter, ReceptionView } from '../src/ingest/page-views.ts'
import { createSpeaker, type Html, type Language } from './explanation-words.ts'
import { deskPage } from './pages-frame.ts'
import { MESSAGES, type MessageKey, sayIn } from './pages-messages.ts'
import { receptionHeaders } from './security.ts'

type Say = (key: MessageKey) => string
const FILTERS: readonly ReceptionFilter[] = ['all', 'confirm', 'alerts']

/** `/reception`: the check-ins of a day for the clerk. Everything works without a script; the script only reads the list again. */
export function receptionPage(view: ReceptionView): MadePage {
  const { language, csrf, facilityCode, date, filter, checkIns, notice, isDisaster } = view
  const say = sayIn(language)
  const address = (changed: Partial<Record<'date' | 'show' | 'lang', string>>) =>
    `/reception?${new URLSearchParams({ date, show: filter, lang: language, ...changed })}`
  const tongue = (one: Language, name: string) =>
    html`<a href="${address({ lang: one })}" lang="${one}" hreflang="${one}"${one === language ? html` aria-current="true"` : ''}>${name}</a>`
  return deskPage(
    {
      language,
      title: say('reception.title'),
      style: '/desk/reception.css',
      script: '/desk/reception.js',
      headers: receptionHeaders,
    },
    html`<header class="bar">
      <p class="name">${say('gateway')} · ${say('facility')} ${facilityCode}</p>
      <nav aria-label="${say('language')}">${tongue('vi', 'Tiếng Việt')}${tongue('en', 'English')}</nav>
      <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="${csrf}"><button type="submit" class="plain">${say('signOut')}</button></form>
    </header>
    <main>
      <h1>${say('reception.title')} <span class="day">${createSpeaker(language).day(date)}</span></h1>
      ${isDisaster ? html`<p class="notice disaster">${say('disaster')}</p>` : ''}
      ${notice === undefined ? '' : html`<p class="notice ${notice === 'confirmed' ? 'good' : 'wrong'}" role="status">${say(`reception.notice.${notice}`)}</p>`}
      <div class="tools">
        <nav aria-label="${say('reception.filter')}">${FILTERS.map((one) => html`<a href="${address({ show: one })}"${one === filter ? html` aria-current="true"` : ''}>${say(`reception.${one}`)} <b>${(checkIns ?? []).filter(FITS[one]).length}</b></a>`)}</nav>
        <form method="get" action="/reception"><input type="hidden" name="show" value="${filter}"><input type="hidden" name="lang" value="${language}"><label for="date">${say('reception.date')}</label> <input id="date" type="date" name="date" value="${date}" required> <button type="submit" class="plain">${say('reception.show')}</button></form>
        <p><a href="${address({})}">${say('reception.reload')}</a></p>
      </div>
      <div id="list" data-fresh="${view.isToday ? 'yes' : 'no'}">
        <p class="read">${say('reception.readAt')} ${timeOf(view.readAtMs)}</p>
        ${checkIns === undefined ? html`<p class="notice wrong">${say('reception.unavailable')}</p>` : list(checkIns, view, say)}
      </div>
      <p id="said" class="unseen" aria-live="polite"></p>
    </main>`,
  )
}

const FITS: Readonly<Record<ReceptionFilter, (one: CheckInListed) => boolean>> = {
  all: () => true,
  confirm: ({ outcome, confirmedAt }) => outcome === 'provisional' && confirmedAt === null,
  alerts: ({ alerts }) => alerts.length > 0,
}

function list(checkIns: readonly CheckInListed[], view: ReceptionView, say: Say): Html {
  const shown = checkIns.filter(FITS[view.filter])
  if (shown.length === 0)
    return html`<p class="empty">${say(checkIns.length === 0 ? 'reception.empty' : 'reception.emptyFilter')}</p>`
  const heads = ['number', 'time', 'patient', 'outcome', 'evidence', 'notes', 'action'] as const
  return html`<table>
          <thead><tr>${heads.map((head) => html`<th scope="col">${say(`reception.${head}`)}</th>`)}</tr></thead>
          <tbody>${shown.map((one) => row(one, view, say))}</tbody>
        </table>`
}

function row(one: CheckInListed, view: ReceptionView, say: Say): Html {
  const { ticket, at, member, outcome, assurance, legacyCode, alerts, reasons } = one
  const { language } = view
  const method = `method.${one.method}`
  const marks = [
    ...(one.offline ? [say('reception.offline')] : []),
    ...(one.stale ? [say('reception.stale')] : []),
    ...(one.disasterId === null ? [] : [say('reception.disasterOne')]),
  ]
  return html`<tr class="${outcome}">
            <th scope="row">${ticket}</th>
            <td>${timeOf(Date.parse(at))}</td>
            <td>${member === null ? say('reception.unknownPerson') : html`${member.name}${member.birthYear === null ? '' : html` <span class="year">${member.birthYear}</span>`}`}${one.encounterId === null ? '' : html`<br><code>${one.encounterId}</code>`}</td>
            <td><strong class="outcome">${say(`outcome.${outcome}`)}</strong><br><span class="code"><abbr title="${say('reception.code')}">${legacyCode}</abbr>${assurance === null ? '' : html` · <abbr title="${say('reception.level')}">${assurance}</abbr>`}</span></td>
            <td>${isMessage(method) ? say(method) : one.method}${marks.length === 0 ? '' : html`<br><span class="mark">${marks.join(', ')}</span>`}</td>
            <td>${alerts.length + reasons.length === 0 ? '' : html`<ul>${alerts.map(({ message }) => html`<li class="alert"><strong>${say('reception.alert')}:</strong> ${message[language]}</li>`)}${reasons.map(({ message }) => html`<li>${message[language]}</li>`)}</ul>`}</td>
            <td>${action(one, view, say)}</td>
          </tr>`
}

const isMessage = (key: string): key is MessageKey => Object.hasOwn(MESSAGES, key)

function action(one: CheckInListed, { csrf, date, filter, language }: ReceptionView, say: Say): Html {
  if (one.confirmedAt !== null) return html`${say('reception.confirmedAt')} ${timeOf(Date.parse(one.confirmedAt))}`
  if (!FITS.confirm(one)) return html``
  const id = `name-${one.checkInId}`
  const kept = { csrf, date, show: filter, lang: language, checkInId: one.checkInId }
  return html`<form method="post" action="/reception/confirm">${Object.entries(kept).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<label class="label" for="${id}">${say('reception.staffName')}</label><input class="name" id="${id}" name="staffName" required maxlength="100" autocomplete="name"> <button type="submit" aria-label="${say('reception.doConfirm')} ${one.ticket}">${say('reception.doConfirm')}</button></form>`
}

const VIETNAM_MS = 7 * 3_600_000
/** Hours and minutes in the time of Vietnam. */
const timeOf = (epochMs: number) => new Date(epochMs + VIETNAM_MS).toISOString().slice(11, 16)
