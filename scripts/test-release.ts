import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, say } from './support/run.ts'

/**
 * `npm run test:release`: every suite at the size of the release column (more kills, more runs of every property), then faults planted in what computes money, then the benchmarks.
 * Takes hours; nothing else should run on the machine.
 */
const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['Suites at release size', 'test.ts', ['--testTimeout=3600000']],
  ['Planted faults', 'mutate.ts', []],
  ['Benchmarks', join('bench', 'main.ts'), []],
]
let failed = 0
for (const [name, script, args] of steps) {
  say(`${name} …`)
  const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'scripts', script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, BHYT_SIZE: 'release' },
  })
  if (run.status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
