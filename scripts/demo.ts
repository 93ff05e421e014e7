import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, submitFile } from '../src/cli/claims.ts'
import { createGatewayClient, credentialsIn, type GatewayClient } from '../src/cli/client.ts'
import {
  checkInByChip,
  claimOfVisit,
  demoTrustFolder,
  demoVisit,
  describeCheckIn,
  prepareDemoAuthority,
  writeDemoMember,
} from './support/demo-check-in.ts'
import { root, say } from './support/run.ts'

/**
 * `npm run demo`: the main job on this machine, everything embedded. Starts the gateway, loads the sample register, files the sample
 * claims over HTTP, checks a citizen in by a simulated chip and files the claim of that visit, prints each answer, and stays up.
 */
const samples = ['01-outpatient-80pct', '03-inpatient-offroute-32pct']
const fixtures = join(root, 'test', 'fixtures')
const clientFile = join(root, 'data', 'demo-client.json')
const port = process.env['GATEWAY_PORT'] ?? '8080'
const host = process.env['GATEWAY_HOST'] ?? '127.0.0.1'
const url = `http://${host}:${port}`
const nodeArguments = ['--disable-warning=ExperimentalWarning']

function startGateway(): ChildProcess {
  const child = spawn(process.execPath, [...nodeArguments, join(root, 'src', 'main.ts')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { GATEWAY_LOG_LEVEL: 'warn', GATEWAY_TRUST_DIR: demoTrustFolder, ...process.env },
  })
  child.on('exit', (code, signal) => {
    if (code !== 0) process.stderr.write(`the gateway ended (${signal ?? `exit ${code}`})\n`)
    process.exit(code ?? 1)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'))
  return child
}

async function untilReady(): Promise<void> {
  const startedAt = Date.now()
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    if (Date.now() - startedAt > 120_000)
      throw new Error(`the gateway was not ready after 120 s: ${(await answer?.text()) ?? 'no answer'}`)
    await new Promise((done) => setTimeout(done, 200))
  }
}

async function gateway(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments, join(root, 'src', 'cli.ts'), ...args], {
    cwd: root,
  })
  return stdout
}

/** The client of an earlier demo on this data folder, or a new one. */
async function demoClient(): Promise<GatewayClient> {
  if (existsSync(clientFile)) {
    const client = await createGatewayClient(url, credentialsIn(clientFile)).catch(() => undefined)
    if (client) return client
  }
  mkdirSync(dirname(clientFile), { recursive: true })
  writeFileSync(clientFile, await gateway('clients', 'add', '--facility', '01999', '--json'), { mode: 0o600 })
  // The gateway learns of a new client within seconds.
  for (let attempt = 0; ; attempt++) {
    try {
      return await createGatewayClient(url, credentialsIn(clientFile))
    } catch (cause) {
      if (attempt >= 50) throw cause
      await new Promise((done) => setTimeout(done, 200))
    }
  }
}

/** A citizen's card on a simulated reader, then the claim of that visit. */
async function checkInAndFile(client: GatewayClient): Promise<void> {
  const visit = demoVisit(Date.now())
  say('laying a simulated citizen card on the reader …')
  const startedAt = performance.now()
  const checkedIn = await checkInByChip(client, visit)
  const ms = Math.round(performance.now() - startedAt)
  process.stdout.write(`\n${describeCheckIn(checkedIn)}\n\n`)
  say(`challenge and check-in answered in ${ms} ms`)
  if ((checkedIn.body as { outcome?: string }).outcome !== 'admitted') throw new Error('the simulated card was not admitted')
  say(`filing the claim of that visit, ${visit.encounterId} …`)
  const { status, body } = await client.post('/v1/claims', 'application/json', claimOfVisit(visit), { prefer: 'wait=15' })
  process.stdout.write(`\n${describe(visit.encounterId, status, body)}\n\n`)
  if (status !== 200) throw new Error('the claim of the visit was not decided')
}

prepareDemoAuthority()
const running = startGateway()
try {
  say('starting the gateway with everything embedded …')
  await untilReady()
  say('loading the sample register: one facility, three members')
  await gateway('registry', 'import', 'facilities', join(fixtures, 'register', 'facilities.ndjson'))
  await gateway('registry', 'import', 'members', join(fixtures, 'register', 'members.ndjson'))
  await gateway('registry', 'import', 'members', writeDemoMember())
  const client = await demoClient()
  for (const sample of samples) {
    const file = join(fixtures, 'samples', `${sample}.xml`)
    say(`filing ${sample}.xml …`)
    const startedAt = performance.now()
    const { status, body } = await submitFile(client, file, 15)
    process.stdout.write(`\n${describe(sample, status, body)}\n\n`)
    say(`answered ${status} in ${Math.round(performance.now() - startedAt)} ms`)
    if (status !== 200) throw new Error(`${sample} was not decided`)
  }
  await checkInAndFile(client)
  process.stdout.write(
    [
      '',
      `API, to read and try:  ${url}/docs`,
      `OpenAPI:               ${url}/openapi.json`,
      `kiosk, reception:      ${url}/kiosk  ${url}/reception`,
      `readiness, metrics:    ${url}/readyz  ${url}/metrics`,
      `credentials:           ${clientFile.slice(root.length + 1)}`,
      'Stop with Ctrl-C.',
      `Ready: ${url}`,
      '',
    ].join('\n'),
  )
} catch (cause) {
  process.stderr.write(`the demo failed: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  running.removeAllListeners('exit')
  running.once('exit', () => process.exit(1))
  running.kill('SIGTERM')
}
