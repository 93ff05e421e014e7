import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stand-in does wrong, by MA_LK; each is a fault that the harness must find. */
export interface Faults {
  /** Acknowledged, never stored. */
  readonly loses?: (encounterId: string) => boolean
  /** Stored as two versions. */
  readonly doubles?: (encounterId: string) => boolean
  /** Answered 503 "nothing was stored". */
  readonly refuses?: (encounterId: string) => boolean
  /** … and stored all the same. */
  readonly storesRefused?: boolean
  /** Answered 503 `stream.unconfirmed`; stored. */
  readonly unconfirms?: (encounterId: string) => boolean
  /** The connection breaks before an answer; stored. */
  readonly breaks?: (encounterId: string) => boolean
  /** Answered 202, decided this much later. */
  readonly receiptsForMs?: number
  /** All answers wait until then, in milliseconds after the start: a stall. */
  readonly stall?: { readonly fromMs: number; readonly toMs: number }
  /** The same content is answered with another decision each time. */
  readonly changesItsMind?: boolean
}
interface Version {
  readonly contentSha256: string
  readonly decidedAt: number
}
interface Stored {
  readonly encounterId: string
  readonly versions: Version[]
}
export interface StandIn {
  readonly url: string
  readonly claims: ReadonlyMap<string, Stored>
  close(): Promise<void>
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex')
const claimIdOf = (encounterId: string) => `c_${sha(encounterId).slice(0, 26)}`

/** A gateway in memory, a few lines long, that keeps the contract as far as the harness looks and breaks it where it is told to. */
export async function startStandIn(faults: Faults = {}): Promise<StandIn> {
  const claims = new Map<string, Stored>()
  const startedAt = performance.now()
  const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

  function store(encounterId: string, contentSha256: string): { version: number; replayed: boolean } {
    const claimId = claimIdOf(encounterId)
    const stored = claims.get(claimId) ?? { encounterId, versions: [] }
    claims.set(claimId, stored)
    const known = stored.versions.findIndex((version) => version.contentSha256 === contentSha256)
    if (known >= 0) return { version: known + 1, replayed: true }
    const decidedAt = performance.now() + (faults.receiptsForMs ?? 0)
    stored.versions.push({ contentSha256, decidedAt })
    if (faults.doubles?.(encounterId)) stored.versions.push({ contentSha256, decidedAt })
    return { version: stored.versions.length, replayed: false }
  }

  function answer(claimId: string, version: number, replayed: boolean): object {
    const stored = claims.get(claimId)!
    const { contentSha256, decidedAt } = stored.versions[version - 1]!
    return {
      claimId,
      encounterId: stored.encounterId,
      version,
      status: decidedAt <= performance.now() ? 'decided' : 'received',
      replayed,
      currentVersion: stored.versions.length,
      contentSha256,
      decision: { outcome: 'accept', sha256: sha(faults.changesItsMind ? String(Math.random()) : contentSha256) },
    }
  }

  async function file(encounterId: string, content: string, response: ServerResponse): Promise<void> {
    const now = performance.now() - startedAt
    if (faults.stall && now >= faults.stall.fromMs && now < faults.stall.toMs) await pause(faults.stall.toMs - now)
    const contentSha256 = sha(content)
    const claimId = claimIdOf(encounterId)
    const acknowledgement = { claimId, encounterId, contentSha256, status: 'received' }
    if (faults.refuses?.(encounterId)) {
      if (faults.storesRefused) store(encounterId, contentSha256)
      return reply(response, 503, { code: 'stream.unavailable', status: 503 })
    }
    if (faults.loses?.(encounterId)) return reply(response, 202, acknowledgement)
    const { version, replayed } = store(encounterId, contentSha256)
    if (faults.unconfirms?.(encounterId)) return reply(response, 503, { code: 'stream.unconfirmed', status: 503 })
    if (faults.breaks?.(encounterId)) return void response.destroy()
    if (faults.receiptsForMs !== undefined) return reply(response, 202, acknowledgement)
    reply(response, 200, answer(claimId, version, replayed))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    const url = new URL(request.url ?? '/', 'http://stand-in')
    if (url.pathname === '/v1/oauth/token') return reply(response, 200, { access_token: 'token', expires_in: 600 })
    if (request.headers.authorization !== 'Bearer token') return reply(response, 401, { code: 'request.unauthenticated' })
    const [, claimId, voided] = /^\/v1\/claims\/(c_[0-9a-f]+)(\/void)?$/.exec(url.pathname) ?? []
    if (url.pathname === '/v1/claims' && request.method === 'POST') return file(encounterIdIn(body), body, response)
    if (url.pathname === '/v1/claims') return reply(response, 200, page(url.searchParams.get('cursor')))
    const stored = claimId === undefined ? undefined : claims.get(claimId)
    if (!claimId || !stored) return reply(response, 404, { code: 'claim.not_found' })
    if (voided) return file(stored.encounterId, `void ${body}`, response)
    const version = Number(url.searchParams.get('version') ?? stored.versions.length)
    reply(response, 200, answer(claimId, version, false))
  }

  /** Three a page, so that a walk turns pages. */
  function page(cursor: string | null): object {
    const from = Number(cursor ?? 0)
    const all = [...claims].slice(from, from + 3)
    const items = all.map(([claimId, { encounterId, versions }]) => ({
      claimId,
      encounterId,
      version: versions.length,
      status: 'decided',
    }))
    return { items, nextCursor: from + 3 < claims.size ? String(from + 3) : null }
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    claims,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

const reply = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const textOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
function encounterIdIn(body: string): string {
  if (body.startsWith('{')) return (JSON.parse(body) as { XML1: { MA_LK: string } }).XML1.MA_LK
  const table = /<NOIDUNGFILE>([^<]+)</.exec(body)?.[1] ?? ''
  return /<MA_LK>([^<]+)</.exec(Buffer.from(table, 'base64').toString('utf8'))?.[1] ?? ''
}
