import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { isAlive, withLock } from './embedded-postgres-lock.ts'
import { findPrograms, isReachable, type Programs, type RunAs, unprivileged } from './embedded-postgres-programs.ts'
import { createPool } from './postgres.ts'

export interface EmbeddedPostgres {
  /** The database of the gateway; valid until the machine restarts, whoever starts or adopts the server. */
  readonly url: string
  /** Goes away from the server, and ends it if nobody else is connected. Close your own pools first. */
  stop(): Promise<void>
}
export interface EmbeddedOptions {
  /** For tests alone: what was committed may be lost when the machine (not a process) dies. */
  readonly durable?: boolean
  /** For tests that kill the server and want it dead: nobody starts it again. */
  readonly watched?: boolean
}

/** Kept next to the data, mode 0600: what a later start or another process needs to find the server. */
interface Settings {
  /** Folder of the server's own user: `data/`, `server.log`. Elsewhere only when that user cannot reach the data folder. */
  readonly home: string
  readonly port: number
  readonly password: string
}
interface Server extends Settings {
  readonly user: RunAs | undefined
  readonly programs: Programs
  readonly durable: boolean
}

const SUPERUSER = 'gateway'
/** Where data goes that the server's user cannot reach under the folder that was named (below the temporary folder: there). */
const HOME_ELSEWHERE = '/var/lib/bhyt-gateway'
const START_MS_MAX = 60_000
const LAUNCHES_MAX = 20
const RELAUNCH_MS = 500
const STOP_S_MAX = 30
const POLL_MS = 50
const LINGER_MS_MAX = 3_000
/** Begins the name of the connection that each process holds as long as it uses the server. */
const PRESENCE = 'bhyt-embedded-presence'
const WATCH_MS = 1_000
const LOG_BYTES_MAX = 10 * 1024 * 1024

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
const urlOf = ({ port, password }: Settings) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`

/**
 * A PostgreSQL of this data folder: adopted if one runs on it (left behind by a killed gateway, or used by another process now), else
 * started, on the loopback with a random password, as a process of its own. While we are there it is started again should it die.
 * @param progress one line for each slow step
 * @throws Error that says what to do
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  progress: (line: string) => void = () => {},
  options: EmbeddedOptions = {},
): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir)
  await mkdir(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const { server, presence } = await withLock(folder, async () => {
    const running = await ensureRunning(await prepare(folder, progress, options), folder, progress)
    return { server: running, presence: await beThere(running) }
  })
  const watcher =
    options.watched === false
      ? undefined
      : watch(server, () => withLock(folder, () => ensureRunning(server, folder, progress, false)))
  return {
    url: urlOf(server),
    async stop() {
      await watcher?.stop()
      await withLock(folder, async () => {
        await presence.close()
        if (await isAlone(server, presence.name)) await end(server)
      })
    },
  }
}

async function prepare(folder: string, progress: (line: string) => void, options: EmbeddedOptions): Promise<Server> {
  const file = join(folder, 'postgres.json')
  const kept = await readSettings(file)
  const place = kept?.home ?? join(folder, 'postgres')
  const user = await unprivileged(place)
  const owner = await stat(place).catch(() => undefined)
  if (owner && !user && process.getuid && owner.uid !== process.getuid())
    throw new Error(
      `${place} belongs to another user (uid ${owner.uid}): start the gateway as that user or as root, or name another folder`,
    )
  const settings = kept ?? {
    home: await chooseHome(folder, user, progress),
    port: await freePort(),
    password: randomBytes(24).toString('hex'),
  }
  await mkdir(settings.home, { recursive: true, mode: 0o700 })
  if (user) await chown(settings.home, user.uid, user.gid)
  const server: Server = { ...settings, user, programs: await findPrograms(user, progress), durable: options.durable ?? true }
  const release = await readFile(join(settings.home, 'data', 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (release !== undefined && !kept)
    throw new Error(
      `${settings.home} holds a database, but ${file} with its password is gone: put it back, or name another folder`,
    )
  if (!kept) await keep(folder, settings)
  if (release === undefined) await initialise(server, progress)
  else if (release.trim() !== server.programs.major)
    throw new Error(
      `${settings.home} holds a database of PostgreSQL ${release.trim()}, this is ${server.programs.major}: name another folder`,
    )
  return server
}

async function readSettings(file: string): Promise<Settings | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Settings
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read: it has the port and the password of the database next to it`, { cause })
  }
}

/** Replaced whole; what belonged to somebody else before root came by still does. */
async function keep(folder: string, { home, port, password }: Settings): Promise<void> {
  const file = join(folder, 'postgres.json')
  const owner = await stat(file).catch(() => stat(folder))
  await writeFile(`${file}.new`, JSON.stringify({ home, port, password }), { mode: 0o600 })
  if (process.getuid?.() === 0) await chown(`${file}.new`, owner.uid, owner.gid)
  await rename(`${file}.new`, file)
}

async function chooseHome(folder: string, user: RunAs | undefined, progress: (line: string) => void): Promise<string> {
  if (!user) return join(folder, 'postgres')
  if (!(await isReachable(folder, user)) && (await isReachable(join(folder, '..'), user))) {
    await chmod(folder, ((await stat(folder)).mode & 0o777) | 0o011)
    progress(`${folder} may now be passed through (not read) by others: PostgreSQL runs as ${user.name}`)
  }
  if (await isReachable(folder, user)) return join(folder, 'postgres')
  const random = randomBytes(6).toString('hex')
  const temporary = folder.startsWith(`${tmpdir()}/`) && (await isReachable(tmpdir(), user))
  const home = temporary ? join(tmpdir(), `bhyt-gateway-${random}`) : join(HOME_ELSEWHERE, random)
  if (!temporary) await mkdir(HOME_ELSEWHERE, { recursive: true, mode: 0o711 })
  progress(
    `PostgreSQL runs as ${user.name}, who cannot reach ${folder}: its data lies in ${home}, as ${join(folder, 'postgres.json')} says`,
  )
  return home
}

/** Made beside and then renamed, so that a half-made one is never taken for a whole. */
async function initialise(server: Server, progress: (line: string) => void): Promise<void> {
  const { home, user, programs, password, durable } = server
  progress(`making a PostgreSQL database in ${home}`)
  for (const name of await readdir(home))
    if (name.startsWith('new-')) await rm(join(home, name), { recursive: true, force: true })
  const made = join(home, `new-${process.pid}`)
  const passwordFile = `${made}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user) await chown(passwordFile, user.uid, user.gid)
  const options = [
    '-D',
    made,
    '-U',
    SUPERUSER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
  ]
  try {
    await promisify(execFile)(programs.initdb, durable ? options : [...options, '--no-sync'], as(server))
  } catch (cause) {
    const { stderr } = cause as { stderr?: string }
    throw new Error(`initdb failed in ${home}: ${stderr?.trim().slice(-500) ?? String(cause)}`, { cause })
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rm(join(home, 'data'), { recursive: true, force: true })
  await rename(made, join(home, 'data'))
}

/** Options to run a program as the server's user, in a folder that it can reach. */
function as({ home, user }: Server) {
  const { PATH, SystemRoot } = process.env
  // Not our environment: it may hold secrets, and the server outlives us.
  const env = { ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }), LC_ALL: 'C', PGTZ: 'GMT' }
  return { cwd: home, env, ...(user && { uid: user.uid, gid: user.gid }) }
}

/** Adopts the server of the folder or starts one; resolves when it answers. Only a first start may take another port than the kept one. */
async function ensureRunning(server: Server, folder: string, progress: (line: string) => void, first = true): Promise<Server> {
  const deadline = performance.now() + START_MS_MAX
  let at = server
  let child: ChildProcess | undefined
  let launches = 0
  let trouble: string | undefined
  while (performance.now() < deadline && launches <= LAUNCHES_MAX) {
    const running = await postmaster(at.home)
    if (running?.port !== undefined && running.port !== at.port) {
      at = { ...at, port: running.port }
      await keep(folder, at)
    }
    if (running?.outdated) await end(at)
    else if (running) {
      trouble = await troubleOf(at)
      if (trouble === undefined) return at
    }
    if (!running && (!child || child.exitCode !== null || child.signalCode !== null)) {
      // One that ended at once is tried again: the memory of a killed server may be in use for a moment.
      if (child) await pause(RELAUNCH_MS)
      if (first && !(await isFree(at.port))) {
        at = { ...at, port: await freePort() }
        await keep(folder, at)
      }
      progress(child ? 'starting PostgreSQL again' : 'starting PostgreSQL')
      child = await launch(at)
      launches++
    }
    await pause(POLL_MS)
  }
  const why = trouble ?? (await lastLine(at))
  throw new Error(`PostgreSQL does not start (${why}); see ${join(at.home, 'server.log')}`)
}

/** Nothing that can hold a value of a person reaches the log: no statements, no details, no parameters. */
const SERVER_SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=128MB',
  'wal_buffers=16MB',
  'max_wal_size=1GB',
  'checkpoint_timeout=15min',
  'wal_level=minimal',
  'max_wal_senders=0',
  // `log` lies above `error`: what goes wrong in a statement can quote a value, and is told to whoever sent it.
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_parameter_max_length_on_error=0',
  'log_checkpoints=off',
]
/** A commit is still written before it is answered, so it survives the death of the server; only the disk is not waited for. */
const NOT_DURABLE = ['fsync=off', 'full_page_writes=off']

async function launch(server: Server): Promise<ChildProcess> {
  const logFile = join(server.home, 'server.log')
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  )
  const log = await open(logFile, size > LOG_BYTES_MAX ? 'w' : 'a', 0o600)
  const settings = server.durable ? SERVER_SETTINGS : [...SERVER_SETTINGS, ...NOT_DURABLE]
  const child = spawn(
    server.programs.postgres,
    ['-D', join(server.home, 'data'), '-p', String(server.port), ...settings.flatMap((one) => ['-c', one])],
    { ...as(server), detached: true, stdio: ['ignore', log.fd, log.fd] },
  )
  child.on('error', () => {})
  child.unref()
  await log.close()
  return child
}

async function lastLine({ home }: Server): Promise<string> {
  const text = await readFile(join(home, 'server.log'), 'utf8').catch(() => '')
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}

interface Postmaster {
  /** Not known in the first moments. */
  readonly port: number | undefined
  /** Its programs were removed or replaced under it (an install anew): new connections would fail in odd ways. */
  readonly outdated: boolean
}

/** The live server of the folder by its `postmaster.pid`; a file that names a process which is not it is removed. */
async function postmaster(home: string): Promise<Postmaster | undefined> {
  const data = join(home, 'data')
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  if (!(pid > 0) || !isAlive(pid)) return undefined
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  if (cwd !== undefined && cwd !== (await realpath(data))) {
    // The number was given to another process since.
    await rm(join(data, 'postmaster.pid'), { force: true })
    return undefined
  }
  const program = await readlink(`/proc/${pid}/exe`).catch(() => '')
  return { port: port > 0 ? port : undefined, outdated: program.endsWith(' (deleted)') }
}

/** `undefined` when it answers. */
async function troubleOf(server: Settings): Promise<string | undefined> {
  const pool = createPool({ url: urlOf(server), max: 1, applicationName: 'bhyt-embedded-probe' })
  try {
    return await pool.trouble()
  } finally {
    await pool.close()
  }
}

/** A connection that says that somebody uses the server; it ends with this process, however that ends. */
async function beThere(server: Settings): Promise<{ name: string; close(): Promise<void> }> {
  const name = `${PRESENCE} ${process.pid} ${randomBytes(4).toString('hex')}`
  const pool = createPool({ url: urlOf(server), max: 1, applicationName: name })
  await new Promise<void>((there) => void pool.listen('presence', () => there()))
  return { name, close: () => pool.close() }
}

/** Nobody else is there. What this process has just closed may still show for a while; another user of the folder settles it at once. */
async function isAlone(server: Settings, mine: string): Promise<boolean> {
  const pool = createPool({ url: urlOf(server), max: 1, applicationName: 'bhyt-embedded-probe' })
  const deadline = performance.now() + LINGER_MS_MAX
  try {
    while (performance.now() < deadline) {
      const { rows } = await pool.query<{ present: boolean }>(
        `SELECT starts_with(application_name, $1) AND application_name <> $2 AS present
         FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
        [PRESENCE, mine],
      )
      if (rows.length === 0) return true
      if (rows.some(({ present }) => present)) return false
      await pause(POLL_MS)
    }
    return false
  } catch {
    return false
  } finally {
    await pool.close()
  }
}

async function end(server: Server): Promise<void> {
  const options = ['stop', '-D', join(server.home, 'data'), '-m', 'fast', '-w', '-t', String(STOP_S_MAX)]
  await promisify(execFile)(server.programs.pgCtl, options, as(server))
}

/** Starts the server again when its process is gone. */
function watch(server: Server, restart: () => Promise<unknown>): { stop(): Promise<void> } {
  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= postmaster(server.home)
      .then((found) => (found ? undefined : restart()))
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }, WATCH_MS)
  timer.unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}

const isFree = (port: number): Promise<boolean> =>
  freePort(port).then(
    () => true,
    () => false,
  )

/** A port of the loopback that nobody listens on; with `port`, that one or a failure. */
function freePort(port = 0): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port'))))
    })
  })
}
