import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
/** A package and its libraries: minutes on a slow line. */
const INSTALL_MS_MAX = 600_000

/**
 * Makes a Chromium available for the tests of the pages and says where from: `CHROMIUM_PATH`, a program on PATH, else the package of the
 * Debian that this runs on, installed as root or unpacked into the cache folder by anybody else.
 * @returns the program
 * @throws with what to do when none can be had
 */
export function provisionChromium(say: (line: string) => void): string {
  const named = process.env['CHROMIUM_PATH']
  if (named) {
    if (!isProgram(named)) throw new Error('CHROMIUM_PATH names no program')
    say('Chromium: the program that CHROMIUM_PATH names')
    return named
  }
  const found = onPath() ?? unpacked()
  if (found) {
    say(`Chromium: ${found}`)
    return found
  }
  if (process.getuid?.() !== 0) return unpack(say)
  install(say)
  const installed = onPath()
  if (!installed) throw new Error(`the package chromium left no program: ${whatToDo}`)
  say(`Chromium: ${installed}, just installed`)
  return installed
}

const whatToDo = 'install Chromium or Google Chrome, or set CHROMIUM_PATH to one'

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

function install(say: (line: string) => void): void {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    say(`Chromium: apt-get ${args.join(' ')} …`)
    run('apt-get', args)
  }
}

const folder = () => join(resolve(process.env['BHYT_CACHE_DIR'] ?? '.cache'), 'chromium')
const starter = () => join(folder(), 'chromium')

function unpacked(): string | undefined {
  return isProgram(starter()) ? starter() : undefined
}

/** Without root: the package and the libraries that this machine lacks, unpacked; apt keeps its lists in the cache folder. */
function unpack(say: (line: string) => void): string {
  const state = join(folder(), 'apt')
  const packages = join(folder(), 'packages')
  const root = join(folder(), 'root')
  for (const path of [join(state, 'lists', 'partial'), join(state, 'archives', 'partial'), packages, root])
    mkdirSync(path, { recursive: true })
  const own = ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${state}`, '-o', 'Debug::NoLocking=1']
  say('Chromium: asking for the packages (apt-get update, in the cache folder) …')
  run('apt-get', [...own, 'update'])
  const plan = run('apt-get', [...own, '-s', 'install', '--no-install-recommends', 'chromium'])
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!)
  say(`Chromium: fetching ${names.length} packages …`)
  run('apt-get', [...own, 'download', ...names], packages)
  for (const file of readdirSync(packages)) run('dpkg', ['-x', join(packages, file), root])
  const libraries = readdirSync(join(root, 'usr', 'lib')).filter((name) => name.includes('-linux-gnu'))
  const searched = libraries.flatMap((name) => [join(root, 'usr', 'lib', name), join(root, 'lib', name)]).join(':')
  const script = `#!/bin/sh\nLD_LIBRARY_PATH='${searched}' exec '${join(root, 'usr', 'lib', 'chromium', 'chromium')}' "$@"\n`
  writeFileSync(`${starter()}.new`, script, { mode: 0o755 })
  renameSync(`${starter()}.new`, starter())
  rmSync(packages, { recursive: true, force: true })
  say(`Chromium: unpacked into ${root}`)
  return starter()
}

/** @throws with the end of what the program said, and what to do */
function run(program: string, args: readonly string[], cwd?: string): string {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const done = spawnSync(program, args, { encoding: 'utf8', env: environment, timeout: INSTALL_MS_MAX, ...(cwd ? { cwd } : {}) })
  if (!done.error && done.status === 0) return done.stdout
  const why = done.error ? done.error.message : done.stderr.trim().slice(-600)
  throw new Error(`Chromium cannot be had (${why}): ${whatToDo}`)
}
