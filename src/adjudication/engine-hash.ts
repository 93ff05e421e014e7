import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const source = join(import.meta.dirname, '..')

/** What a decision depends on besides the content of the claim, facts and rulebook. */
const folders = ['adjudication/rulebook', 'adjudication/stages', 'domain']
const files = [
  'adjudication/adjudicate.ts',
  'adjudication/encode-decision.ts',
  'adjudication/encode-facts.ts',
  // What a stored body is read into; what it is read by shows in the content hash.
  'national/claim-of.ts',
]

/** SHA-256 over the source text of the engine: two processes with the same hash decide the same to the byte. */
export async function engineHash(): Promise<string> {
  const names = [...files]
  for (const folder of folders) {
    const entries = await readdir(join(source, folder), { recursive: true })
    names.push(...entries.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`))
  }
  const sum = createHash('sha256')
  for (const name of names.sort()) sum.update(`${name}\n`).update(await readFile(join(source, name)))
  return sum.digest('hex')
}
