import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const at = (name: string) => join(import.meta.dirname, name)

/** Runs a program of this folder to its end. @returns the JSON of its last line */
export async function run<T>(name: string, args: readonly string[]): Promise<T> {
  return JSON.parse(await lastLine(at(name), args)) as T
}

/**
 * Runs any program of ours to its end, whatever its exit code. `heard` gets what it tells on its way, line by line.
 * @returns its last line of standard output
 */
export async function lastLine(
  program: string,
  args: readonly string[],
  heard: (line: string) => void = () => {},
): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface({ input: child.stderr }).on('line', (line) => {
    process.stderr.write(`${line}\n`)
    heard(line)
  })
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) if (line !== '') last = line
  return last
}

export interface Served {
  readonly port: number
  readonly token: string
  readonly pid: number
  stop(): Promise<void>
}
/** Starts a server of this folder and waits for the line with its port and token; lines before it are its log. */
export async function serve(name: string, args: readonly string[]): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [at(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  const lines = createInterface({ input: child.stdout! })
  const said = await new Promise<{ port: number; token: string }>((done, fail) => {
    lines.on('line', (line) => {
      if (line.startsWith('{"port"')) done(JSON.parse(line) as { port: number; token: string })
    })
    child.once('exit', (code) => fail(new Error(`${name} ended with ${code}`)))
  })
  return {
    ...said,
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}

export interface Blast {
  readonly statuses: Readonly<Record<string, number>>
  readonly warmUpAnswered: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** Of the client, per claim. */
  readonly cpuUs: number
  readonly sent: number
}
export interface BlastOptions {
  readonly port: number
  readonly token: string
  readonly connections: number
  readonly seconds: number
  readonly warmUpS: number
  readonly prefer: string
  readonly size: string
  readonly members: number
  readonly run: string
}
export const blast = (options: BlastOptions): Promise<Blast> =>
  run<Blast>('blast.ts', [
    ...['--port', String(options.port), '--token', options.token, '--connections', String(options.connections)],
    ...['--seconds', String(options.seconds), '--warm-up', String(options.warmUpS), '--prefer', options.prefer],
    ...['--size', options.size, '--members', String(options.members), '--run', options.run],
  ])

/** Everything with another status than what was asked for is a fault of the measurement. @throws Error */
export function allWere(status: string, { statuses }: Blast): void {
  const others = Object.entries(statuses).filter(([one]) => one !== status)
  if (others.length > 0) throw new Error(`not all were answered ${status}: ${JSON.stringify(statuses)}`)
}
