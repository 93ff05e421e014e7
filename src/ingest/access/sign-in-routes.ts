import { LRUCache } from 'lru-cache'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { Problem } from '../../platform/problem.ts'
import { mediaTypeOf } from '../media-type.ts'
import type { DeskAddress, DeskPages, SignInView } from '../page-views.ts'
import type { ReadBytes } from '../read-bytes.ts'
import type { Reply } from '../reply.ts'
import type { ApiRequest, Router } from '../route.ts'
import type { Clients } from './clients.ts'
import { checkCsrf, type Session, type Sessions } from './session.ts'

export const signInBounds = {
  formBytesMax: 8192,
  /** Tries of one client id from one address before they are slowed, and how often one more is let through. */
  triesMax: 10,
  tryEveryMs: 6_000,
  /** Client ids and addresses remembered; the longest unused is forgotten. */
  rememberedMax: 10_000,
  /** Characters of the responsible person's name and of a pairing code. */
  nameCharsMax: 100,
  pairingCharsMax: 64,
}

export interface SignInDeps {
  readonly sessions: Sessions
  readonly clients: Clients
  readonly clock: Clock
  readonly metrics: Metrics
  readonly readBytes: ReadBytes
  readonly desk: Pick<DeskPages, 'signIn'>
}

const HOME_OF: Readonly<Record<string, DeskAddress>> = { facility: '/reception', kiosk: '/kiosk' }

/** `/sign-in` and `/sign-out`: the client and secret of the API, exchanged for a session in a cookie. */
export function addSignInRoutes(router: Router, { sessions, clients, clock, metrics, readBytes, desk }: SignInDeps): void {
  const triesLeft = createTries(clock)

  function form(request: ApiRequest, status: number, fault: SignInView['fault'], to: DeskAddress | undefined): Reply {
    const { csrf, setCookie } = sessions.visit(request.header('cookie'))
    const { headers, body } = desk.signIn({ language: pageLanguage(request), csrf, to: to ?? '/reception', fault })
    const cookies = setCookie === undefined ? {} : { 'Set-Cookie': setCookie }
    return { status, headers: { ...headers, ...cookies, 'Cache-Control': 'no-store' }, body }
  }

  router.page('GET', '/sign-in', (request) => form(request, 200, undefined, addressOf(request.query('to'))))
  router.page('POST', '/sign-in', async (request) => {
    const given = await readForm(request, readBytes)
    const to = addressOf(given.get('to'))
    try {
      sessions.checkVisit(request.header('cookie'), given.get('csrf') ?? undefined)
    } catch {
      return form(request, 403, 'stale', to)
    }
    const [clientId, secret] = [given.get('client_id')?.trim() ?? '', given.get('client_secret')?.trim() ?? '']
    const refused = (status: number, fault: SignInView['fault']) => {
      metrics.token('refused')
      return form(request, status, fault, to)
    }
    if (!triesLeft(`${clientId.slice(0, 64)} ${request.incoming.socket.remoteAddress}`)) return refused(429, 'limit')
    const caller = await clients.login(clientId, secret)
    if (!caller) return refused(401, 'refused')
    const home = HOME_OF[caller.role]
    if (home === undefined) return refused(403, 'role')
    metrics.token('issued')
    request.as(caller)
    const cookie = sessions.begin({
      caller,
      staff: textOf(given, 'staff', signInBounds.nameCharsMax),
      pairing: textOf(given, 'pairing', signInBounds.pairingCharsMax),
    })
    return redirect(caller.role === 'kiosk' ? '/kiosk' : (to ?? home), { 'Set-Cookie': cookie })
  })
  router.page('POST', '/sign-out', async (request) => {
    const given = await readForm(request, readBytes)
    const session = sessions.find(request.header('cookie'))
    if (session) checkCsrf(session.csrf, given.get('csrf') ?? undefined)
    return redirect('/sign-in', { 'Set-Cookie': sessions.end() })
  })
}

/** The session of a page, or the way to sign in. */
export function sessionOr(
  request: ApiRequest,
  sessions: Sessions,
  to: DeskAddress,
): { readonly session: Session } | { readonly reply: Reply } {
  const session = sessions.find(request.header('cookie'))
  return session ? { session } : { reply: redirect(`/sign-in?to=${to}`) }
}

export const redirect = (location: string, headers: Record<string, string> = {}): Reply => ({
  status: 303,
  headers: { ...headers, Location: location, 'Cache-Control': 'no-store' },
  body: '',
})

/** A form of ours, sent by a page of ours. @throws Problem request.media_type · request.forbidden when another site sent it */
export async function readForm(request: ApiRequest, readBytes: ReadBytes): Promise<URLSearchParams> {
  refuseOtherSites(request)
  if (mediaTypeOf(request.header('content-type')) !== 'application/x-www-form-urlencoded') throw new Problem('request.media_type')
  return new URLSearchParams((await readBytes(request.incoming, { bytesMax: signInBounds.formBytesMax })).toString('utf8'))
}

/** Browsers say where a request comes from; those that do not are held by SameSite and the token of the form. */
export function refuseOtherSites(request: ApiRequest): void {
  const site = request.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') throw new Problem('request.forbidden')
}

/** `?lang=` before what the browser prefers. */
export function pageLanguage(request: ApiRequest): 'vi' | 'en' {
  const asked = request.query('lang')
  return asked === 'vi' || asked === 'en' ? asked : request.language()
}

/** Only addresses of ours: where to go next is never taken from a link. */
function addressOf(text: string | null | undefined): DeskAddress | undefined {
  return text === '/kiosk' || text === '/reception' ? text : undefined
}

function textOf(form: URLSearchParams, name: string, charsMax: number): string | undefined {
  const text = form.get(name)?.normalize('NFC').trim().slice(0, charsMax)
  return text === undefined || text === '' ? undefined : text
}

/** A bucket for each pair of client id and address. Secrets cannot be guessed (256 bits); this bounds the work of trying. */
function createTries(clock: Clock) {
  const { triesMax, tryEveryMs, rememberedMax } = signInBounds
  const buckets = new LRUCache<string, { left: number; at: number }>({ max: rememberedMax })
  return function take(key: string): boolean {
    const now = clock.monotonic()
    const { left, at } = buckets.get(key) ?? { left: triesMax, at: now }
    const filled = Math.min(triesMax, left + (now - at) / tryEveryMs)
    buckets.set(key, { left: filled < 1 ? filled : filled - 1, at: now })
    return filled >= 1
  }
}
