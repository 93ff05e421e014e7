import { spawnSync } from 'node:child_process'
import { bin, root, say } from './support/run.ts'

/** `npm run check`: the fast loop. Format, lint, types, and every test that needs no service but the embedded Postgres. */
const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['Format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['Types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['Tests without services', bin('vitest'), ['run', '--project', 'pure', '--project', 'embedded', ...process.argv.slice(2)]],
]
for (const [name, program, args] of steps) {
  say(`${name} …`)
  const run = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (run.status !== 0) {
    say(`${name} failed`)
    process.exit(1)
  }
}
say('all good')
