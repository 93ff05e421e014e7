import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readZipEntry } from './zip.ts'

/** A Redis of this run alone: on the loopback, without persistence, gone when this process is gone (also by SIGKILL). */
export interface RunningRedis {
  readonly url: string
  /** SIGKILL: connections are reset, nothing answers. */
  kill(): Promise<void>
  /** SIGSTOP: a black hole; connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>
  /** One command to the server itself. @returns its answer as the protocol has it @throws when the answer is an error */
  command(...words: readonly string[]): Promise<string>
  stop(): Promise<void>
}

const ARTIFACT = 'com.github.codemonstur:embedded-redis:1.4.3'
const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}
const cacheDir = () => resolve(process.env['BHYT_CACHE_DIR'] ?? '.cache')

/**
 * Makes a Redis server program available and says where from, in this order: `REDIS_URL` (a server that runs already), `redis-server`
 * 6.2 or newer on PATH, the program inside a Maven artifact, fetched once into the cache folder.
 * @returns the program, or `undefined` where `REDIS_URL` names a running server
 * @throws with what to do when none can be had
 */
export function provisionRedis(say: (line: string) => void): string | undefined {
  if (process.env['REDIS_URL']) {
    say('Redis: the server that REDIS_URL names')
    return undefined
  }
  return redisProgram(say)
}

function redisProgram(say: (line: string) => void): string {
  const installed = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  const version = /v=(\d+)\.(\d+)/.exec(installed.stdout ?? '')
  if (version && (Number(version[1]) > 6 || (Number(version[1]) === 6 && Number(version[2]) >= 2))) {
    say(`Redis: redis-server ${version[1]}.${version[2]} on PATH`)
    return 'redis-server'
  }
  const name = BINARIES[`${process.platform}-${process.arch}`]
  if (!name)
    throw new Error(
      `no Redis program is known for ${process.platform} on ${process.arch}: install Redis 6.2 or newer, or set REDIS_URL`,
    )
  const program = join(cacheDir(), 'redis', name)
  if (existsSync(program)) {
    say(`Redis: ${name} (cached)`)
    return program
  }
  say(`Redis: fetching ${ARTIFACT} with Maven …`)
  const jar = fetchJar()
  mkdirSync(join(cacheDir(), 'redis'), { recursive: true })
  const unfinished = `${program}.${process.pid}`
  writeFileSync(unfinished, readZipEntry(jar, name))
  chmodSync(unfinished, 0o755)
  renameSync(unfinished, program)
  say(`Redis: ${name}`)
  return program
}

function fetchJar(): string {
  const folder = join(cacheDir(), 'maven')
  const jar = join(folder, 'embedded-redis-1.4.3.jar')
  if (existsSync(jar)) return jar
  mkdirSync(folder, { recursive: true })
  const maven = spawnSync('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${folder}`], {
    encoding: 'utf8',
  })
  if (maven.error || maven.status !== 0 || !existsSync(jar)) {
    const why = maven.error ? maven.error.message : `${maven.stdout}${maven.stderr}`.trim().slice(-600)
    throw new Error(`Redis cannot be had (${why}): install Redis 6.2 or newer, install Maven, or set REDIS_URL`)
  }
  return jar
}

/**
 * Starts a Redis, or hands out the one of `REDIS_URL` (whose controls refuse: it is not ours to stop). `own` starts one in any case, for
 * tests that kill it; `cluster` makes it a Redis Cluster of one node that holds every slot.
 */
export async function startRedis(options: { port?: number; own?: boolean; cluster?: boolean } = {}): Promise<RunningRedis> {
  const given = process.env['REDIS_URL']
  if (given && !options.own) {
    const refuse = () => {
      throw new Error('REDIS_URL names a server that this run may not stop')
    }
    return {
      url: given,
      kill: async () => refuse(),
      pause: refuse,
      resume: refuse,
      restart: async () => refuse(),
      command: async () => refuse(),
      stop: async () => {},
    }
  }
  const program = redisProgram(() => {})
  const port = options.port ?? (await freePort())
  const { cluster = false } = options
  let server = await launch(program, port, cluster)
  return {
    url: `redis${cluster ? '-cluster' : ''}://127.0.0.1:${port}`,
    kill: () => server.end(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    restart: async () => {
      await server.end()
      server = await launch(program, port, cluster)
    },
    command: (...words) => command(port, words),
    stop: () => server.end(),
  }
}

interface Launched {
  signal(name: NodeJS.Signals): void
  end(): Promise<void>
}

/**
 * The shell between us and Redis reads a pipe that only we hold: when we die in whatever way, it ends and takes Redis along.
 */
async function launch(program: string, port: number, cluster: boolean): Promise<Launched> {
  const folder = cluster ? mkdtempSync(join(tmpdir(), 'bhyt-redis-')) : undefined
  const options = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory',
    '256mb',
    '--maxclients',
    '500',
    ...(folder === undefined ? [] : ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--dir', folder]),
  ]
  const guard = spawn(
    'sh',
    [
      '-c',
      '"$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait; rm -rf "$FOLDER"',
      'redis',
      program,
      ...options,
    ],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, FOLDER: folder ?? '' },
    },
  )
  const gone = new Promise<void>((done) => guard.once('exit', () => done()))
  const pid = await firstNumber(guard)
  const launched: Launched = {
    signal: (name) => void process.kill(pid, name),
    end: async () => {
      guard.stdin.end()
      await gone
    },
  }
  try {
    await untilAnswers(port)
    if (cluster) await formCluster(port)
  } catch (cause) {
    await launched.end()
    throw cause
  }
  return launched
}

function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.stdout?.once('data', (data: Buffer) => done(Number.parseInt(data.toString(), 10)))
  })
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

const COMMAND_MS_MAX = 2_000

/** One command over a connection of its own. */
function command(port: number, words: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    let answer = ''
    socket.setTimeout(COMMAND_MS_MAX, () => end(() => fail(new Error('Redis did not answer'))))
    socket.once('error', (cause) => end(() => fail(cause)))
    socket.once('connect', () =>
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`),
    )
    socket.on('data', (data) => {
      answer += data.toString()
      if (answer.endsWith('\r\n')) end(() => (answer.startsWith('-') ? fail(new Error(answer.trim())) : done(answer.trim())))
    })
  })
}

const CLUSTER_SLOTS = 16_384

async function formCluster(port: number): Promise<void> {
  await command(port, ['CLUSTER', 'ADDSLOTS', ...Array.from({ length: CLUSTER_SLOTS }, (_, slot) => `${slot}`)])
  for (let waited = 0; waited < 10_000; waited += 50) {
    if ((await command(port, ['CLUSTER', 'INFO'])).includes('cluster_state:ok')) return
    await pause(50)
  }
  throw new Error('Redis did not form a cluster within 10 s')
}

async function untilAnswers(port: number): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if ((await command(port, ['PING']).catch(() => '')) === '+PONG') return
    await pause(20)
  }
  throw new Error(`Redis did not answer on port ${port} within 10 s`)
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port'))))
    })
  })
}
