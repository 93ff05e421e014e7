import pg from 'pg'

/** The only home of the driver. Bounds of every pool; all times in milliseconds. */
export interface PostgresTimeouts {
  /** To get a connection, new or from the pool. */
  readonly connectMs: number
  /** Of one statement; the server ends it then. A server that does not even answer is given up half a second later. */
  readonly statementMs: number
  readonly lockMs: number
  readonly idleInTransactionMs: number
}
export const postgresTimeouts: PostgresTimeouts = {
  connectMs: 2_000,
  statementMs: 5_000,
  lockMs: 2_000,
  idleInTransactionMs: 10_000,
}
/** After a failure to connect, calls fail at once for this long; then the next one tries. */
const BREAK_MS = 500
const ANSWER_SLACK_MS = 500
const RECONNECT_MS_MIN = 50
const RECONNECT_MS_MAX = 2_000
/** A listening connection that nobody speaks on is asked for life this often. */
const LISTEN_PROBE_MS = 5_000

/**
 * Postgres cannot be asked now: no connection, it is going down, it is out of room, or a time-out was reached. With `commitUnknown`
 * something was sent that may have been committed: find out by reading, never assume either.
 */
export class PostgresUnavailable extends Error {
  readonly retryable = true
  override readonly name = 'PostgresUnavailable'
  readonly commitUnknown: boolean
  constructor(message: string, options: { cause?: unknown; commitUnknown?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.commitUnknown = options.commitUnknown ?? false
  }
}

/** Result columns: `int8` as number, `timestamptz` as ISO text (UTC, milliseconds, `Z`), `bytea` as Buffer, `numeric` as text. */
export interface SqlResult<Row> {
  readonly rows: Row[]
  /** Rows returned or touched. */
  readonly rowCount: number
}
export interface Sql {
  /**
   * One statement. With a `name` it is prepared once per connection (the same name must always mean the same text).
   * @throws PostgresUnavailable · the server's error for everything else (`sqlStateOf` tells which)
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<SqlResult<Row>>
}
export interface Listening {
  stop(): Promise<void>
}
export interface PostgresPool extends Sql {
  /**
   * Runs in one transaction; a throw rolls back. Statements that are issued without awaiting each other share a round trip and are
   * executed in the order issued.
   * @throws PostgresUnavailable, with `commitUnknown` when the answer to COMMIT did not come
   */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>
  /**
   * Calls `handler` for each NOTIFY on `channel`, and with `undefined` after each (re)connection, when some may have been missed.
   * Holds a connection of its own, outside the pool's bound, and reconnects for ever. Resolves without waiting for the connection.
   * The handler must not throw.
   */
  listen(channel: string, handler: (payload: string | undefined) => void): Promise<Listening>
  /** `undefined` when it answers, else a reason for people. */
  trouble(): Promise<string | undefined>
  /** Ends all connections; waits for running statements, which are bounded. */
  close(): Promise<void>
}
export interface PoolOptions {
  readonly url: string
  /** Connections at once; a call that finds none free waits `connectMs` at most. */
  readonly max: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  readonly timeouts?: Partial<PostgresTimeouts>
}

const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, instantOf)

/** `2026-03-10 03:40:00.1+00` → `2026-03-10T03:40:00.100Z`. */
function instantOf(text: string): string {
  if (!text.endsWith('+00')) return new Date(`${text.replace(' ', 'T')}${/[+-]\d\d$/.test(text) ? ':00' : ''}`).toISOString()
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0').slice(0, 3)}Z`
}

/**
 * Every query of the gateway has an index. A plan that is made and kept while its table is still small must use it too, so plans
 * that read or hash a whole table are ruled out.
 */
const SESSION_OPTIONS = [
  // Built in, where `UTC` is a file that a server whose programs were replaced can no longer read.
  '-c timezone=GMT',
  '-c jit=off',
  '-c enable_seqscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
].join(' ')

/**
 * Ends a subquery that Postgres must not merge with what is around it. Once it has seen a table grow and knows no statistics of it yet,
 * it believes that joining all of it is cheap; a lateral subquery kept apart is read by its index, row by row, whatever it believes.
 */
export const APART = 'OFFSET 0'

/** Never throws and connects only when asked. */
export function createPool(options: PoolOptions): PostgresPool {
  const timeouts = { ...postgresTimeouts, ...options.timeouts }
  const config = clientConfig(options, timeouts)
  const pool = new pg.Pool({
    ...config,
    max: options.max,
    connectionTimeoutMillis: timeouts.connectMs,
    idleTimeoutMillis: 60_000,
  })
  // An idle connection that breaks is dropped by the pool; whoever asks next learns it from their own call.
  pool.on('error', () => {})
  // One that breaks while it is in use fails the statement under way; unheard, the event itself would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const listeners = new Set<Listening>()
  let brokenUntil = 0
  let lastTrouble: unknown

  async function connect(): Promise<pg.PoolClient> {
    if (performance.now() < brokenUntil) throw unavailable('Postgres cannot be reached', lastTrouble)
    const full = pool.totalCount >= options.max && pool.idleCount === 0
    try {
      return await pool.connect()
    } catch (cause) {
      if (full && pool.totalCount >= options.max) throw unavailable('every connection to Postgres is taken', cause)
      lastTrouble = cause
      brokenUntil = performance.now() + BREAK_MS
      throw unavailable('Postgres cannot be reached', cause)
    }
  }

  async function query<Row extends object>(text: string, values?: readonly unknown[], name?: string): Promise<SqlResult<Row>> {
    const client = await connect()
    let broken = false
    try {
      return await send<Row>(client, text, values, name)
    } catch (cause) {
      broken = isLost(cause)
      throw isUnavailable(cause) ? unavailable('Postgres did not answer', cause, broken) : cause
    } finally {
      client.release(broken)
    }
  }

  async function transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await connect()
    let broken = false
    let committing = false
    try {
      const begun = send(client, 'BEGIN')
      begun.catch(() => {})
      const result = await run({ query: (text, values, name) => send(client, text, values, name) })
      await begun
      committing = true
      const { command } = await client.query('COMMIT')
      if (command !== 'COMMIT') throw new Error('a statement of the transaction failed and was passed over: rolled back')
      return result
    } catch (cause) {
      broken = isLost(cause)
      if (!broken && !committing) broken = !(await rolledBack(client))
      throw isUnavailable(cause) ? unavailable('Postgres did not finish the transaction', cause, committing) : cause
    } finally {
      client.release(broken)
    }
  }

  return {
    query,
    transaction,
    async listen(channel, handler) {
      const listening = startListening(config, timeouts, channel, handler)
      listeners.add(listening)
      return { stop: () => listening.stop().finally(() => listeners.delete(listening)) }
    },
    trouble: () =>
      query('SELECT 1').then(
        () => undefined,
        (cause: unknown) => `${cause instanceof Error ? cause.message : 'Postgres fails'}${reasonOf(cause)}`,
      ),
    async close() {
      await Promise.all([...listeners].map((listening) => listening.stop()))
      await pool.end()
    },
  }
}

function clientConfig(options: PoolOptions, timeouts: PostgresTimeouts): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
    query_timeout: timeouts.statementMs + ANSWER_SLACK_MS,
    connectionTimeoutMillis: timeouts.connectMs,
    options: SESSION_OPTIONS,
    keepAlive: true,
    pipeline: true,
    types,
  }
}

async function send<Row extends object>(
  client: pg.ClientBase,
  text: string,
  values?: readonly unknown[],
  name?: string,
): Promise<SqlResult<Row>> {
  const result = await client.query<Row & pg.QueryResultRow>({
    text,
    ...(values === undefined ? {} : { values: values as unknown[] }),
    ...(name === undefined ? {} : { name }),
  })
  return { rows: result.rows, rowCount: result.rowCount ?? 0 }
}

async function rolledBack(client: pg.ClientBase): Promise<boolean> {
  try {
    await send(client, 'ROLLBACK')
    return true
  } catch {
    return false
  }
}

/** A listening connection: reconnects with growing pauses until stopped. */
function startListening(
  config: pg.ClientConfig,
  timeouts: PostgresTimeouts,
  channel: string,
  handler: (payload: string | undefined) => void,
): Listening {
  const stopped = new AbortController()
  const wait = (ms: number) =>
    new Promise<void>((done) => {
      const timer = setTimeout(finish, ms)
      function finish() {
        clearTimeout(timer)
        stopped.signal.removeEventListener('abort', finish)
        done()
      }
      stopped.signal.addEventListener('abort', finish, { once: true })
      if (stopped.signal.aborted) finish()
    })

  async function hold(): Promise<void> {
    const client = new pg.Client(config)
    const lost = new AbortController()
    client.on('error', () => lost.abort())
    client.on('end', () => lost.abort())
    client.on('notification', (message) => stopped.signal.aborted || handler(message.payload ?? ''))
    const end = () => void client.end().catch(() => {})
    // A driver that is ended while it connects settles neither promise: nobody may wait for it alone.
    const gone = new Promise<void>((done) => {
      for (const { signal } of [lost, stopped]) signal.addEventListener('abort', () => done(), { once: true })
    })
    const orGone = (work: Promise<unknown>) => {
      work.catch(() => {})
      return Promise.race([work, gone])
    }
    const goesOn = () => !stopped.signal.aborted && !lost.signal.aborted
    try {
      await orGone(client.connect())
      if (goesOn()) await orGone(client.query(`LISTEN ${client.escapeIdentifier(channel)}`))
      if (goesOn()) handler(undefined)
      while (goesOn()) {
        await orGone(wait(LISTEN_PROBE_MS))
        if (goesOn()) await orGone(client.query('SELECT 1'))
      }
    } finally {
      end()
    }
  }

  const done = (async () => {
    let pauseMs = RECONNECT_MS_MIN
    while (!stopped.signal.aborted) {
      const since = performance.now()
      await hold().catch(() => {})
      if (performance.now() - since > timeouts.connectMs + RECONNECT_MS_MAX) pauseMs = RECONNECT_MS_MIN
      await wait(pauseMs)
      pauseMs = Math.min(pauseMs * 2, RECONNECT_MS_MAX)
    }
  })()
  return {
    stop: () => {
      stopped.abort()
      return done
    },
  }
}

/** The five characters of the server's error, `undefined` for any other error. */
export function sqlStateOf(cause: unknown): string | undefined {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** Shutting down, starting, cancelled, out of something, read-only after a failover, lock or idle time-out. */
const UNAVAILABLE_STATES = /^(08|53|57|58)|^(25006|25P03|25P04|55P03)$/
const ENDS_CONNECTION = /^(08|57P0|25P0[34])/

function isLost(cause: unknown): boolean {
  if (cause instanceof PostgresUnavailable) return cause.commitUnknown
  const state = sqlStateOf(cause)
  if (state !== undefined) return ENDS_CONNECTION.test(state)
  if (!(cause instanceof Error)) return false
  const code = (cause as { code?: unknown }).code
  return (
    (typeof code === 'string' && /^E[A-Z]+$/.test(code)) ||
    /^(Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed)/.test(cause.message)
  )
}

function isUnavailable(cause: unknown): boolean {
  const state = sqlStateOf(cause)
  return state === undefined ? isLost(cause) : UNAVAILABLE_STATES.test(state)
}

function unavailable(message: string, cause: unknown, commitUnknown = false): PostgresUnavailable {
  return new PostgresUnavailable(message, { cause, commitUnknown })
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error ? cause.cause : undefined
  const code = inner instanceof Error ? (inner as { code?: unknown }).code : undefined
  return typeof code === 'string' ? ` (${code})` : ''
}

/** `bytea[]` or `text[]` in the binary format of the protocol: no escaping on either side, which counts where values are long. */
export function binaryArray(type: 'bytea' | 'text', values: readonly (Buffer | string | null)[]): Buffer {
  const items = values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value))
  const size = items.reduce((sum, item) => sum + 4 + (item?.length ?? 0), 20)
  const out = Buffer.allocUnsafe(size)
  out.writeInt32BE(items.length === 0 ? 0 : 1, 0)
  out.writeInt32BE(items.includes(null) ? 1 : 0, 4)
  out.writeInt32BE(type === 'bytea' ? pg.types.builtins.BYTEA : pg.types.builtins.TEXT, 8)
  if (items.length === 0) return out.subarray(0, 12)
  out.writeInt32BE(items.length, 12)
  out.writeInt32BE(1, 16)
  let at = 20
  for (const item of items) {
    at = out.writeInt32BE(item === null ? -1 : item.length, at)
    if (item) at += item.copy(out, at)
  }
  return out
}
