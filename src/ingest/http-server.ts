import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Clock } from '../platform/clock.ts'
import { Problem, type ProblemCode } from '../platform/problem.ts'
import { asProblem, problemReply } from './problem-reply.ts'
import { createIds, type RandomBytes } from './request-ids.ts'
import type { GatewayApp } from './route.ts'

export interface HttpOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly clock: Clock
  readonly randomBytes: RandomBytes
}
export interface HttpServer {
  readonly port: number
  /**
   * Stops accepting, waits for the requests under way until the deadline, then closes what is left. Waiting replies are to be
   * drained by the caller, before or meanwhile.
   */
  close(deadlineMs: number): Promise<void>
}

/** Headers must be there by then; a body has its own, shorter bound between bytes (`GATEWAY_BODY_IDLE_MS_MAX`). */
const HEADERS_MS_MAX = 15_000
/** A whole request, however steadily it trickles. */
const REQUEST_MS_MAX = 120_000
const CHECK_EVERY_MS = 1_000
const KEEP_ALIVE_MS = 65_000
const HEADER_BYTES_MAX = 16 * 1024
const HEADERS_MAX = 100
const CLOSE_CHECK_MS = 25

/** Serves the app on `node:http`. Also what never becomes a request gets a problem with a `Request-Id`. */
export async function startHttp(app: GatewayApp, { host, port, clock, randomBytes }: HttpOptions): Promise<HttpServer> {
  const ids = createIds(randomBytes)
  const listener = getRequestListener((request, env) => app.fetch(request, env as never), {
    hostname: host,
    errorHandler(thrown) {
      const problem = thrown instanceof RequestError ? new Problem('request.invalid') : asProblem(thrown)
      const id = ids.request()
      const { status, headers, body } = problemReply(problem, id, 'vi', clock.random())
      return new Response(body as string, { status, headers: { ...headers, 'Request-Id': id } })
    },
  })
  let closing = false
  const server = createServer(
    {
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    (incoming: IncomingMessage, outgoing: ServerResponse) => {
      if (closing) outgoing.setHeader('Connection', 'close')
      void listener(incoming, outgoing)
    },
  )
  server.maxHeadersCount = HEADERS_MAX
  server.on('clientError', (cause: Error & { code?: string }, socket) =>
    answerRaw(socket as Socket, cause.code, ids.request(), clock),
  )
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    async close(deadlineMs) {
      closing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const until = clock.monotonic() + deadlineMs
      let done = false
      void closed.then(() => {
        done = true
      })
      while (!done && clock.monotonic() < until) {
        server.closeIdleConnections()
        await Promise.race([closed, clock.sleep(CLOSE_CHECK_MS)])
      }
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** What the HTTP parser refused: there is no request and no response object, so the answer is written by hand. */
function answerRaw(socket: Socket, parserCode: string | undefined, id: string, clock: Clock): void {
  if (!socket.writable || parserCode === 'ECONNRESET') return void socket.destroy()
  const code: ProblemCode =
    parserCode === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'request.timeout'
      : parserCode === 'HPE_HEADER_OVERFLOW'
        ? 'request.headers_too_large'
        : 'request.unreadable'
  const { status, headers, body } = problemReply(new Problem(code), id, 'vi', clock.random())
  const lines = Object.entries({
    ...headers,
    'Request-Id': id,
    'Content-Length': Buffer.byteLength(body as string),
    Connection: 'close',
  })
  socket.end(`HTTP/1.1 ${status} ${code}\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`)
}
