import { readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { parse } from 'yaml'
import { RELEASES } from '../src/national/tables/table.ts'
import { PROBLEMS, type ProblemCode } from '../src/platform/problem.ts'
import { problemExample } from '../web/problem-examples.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = Readonly<Record<string, Json>>
type ReadSchema = (path: string) => JsonObject

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `claim-list.json` → `ClaimList`, `national/3176/claim.json` → `Claim3176`. */
function componentName(path: string): string {
  const words = path
    .replace(/\.json$/, '')
    .replace(/^national\/(\d+)\/(\w+)$/, '$2-$1')
    .split('-')
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

/** A table that is the same in every release that has it is shown once, without the release in its title. */
function nationalRow(path: string, read: ReadSchema): { name: string; schema: JsonObject } | undefined {
  const [, table] = /^national\/\d+\/(XML\d+)\.json$/.exec(path) ?? []
  if (!table) return undefined
  const { title, ...schema } = read(path)
  const alike = RELEASES.filter((release) => {
    const { title: _, ...other } = read(`national/${release}/${table}.json`)
    return JSON.stringify(other) === JSON.stringify(schema)
  })
  if (alike.length === RELEASES.length)
    return { name: table, schema: { title: String(title).replace(/ \(.*?\)/, ''), ...schema } }
  const named = String(title).replace(/\(.*?\)/, `(${alike.join(', ')})`)
  return { name: `${table}_${alike.join('_')}`, schema: { title: named, ...schema } }
}

/** Gathers the schemas that a document refers to into its `components`, each once, and points the references there. */
function createBundle(read: ReadSchema) {
  const gathered = new Map<string, Json>()
  const origins = new Map<string, string>()

  /** `from` is the file that the value stands in, relative to `schemas/`; `undefined` is the document itself. */
  function rewritten(value: Json, from: string | undefined): Json {
    if (Array.isArray(value)) return value.map((item) => rewritten(item, from))
    if (!isObject(value)) return value
    const entries = Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string' ? target(inner, from) : rewritten(inner, from),
    ])
    return Object.fromEntries(entries) as JsonObject
  }

  function target(reference: string, from: string | undefined): string {
    const [file = '', fragment = ''] = reference.split('#')
    if (file === '' && from === undefined) return reference
    const path = file === '' ? from! : posix.join(posix.dirname(from ?? '.'), file)
    const definition = fragment.replace(/^\/\$defs\//, '')
    return `#/components/schemas/${definition === '' ? gatherFile(path) : gatherDefinition(path, definition)}`
  }

  function gather(name: string, origin: string, path: string, schema: () => Json): string {
    const known = origins.get(name)
    if (known === origin) return name
    if (known !== undefined) throw new Error(`two schemas are called ${name}: ${known} and ${origin}`)
    origins.set(name, origin)
    gathered.set(name, rewritten(schema(), path))
    return name
  }
  function gatherFile(path: string): string {
    const row = nationalRow(path, read)
    return gather(row?.name ?? componentName(path), row?.name ?? path, path, () => {
      const { $schema, $id, $defs, ...schema } = row?.schema ?? read(path)
      return schema
    })
  }
  function gatherDefinition(path: string, name: string): string {
    return gather(name, `${path}#${name}`, path, () => {
      const { $defs } = read(path)
      const definition = isObject($defs) ? $defs[name] : undefined
      if (definition === undefined) throw new Error(`schemas/${path} has no definition ${name}`)
      return definition
    })
  }
  return { rewritten, gathered }
}

/** A response that names problem codes, spelt out: one example each, in the words of the registry. */
function problemResponse({ 'x-problems': codes, ...response }: JsonObject): JsonObject {
  const examples = (codes as readonly ProblemCode[]).map((code) => {
    return [code, { summary: PROBLEMS[code].title, value: problemExample(code) }] as const
  })
  const statuses = new Set((codes as readonly ProblemCode[]).map((code) => PROBLEMS[code].status))
  const comesBack = statuses.has(429) || statuses.has(503)
  return {
    ...response,
    headers: {
      'Request-Id': { $ref: '#/components/headers/RequestId' },
      ...(comesBack ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
    },
    content: { 'application/problem+json': { schema: { $ref: 'problem.json' }, examples: Object.fromEntries(examples) } },
  }
}

/** Puts the content of `externalValue` files and of problem responses in their place. */
function filledIn(value: Json, readText: (path: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => filledIn(item, readText))
  if (!isObject(value)) return value
  if (value['x-problems'] !== undefined) return problemResponse(value)
  const entries = Object.entries(value).map(([name, inner]) => {
    if (name !== 'externalValue' || typeof inner !== 'string') return [name, filledIn(inner, readText)]
    const text = readText(inner)
    return ['value', inner.endsWith('.json') ? JSON.parse(text) : text]
  })
  return Object.fromEntries(entries) as JsonObject
}

/** `openapi.yaml` and all it refers to in one document. @param schemaOf a schema by its path below `schemas/` */
export function bundleOpenApi(folder: string, schemaOf: ReadSchema = (path) => readJson(join(folder, path))): JsonObject {
  const source = parse(readFileSync(join(folder, 'openapi.yaml'), 'utf8')) as JsonObject
  const bundle = createBundle(schemaOf)
  const filled = filledIn(source, (path) => readFileSync(join(folder, path), 'utf8'))
  const document = bundle.rewritten(filled, undefined) as JsonObject
  const schemas = Object.fromEntries([...bundle.gathered].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...document, components: { ...(document['components'] as JsonObject), schemas } }
}

const readJson = (path: string): JsonObject => JSON.parse(readFileSync(path, 'utf8')) as JsonObject

/** The document served at `/openapi.json`. */
export function generateOpenApi(root: string): { path: string; content: string }[] {
  const document = bundleOpenApi(join(root, 'schemas'))
  return [{ path: 'schemas/openapi.json', content: `${JSON.stringify(document, null, 2)}\n` }]
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname)
  for (const { content } of generateOpenApi(root)) process.stdout.write(content)
}
