import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Checked, compile } from '../../src/platform/schema.ts'

const folder = join(import.meta.dirname, '..', '..', 'schemas')
const base = 'https://bhyt-gateway.example/schemas/'

export const readText = (path: string): string => readFileSync(join(folder, path), 'utf8')
export const readJson = (path: string) => JSON.parse(readText(path)) as Record<string, unknown>

/** Paths of every published schema below `schemas/`. */
export const schemaPaths = globSync('**/*.json', { cwd: folder })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.startsWith('examples/') && path !== 'openapi.json')
  .sort()

const withId = (path: string) => ({ ...readJson(path), $id: base + path })
const all = new Map(schemaPaths.map((path) => [path, withId(path)]))

/** A check against a schema file or one of its definitions: `answer.json`, `token.json#/$defs/TokenError`. */
export function checkerOf<T = unknown>(reference: string): (value: unknown) => Checked<T> {
  return compile<T>({ $ref: base + reference }, { references: [...all.values()] })
}
