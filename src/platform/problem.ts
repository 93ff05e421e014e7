/** The closed registry of refusals (RFC 9457). Each code has a section in `docs/problems.md` and a test. Titles never change. */
export const PROBLEMS = {
  'request.unreadable': { status: 400, title: 'The request cannot be read', retryable: false },
  'request.timeout': { status: 408, title: 'The body stopped coming', retryable: true },
  'request.too_large': { status: 413, title: 'The request is too large', retryable: false },
  'request.headers_too_large': { status: 431, title: 'The headers of the request are too large', retryable: false },
  'request.media_type': { status: 415, title: 'The media type or encoding is not accepted', retryable: false },
  'request.invalid': { status: 400, title: 'A parameter or header of the request is not valid', retryable: false },
  'request.method': { status: 405, title: 'The method is not allowed here', retryable: false },
  'request.unauthenticated': { status: 401, title: 'No valid token', retryable: false },
  'request.forbidden': { status: 403, title: 'This client may not do that', retryable: false },
  'request.other_facility': { status: 403, title: 'The content names another facility than the credential', retryable: false },
  'route.not_found': { status: 404, title: 'There is nothing at this address', retryable: false },
  'claim.not_found': { status: 404, title: 'No such claim', retryable: false },
  'idempotency.key_reused': { status: 409, title: 'The Idempotency-Key was used with another body', retryable: false },
  'claim.invalid': { status: 422, title: 'The claim is readable but not valid', retryable: false },
  'check_in.invalid': { status: 422, title: 'The check-in is readable but not valid', retryable: false },
  'check_in.not_found': { status: 404, title: 'No such check-in', retryable: false },
  'check_in.not_provisional': { status: 409, title: 'Only a provisional check-in is confirmed', retryable: false },
  'caller.over_limit': { status: 429, title: 'Over the limit of this client', retryable: true },
  'gateway.overloaded': { status: 503, title: 'The gateway is over its bounds; nothing was stored', retryable: true },
  'stream.unavailable': { status: 503, title: 'The claim cannot be made durable now; nothing was stored', retryable: true },
  'stream.unconfirmed': {
    status: 503,
    title: 'The outcome of a durable write is not known; send the same bytes again',
    retryable: true,
  },
  'ledger.unavailable': { status: 503, title: 'Stored claims cannot be read now', retryable: true },
  'referral.not_found': { status: 404, title: 'No such slip', retryable: false },
  'referral.invalid': { status: 422, title: 'The slip is readable but not valid', retryable: false },
  'referral.used': { status: 409, title: 'The slip was used before', retryable: false },
  'referral.not_valid': { status: 409, title: 'The slip does not hold today', retryable: false },
  'gateway.internal': { status: 500, title: 'A fault of the gateway', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ProblemCode = keyof typeof PROBLEMS

/** One fault of the content. Never a value of the patient's in `detail`. */
export interface Fault {
  /** RFC 6901 JSON Pointer into the wire JSON (also for XML: the table as JSON). */
  readonly pointer: string
  readonly code: string
  readonly detail: { readonly vi: string; readonly en: string }
  readonly table?: string
  readonly stt?: number
  readonly field?: string
}

/** A refusal: nothing was stored (but see `stream.unconfirmed`). Thrown anywhere, serialised in one place (`ingest/app.ts`). */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly detail: { readonly vi: string; readonly en: string } | undefined
  readonly errors: readonly Fault[]
  readonly errorCount: number
  readonly retryAfterS: number | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: ProblemCode,
    options: {
      detail?: { vi: string; en: string }
      errors?: readonly Fault[]
      errorCount?: number
      retryAfterS?: number
      headers?: Record<string, string>
      cause?: unknown
    } = {},
  ) {
    super(PROBLEMS[code].title, { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.errors = options.errors ?? []
    this.errorCount = options.errorCount ?? this.errors.length
    this.retryAfterS = options.retryAfterS
    this.headers = options.headers ?? {}
  }
}
