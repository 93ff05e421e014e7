import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', 'rulebook')

/** A change in one file of a rulebook: the text that must be there, and what stands in its place. */
export interface Change {
  readonly file: string
  readonly from: string | RegExp
  readonly to: string
}

/** A copy of the rulebook with changes, in a folder of its own under the temporary folder. */
export function copyRulebook(version: string, ...changes: readonly Change[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-rulebook-'))
  cpSync(root, folder, { recursive: true })
  for (const { file, from, to } of [{ file: 'rulebook.yaml', from: /version: .*/, to: `version: "${version}"` }, ...changes]) {
    const path = join(folder, file)
    const before = readFileSync(path, 'utf8')
    const after = before.replace(from, to)
    if (!before.match(from)) throw new Error(`${file} has nothing to change by ${String(from)}`)
    writeFileSync(path, after)
  }
  return folder
}

/** One rule in another state. */
export const ruleIs = (file: string, id: string, status: string): Change => ({
  file: `catalogues/${file}.yaml`,
  from: new RegExp(`(- id: ${id}\\n(?: {4}.*\\n)*? {4}status: ).*`),
  to: `$1${status}`,
})
/** Another base salary from July 2024 to June 2026. */
export const baseSalaryIs = (value: string): Change => ({
  file: 'parameters/base-salary.yaml',
  from: /(from: 2024-07-01, to: 2026-06-30, value: )"\d+"/,
  to: `$1"${value}"`,
})
