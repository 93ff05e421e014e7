import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { readTrust, type TrustFile } from './read-trust.ts'
import type { TrustProblem, TrustSnapshot } from './snapshot.ts'

/** Bounds of the folder; what is beyond is left out and said. */
export const TRUST_FILES_MAX = 2_000
export const TRUST_FILE_BYTES_MAX = 16 * 1024 * 1024
/** How often the folder is looked at for changes. */
export const TRUST_RELOAD_MS = 30_000

export interface TrustStoreOptions {
  readonly folder: string
  readonly allowTest: boolean
  readonly clock: Clock
  readonly reloadMs?: number
  /** Called after each change that was taken, and when one was not. */
  readonly onChange?: (change: { readonly taken: boolean; readonly snapshot: TrustSnapshot }) => void
}

export interface TrustStore {
  /** The snapshot in force; keep it for the whole of one verification. */
  current(): TrustSnapshot
  /**
   * Looks at the folder now. A folder that has lost its last root while we had some is not taken: it is being written, or gone.
   * @returns whether another snapshot is in force now
   */
  reload(): Promise<boolean>
  close(): void
}

/** Opens the trust folder and follows its changes until closed. A folder that is not there is an empty one. */
export async function openTrustStore(options: TrustStoreOptions): Promise<TrustStore> {
  const { folder, allowTest, clock, reloadMs = TRUST_RELOAD_MS, onChange } = options
  let snapshot = await readTrustFolder(folder, { allowTest })
  let seen = await stampOf(folder)
  const stop = new AbortController()

  async function reload(): Promise<boolean> {
    const stamp = await stampOf(folder)
    if (stamp === seen) return false
    const next = await readTrustFolder(folder, { allowTest })
    const taken = next.version !== snapshot.version && !(next.anchors.length === 0 && snapshot.anchors.length > 0)
    if (stamp === (await stampOf(folder))) seen = stamp
    if (next.version !== snapshot.version) onChange?.({ taken, snapshot: next })
    if (taken) snapshot = next
    return taken
  }
  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(reloadMs, stop.signal)
      if (!stop.signal.aborted) await reload().catch(() => false)
    }
  }
  void follow()
  return { current: () => snapshot, reload, close: () => stop.abort() }
}

/** Reads the folder once, with its sub-folders. */
export async function readTrustFolder(folder: string, { allowTest }: { readonly allowTest: boolean }): Promise<TrustSnapshot> {
  const files: TrustFile[] = []
  const problems: TrustProblem[] = []
  for (const { name, size } of await listFiles(folder)) {
    if (files.length >= TRUST_FILES_MAX) problems.push({ file: name, problem: `more than ${TRUST_FILES_MAX} files` })
    else if (size > TRUST_FILE_BYTES_MAX) problems.push({ file: name, problem: `larger than ${TRUST_FILE_BYTES_MAX} bytes` })
    else files.push({ name, bytes: await readFile(join(folder, name)) })
  }
  const snapshot = readTrust(files, { allowTest })
  return { ...snapshot, problems: [...snapshot.problems, ...problems] }
}

/** Changes when a file comes, goes or is written. */
async function stampOf(folder: string): Promise<string> {
  const files = await listFiles(folder)
  return createHash('sha256').update(JSON.stringify(files)).digest('hex')
}

/** Names of files that are read; anything else in the folder is left alone. */
export const TRUST_FILE_KINDS = /\.(pem|der|cer|crt|crl|ml|p7b|p7c|cms)$|\.jwks\.json$/i

async function listFiles(folder: string): Promise<{ name: string; size: number; changedMs: number }[]> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
  const files = []
  for (const entry of entries.filter((name) => TRUST_FILE_KINDS.test(name)).sort()) {
    const found = await stat(join(folder, entry)).catch(() => undefined)
    if (found?.isFile()) files.push({ name: entry.replaceAll('\\', '/'), size: found.size, changedMs: found.mtimeMs })
  }
  return files
}
