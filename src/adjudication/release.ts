import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const isCommit = (text: string): boolean => /^[0-9a-f]{40,64}$/.test(text)

/** Which release this is: the package's version, and the commit of the tree where it is a checkout. */
export async function thisRelease(): Promise<{ readonly release: string; readonly commit: string | null }> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  return { release: version, commit: await commitOf(join(root, '.git')).catch(() => null) }
}

/** What HEAD names, read from git's own files: an image has neither them nor a git program. */
async function commitOf(folder: string): Promise<string | null> {
  const head = (await readFile(join(folder, 'HEAD'), 'utf8')).trim()
  if (isCommit(head)) return head
  const ref = head.replace(/^ref: /, '')
  const loose = await readFile(join(folder, ref), 'utf8').catch(() => '')
  if (isCommit(loose.trim())) return loose.trim()
  const packed = await readFile(join(folder, 'packed-refs'), 'utf8')
  const found = packed.split('\n').find((line) => line.endsWith(` ${ref}`))
  return found?.split(' ')[0] ?? null
}
