import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createDecider } from './adjudication/decider.ts'
import { engineHash } from './adjudication/engine-hash.ts'
import { createGatherFacts } from './adjudication/gather-facts.ts'
import { thisRelease } from './adjudication/release.ts'
import { createOpenRulebook, loadAndKeepRulebook } from './adjudication/rulebook-store.ts'
import type { Cache } from './cache/cache.ts'
import { createMemoryCache } from './cache/memory.ts'
import { createRedisCache } from './cache/redis.ts'
import { createFindCheckIns } from './check-in/find-check-ins.ts'
import { type Config, InvalidConfig, readConfig } from './config.ts'
import { createEligibility, type RunningEligibility } from './eligibility/create-eligibility.ts'
import { type Keys, loadKeys } from './ingest/access/keys.ts'
import type { Ledger, LedgerOperations } from './ledger/ledger.ts'
import { migrate } from './ledger/migrate.ts'
import { createLedger } from './ledger/postgres-ledger.ts'
import { systemClock } from './platform/clock.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import { createGuardedSql } from './platform/guarded-sql.ts'
import { createKeyedHash, type KeyedHash } from './platform/keyed-hash.ts'
import { createLogger, type Logger } from './platform/log.ts'
import { createMetrics } from './platform/metrics.ts'
import { createPool, type PostgresPool } from './platform/postgres.ts'
import { seldom } from './platform/seldom.ts'
import { startAdjudication } from './roles/adjudication.ts'
import { startCheckInRecorder } from './roles/check-in.ts'
import { startIngest } from './roles/ingest.ts'
import type { Parts, Role } from './roles/parts.ts'
import { startProbes } from './roles/probes.ts'
import { startRegisterFeedRole } from './roles/register-feed.ts'
import { createEmbeddedStream } from './stream/embedded.ts'
import { createKafkaStream, parseKafkaUrl } from './stream/kafka.ts'
import type { Stream } from './stream/stream.ts'

/** The composition root: configuration → adapters → roles → drain. The only file that chooses an adapter. */
export interface Composed {
  readonly config: Config
  readonly log: Logger
  /** Opened once, at the first call; closed together, last opened first. */
  keys(): Keys
  keyedHash(): KeyedHash
  pool(): Promise<PostgresPool>
  /** A pool at each call, for the desk alone, so that claims cannot take every connection. */
  deskPool(): Promise<PostgresPool>
  ledger(): Promise<Ledger & LedgerOperations>
  cache(): Cache
  stream(hooks: StreamHooks): Promise<Stream>
  close(): Promise<void>
}
export interface StreamHooks {
  /** Of the embedded stream: check-ins are appended by these connections. */
  readonly deskPool?: PostgresPool
  readonly onTrouble: (what: string, cause?: unknown) => void
  readonly onFatal: (reason: string) => void
}

/** Nobody waits at a desk for longer than this; what is not known by then is confirmed later. */
const DESK_STATEMENT_MS = 2_000
const DESK_CONNECT_MS = 1_000
const CLOSE_MS = 5_000
/** Each role drains within its share, so that the last is not cut off by the first. */
const DRAIN_SHARE_OF_A_ROLE = 0.4

/** Adapters as the configuration names them, each opened when it is first asked for. Also for the command line. */
export function compose(config: Config, log: Logger, progress: (line: string) => void = () => {}): Composed {
  const closers: (() => Promise<void>)[] = []
  let keys: Keys | undefined
  let pool: Promise<PostgresPool> | undefined
  let storeUrl: Promise<string> | undefined
  let cache: Cache | undefined
  const loadedKeys = () => {
    keys ??= loadKeys(config.keysDir, { create: config.profile === 'development' })
    return keys
  }

  async function openPool(): Promise<PostgresPool> {
    storeUrl ??= openStoreUrl()
    const url = await storeUrl
    const opened = createPool({
      url,
      max: config.storeConnectionsMax,
      applicationName: `bhyt-gateway ${config.role}`,
      timeouts: { statementMs: config.storeStatementMsMax },
    })
    closers.push(() => opened.close())
    await migrate(opened)
    return opened
  }
  const openStoreUrl = async () =>
    config.storeUrl.startsWith('embedded:') ? openEmbedded(config.storeUrl.slice('embedded:'.length)) : config.storeUrl
  async function openDeskPool(): Promise<PostgresPool> {
    pool ??= openPool()
    await pool
    const opened = createPool({
      url: await storeUrl!,
      max: config.checkInConnectionsMax,
      applicationName: `bhyt-gateway desk ${config.role}`,
      timeouts: { statementMs: DESK_STATEMENT_MS, connectMs: DESK_CONNECT_MS, lockMs: DESK_STATEMENT_MS },
    })
    closers.push(() => opened.close())
    return opened
  }
  async function openEmbedded(folder: string): Promise<string> {
    const server = await startEmbeddedPostgres(folder, progress)
    closers.push(() => server.stop())
    return server.url
  }
  async function openStream(hooks: StreamHooks): Promise<Stream> {
    const stream = config.streamUrl.startsWith('kafka://') ? await openKafka(config, hooks) : await openEmbeddedStream(hooks)
    closers.push(() => stream.close(CLOSE_MS))
    return stream
  }
  async function openEmbeddedStream(hooks: StreamHooks): Promise<Stream> {
    pool ??= openPool()
    return createEmbeddedStream({
      pool: await pool,
      partitions: config.streamPartitions,
      clock: systemClock,
      onTrouble: hooks.onTrouble,
      ...(hooks.deskPool && { appendPools: { 'check-ins.recorded.v1': hooks.deskPool } }),
      appendBounds: { deadlineMs: config.streamAppendMsMax },
    })
  }
  return {
    config,
    log,
    keys: loadedKeys,
    keyedHash: () => createKeyedHash(loadedKeys().member),
    pool: () => {
      pool ??= openPool()
      return pool
    },
    deskPool: openDeskPool,
    ledger: async () => {
      pool ??= openPool()
      return createLedger(await pool)
    },
    cache: () => {
      if (!cache) {
        const opened = openCache(config)
        closers.push(() => opened.close())
        cache = opened
      }
      return cache
    },
    stream: openStream,
    async close() {
      for (const close of closers.splice(0).reverse()) await close().catch((cause) => log.warn('close.failed', {}, cause))
    },
  }
}

function openCache(config: Config): Cache {
  return config.cacheUrl === 'memory:'
    ? createMemoryCache({ entriesMax: config.cacheEntriesMax, bytesMax: config.cacheBytesMax, clock: systemClock })
    : createRedisCache({ url: config.cacheUrl, commandMsMax: config.cacheCommandMsMax, clock: systemClock })
}

function openKafka(config: Config, hooks: StreamHooks): Promise<Stream> {
  return createKafkaStream({
    ...parseKafkaUrl(config.streamUrl),
    clientId: `bhyt-gateway-${config.role}-${randomBytes(4).toString('hex')}`,
    profile: config.profile,
    partitions: config.streamPartitions,
    clock: systemClock,
    ...hooks,
    appendBounds: { deadlineMs: config.streamAppendMsMax },
  })
}

/** Starts what the role says. @returns what stops it: the front door first, so that what it took is still decided */
async function startRoles(composed: Composed, onFatal: (reason: string) => void): Promise<(deadlineMs: number) => Promise<void>> {
  const parts = await openParts(composed, onFatal)
  const { config } = parts
  const roles: Role[] = []
  if (config.role !== 'ingest') {
    roles.push(await startAdjudication(parts, onFatal), await startCheckInRecorder(parts), await startRegisterFeedRole(parts))
  }
  if (config.role !== 'adjudication') roles.push(await startIngest(parts, [...roles]))
  else roles.push(await startProbes(parts, config.port, [...roles]))
  if (config.metricsPort !== undefined) roles.push(await startProbes(parts, config.metricsPort, [...roles]))
  return async (deadlineMs) => {
    for (const role of roles.reverse()) await role.stop(deadlineMs)
    await Promise.all([parts.eligibility.stop(), parts.deskEligibility.stop()])
  }
}

/** Before anything is opened, so that a second gateway by mistake says so at once. @throws Error that says what to do */
async function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return
  const probe = createServer()
  try {
    await once(probe.listen(port, host), 'listening')
  } catch (cause) {
    const taken = (cause as { code?: unknown }).code === 'EADDRINUSE'
    const advice = 'stop what listens there (another gateway?), or set GATEWAY_PORT'
    throw new Error(taken ? `port ${port} of ${host} is taken: ${advice}` : `${host}:${port} cannot be listened on: ${advice}`, {
      cause,
    })
  } finally {
    probe.close()
  }
}

async function openParts(composed: Composed, onFatal: (reason: string) => void): Promise<Parts> {
  const { config, log } = composed
  const onTrouble = seldom(systemClock, (what, cause) => log.warn('stream.trouble', { reason: what }, cause))
  const metrics = createMetrics()
  const adjudication = await openAdjudication(composed, (rules) => {
    metrics.trouble('adjudication.rule')
    log.error('rule.broken', { reason: rules.join(', ') })
  })
  const deskPool = await composed.deskPool()
  // Connections of its own again: a register that hangs must not keep the desk from its ledger.
  const registerPool = await composed.deskPool()
  const deskEligibility = openEligibility(composed, { ...registerPool, ...createGuardedSql(registerPool, systemClock) })
  await Promise.all([adjudication.eligibility.start(), deskEligibility.start()])
  return {
    ...{ config, log, metrics, randomBytes, ...adjudication },
    pool: await composed.pool(),
    ...{ deskPool, deskEligibility },
    cache: composed.cache(),
    stream: await composed.stream({ onTrouble, onFatal, deskPool }),
    keys: composed.keys(),
    keyedHash: composed.keyedHash(),
    clock: systemClock,
  }
}

/** What decides: ledger, facts and the rulebook, which is kept by its hash from now on. Also for the command line, which has no stream of its own. */
export async function openAdjudication(composed: Composed, onAlarm?: (rules: readonly string[]) => void) {
  const [pool, ledger, engineSha256, release] = await Promise.all([
    composed.pool(),
    composed.ledger(),
    engineHash(),
    thisRelease(),
  ])
  const rulebook = await loadAndKeepRulebook(composed.config.rulebookDir, ledger)
  await ledger.keepEngine({ sha256: engineSha256, ...release })
  const keyedHash = composed.keyedHash()
  const eligibility = openEligibility(composed, pool)
  return {
    ledger,
    eligibility,
    gatherFacts: createGatherFacts({ eligibility, ledger, keyedHash, findCheckIns: createFindCheckIns(pool) }),
    decider: createDecider(rulebook, engineSha256, onAlarm),
    engineSha256,
    rulebook,
    /** Any rulebook that a stored decision was made under, by its hash. */
    openRulebook: createOpenRulebook(ledger, [rulebook]),
  }
}

/** What the register knows, asked through these connections. */
function openEligibility({ config, log, cache, keyedHash }: Composed, pool: PostgresPool): RunningEligibility {
  const { eligibilityFreshMs: freshMs, eligibilityNoneFreshMs: noneFreshMs, eligibilityKeepMs: keepMs } = config
  return createEligibility({
    ...{ pool, log, keyedHash: keyedHash(), clock: systemClock, cache: cache() },
    bounds: { freshMs, noneFreshMs, keepMs },
    isCacheShared: config.cacheUrl !== 'memory:',
  })
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLogger({ level: config.logLevel })
  const composed = compose(config, log, (line) => log.info('store.progress', { reason: line }))
  let stopping = false
  let drain: (deadlineMs: number) => Promise<void> = async () => {}
  const stop = async (exitCode: number, reason: string) => {
    if (stopping) return
    stopping = true
    log.info('stopping', { reason })
    // Whatever is unfinished is safe: the drain is politeness and has a bound.
    setTimeout(() => process.exit(exitCode || 1), config.drainMsMax).unref()
    await drain(config.drainMsMax * DRAIN_SHARE_OF_A_ROLE).catch((cause: unknown) => log.error('drain.failed', {}, cause))
    await composed.close()
    log.info('stopped')
    log.flush()
    process.exit(exitCode)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(0, signal))
  try {
    for (const port of [config.port, config.metricsPort ?? 0]) await checkPort(config.host, port)
    drain = await startRoles(composed, (reason) => void stop(1, reason))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown'
    log.error('start.failed', { reason }, cause)
    process.stderr.write(`the gateway did not start: ${reason}\n`)
    await stop(1, 'start failed')
  }
}

if (import.meta.main) {
  try {
    await main()
  } catch (cause) {
    if (!(cause instanceof InvalidConfig)) throw cause
    process.stderr.write(`${cause.message}\n`)
    process.exit(2)
  }
}
