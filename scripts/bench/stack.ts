import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deckMemberLine, readDeck } from '../../load/check-ins/deck.ts'
import { facilityLine, memberBlocks } from '../../load/register.ts'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { startKafka } from '../provision/kafka.ts'
import { type RunningRedis, startRedis } from '../provision/redis.ts'
import { root } from '../support/run.ts'

/** Real Kafka, Redis and Postgres (one broker; Postgres with fsync) and one ingest and one adjudication process on them. */
export interface Stack {
  readonly brokers: string
  readonly ingestPort: number
  /** A token, asked for anew. */
  token(): Promise<string>
  readonly clientFile: string
  /** Root of each process tree, by name. */
  pids(): Record<string, number>
  /** Synthetic cards whose holders the register knows, where they were asked for. */
  readonly deck: string | undefined
  readonly redis: Pick<RunningRedis, 'kill' | 'restart'>
  readonly storeUrl: string
  /** SIGKILL to Postgres, and its start again on the same port. */
  readonly postgres: { kill(): Promise<void>; start(): Promise<void> }
  /** Ends the ingest process and starts it again under these settings as well. */
  restartIngest(more: Readonly<Record<string, string>>): Promise<void>
  /** Ends the adjudication process and starts another program in its place; the gateway itself unless named. */
  useAdjudication(program: string | undefined): Promise<void>
  stop(): Promise<void>
}
export interface StackOptions {
  readonly members: number
  /** Folder for a CPU profile of each process. */
  readonly profile: string | undefined
  /** Makes a synthetic authority with cards of so many people. */
  readonly citizens?: number
}

const FACILITY = '01999'
/** The run without Postgres kills it and wants it dead. */
const UNWATCHED = { watched: false }
/** No bound of a single hospital may bind: here one client stands for all of them. */
const UNBOUND = { GATEWAY_FACILITY_RATE_PER_S: '1000000', GATEWAY_FACILITY_BURST: '1000000', GATEWAY_LOG_LEVEL: 'warn' }

export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-bench-'))
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711)
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const kafka = await startKafka({ brokers: 1, own: true, heapMb: 512 })
    closers.push(() => kafka.stop())
    const redis = await startRedis({ own: true })
    closers.push(() => redis.stop())
    const redisPid = await askRedisPid(redis.url)
    let postgres = await startEmbeddedPostgres(join(folder, 'postgres'), undefined, UNWATCHED)
    closers.push(() => postgres.stop())
    const [ingestPort, adjudicationPort] = [await freePort(), await freePort()]
    const env = {
      ...UNBOUND,
      GATEWAY_STREAM_URL: kafka.url,
      GATEWAY_CACHE_URL: redis.url,
      GATEWAY_STORE_URL: postgres.url,
      GATEWAY_KEYS_DIR: join(folder, 'keys'),
      GATEWAY_TRUST_DIR: options.citizens === undefined ? join(folder, 'trust') : join(folder, 'deck', 'trust'),
    }
    const clientFile = join(folder, 'client.json')
    const deck = options.citizens === undefined ? undefined : join(folder, 'deck')
    writeFileSync(clientFile, await furnish(env, folder, options, deck))
    const main = join(root, 'src/main.ts')
    const run = (role: string, port: number, program: string, more: Readonly<Record<string, string>> = {}) =>
      launch([...(options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : []), program], {
        ...env,
        ...more,
        GATEWAY_ROLE: role,
        GATEWAY_PORT: String(port),
      })
    let ingest = run('ingest', ingestPort, main)
    let adjudication = run('adjudication', adjudicationPort, main)
    closers.push(() => Promise.all([endOf(ingest), endOf(adjudication)]))
    await Promise.all([ready(ingestPort, 60_000), ready(adjudicationPort, 60_000)])
    return {
      brokers: kafka.url.replace('kafka://', ''),
      ingestPort,
      clientFile,
      token: () => askToken(ingestPort, clientFile),
      deck,
      redis,
      storeUrl: postgres.url,
      postgres: {
        kill: () => killed(postmaster(join(folder, 'postgres'))),
        start: async () => {
          const before = postgres
          postgres = await startEmbeddedPostgres(join(folder, 'postgres'), undefined, UNWATCHED)
          // Its connection would be tried again for ever.
          await before.stop()
        },
      },
      restartIngest: async (more) => {
        await endOf(ingest)
        ingest = run('ingest', ingestPort, main, more)
        await ready(ingestPort, 60_000)
      },
      useAdjudication: async (program) => {
        await endOf(adjudication)
        adjudication = run('adjudication', adjudicationPort, program ?? main)
        await ready(adjudicationPort, 60_000)
      },
      pids: () => ({
        ingest: ingest.pid!,
        adjudication: adjudication.pid!,
        kafka: kafka.brokers[0]!.pid()!,
        postgres: postmaster(join(folder, 'postgres')),
        redis: redisPid,
      }),
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** @returns the client's id and secret as JSON */
async function furnish(
  env: Readonly<Record<string, string>>,
  folder: string,
  { members, citizens }: StackOptions,
  deck: string | undefined,
): Promise<string> {
  const at = (name: string) => join(folder, name)
  const gateway = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [join(root, 'src/cli.ts'), ...args], { env: { ...process.env, ...env } })).stdout
  const year = { facility: FACILITY, date: '2026-03-10' }
  if (deck !== undefined) await gateway('trust', 'make-test-authority', '--out', deck, '--citizens', String(citizens))
  const holders = deck === undefined ? [] : readDeck(deck).map((card, index) => `${deckMemberLine(card, index, year)}\n`)
  writeFileSync(at('facilities.ndjson'), `${facilityLine(FACILITY)}\n`)
  writeFileSync(at('members.ndjson'), [...memberBlocks(members, year), ...holders].join(''))
  await gateway('registry', 'import', 'facilities', at('facilities.ndjson'))
  await gateway('registry', 'import', 'members', at('members.ndjson'))
  return gateway('clients', 'add', '--facility', FACILITY, '--json')
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((done) => setTimeout(done, 20))
  }
}

function launch(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  return child
}
async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await gone
  clearTimeout(late)
}

async function ready(port: number, withinMs: number): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; ) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (response?.status === 200) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`the process on port ${port} was not ready within ${withinMs} ms`)
}

async function askToken(port: number, clientFile: string): Promise<string> {
  const { client_id, client_secret } = JSON.parse(readFileSync(clientFile, 'utf8')) as Record<string, string>
  const response = await fetch(`http://127.0.0.1:${port}/v1/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

const postmaster = (folder: string) =>
  Number.parseInt(readFileSync(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10)

/** Redis tells its own process id. */
function askRedisPid(url: string): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) }, () => socket.write('INFO server\r\n'))
    let text = ''
    socket.once('error', fail)
    socket.on('data', (piece) => {
      text += piece.toString()
      const pid = /process_id:(\d+)\r/.exec(text)?.[1]
      if (pid === undefined) return
      socket.destroy()
      done(Number(pid))
    })
  })
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}
