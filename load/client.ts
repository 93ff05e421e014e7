import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export interface Outgoing {
  readonly contentType?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}
export interface GatewayClient {
  /** One request with a token. @throws Error when no complete answer came within `timeoutMs` (then its outcome is unknown). */
  send(method: 'GET' | 'POST', path: string, outgoing?: Outgoing): Promise<Reply>
  /** The `Authorization` value in force, asked for anew after two thirds of its life. */
  authorization(): Promise<string>
  close(): void
}
export interface ClientOptions {
  readonly url: string
  readonly credentials: Credentials
  readonly socketsMax: number
  readonly timeoutMs: number
}

/** Talks to a gateway as a hospital's system would: OAuth client credentials, keep-alive connections, one time limit for an answer. */
export function createGatewayClient(options: ClientOptions): GatewayClient {
  const agent = new Agent({ keepAlive: true, maxSockets: options.socketsMax, scheduling: 'lifo' })
  const base = new URL(options.url)
  let token = ''
  let renewAt = 0
  let asking: Promise<string> | undefined

  const exchange = (method: string, path: string, headers: Record<string, string>, body: string | undefined): Promise<Reply> =>
    new Promise((done, fail) => {
      const outgoing = request({ host: base.hostname, port: base.port, path, method, headers, agent }, (incoming) => {
        incoming.setEncoding('utf8')
        let text = ''
        incoming.on('data', (piece: string) => {
          text += piece
        })
        incoming.once('error', fail)
        incoming.once('end', () => {
          clearTimeout(limit)
          if (incoming.complete) done({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
          else fail(new Error('the answer broke off'))
        })
      })
      const limit = setTimeout(() => outgoing.destroy(new Error(`no answer within ${options.timeoutMs} ms`)), options.timeoutMs)
      outgoing.once('error', (cause) => {
        clearTimeout(limit)
        fail(cause)
      })
      outgoing.end(body)
    })

  async function askToken(): Promise<string> {
    const { clientId, clientSecret } = options.credentials
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
    const body = 'grant_type=client_credentials'
    const headers = {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    }
    const reply = await exchange('POST', '/v1/oauth/token', headers, body)
    if (reply.status !== 200) throw new Error(`the token request was answered ${reply.status}`)
    const answer = JSON.parse(reply.body) as { access_token: string; expires_in: number }
    token = `Bearer ${answer.access_token}`
    renewAt = performance.now() + answer.expires_in * 667
    return token
  }

  async function authorization(): Promise<string> {
    if (token !== '' && performance.now() < renewAt) return token
    asking ??= askToken().finally(() => {
      asking = undefined
    })
    return asking
  }

  return {
    authorization,
    async send(method, path, outgoing = {}) {
      const headers: Record<string, string> = { authorization: await authorization(), ...outgoing.headers }
      if (outgoing.body !== undefined) {
        headers['content-type'] = outgoing.contentType ?? 'application/json'
        headers['content-length'] = String(Buffer.byteLength(outgoing.body))
      }
      return exchange(method, path, headers, outgoing.body)
    },
    close: () => agent.destroy(),
  }
}
