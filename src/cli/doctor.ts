import { statfsSync } from 'node:fs'
import type { Command } from 'commander'
import { loadRulebook } from '../adjudication/rulebook/load.ts'
import { type Config, configTable, InvalidConfig, readConfig } from '../config.ts'
import { listClients } from '../ingest/access/client-records.ts'
import type { Composed } from '../main.ts'
import { systemClock } from '../platform/clock.ts'
import { Failed, printJson, printLine } from './output.ts'
import { withGateway } from './with-gateway.ts'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly says: string
}

const DISK_FREE_MIN = 0.05
const CLOCK_OFF_MS_MAX = 5_000

/** `gateway doctor`: checks configuration and every back end, and says what to do. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check configuration and every back end; says what to do')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  GATEWAY_STREAM_URL=kafka://127.0.0.1:9092 gateway doctor\n')
    .action(doctor)
}

async function doctor({ json }: { json?: boolean }): Promise<void> {
  const checks = await examine()
  if (json) printJson(checks)
  else for (const { name, ok, says } of checks) printLine(`${ok ? '✔' : '✖'} ${name.padEnd(14)} ${says}`)
  const wrong = checks.filter(({ ok }) => !ok).length
  if (wrong > 0) throw new Failed(`${wrong} of ${checks.length} checks want something done`)
}

async function examine(): Promise<readonly Check[]> {
  let config: Config
  try {
    config = readConfig(process.env)
  } catch (cause) {
    if (!(cause instanceof InvalidConfig)) throw cause
    return [{ name: 'configuration', ok: false, says: cause.message }]
  }
  const checks: Check[] = [
    { name: 'configuration', ok: true, says: `role ${config.role}, profile ${config.profile}` },
    { name: 'node', ok: Number(process.versions.node.split('.')[0]) >= 24, says: `${process.version} (24 or newer is needed)` },
  ]
  const check = async (name: string, ask: () => Promise<string>, advice = '', needs?: string) => {
    if (needs && checks.some((one) => one.name === needs && !one.ok)) {
      checks.push({ name, ok: false, says: `not checked: it needs the ${needs}` })
      return
    }
    try {
      checks.push({ name, ok: true, says: await ask() })
    } catch (cause) {
      checks.push({
        name,
        ok: false,
        says: [cause instanceof Error ? cause.message : String(cause), advice].filter(Boolean).join('; '),
      })
    }
  }
  const at = new Map<string, string>(
    configTable(process.env).map(({ name, value, default: usual }) => [name, `${name}=${value ?? usual}`]),
  )
  const look = (name: string) => `is it running, and is ${at.get(name)} right?`
  await withGateway(async (composed) => {
    await check('keys', async () => {
      composed.keys()
      return `in ${config.keysDir}; keep the member secret with the backups of the ledger`
    })
    await check(
      'rulebook',
      async () => `version ${(await loadRulebook(config.rulebookDir)).version}, every value with its legal basis`,
    )
    await check('store', () => storeSays(composed), look('GATEWAY_STORE_URL'))
    await check('clients', () => clientsSay(composed), '', 'store')
    await check('stream', () => streamSays(composed), look('GATEWAY_STREAM_URL'), 'store')
    await check(
      'cache',
      async () => {
        await answersSoon(() => composed.cache().getMany(['doctor']))
        return config.cacheUrl === 'memory:' ? 'in the process' : 'answers'
      },
      look('GATEWAY_CACHE_URL'),
    )
    await check('disk', async () => diskSays(config))
  }, config)
  return checks
}

/** A cache that has just been opened may still be connecting: it has a moment. */
async function answersSoon(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ask()
      return
    } catch (cause) {
      if (attempt >= 30) throw cause
      await systemClock.sleep(100)
    }
  }
}

async function storeSays(composed: Composed): Promise<string> {
  const pool = await composed.pool()
  const { rows } = await pool.query<{ version: string; now_ms: number }>(
    "SELECT current_setting('server_version') AS version, (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now_ms",
  )
  const { version, now_ms: storeMs } = rows[0]!
  const offMs = Math.abs(Date.now() - storeMs)
  if (Number(version.split('.')[0]) < 16) throw new Error(`PostgreSQL ${version} is too old: 16 or newer is needed`)
  if (offMs > CLOCK_OFF_MS_MAX)
    throw new Error(
      `the clocks of this machine and of PostgreSQL differ by ${Math.round(offMs / 1000)} s: set up time synchronisation`,
    )
  return `PostgreSQL ${version}, migrations applied`
}

async function clientsSay(composed: Composed): Promise<string> {
  const live = (await listClients(await composed.pool())).filter(({ revokedAt }) => revokedAt === null).length
  return live > 0 ? `${live} may call` : 'none yet: gateway clients add --facility 01999'
}

async function streamSays(composed: Composed): Promise<string> {
  const stream = await composed.stream({ onTrouble: () => {}, onFatal: () => {} })
  const ends = await stream.ends('claims.submitted.v1')
  const ledger = await composed.ledger()
  const next = await ledger.offsets('claims.submitted.v1', [...ends.keys()])
  const waiting = [...ends].reduce((sum, [partition, end]) => sum + Math.max(0, end - (next.get(partition) ?? 0)), 0)
  const missing = [...ends].filter(([partition, end]) => (next.get(partition) ?? 0) > end).map(([partition]) => partition)
  if (missing.length > 0)
    throw new Error(
      `partitions ${missing.join(', ')} end below what the ledger expects: was the topic made anew? See docs/operations.md, then gateway stream reset`,
    )
  return `${ends.size} partitions, ${waiting} claims wait to be decided`
}

function diskSays({ storeUrl }: Config): string {
  const folder = storeUrl.startsWith('embedded:') ? storeUrl.slice('embedded:'.length) : '.'
  const { bavail, blocks, bsize } = statfsSync(folder)
  const free = bavail / blocks
  const says = `${Math.round(free * 100)} % free (${Math.round((bavail * bsize) / 2 ** 30)} GiB)`
  if (free < DISK_FREE_MIN) throw new Error(`${says}: make room`)
  return says
}
