import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const LOCK_MS_MAX = 180_000
const POLL_MS = 50

/** One process at a time starts or ends the server of a folder. A lock whose holder is gone is taken over. */
export async function withLock<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const file = join(folder, 'postgres.lock')
  const deadline = performance.now() + LOCK_MS_MAX
  const mine = `${process.pid} ${randomBytes(6).toString('hex')}`
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx', mode: 0o600 })
      break
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
    const held = await readFile(file, 'utf8').catch(() => '')
    const holder = Number.parseInt(held, 10)
    // What was written meanwhile is another's lock and stays; the server's own lock file guards the data in any case.
    if (holder > 0 && holder !== process.pid && !isAlive(holder) && (await readFile(file, 'utf8').catch(() => '')) === held)
      await rm(file, { force: true })
    else if (performance.now() > deadline)
      throw new Error(`${file} is held by process ${holder}: remove it if that is not a gateway`)
    else await new Promise((done) => setTimeout(done, POLL_MS))
  }
  try {
    return await run()
  } finally {
    await rm(file, { force: true })
  }
}

/** Whether a process of that number runs; one that has ended and was not collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
