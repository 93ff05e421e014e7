import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
/** A package and its libraries: minutes on a slow line. */
const INSTALL_MS_MAX = 600_000

/**
 * Makes a Chromium available for the tests of the pages and says where from: `CHROMIUM_PATH`, a program on PATH, else (on Debian, as
 * root) the distribution's own package.
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
  const found = onPath()
  if (found) {
    say(`Chromium: ${found} on PATH`)
    return found
  }
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
  if (process.getuid?.() !== 0) throw new Error(`there is no Chromium on PATH, and installing one needs root: ${whatToDo}`)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    say(`Chromium: apt-get ${args.join(' ')} …`)
    const run = spawnSync('apt-get', args, { encoding: 'utf8', env: environment, timeout: INSTALL_MS_MAX })
    if (run.error || run.status !== 0) {
      const why = run.error ? run.error.message : run.stderr.trim().slice(-600)
      throw new Error(`Chromium cannot be installed (${why}): ${whatToDo}`)
    }
  }
}
