import { createHash, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Context } from 'hono'

const compress = promisify(gzip)
/** Below this a header costs more than compression saves. */
const COMPRESS_BYTES_MIN = 1024

export interface PageOptions {
  /** Id of one response, `req_…`. */
  readonly requestId?: () => string
}

/** An id in the form of the API's, for pages that are served beside it. */
export const freshRequestId = (): string => `req_${randomBytes(12).toString('hex')}`

/**
 * Serves bytes that do not change while the process runs: with an entity tag, asked for again at each use (a new release shows at once,
 * an unchanged file costs 304), compressed once. What pages hold is public, so they may be stored.
 */
export function createFile(
  bytes: Buffer,
  contentType: string,
  headers: Readonly<Record<string, string>>,
  requestId: () => string,
) {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  let compressed: Promise<Buffer> | undefined

  return async function serve(c: Context): Promise<Response> {
    const always = {
      'Request-Id': requestId(),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-cache',
      ETag: tag,
      Vary: 'Accept-Encoding',
      ...headers,
    }
    if (sameTag(c.req.header('if-none-match'), tag)) return new Response(null, { status: 304, headers: always })
    const typed = { ...always, 'Content-Type': contentType }
    if (bytes.length < COMPRESS_BYTES_MIN || !/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) {
      return new Response(new Uint8Array(bytes), { headers: typed })
    }
    compressed ??= compress(bytes, { level: constants.Z_BEST_COMPRESSION })
    return new Response(new Uint8Array(await compressed), { headers: { ...typed, 'Content-Encoding': 'gzip' } })
  }
}

const sameTag = (asked: string | undefined, tag: string) =>
  asked?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag) ?? false
