import { html } from 'hono/html'
import type { KioskView, MadePage } from '../src/ingest/page-views.ts'
import type { Html } from './explanation-words.ts'
import { card, telephone } from './kiosk-pictures.ts'
import { deskPage } from './pages-frame.ts'
import { type MessageKey, sayIn } from './pages-messages.ts'
import { kioskHeaders } from './security.ts'

type Say = (key: MessageKey) => string

/**
 * `/kiosk`: every text and every state is in the page, hidden until its turn; the script shows, asks and clears. What a patient gave is in the script's
 * memory alone.
 */
export function kioskPage(view: KioskView): MadePage {
  const { language, csrf, facilityCode, agentUrl, pairing = '', staff = '', isDisaster } = view
  const say = sayIn(language)
  const tongue = (one: 'vi' | 'en', name: string) =>
    html`<a href="/kiosk?lang=${one}" lang="${one}" hreflang="${one}"${one === language ? html` aria-current="true"` : ''}>${name}</a>`
  return deskPage(
    { language, title: say('kiosk.title'), style: '/desk/kiosk.css', script: '/desk/kiosk.js', headers: kioskHeaders(agentUrl) },
    html`<header>
      <p class="place">${say('facility')} ${facilityCode}${staff === '' ? '' : html` <span>${say('kiosk.staff')}: ${staff}</span>`}</p>
      <nav aria-label="${say('language')}">${tongue('vi', 'Tiếng Việt')}${tongue('en', 'English')}</nav>
    </header>
    <div role="status" class="banners">
      <p class="banner" id="disaster"${isDisaster ? '' : html` hidden`}>${say('disaster')}</p>
      <p class="banner" id="offline" hidden>${say('kiosk.offline')} <span id="waiting" hidden><b></b> ${say('kiosk.waiting')}</span></p>
    </div>
    <main id="kiosk" data-lang="${language}" data-csrf="${csrf}" data-agent="${agentUrl}" data-pairing="${pairing}" data-staff="${staff}">
      <noscript><p class="banner">${say('kiosk.script')}</p></noscript>
      <input id="scan" class="unseen" tabindex="-1" inputmode="none" autocomplete="off" spellcheck="false" maxlength="8192" aria-label="${say('kiosk.scan')}">
      <ul id="plain" hidden>${PLAIN.map(([of, key]) => html`<li data-of="${of}">${say(key)}</li>`)}</ul>
      ${start(say)}
      ${working(say)}
      ${result(say)}
      ${typed(say)}
      ${qr(say)}
      <p id="clears" hidden><span id="still" hidden>${say('kiosk.still')}</span> ${say('kiosk.clears')} <b></b> ${say('kiosk.seconds')} <button type="button" data-do="more">${say('kiosk.more')}</button></p>
    </main>
    <nav class="ways" aria-label="${say('kiosk.ways')}">
      <button type="button" data-do="qr">${say('kiosk.wayQr')}</button>
      <button type="button" data-do="typed">${say('kiosk.wayTyped')}</button>
      <button type="button" data-do="call" class="call">${say('kiosk.wayCall')}</button>
    </nav>
    <p id="said" class="unseen" aria-live="polite"></p>`,
  )
}

const start = (say: Say): Html => html`<section data-view="start">
        <h1 tabindex="-1">${say('kiosk.start')}</h1>
        ${card(say('kiosk.picture'))}
        <p class="lead">${say('kiosk.startOr')}</p>
        <p class="reader" id="reader"><span data-reader="looking">${say('kiosk.readerLooking')}</span><span data-reader="ready" hidden>${say('kiosk.readerReady')}</span><span data-reader="missing" hidden>${say('kiosk.readerMissing')}</span><span data-reader="pairing" hidden>${say('kiosk.readerPairing')}</span></p>
        <p class="actions"><button type="button" data-do="chip" class="main">${say('kiosk.read')}</button></p>
      </section>`

function working(say: Say): Html {
  const step = (key: MessageKey, at: number) =>
    html`<li data-step="${at}"><span class="mark" aria-hidden="true"></span><span>${say(key)}</span><span class="state" data-todo="${say('kiosk.state.todo')}" data-now="${say('kiosk.state.now')}" data-done="${say('kiosk.state.done')}"></span></li>`
  return html`<section data-view="working" hidden>
        <h1 tabindex="-1">${say('kiosk.working')}</h1>
        <p class="ticket" hidden>${say('kiosk.number')} <b data-fill="ticket"></b></p>
        <ol>${step('kiosk.stepRead', 0)}${step('kiosk.stepVerify', 1)}${step('kiosk.stepCover', 2)}</ol>
        <progress id="progress" max="15" value="0" aria-label="${say('kiosk.working')}"></progress>
        <p class="lead"><span id="usual">${say('kiosk.usual')}</span><span id="slow" hidden>${say('kiosk.slow')}</span><span class="elapsed" aria-hidden="true"> · <b id="elapsed">0</b> ${say('kiosk.seconds')}</span></p>
        <p class="lead" id="keep">${say('kiosk.keep')}</p>
        <p class="actions"><button type="button" data-do="wipe">${say('kiosk.cancel')}</button></p>
      </section>`
}

/** The first whose pattern fits `reason code` and `legacyCode` is what a patient reads instead of the answer's own, more exact words. */
const PLAIN: readonly (readonly [pattern: string, key: MessageKey])[] = [
  ['^consistency_expired ', 'kiosk.reason.expired'],
  ['^(challenge|sod|chain|revocation|group|aa|consistency)_', 'kiosk.reason.chip'],
  ['^attested ', 'kiosk.reason.attested'],
  ['^not_covered 05[0-3]$', 'kiosk.reason.unknown'],
  ['^not_covered ', 'kiosk.reason.ended'],
]

/** How it may end; each with what comes next. */
const ENDS = ['admitted', 'provisional', 'refused', 'late', 'kept', 'unread', 'invalid', 'foreign', 'call', 'locked'] as const

function result(say: Say): Html {
  return html`<section data-view="result" hidden>
        <div>${ENDS.map((end) => html`<div data-end="${end}" class="end ${end}" hidden><span class="sign" aria-hidden="true"></span><div><h1 tabindex="-1">${say(`kiosk.${end}`)}</h1><p class="lead">${say(`kiosk.${end}Next`)}</p></div></div>`)}
        <p class="ticket" hidden>${say('kiosk.number')} <b data-fill="ticket"></b></p></div>
        <div class="told"><dl>
          <div hidden><dt>${say('kiosk.person')}</dt><dd data-fill="person"></dd></div>
          <div hidden><dt>${say('kiosk.validTo')}</dt><dd data-fill="validTo"></dd></div>
          <div hidden><dt>${say('kiosk.rate')}</dt><dd data-fill="rate"></dd></div>
          <div hidden><dt>${say('kiosk.asOf')}</dt><dd data-fill="asOf"></dd></div>
        </dl>
        <ul id="reasons" class="list" hidden></ul>
        <div id="instead" class="list" hidden><h2>${say('kiosk.instead')}</h2><ul id="offers"></ul></div></div>
        <p class="actions"><button type="button" data-do="wipe" class="main">${say('kiosk.done')}</button><a href="/sign-in?to=/kiosk" id="sign-in" hidden>${say('kiosk.signIn')}</a></p>
      </section>`
}

function typed(say: Say): Html {
  const field = (name: 'Number' | 'Name' | 'Birth', id: string, attributes: Html) => {
    const hint = name === 'Name' ? '' : html`<p class="hint" id="${id}-hint">${say(`kiosk.typed${name}Hint`)}</p>`
    return html`<div><label for="${id}">${say(`kiosk.typed${name}`)}</label>${hint}<p class="fault" id="${id}-fault" hidden>${say(`kiosk.typed${name}Fault`)}</p><input id="${id}" autocomplete="off" spellcheck="false" aria-describedby="${name === 'Name' ? '' : `${id}-hint `}${id}-fault" ${attributes}></div>`
  }
  return html`<section data-view="typed" hidden>
        <h1 tabindex="-1">${say('kiosk.typedTitle')}</h1>
        <p class="lead" id="typed-disaster" hidden>${say('kiosk.typedDisaster')}</p>
        <form id="typed" autocomplete="off" novalidate>
          ${field('Number', 'number', html`maxlength="24" autocapitalize="characters"`)}
          ${field('Name', 'name', html`maxlength="100" autocapitalize="characters"`)}
          ${field('Birth', 'birth', html`maxlength="10" inputmode="numeric"`)}
          <p class="actions"><button type="button" data-do="wipe">${say('kiosk.back')}</button><button type="submit" class="main">${say('kiosk.typedGo')}</button></p>
        </form>
      </section>`
}

const qr = (say: Say): Html => html`<section data-view="qr" hidden>
        <h1 tabindex="-1">${say('kiosk.qrTitle')}</h1>
        ${telephone(say('kiosk.qrPicture'))}
        <p class="lead">${say('kiosk.qrLead')}</p>
        <p class="actions"><button type="button" data-do="wipe">${say('kiosk.back')}</button></p>
      </section>`
