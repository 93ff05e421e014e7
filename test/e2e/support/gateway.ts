import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../../../src/main.ts')
const OUTPUT_KEPT = 64 * 1024

export interface GatewayProcess {
  readonly url: string
  /** Starts it (again, on the same port). Does not wait. */
  start(): void
  /** Resolves when `/readyz` says so. @throws with the end of its log */
  ready(withinMs: number): Promise<void>
  /** What `/readyz` says; `undefined` when it does not answer. */
  readiness(): Promise<{ readonly status: number; readonly reasons: readonly string[] } | undefined>
  pid(): number | undefined
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code. */
  drain(): Promise<number | null>
  /** How often it ended by itself, which only a watchdog may do. */
  endedByItself(): number
  log(): string
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A gateway process of its own, configured by the environment alone, as it would run anywhere. */
export async function createGateway(
  role: 'all' | 'ingest' | 'adjudication',
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let output = ''
  let expected = false
  let endedByItself = 0

  const keep = (piece: Buffer) => {
    output = (output + piece.toString()).slice(-OUTPUT_KEPT)
  }
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    expected = true
    const gone = once(child, 'exit')
    child.kill(signal)
    const [code] = (await gone) as [number | null]
    return code
  }
  async function readiness() {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    if (!response) return undefined
    const body = (await response.json().catch(() => ({}))) as { reasons?: string[] }
    return { status: response.status, reasons: body.reasons ?? [] }
  }

  return {
    url,
    readiness,
    start() {
      expected = false
      const started = spawn(process.execPath, [main], {
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env, GATEWAY_ROLE: role, GATEWAY_PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      running.add(started)
      started.stdout.on('data', keep)
      started.stderr.on('data', keep)
      started.once('exit', (code) => {
        running.delete(started)
        if (expected) return
        endedByItself++
        output += `\n[ended by itself with ${code}]\n`
      })
    },
    async ready(withinMs) {
      for (const deadline = performance.now() + withinMs; performance.now() < deadline; await pause(50))
        if ((await readiness())?.status === 200) return
      throw new Error(`${role} was not ready within ${withinMs} ms:\n${output.slice(-4_000)}`)
    },
    pid: () => child?.pid,
    kill: async () => {
      await end('SIGKILL')
    },
    drain: () => end('SIGTERM'),
    endedByItself: () => endedByItself,
    log: () => output,
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}

/** Asks until the answer is there. @throws Error naming `what` after `withinMs` */
export async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + withinMs; ; await pause(50)) {
    const found = await ask()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
  }
}
