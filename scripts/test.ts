import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provisionChromium } from './provision/chromium.ts'
import { provisionKafka } from './provision/kafka.ts'
import { provisionRedis } from './provision/redis.ts'
import { bin, root, say } from './support/run.ts'

/**
 * `npm test`: fetches what the tests need (cached), then format and lint, types, and every suite on real Kafka, Redis and Postgres
 * and on the embedded default. Ends with one line `N passed, N failed`.
 */
const startedAt = Date.now()
const tally = { passed: 0, failed: 0 }

function step(name: string, program: string, args: readonly string[]): void {
  say(`${name} …`)
  const run = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (run.status === 0) tally.passed++
  else tally.failed++
}

async function provision(): Promise<boolean> {
  let complete = true
  for (const [name, get] of [
    ['Kafka', () => provisionKafka(say)],
    ['Redis', () => provisionRedis(say)],
    ['Chromium', () => provisionChromium(say)],
  ] as const) {
    try {
      await get()
    } catch (cause) {
      complete = false
      tally.failed++
      say(`${name} cannot be had: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
  return complete
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numFailedTestSuites: number
  readonly success: boolean
}

function suites(): void {
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-test-'))
  const file = join(folder, 'report.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)]
  const run = spawnSync(bin('vitest'), args, { cwd: root, stdio: 'inherit' })
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport
    const leftOut = report.numPendingTests + report.numTodoTests
    if (leftOut > 0) say(`${leftOut} tests were left out: that counts as failed`)
    tally.passed += report.numPassedTests
    tally.failed += report.numFailedTests + leftOut
    // A file that cannot be loaded, or an error outside a test, has no test of its own to fail.
    if (run.status !== 0 && report.numFailedTests + leftOut === 0) tally.failed += Math.max(1, report.numFailedTestSuites)
  } catch {
    say('vitest left no report')
    tally.failed++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

say('Checking what the tests need: Kafka, Redis, Postgres, Chromium')
if (await provision()) {
  step('Format and lint', bin('biome'), ['check', '--error-on-warnings', '.'])
  step('Types', bin('tsc'), ['--noEmit', '-p', '.'])
  say('Suites on real Kafka, Redis and Postgres and on the embedded default')
  suites()
}
say(`took ${Math.round((Date.now() - startedAt) / 1000)} s`)
process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
process.exitCode = tally.failed === 0 ? 0 : 1
