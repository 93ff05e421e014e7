import { type DestinationStream, destination, pino } from 'pino'

/**
 * Everything a log line may carry, by name: codes, sizes, durations and opaque ids. A field that is not here is dropped, so a new
 * one is a decision and not an accident. Nothing here can hold a name, an identifier, a card number, a body or a raw address.
 */
const FIELDS = [
  'method',
  'route',
  'status',
  'ms',
  'requestId',
  'facility',
  'role',
  'clientId',
  'code',
  'claimId',
  'claims',
  'bytes',
  'count',
  'records',
  'topic',
  'partition',
  'offset',
  'expected',
  'low',
  'high',
  'part',
  'reason',
  'attempt',
  'waitMs',
  'port',
  'host',
  'profile',
  'version',
  'migration',
  'rulebook',
  'signal',
] as const
export type LogField = (typeof FIELDS)[number]
export type LogFields = Readonly<Partial<Record<LogField, string | number | boolean | undefined>>>
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  /** `cause` is reduced to class, code and frames; its message only where it is one of ours or the system's. */
  warn(event: string, fields?: LogFields, cause?: unknown): void
  error(event: string, fields?: LogFields, cause?: unknown): void
  /** Writes out what is buffered; for the end of the process. */
  flush(): void
}

const allowed: ReadonlySet<string> = new Set(FIELDS)
const FIELD_CHARS_MAX = 200
const STACK_FRAMES_MAX = 8
const BUFFER_BYTES = 4096
const FLUSH_EVERY_MS = 500

/** Errors whose messages are written by this code base and never quote content. */
const OUR_ERRORS: ReadonlySet<string> = new Set([
  'StreamUnavailable',
  'StreamUnconfirmed',
  'RecordTooLarge',
  'LedgerUnavailable',
  'CacheUnavailable',
  'PostgresUnavailable',
])

export interface LogOptions {
  readonly level: LogLevel
  /** Where lines go; standard output, buffered, when absent. */
  readonly to?: DestinationStream
}

/** JSON lines with `level`, `time` (ISO, UTC), `event` and allowed fields. */
export function createLogger({ level, to }: LogOptions): Logger {
  const buffered = to ? undefined : destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_EVERY_MS })
  const line = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: named },
    },
    to ?? buffered!,
  )
  return {
    debug: (event, fields) => line.debug(allowedOnly(fields), event),
    info: (event, fields) => line.info(allowedOnly(fields), event),
    warn: (event, fields, cause) => line.warn(withCause(fields, cause), event),
    error: (event, fields, cause) => line.error(withCause(fields, cause), event),
    flush: () => {
      try {
        buffered?.flushSync()
      } catch {
        // Not open yet, or the reader of the pipe has gone: nothing is left to tell anybody.
      }
    },
  }
}

const named = (label: string) => ({ level: label })

function allowedOnly(fields: LogFields | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  if (!fields) return out
  for (const name in fields) {
    const value = fields[name as LogField]
    if (value === undefined || !allowed.has(name)) continue
    out[name] = typeof value === 'string' && value.length > FIELD_CHARS_MAX ? value.slice(0, FIELD_CHARS_MAX) : value
  }
  return out
}

function withCause(fields: LogFields | undefined, cause: unknown): Record<string, unknown> {
  const out = allowedOnly(fields)
  if (cause !== undefined) out['error'] = describeError(cause)
  return out
}

/** What may be said of an error: messages of strangers can quote the value that they choked on. */
function describeError(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { name: typeof cause }
  const code = (cause as { code?: unknown }).code
  const system = (cause as { syscall?: unknown }).syscall !== undefined
  const out: Record<string, unknown> = { name: cause.name }
  if (typeof code === 'string' || typeof code === 'number') out['code'] = code
  if (system || OUR_ERRORS.has(cause.name)) out['message'] = cause.message.slice(0, FIELD_CHARS_MAX)
  out['frames'] = (cause.stack ?? '')
    .split('\n')
    .filter((frame) => /^\s+at /.test(frame))
    .slice(0, STACK_FRAMES_MAX)
    .map((frame) => frame.trim())
  if (cause.cause instanceof Error && cause.cause !== cause) {
    const inner = cause.cause
    const innerCode = (inner as { code?: unknown }).code
    out['cause'] = { name: inner.name, ...(typeof innerCode === 'string' ? { code: innerCode } : {}) }
  }
  return out
}

/** For tests and for parts that are composed without a log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, flush() {} }
