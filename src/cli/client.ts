import { readFileSync } from 'node:fs'
import { AskedWrongly, Failed } from './output.ts'

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * From a file as `gateway clients add --json` prints it, else from `BHYT_CLIENT_ID` and `BHYT_CLIENT_SECRET_FILE`.
 * @throws AskedWrongly naming what is missing
 */
export function credentialsFrom(env: NodeJS.ProcessEnv, clientFile?: string): Credentials {
  if (clientFile !== undefined) return credentialsIn(clientFile)
  const clientId = env['BHYT_CLIENT_ID']
  const file = env['BHYT_CLIENT_SECRET_FILE']
  if (!clientId || !file)
    throw new AskedWrongly(
      'name --client-file, or set BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE (a file that holds the secret); `gateway clients add --facility 01999 --json` makes a client, with `--role operator` one for an operator',
    )
  return { clientId, clientSecret: textOf(file, 'BHYT_CLIENT_SECRET_FILE').trim() }
}

/** @throws AskedWrongly naming the file */
export function credentialsIn(file: string): Credentials {
  const text = textOf(file, 'the client file')
  try {
    const { client_id: clientId, client_secret: clientSecret } = JSON.parse(text) as Record<string, unknown>
    if (typeof clientId === 'string' && typeof clientSecret === 'string') return { clientId, clientSecret }
  } catch {
    // Said below, with the file.
  }
  throw new AskedWrongly(
    `${file} is not what \`gateway clients add --json\` prints (with npm: \`npm run --silent gateway -- …\`)`,
  )
}

function textOf(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AskedWrongly(`${what} cannot be read: ${file}`, { cause })
  }
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** Calls the gateway as a hospital would: takes a token, sends it along, and gives the parsed answer. One call at a time. */
export async function createGatewayClient(url: string, { clientId, clientSecret }: Credentials) {
  if (!URL.canParse(url)) throw new AskedWrongly(`--url is an address such as http://127.0.0.1:8080, not ${url}`)
  const reach = async (path: string, init: RequestInit): Promise<HttpAnswer> => {
    let response: Response
    try {
      response = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(30_000) })
    } catch (cause) {
      throw new Failed(`${url} cannot be reached: is the gateway running there?`, { cause })
    }
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const token = await reach('/v1/oauth/token', {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  })
  if (token.status !== 200) throw new Failed(`no token (${token.status}): is the client known here, and the secret right?`)
  const authorization = `Bearer ${(token.body as { access_token: string }).access_token}`
  return {
    post: (path: string, contentType: string, bytes: Buffer, headers: Readonly<Record<string, string>> = {}) =>
      reach(path, {
        method: 'POST',
        headers: { authorization, 'content-type': contentType, ...headers },
        body: new Uint8Array(bytes),
      }),
    get: (path: string) => reach(path, { headers: { authorization } }),
  }
}
export type GatewayClient = Awaited<ReturnType<typeof createGatewayClient>>
