import { html } from 'hono/html'
import type { MadePage, SignInView } from '../src/ingest/page-views.ts'
import { deskPage } from './pages-frame.ts'
import { sayIn } from './pages-messages.ts'
import { formHeaders } from './security.ts'

/** `/sign-in`: works without a script; the secret is typed or put in by a password manager. */
export function signInPage({ language, csrf, to, fault }: SignInView): MadePage {
  const say = sayIn(language)
  const wrong = fault === undefined ? undefined : say(`signIn.${fault}`)
  return deskPage(
    { language, title: say('signIn.title'), style: '/desk/reception.css', headers: formHeaders },
    html`<header class="bar"><p class="name">${say('gateway')}</p><nav aria-label="${say('language')}"><a href="/sign-in?to=${to}&amp;lang=vi" lang="vi"${language === 'vi' ? html` aria-current="true"` : ''}>Tiếng Việt</a><a href="/sign-in?to=${to}&amp;lang=en" lang="en"${language === 'en' ? html` aria-current="true"` : ''}>English</a></nav></header>
    <main class="narrow">
      <h1>${say('signIn.title')}</h1>
      <p>${say('signIn.lead')}</p>
      ${wrong === undefined ? '' : html`<p class="notice wrong" role="alert" id="fault">${wrong}</p>`}
      <form method="post" action="/sign-in?lang=${language}">
        <input type="hidden" name="csrf" value="${csrf}">
        <input type="hidden" name="to" value="${to}">
        <label for="client">${say('signIn.clientId')}</label>
        <input id="client" name="client_id" required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false"${wrong === undefined ? '' : html` aria-describedby="fault"`}>
        <label for="secret">${say('signIn.secret')}</label>
        <input id="secret" name="client_secret" type="password" required maxlength="128" autocomplete="current-password">
        <fieldset>
          <legend>${say('signIn.kioskOnly')}</legend>
          <label for="staff">${say('signIn.staff')}</label>
          <input id="staff" name="staff" maxlength="100" autocomplete="off" aria-describedby="staff-hint">
          <p class="hint" id="staff-hint">${say('signIn.staffHint')}</p>
          <label for="pairing">${say('signIn.pairing')}</label>
          <input id="pairing" name="pairing" maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="pairing-hint">
          <p class="hint" id="pairing-hint">${say('signIn.pairingHint')}</p>
        </fieldset>
        <button type="submit">${say('signIn.go')}</button>
      </form>
    </main>`,
  )
}
