import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { type Fault, faultsOf, plant } from './mutation/plant.ts'
import { root, say } from './support/run.ts'

/**
 * Plants faults in what computes money, one at a time, and runs the tests of rules and adjudication on each: every fault must be found.
 * Faults that change nothing anyone could see stand in `equivalent.yaml`, each with the reason.
 */
const { values } = parseArgs({
  options: {
    files: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '2' },
    every: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  say(`node scripts/mutate.ts [--files src/domain/money.ts --files …] [--jobs 2] [--every 10] [--list]
  --files  instead of all that compute money   --every N  only each N-th fault   --list  print the faults, run nothing
Example: node scripts/mutate.ts --files src/adjudication/stages/settle.ts`)
  process.exit(0)
}

const moneyFiles = [
  'src/domain/money.ts',
  'src/domain/calendar.ts',
  'src/domain/rulebook.ts',
  ...['adjudicate', 'fold'].map((name) => `src/adjudication/${name}.ts`),
  ...[
    'beds',
    'benefits',
    'cards',
    'catalogue',
    'context',
    'cost-sharing',
    'derive-money',
    'derive-route',
    'duplicates',
    'eligibility',
    'entitlement',
    'exams',
    'formula',
    'in-force',
    'integrity',
    'listing',
    'merge',
    'operations',
    'overlaps',
    'package',
    'price',
    'route',
    'scope',
    'settle',
    'slips',
    'totals',
  ].map((name) => `src/adjudication/stages/${name}.ts`),
]
/** One run of the tests; a fault that makes them hang is found too. */
const RUN_MS_MAX = 180_000

interface Planted extends Fault {
  readonly file: string
  readonly text: string
}
interface Equivalent {
  readonly file: string
  /** The line as it stands, without blanks around it. */
  readonly line: string
  readonly after: string
  readonly why: string
}

async function allFaults(): Promise<readonly Planted[]> {
  const equivalent = (parse(await readFile(join(root, 'scripts/mutation/equivalent.yaml'), 'utf8')) ??
    []) as readonly Equivalent[]
  const perFile = await Promise.all(
    (values.files ?? moneyFiles).map(async (file) => {
      const source = await readFile(join(root, file), 'utf8')
      const lines = source.split('\n')
      return faultsOf(source).map((fault) => ({ ...fault, file, text: lines[fault.line - 1]!.trim() }))
    }),
  )
  const known = (fault: Planted) =>
    equivalent.some(({ file, line, after }) => file === fault.file && line === fault.text && after === fault.after)
  return perFile.flat().filter((fault) => !known(fault))
}

async function makeCopy(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bhyt-faults-'))
  for (const name of [
    'src',
    'test',
    'rulebook',
    'schemas',
    'scripts',
    'docs',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    await cp(join(root, name), join(dir, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  return dir
}

/** Rules first: they find most. The property tests are slower and come last. */
const suites = ['test/domain', 'test/rules/rules.test.ts', 'test/adjudication']

function isFound(dir: string): Promise<boolean> {
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'pure',
    '--bail',
    '1',
    '--reporter',
    'dot',
    ...suites,
  ]
  const child = spawn(process.execPath, args, { cwd: dir, stdio: 'ignore', detached: true })
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), RUN_MS_MAX)
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code !== 0)
    })
  })
}

async function worker(queue: Planted[], missed: Planted[], progress: () => void): Promise<void> {
  const dir = await makeCopy()
  try {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      const path = join(dir, fault.file)
      const source = await readFile(path, 'utf8')
      await writeFile(path, plant(source, fault))
      if (!(await isFound(dir))) missed.push(fault)
      await writeFile(path, source)
      progress()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const describeFault = ({ file, line, before, after, text }: Planted) => `${file}:${line}  ${before} → ${after}   ${text}`

const faults = (await allFaults()).filter((_, index) => index % Number(values.every) === 0)
if (values.list) for (const fault of faults) say(describeFault(fault))
else {
  const clean = await makeCopy()
  if (await isFound(clean)) throw new Error('the tests fail without any fault planted')
  await rm(clean, { recursive: true, force: true })
  const queue = [...faults]
  const missed: Planted[] = []
  let done = 0
  const progress = () => {
    done += 1
    if (done % 20 === 0) say(`${done} of ${faults.length} planted, ${missed.length} not found`)
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, () => worker(queue, missed, progress)))
  for (const fault of missed) say(`NOT FOUND ${describeFault(fault)}`)
  say(`${faults.length} faults planted, ${faults.length - missed.length} found`)
  process.exitCode = missed.length === 0 ? 0 : 1
}
