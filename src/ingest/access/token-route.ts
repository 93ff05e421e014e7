import type { Metrics } from '../../platform/metrics.ts'
import { mediaTypeOf } from '../media-type.ts'
import type { ReadBytes } from '../read-bytes.ts'
import { jsonReply, type Reply } from '../reply.ts'
import type { Ids } from '../request-ids.ts'
import type { Router } from '../route.ts'
import type { Clients } from './clients.ts'
import { TOKEN_LIFE_S, type Tokens } from './tokens.ts'

const FORM_BYTES_MAX = 8192

interface TokenRouteDeps {
  readonly clients: Clients
  readonly tokens: Tokens
  readonly ids: Ids
  readonly metrics: Metrics
  readonly readBytes: ReadBytes
}
interface Credential {
  readonly clientId: string
  readonly secret: string
}

/** `POST /v1/oauth/token`: OAuth 2.0 client credentials, by HTTP Basic or in the form; errors as RFC 6749 section 5.2 says. */
export function addTokenRoute(router: Router, { clients, tokens, ids, metrics, readBytes }: TokenRouteDeps): void {
  const refuse = (status: number, error: string, headers: Record<string, string> = {}): Reply => {
    metrics.token('refused')
    return jsonReply(status, { error }, headers)
  }
  router.open('POST', '/v1/oauth/token', async (request) => {
    if (mediaTypeOf(request.header('content-type')) !== 'application/x-www-form-urlencoded') return refuse(400, 'invalid_request')
    const form = new URLSearchParams((await readBytes(request.incoming, { bytesMax: FORM_BYTES_MAX })).toString('utf8'))
    const grants = form.getAll('grant_type')
    if (grants.length !== 1) return refuse(400, 'invalid_request')
    if (grants[0] !== 'client_credentials') return refuse(400, 'unsupported_grant_type')
    const authorization = request.header('authorization')
    const credential = authorization === undefined ? formCredential(form) : basicCredential(authorization)
    const caller = credential && (await clients.login(credential.clientId, credential.secret))
    if (!caller) return refuse(401, 'invalid_client', { 'WWW-Authenticate': 'Basic realm="bhyt-gateway", charset="UTF-8"' })
    const token = await tokens.issue(caller, ids.submission())
    metrics.token('issued')
    return jsonReply(
      200,
      { access_token: token, token_type: 'Bearer', expires_in: TOKEN_LIFE_S },
      { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
    )
  })
}

function formCredential(form: URLSearchParams): Credential | undefined {
  const clientId = form.get('client_id')
  const secret = form.get('client_secret')
  return clientId && secret ? { clientId, secret } : undefined
}

/** RFC 6749 section 2.3.1: both halves are form-encoded before Base64; ours contain nothing that the encoding changes. */
function basicCredential(authorization: string): Credential | undefined {
  const [scheme, encoded] = authorization.split(' ', 2)
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  try {
    return { clientId: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}
