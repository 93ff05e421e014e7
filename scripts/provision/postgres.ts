import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'

/** A PostgreSQL of this run alone, on the loopback, gone with its data when this process is gone (also by SIGKILL). */
export interface RunningPostgres {
  readonly url: string
  /** SIGKILL: connections are reset, nothing answers. */
  kill(): Promise<void>
  /** SIGSTOP to the server and its processes: a black hole; connections stay open, new ones wait, nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Starts it again after `kill`, on the same port with the same data. */
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL from the programs of the embedded default, or hands out the one of `POSTGRES_URL` (whose user must be allowed to
 * make databases; its controls refuse: it is not ours to stop). `own` starts one in any case, for tests that kill it. What was committed
 * survives `kill`; the disk is not waited for.
 */
export async function startTestPostgres(
  progress: (line: string) => void = () => {},
  options: { own?: boolean } = {},
): Promise<RunningPostgres> {
  const given = process.env['POSTGRES_URL']
  if (given && !options.own) {
    progress('PostgreSQL: the server that POSTGRES_URL names')
    const refuse = async () => {
      throw new Error('POSTGRES_URL names a server that this run may not stop')
    }
    return { url: given, kill: refuse, pause: refuse, resume: refuse, start: refuse, stop: async () => {} }
  }
  const folder = await mkdtemp(join(tmpdir(), 'bhyt-test-postgres-'))
  const begin = () => startEmbeddedPostgres(folder, progress, { durable: false, watched: false })
  let server = await begin().catch(async (cause: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw cause
  })
  const guard = guardOf(folder)
  const signal = async (name: NodeJS.Signals) => {
    const pid = await postmasterPid(folder)
    for (const one of [pid, ...childrenOf(pid)]) process.kill(one, name)
  }
  return {
    url: server.url,
    kill: async () => {
      const pid = await postmasterPid(folder)
      // One of its children may answer for a moment longer, until it sees that it is alone.
      for (const one of [pid, ...childrenOf(pid)]) killIfThere(one)
      while (isThere(pid)) await new Promise((done) => setTimeout(done, 20))
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    start: async () => {
      server = await begin()
    },
    stop: async () => {
      await server.stop().catch(() => {})
      await guard.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function postmasterPid(folder: string): Promise<number> {
  return Number.parseInt(await readFile(pidFile(folder), 'utf8'), 10)
}
const pidFile = (folder: string) => join(folder, 'postgres', 'data', 'postmaster.pid')

function childrenOf(parent: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))
}

function killIfThere(pid: number): void {
  if (isThere(pid)) process.kill(pid, 'SIGKILL')
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A shell that reads a pipe which only we hold: when we die in whatever way, it ends the server and removes its data. */
function guardOf(folder: string): { end(): Promise<void> } {
  const script = 'cat >/dev/null; kill -QUIT $(head -n 1 "$1" 2>/dev/null) 2>/dev/null && sleep 1; rm -rf "$2"'
  const guard = spawn('sh', ['-c', script, 'guard', pidFile(folder), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const gone = new Promise<void>((done) => guard.once('exit', () => done()))
  guard.unref()
  return {
    end: async () => {
      guard.stdin.end()
      await gone
    },
  }
}
