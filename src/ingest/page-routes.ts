import type { CheckIns } from '../check-in/check-in.ts'
import type { Clock } from '../platform/clock.ts'
import { vietnamDate } from '../platform/clock.ts'
import { Problem } from '../platform/problem.ts'
import { checkCsrf, type Session } from './access/session.ts'
import {
  addSignInRoutes,
  pageLanguage,
  readForm,
  redirect,
  refuseOtherSites,
  type SignInDeps,
  sessionOr,
} from './access/sign-in-routes.ts'
import type { DeskPages, ReceptionFilter, ReceptionView } from './page-views.ts'
import { asProblem } from './problem-reply.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { PageRequest, Router } from './route.ts'

export interface PageDeps extends SignInDeps {
  readonly desk: DeskPages
  readonly checkIns: Pick<CheckIns, 'listOn' | 'confirm'>
  /** Loopback address of the program beside the card reader: the one other address that the kiosk's page may call. */
  readonly kioskAgentUrl: string
  /** Whether a disaster is open where this facility is; never throws, from memory. */
  readonly isDisaster: (facilityCode: string) => Promise<boolean>
}

/** What the kiosk's page may ask of the API, each with the rights and limits of its session's client. */
const KIOSK_CALLS = {
  '/kiosk/challenges': '/v1/check-ins/challenges',
  '/kiosk/check-ins': '/v1/check-ins',
  '/kiosk/offline-keys': '/v1/check-ins/offline-keys',
  '/kiosk/batch': '/v1/check-ins/batch',
} as const
const CONFIRMING_NAME_CHARS_MAX = 100

/** `/sign-in`, `/sign-out`, `/kiosk` and `/reception`. No token in an address or a script: who calls is known from the session alone. */
export function addPageRoutes(router: Router, deps: PageDeps): void {
  addSignInRoutes(router, deps)
  addKioskRoutes(router, deps)
  addReceptionRoutes(router, deps)
}

function addKioskRoutes(router: Router, { sessions, desk, kioskAgentUrl, isDisaster }: PageDeps): void {
  router.page('GET', '/kiosk', async (request) => {
    const found = sessionOr(request, sessions, '/kiosk')
    if ('reply' in found) return found.reply
    const { caller, csrf, pairing, staff } = found.session
    request.as(caller)
    const { facilityCode } = caller
    // The language of the machine is not the patient's: Vietnamese until somebody asks for English.
    const language = request.query('lang') === 'en' ? 'en' : 'vi'
    const known = { language, csrf, facilityCode, pairing, staff } as const
    return private200(desk.kiosk({ ...known, agentUrl: kioskAgentUrl, isDisaster: await isDisaster(facilityCode) }))
  })
  router.page('GET', '/kiosk/status', async (request) => {
    const { caller } = callingSession(request)
    request.as(caller)
    return jsonReply(200, { isDisaster: await isDisaster(caller.facilityCode) })
  })
  for (const [address, template] of Object.entries(KIOSK_CALLS)) {
    router.page('POST', address, (request) => {
      refuseOtherSites(request)
      const session = callingSession(request)
      checkCsrf(session.csrf, request.header('x-csrf-token'))
      return router.call('POST', template, request.as(session.caller))
    })
  }
  function callingSession(request: PageRequest): Session {
    const session = sessions.find(request.header('cookie'))
    if (!session) throw new Problem('request.unauthenticated')
    return session
  }
}

function addReceptionRoutes(router: Router, deps: PageDeps): void {
  const { sessions, desk, checkIns, readBytes, clock, isDisaster } = deps
  router.page('GET', '/reception', async (request) => {
    const found = sessionOr(request, sessions, '/reception')
    if ('reply' in found) return found.reply
    const { caller, csrf, staff } = found.session
    if (caller.role !== 'facility') return redirect('/kiosk')
    request.as(caller)
    const date = dateOf(request.query('date'), clock)
    let listed: ReceptionView['checkIns']
    try {
      const looker = {
        clientId: caller.clientId,
        staff: staff === undefined ? undefined : { name: staff, personalId: undefined },
      }
      listed = await checkIns.listOn(caller.facilityCode, date, looker)
    } catch (cause) {
      request.as(caller).refusal(cause)
    }
    const view: ReceptionView = {
      language: pageLanguage(request),
      csrf,
      facilityCode: caller.facilityCode,
      date,
      isToday: date === vietnamDate(clock.now()),
      filter: filterOf(request.query('show')),
      checkIns: listed,
      notice: noticeOf(request.query('notice')),
      isDisaster: await isDisaster(caller.facilityCode),
      readAtMs: clock.now(),
    }
    return { ...private200(desk.reception(view)), status: listed === undefined ? 503 : 200 }
  })
  router.page('POST', '/reception/confirm', async (request) => {
    const found = sessionOr(request, sessions, '/reception')
    if ('reply' in found) return found.reply
    const { caller, csrf } = found.session
    if (caller.role !== 'facility') throw new Problem('request.forbidden')
    request.as(caller)
    const form = await readForm(request, readBytes)
    const name = (form.get('staffName') ?? '').normalize('NFC').trim()
    const back = (notice: string) =>
      redirect(
        `/reception?${new URLSearchParams({ date: dateOf(form.get('date') ?? undefined, clock), show: filterOf(form.get('show') ?? undefined), lang: form.get('lang') === 'en' ? 'en' : 'vi', notice })}`,
      )
    try {
      checkCsrf(csrf, form.get('csrf') ?? undefined)
    } catch {
      return back('stale')
    }
    if (name === '' || name.length > CONFIRMING_NAME_CHARS_MAX) return back('name')
    try {
      const confirmed = await checkIns.confirm(caller.facilityCode, form.get('checkInId') ?? '', { name, personalId: undefined })
      if (confirmed === undefined) return back('missing')
      return back(confirmed === 'not-provisional' ? 'settled' : 'confirmed')
    } catch (cause) {
      request.as(caller).refusal(asProblem(cause))
      return back('unavailable')
    }
  })
}

/** Seen by whoever signed in, and kept nowhere. */
const private200 = ({ headers, body }: Pick<Reply, 'headers' | 'body'>): Reply => ({
  status: 200,
  headers: { ...headers, 'Cache-Control': 'no-store' },
  body,
})

const filterOf = (text: string | undefined): ReceptionFilter => (text === 'confirm' || text === 'alerts' ? text : 'all')

const NOTICES = ['confirmed', 'stale', 'missing', 'settled', 'name', 'unavailable'] as const
const noticeOf = (text: string | undefined): ReceptionView['notice'] => NOTICES.find((notice) => notice === text)

/** A calendar date that is one; else today's in Vietnam. */
function dateOf(text: string | undefined, clock: Clock): string {
  const isDate = text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
  return isDate ? text : vietnamDate(clock.now())
}
