import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { say } from '../support/run.ts'
import { benchAccept } from './accept.ts'
import { benchCheckIn } from './check-in.ts'
import { type Figure, figureTable } from './figures.ts'
import { benchLatency } from './latency.ts'
import type { BenchOptions } from './options.ts'
import { benchPipeline } from './pipeline.ts'
import { benchRules } from './rules.ts'
import { benchDecide } from './rules-decide.ts'

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Figure[]>>> = {
  accept: benchAccept,
  pipeline: benchPipeline,
  rules: benchRules,
  decide: benchDecide,
  latency: benchLatency,
  'check-in': benchCheckIn,
}

const HELP = `Measures the gateway on this machine. Nothing else should run on it.

node scripts/bench/main.ts [accept] [pipeline] [rules] [decide] [latency] [check-in]   all of them when none is named
  --seconds N      length of each measurement (10)
  --repeats N      measurements of each figure (5)
  --size NAME      small, typical or large claims (small)
  --connections N  of the closed loop (512)
  --members N      people of the register (10000)
  --out FILE       figures as JSON
  --rate N         check-ins a second (300)
  --count N        check-ins of each run (10000)
  --claims N       claims a second beside them (200)
  --chip N         per cent of them by chip (10)
  --only NAME      check-in: of its four runs this one: warm, redis, slow or down
  --profile DIR    CPU profiles of ingest and adjudication (pipeline, check-in); they slow it down
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '5' },
    size: { type: 'string', default: 'small' },
    connections: { type: 'string', default: '512' },
    members: { type: 'string', default: '10000' },
    out: { type: 'string' },
    profile: { type: 'string' },
    rate: { type: 'string', default: '300' },
    count: { type: 'string', default: '10000' },
    claims: { type: 'string', default: '200' },
    chip: { type: 'string', default: '10' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES)
const unknown = names.filter((name) => !(name in BENCHES))
if (values.help || unknown.length > 0) {
  process.stdout.write(HELP)
  process.exit(unknown.length > 0 ? 2 : 0)
}
const options: BenchOptions = {
  seconds: Number(values.seconds),
  warmUpS: 3,
  repeats: Number(values.repeats),
  size: values.size as BenchOptions['size'],
  connections: Number(values.connections),
  members: Number(values.members),
  profile: values.profile,
  desk: {
    rate: Number(values.rate),
    count: Number(values.count),
    claims: Number(values.claims),
    chip: Number(values.chip),
    only: values.only,
  },
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`
const found: Record<string, Figure[]> = {}
for (const name of names) {
  say(`${name} …`)
  found[name] = await BENCHES[name]!(options)
  process.stdout.write(`\n### ${name}, ${options.size} claims (${machine})\n\n${figureTable(found[name])}\n`)
}
if (values.out) writeFileSync(values.out, `${JSON.stringify({ machine, options, found }, undefined, 2)}\n`)
