import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stand-in does wrong, by the number of the check-in; each is a fault that the harness must find. */
export interface DeskFaults {
  readonly refuses?: (index: number) => boolean
  readonly sheds?: (index: number) => boolean
  /** Answers without the date of its knowledge. */
  readonly undated?: (index: number) => boolean
  /** Admits though it knows nothing. */
  readonly knowsNothing?: (index: number) => boolean
  /** Says of the first sending that it is recorded nowhere. */
  readonly forgets?: (index: number) => boolean
  /** … and of every other too. */
  readonly forgetsForEver?: boolean
  readonly oneTicketForAll?: boolean
  /** A second sending has another ticket. */
  readonly countsTwice?: boolean
  readonly stale?: boolean
  /** All answers wait until then, in milliseconds after the first. */
  readonly stallUntilMs?: number
}
export interface DeskStandIn {
  readonly url: string
  /** Bodies as they came. */
  readonly bodies: string[]
  close(): Promise<void>
}

export const NONCE = Buffer.from('0123456789abcdef', 'hex')

/** A desk in memory, a few lines long, that keeps the contract as far as the harness looks and breaks it where it is told to. */
export async function startDeskStandIn(faults: DeskFaults = {}): Promise<DeskStandIn> {
  const bodies: string[] = []
  const known = new Map<string, { ticket: string; sent: number }>()
  let firstAt: number | undefined
  let tickets = 0
  const nextTicket = () => `B-${faults.oneTicketForAll ? 1 : ++tickets}`

  function answer(body: string): readonly [number, object] {
    const index = Number(/K(\d+)$/.exec((JSON.parse(body) as { encounterId: string }).encounterId)![1])
    if (faults.sheds?.(index)) return [503, { code: 'gateway.overloaded', status: 503 }]
    const checkInId = `k_${createHash('sha256').update(body).digest('hex').slice(0, 26)}`
    const held = known.get(checkInId) ?? { ticket: nextTicket(), sent: 0 }
    known.set(checkInId, held)
    held.sent++
    if (faults.countsTwice && held.sent > 1) held.ticket = nextTicket()
    const isForgotten = faults.forgets?.(index) && (held.sent === 1 || faults.forgetsForEver)
    const source = faults.knowsNothing?.(index) ? 'none' : faults.stale ? 'last-known' : 'cache'
    const asOf = faults.undated?.(index) ? {} : { asOf: '2026-03-10' }
    return [
      200,
      {
        ...{ checkInId, ticket: held.ticket, assurance: 'C0', reasons: isForgotten ? [{ code: 'not_recorded' }] : [] },
        outcome: faults.refuses?.(index) ? 'refused' : isForgotten ? 'provisional' : 'admitted',
        eligibility: { source, stale: faults.stale ?? false, ...asOf },
      },
    ]
  }
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const piece of request) body += String(piece)
    if (request.url === '/v1/oauth/token') return reply(response, 200, { access_token: 'token', expires_in: 600 })
    if (request.url === '/v1/check-ins/challenges') {
      return reply(response, 200, {
        challengeId: 'challenge',
        nonce: NONCE.toString('base64'),
        expiresAt: '2026-03-10T00:00:00Z',
      })
    }
    firstAt ??= performance.now()
    bodies.push(body)
    const stallMs = (faults.stallUntilMs ?? 0) - (performance.now() - firstAt)
    if (stallMs > 0) await new Promise((done) => setTimeout(done, stallMs))
    reply(response, ...answer(body))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
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
