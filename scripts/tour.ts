import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { submitFile } from '../src/cli/claims.ts'
import { createGatewayClient, credentialsIn, type GatewayClient } from '../src/cli/client.ts'
import { provisionChromium } from './provision/chromium.ts'
import { root, say } from './support/run.ts'

/**
 * `node scripts/run.mjs scripts/tour.ts`: files the claim of the tour on a gateway of its own, and puts what it answers into
 * `docs/tour.md` (the explanation as the terminal shows it) and `docs/images/explanation.png` (the page).
 */
const fixtures = join(root, 'test', 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'bhyt-tour-'))
// Passable, so that a Postgres that runs as another user keeps its data in it.
chmodSync(folder, 0o711)
const clientFile = join(folder, 'client.json')
const COLUMNS = 100
/** Of the picture, pixels. */
const WIDTH = 940

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  return port
}
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const env = {
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  GATEWAY_PORT: String(port),
  GATEWAY_LOG_LEVEL: 'warn',
  GATEWAY_STORE_URL: `embedded:${join(folder, 'data')}`,
  GATEWAY_KEYS_DIR: join(folder, 'keys'),
}

async function gateway(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'src', 'cli.ts'), ...args], { cwd: root, env })
  return stdout
}

/** Tries until it succeeds. @throws what it last threw, after a minute */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 60_000; ; await new Promise((done) => setTimeout(done, 200))) {
    try {
      return await attempt()
    } catch (cause) {
      if (performance.now() > until) throw cause
    }
  }
}

async function photograph(claimId: string, token: string): Promise<void> {
  const executablePath = provisionChromium(say)
  // Chromium refuses its sandbox to root; the page is our own.
  const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 1200 }, extraHTTPHeaders: { authorization: token } })
  await page.goto(`${url}/v1/claims/${claimId}/explanation?lang=vi`)
  mkdirSync(join(root, 'docs', 'images'), { recursive: true })
  // From the top to the end of the second line: the others are alike.
  const end = await page.locator('.lines tbody').nth(1).boundingBox()
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil((end?.y ?? 0) + (end?.height ?? 0)) + 8 }
  await page.screenshot({ path: join(root, 'docs', 'images', 'explanation.png'), fullPage: true, clip })
  await browser.close()
}

async function tokenOf(): Promise<string> {
  const { client_id: id, client_secret: secret } = JSON.parse(readFileSync(clientFile, 'utf8')) as Record<string, string>
  const response = await fetch(`${url}/v1/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`
}

/** Puts the text between the marks of the page; what differs from run to run is left out of it. */
function write(shown: string): void {
  const path = join(root, 'docs', 'tour.md')
  const stable = shown
    .trimEnd()
    .replaceAll(/c_[0-9a-z]{26}/g, (id) => 'c_…'.padEnd(id.length))
    .replaceAll(/\b[0-9a-f]{12}…/g, '…')
    .replaceAll(/ +$/gm, '')
  const page = readFileSync(path, 'utf8')
  const marked = /(<!-- shown -->\n```text\n)[\s\S]*?(\n```\n<!-- \/shown -->)/
  if (!marked.test(page)) throw new Error('docs/tour.md has no place for what is shown')
  writeFileSync(
    path,
    page.replace(marked, (_, start: string, end: string) => start + stable + end),
  )
}

const running = spawn(process.execPath, [join(root, 'src', 'main.ts')], {
  cwd: root,
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
})
try {
  say('starting a gateway of its own')
  await eventually(async () => {
    if (!(await fetch(`${url}/readyz`)).ok) throw new Error('not ready')
  })
  say('loading facility, members and the catalogue')
  for (const kind of ['facilities', 'members'])
    await gateway('registry', 'import', kind, join(fixtures, 'register', `${kind}.ndjson`))
  await gateway('registry', 'import', 'catalogue', join(fixtures, 'tour', 'catalogue.ndjson'))
  writeFileSync(clientFile, await gateway('clients', 'add', '--facility', '01999', '--json'), { mode: 0o600 })
  const client = await eventually<GatewayClient>(() => createGatewayClient(url, credentialsIn(clientFile)))
  const { status, body } = await submitFile(client, join(fixtures, 'tour', 'claim.json'), 15)
  if (status !== 200) throw new Error(`the claim was answered ${status}`)
  const { claimId } = body as { claimId: string }
  write(
    await gateway(
      'claims',
      'show',
      claimId,
      '--url',
      url,
      '--client-file',
      clientFile,
      '--lang',
      'en',
      '--width',
      String(COLUMNS),
    ),
  )
  await photograph(claimId, await tokenOf())
  say('written: docs/tour.md, docs/images/explanation.png')
} finally {
  running.kill('SIGTERM')
  await once(running, 'exit')
  rmSync(folder, { recursive: true, force: true })
}
