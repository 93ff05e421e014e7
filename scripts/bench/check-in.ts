import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../../src/platform/postgres.ts'
import { root, say } from '../support/run.ts'
import { cpuByName } from './cpu.ts'
import type { Figure } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { lastLine } from './programs.ts'
import { type Stack, startStack } from './stack.ts'

interface Percentiles {
  readonly count: number
  readonly percentiles: readonly { readonly percentile: number; readonly ms: number }[]
}
interface DeskReport {
  readonly sound: boolean
  readonly settings: { readonly rate: number; readonly warmUpS: number }
  readonly checkIns: {
    readonly offered: number
    readonly outcomes: Readonly<Record<string, number>>
    readonly sources: Readonly<Record<string, number>>
    readonly failures: Readonly<Record<string, number>>
    readonly reasons: Readonly<Record<string, number>>
    readonly late: number
    readonly dropped: number
    readonly latency: Readonly<Record<'all' | 'card' | 'chip' | 'challenge', Percentiles>>
  }
  readonly again: {
    readonly sent: number
    readonly changed: readonly string[]
    readonly doubled: readonly string[]
    readonly unrecorded: number
  }
  readonly claims?: { readonly summary: { readonly latency: { readonly decided: Percentiles } } }
}

/** One state of what stands behind the desk. */
interface Run {
  readonly name: 'warm' | 'redis' | 'slow' | 'down'
  readonly title: string
  readonly goal?: string
  /** Copies of everybody are made anew before it: the run before it has emptied Redis. */
  readonly preload?: boolean
  /** Of the ingest process, in this run alone. */
  readonly env?: Readonly<Record<string, string>>
  /** Brings the state about. @returns what ends it */
  begin(stack: Stack): Promise<() => Promise<void>>
}
/** Copies are old at once, so that every check-in wants to ask the register. */
const OLD_AT_ONCE = { GATEWAY_ELIGIBILITY_FRESH_MS: '1000', GATEWAY_ELIGIBILITY_NONE_FRESH_MS: '1000' }
const nothing = async () => {}

const RUNS: readonly Run[] = [
  { name: 'warm', title: 'Redis warm', goal: 'p99 < 50 ms', begin: async () => nothing },
  {
    name: 'redis',
    title: 'Redis stopped',
    async begin({ redis }) {
      await redis.kill()
      return () => redis.restart()
    },
  },
  {
    name: 'slow',
    title: 'register slow (5 s)',
    preload: true,
    env: OLD_AT_ONCE,
    begin: ({ storeUrl }) => slowRegister(storeUrl),
  },
  {
    name: 'down',
    title: 'register down (Postgres killed)',
    env: OLD_AT_ONCE,
    async begin({ postgres }) {
      await postgres.kill()
      return () => postgres.start()
    },
  },
]

/** Holds the table of members for 5 s, lets go for a moment, and again: whoever reads it waits. Every other table answers. */
async function slowRegister(storeUrl: string): Promise<() => Promise<void>> {
  const pool = createPool({ url: storeUrl, max: 1, applicationName: 'bench', timeouts: { statementMs: 60_000, lockMs: 60_000 } })
  let ended = false
  const holding = (async () => {
    while (!ended) {
      await pool
        .transaction(async (sql) => {
          await sql.query('LOCK TABLE register_member IN ACCESS EXCLUSIVE MODE')
          await sql.query('SELECT pg_sleep(5)')
        })
        .catch(() => {})
    }
  })()
  return async () => {
    ended = true
    await holding
    await pool.close()
  }
}

/** Check-ins by the open loop of the load harness, with claims beside them, in four states of what stands behind the desk. */
export async function benchCheckIn(options: BenchOptions): Promise<Figure[]> {
  const { only } = options.desk
  const stack = await startStack({ ...options, citizens: 100 })
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-bench-'))
  const figures: Figure[] = []
  try {
    // Whom nobody has asked for yet is in no copy.
    const before = cpuByName(stack.pids())
    const preload = await load(stack, options, folder, 'preload', { count: options.members, claims: 0 })
    figures.push(...cpuFigures(before, cpuByName(stack.pids()), preload))
    for (const run of RUNS.filter(({ name }) => only === undefined || name === only)) {
      if (run.preload && only === undefined) await load(stack, options, folder, 'again', { count: options.members, claims: 0 })
      if (run.env) await stack.restartIngest(run.env)
      const values: DeskReport[] = []
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        values.push(await loadDuring(run, stack, options, folder, `${run.name}${repeat}`))
        say(`${run.title}: ${shown(values.at(-1)!)}`)
      }
      figures.push(...figuresOf(run, values))
    }
  } finally {
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

/**
 * The state holds from the first check-in that counts to the last: claims wait for the register and for Postgres, and are decided when they
 * are back.
 */
async function loadDuring(run: Run, stack: Stack, options: BenchOptions, folder: string, name: string): Promise<DeskReport> {
  const { count, claims, rate } = options.desk
  let state = Promise.resolve()
  const begin = () => {
    state = run.begin(stack).then(async (end) => {
      await new Promise((done) => setTimeout(done, (count / rate) * 1_000))
      await end()
    })
    state.catch(() => {})
  }
  const report = await load(stack, options, folder, name, { count, claims }, (line) => {
    if (line.startsWith(`${count} check-ins at `)) begin()
  })
  await state
  return report
}

/** Warm-up and second sendings are check-ins as well, nearly; so is what the recorder does for them. */
function cpuFigures(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  report: DeskReport,
): Figure[] {
  const count = report.checkIns.offered + report.settings.rate * report.settings.warmUpS + report.again.sent
  const each = Object.entries(after).map(([name, us]) => [name, (us - (before[name] ?? 0)) / count] as const)
  const shown = [['all but the client', each.reduce((sum, [, us]) => sum + us, 0)] as const, ...each]
  return shown.map(([name, us]) => ({ name: `CPU a check-in, nothing beside: ${name}`, unit: 'µs', values: [us] }))
}

async function load(
  stack: Stack,
  { desk, members, size }: BenchOptions,
  folder: string,
  name: string,
  { count, claims }: { count: number; claims: number },
  heard?: (line: string) => void,
): Promise<DeskReport> {
  const args = [
    ...['check-ins', '--url', `http://127.0.0.1:${stack.ingestPort}`, '--client-file', stack.clientFile],
    ...['--rate', String(desk.rate), '--count', String(count), '--with-claims', String(claims), '--mix', `${size}=100`],
    ...['--chip', String(desk.chip), '--deck', stack.deck!, '--members', String(members), '--settle', '30'],
    ...['--out', join(folder, name), '--json'],
  ]
  return JSON.parse(await lastLine(join(root, 'load/main.ts'), args, heard)) as DeskReport
}

const at = ({ percentiles }: Percentiles, percentile: number) =>
  percentiles.find((one) => one.percentile === percentile)?.ms ?? Number.NaN

function figuresOf({ title, goal }: Run, reports: readonly DeskReport[]): Figure[] {
  const of = (name: string, unit: string, value: (report: DeskReport) => number, wanted?: string): Figure => ({
    name: `${title}: ${name}`,
    unit,
    values: reports.map(value),
    ...(wanted === undefined ? {} : { goal: wanted }),
  })
  const time = (percentile: number) => (report: DeskReport) => at(report.checkIns.latency.all, percentile)
  const outcome =
    (...names: string[]) =>
    ({ checkIns }: DeskReport) =>
      names.reduce((sum, name) => sum + (checkIns.outcomes[name] ?? 0), 0)
  return [
    of('p50', 'ms', time(50)),
    of('p99', 'ms', time(99), goal),
    of('p99.9', 'ms', time(99.9)),
    of('p99 by chip', 'ms', ({ checkIns }) => at(checkIns.latency.chip, 99)),
    of('admitted', '', outcome('admitted')),
    of('provisional', '', outcome('provisional')),
    of('turned away, shed, faulty, no answer', '', outcome('turned-away', 'shed', 'faulty', 'broken'), '0'),
    of(
      'doubled or changed when sent again, recorded nowhere',
      '',
      ({ again }) => again.changed.length + again.doubled.length + again.unrecorded,
      '0',
    ),
    of('claims beside: p99', 'ms', ({ claims }) => (claims ? at(claims.summary.latency.decided, 99) : Number.NaN)),
  ]
}

function shown({ checkIns, again, sound, claims }: DeskReport): string {
  const { all } = checkIns.latency
  const found = { ...checkIns.outcomes, late: checkIns.late, dropped: checkIns.dropped, sources: checkIns.sources }
  const more = {
    reasons: checkIns.reasons,
    failures: checkIns.failures,
    again: { ...again, changed: again.changed.length, doubled: again.doubled.length },
  }
  const claimsP99 = claims ? at(claims.summary.latency.decided, 99) : undefined
  return `p50 ${at(all, 50)}, p99 ${at(all, 99)}, p99.9 ${at(all, 99.9)} ms, ${JSON.stringify({ ...found, ...more, claimsP99 })}, ${sound ? 'sound' : 'NOT SOUND'}`
}
