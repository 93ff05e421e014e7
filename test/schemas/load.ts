import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
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

/** The schema files that a file refers to, itself and theirs included. */
function reachable(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const [, reference] of readText(path).matchAll(/"\$ref":\s*"([^"#]+)/g)) {
    reachable(posix.join(posix.dirname(path), reference!), found)
  }
  return found
}

/** A check against a schema file or one of its definitions: `answer.json`, `token.json#/$defs/TokenError`. */
export function checkerOf<T = unknown>(reference: string): (value: unknown) => Checked<T> {
  const references = [...reachable(reference.split('#')[0]!)].map((path) => ({ ...readJson(path), $id: base + path }))
  return compile<T>({ $ref: base + reference }, { references })
}
