import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerOf, type Card } from '../check-in/test-authority/card-simulator.ts'
import type { Clock } from '../platform/clock.ts'

/** The program beside a card reader (docs/kiosk-agent.md), on simulated cards: for tests, demonstrations and vendors. */
export interface ReaderWish {
  readonly cards: ReadonlyMap<string, Card>
  /** The one page that may call: scheme, host and port of the gateway. */
  readonly origin: string
  /** Typed once at the sign-in of the kiosk; without it nobody is answered. */
  readonly pairing: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
}
export interface SimulatedReader {
  readonly url: string
  /** Lays a card on, or takes it away. @returns false when there is no such card */
  lay(name: string | undefined): boolean
  /** How long the chip takes; citizen cards take 3 to 8 s. */
  slow(readMs: number): void
  waiting(): number
  stop(): Promise<void>
}

export const readerBounds = {
  bodyBytesMax: 262_144,
  /** Check-ins kept while the gateway cannot be reached, and for how long. */
  keptMax: 500,
  keptMsMax: 24 * 3_600_000,
  challengesMax: 50,
}

interface Challenge {
  readonly challengeId: string
  readonly nonce: string
  readonly expiresAt: string
  readonly ticket?: string
}
/** Signs what is kept, so that the gateway knows that it is this kiosk's and when it was made. */
interface OfflineKey {
  readonly keyId: string
  readonly key: string
  readonly expiresAt: string
}
interface Kept {
  readonly id: string
  readonly entry: { readonly keyId: string; readonly payload: string; readonly signature: string }
  readonly keptAtMs: number
}
interface Answer {
  readonly status: number
  readonly body: object
}
type Body = Readonly<Record<string, unknown>>

const KIOSK_ID_BYTES = 4

/** Listens on loopback alone. */
export async function startSimulatedReader(wish: ReaderWish): Promise<SimulatedReader> {
  const { origin, pairing, port } = wish
  const { routes, lay, slow, waiting } = createReader(wish)
  const server = createServer((request, response) => {
    serve(request, response, { origin, pairing, routes }).catch(() => response.destroy())
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return {
    ...{ lay, slow, waiting },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The card that lies on it, the challenges it holds for work offline, and what it keeps until the gateway answers again. */
function createReader({ cards, clock }: Pick<ReaderWish, 'cards' | 'clock'>) {
  const kioskId = `sim-${randomBytes(KIOSK_ID_BYTES).toString('hex')}`
  let laid: string | undefined
  let readMs = 0
  let challenges: readonly Challenge[] = []
  let key: OfflineKey | undefined
  let kept: readonly Kept[] = []
  let keptEver = 0

  const isLive = ({ expiresAt }: { readonly expiresAt: string }) => Date.parse(expiresAt) > clock.now()
  const live = () => challenges.filter(isLive)
  const waiting = () => {
    kept = kept.filter(({ keptAtMs }) => clock.now() - keptAtMs < readerBounds.keptMsMax)
    return kept
  }
  async function evidence(nonce: string): Promise<Answer> {
    const card = laid === undefined ? undefined : cards.get(laid)
    if (!card) return refused(409, 'no_card')
    const name = laid
    await clock.sleep(readMs)
    if (laid !== name) return refused(409, 'no_card')
    return ok(evidenceOf(card, nonce))
  }
  async function keep(body: Body): Promise<Answer> {
    if (waiting().length >= readerBounds.keptMax) return refused(507, 'full')
    if (key === undefined || !isLive(key)) return refused(409, 'no_key')
    let identity = body['identity']
    let ticket: string | undefined
    if (identity === undefined) {
      const [challenge, ...rest] = live()
      if (!challenge) return refused(409, 'no_challenges')
      const read = await evidence(challenge.nonce)
      if (read.status !== 200) return read
      challenges = rest
      identity = { method: 'chip', challengeId: challenge.challengeId, ...read.body }
      ticket = challenge.ticket
    }
    keptEver += 1
    const id = `q${keptEver}`
    kept = [...kept, { id, entry: signed(key, { ...body, identity }, clock.now()), keptAtMs: clock.now() }]
    return ok({ id, ticket: ticket ?? `K-${String(keptEver).padStart(3, '0')}` })
  }
  const routes: Readonly<Record<string, (body: Body, query: URLSearchParams) => Answer | Promise<Answer>>> = {
    'GET /status': () =>
      ok({
        ...{ agent: 'bhyt-gateway simulator', protocol: 1, kioskId, reader: 'ready' },
        card: laid === undefined ? 'absent' : 'present',
        queue: { waiting: waiting().length },
        offline: { challenges: live().length, key: key !== undefined && isLive(key) },
      }),
    'POST /read': ({ nonce }) => (isNonce(nonce) ? evidence(nonce) : refused(400, 'nonce')),
    'POST /offline': (given) => {
      if (!Array.isArray(given['challenges']) || !isKey(given['key'])) return refused(400, 'offline')
      challenges = [...live(), ...(given['challenges'] as Challenge[])].slice(-readerBounds.challengesMax)
      key = given['key']
      return ok({ challenges: challenges.length })
    },
    'POST /queue': keep,
    'GET /queue': (_, query) => {
      const items = waiting().slice(0, Math.max(1, Number(query.get('max')) || 1))
      return ok({ items: items.map(({ id, entry }) => ({ id, entry })) })
    },
    'POST /queue/done': ({ ids }) => {
      kept = kept.filter(({ id }) => !Array.isArray(ids) || !ids.includes(id))
      return ok({ waiting: kept.length })
    },
    'POST /bell': () => ok({ rung: true }),
    'POST /simulator/card': ({ card }) =>
      lay(typeof card === 'string' ? card : undefined) ? ok({ card }) : refused(404, 'card'),
  }
  function lay(name: string | undefined): boolean {
    if (name !== undefined && !cards.has(name)) return false
    laid = name
    return true
  }

  return {
    ...{ routes, lay },
    slow(ms: number): void {
      readMs = ms
    },
    waiting: () => waiting().length,
  }
}

function evidenceOf(card: Card, nonce: string): object {
  const { sod, groups } = card.files
  const files = [...groups].map(([number, bytes]) => [`dg${number}`, base64(bytes)])
  const answer = answerOf(card, Buffer.from(nonce, 'base64'))
  return { sod: base64(sod), ...Object.fromEntries(files), activeAuthentication: base64(answer) }
}

function signed({ keyId, key }: OfflineKey, checkIn: object, atMs: number): Kept['entry'] {
  const payload = JSON.stringify({ madeAt: new Date(atMs).toISOString(), checkIn })
  const signature = createHmac('sha256', Buffer.from(key, 'base64url')).update(payload, 'utf8').digest('base64url')
  return { keyId, payload, signature }
}

interface Serving {
  readonly origin: string
  readonly pairing: string
  readonly routes: Readonly<Record<string, (body: Body, query: URLSearchParams) => Answer | Promise<Answer>>>
}

/** Another page, another host name (rebinding) or another code is answered nothing of the card. */
async function serve(request: IncomingMessage, response: ServerResponse, { origin, pairing, routes }: Serving): Promise<void> {
  const { headers, method = '' } = request
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const isOurs = headers.origin === origin || (headers.origin === undefined && url.pathname.startsWith('/simulator/'))
  if (isOurs && headers.origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeader('Vary', 'Origin')
  }
  response.setHeader('Cache-Control', 'no-store')
  const reply = ({ status, body }: Answer) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }
  if (!/^(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(headers.host ?? '')) return reply(refused(421, 'host'))
  if (!isOurs) return reply(refused(403, 'origin'))
  if (method === 'OPTIONS') {
    response.writeHead(204, {
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': 'Content-Type, X-Pairing-Code',
      'Access-Control-Allow-Private-Network': 'true',
      'Access-Control-Max-Age': '600',
    })
    response.end()
    return
  }
  if (!isSame(headers['x-pairing-code'], pairing)) return reply(refused(401, 'pairing'))
  const handle = Object.hasOwn(routes, `${method} ${url.pathname}`) ? routes[`${method} ${url.pathname}`] : undefined
  if (!handle) return reply(refused(404, 'address'))
  const body = await readJson(request)
  if (body === undefined) return reply(refused(400, 'body'))
  reply(await handle(body, url.searchParams))
}

async function readJson(request: IncomingMessage): Promise<Body | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > readerBounds.bodyBytesMax) return undefined
    chunks.push(chunk as Buffer)
  }
  if (bytes === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Body) : undefined
  } catch {
    return undefined
  }
}

const ok = (body: object): Answer => ({ status: 200, body })
const refused = (status: number, error: string): Answer => ({ status, body: { error } })
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const isKey = (value: unknown): value is OfflineKey =>
  typeof value === 'object' &&
  value !== null &&
  ['keyId', 'key', 'expiresAt'].every((name) => typeof Reflect.get(value, name) === 'string')
const isNonce = (value: unknown): value is string => typeof value === 'string' && Buffer.from(value, 'base64').length === 8

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const [one, other] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
