import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { PROBLEMS, type ProblemCode } from '../../src/platform/problem.ts'
import { compile } from '../../src/platform/schema.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'
import { readJson, readText } from './load.ts'

interface MediaType {
  readonly schema: object
  readonly examples?: Record<string, { value?: unknown; externalValue?: string }>
}
interface Answer {
  readonly description: string
  readonly headers?: Record<string, unknown>
  readonly content?: Record<string, MediaType>
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security?: readonly object[]
  readonly requestBody?: { content: Record<string, MediaType> }
  readonly responses: Record<string, Answer>
}

const document = readJson('openapi.json') as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>>
}

/** Follows `#/…` where the value is a reference. */
function resolved<T>(value: T): T {
  const reference = (value as { $ref?: string }).$ref
  if (reference === undefined) return value
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], document) as T
}
/** A schema of the document as one that stands alone, with what it refers to. */
function standalone(schema: object): object {
  const schemas = document.components['schemas'] as Record<string, object>
  const found: Record<string, object> = {}
  const gather = (value: object): void => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (found[name!]) continue
      found[name!] = schemas[name!]!
      gather(schemas[name!]!)
    }
  }
  gather(schema)
  return JSON.parse(JSON.stringify({ ...schema, $defs: found }).replaceAll('"#/components/schemas/', '"#/$defs/')) as object
}
const checks = new Map<string, ReturnType<typeof compile>>()
function checkOf(schema: object) {
  const text = JSON.stringify(schema)
  const check = checks.get(text) ?? compile(standalone(schema))
  checks.set(text, check)
  return check
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
)
const contents = operations.flatMap(({ name, operation }) => [
  ...Object.entries(operation.requestBody ? resolved(operation.requestBody).content : {}).map(
    ([type, media]) => [`${name} takes ${type}`, media] as const,
  ),
  ...Object.entries(operation.responses).flatMap(([status, answer]) =>
    Object.entries(resolved(answer).content ?? {}).map(([type, media]) => [`${name} answers ${status} ${type}`, media] as const),
  ),
])

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.stop())

test('the document is OpenAPI 3.1 and every reference in it leads somewhere', () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!)
  expect(references.length).toBeGreaterThan(50)
  const lost = new Set(
    references.filter((reference) => !reference.startsWith('#/') || resolved({ $ref: reference }) === undefined),
  )
  expect([...lost]).toEqual([])
})

test('the source refers to schemas instead of copying them', () => {
  const source = parse(readText('openapi.yaml')) as { components: object }
  expect(source.components).not.toHaveProperty('schemas')
})

test('every route of the gateway is described, and nothing else', () => {
  const routes = gateway.ingest.routes.map(({ method, template }) => `${method} ${template}`)
  expect(operations.map(({ name }) => name).sort()).toEqual(routes.sort())
})

test('what needs no token says so, all else names the scheme', () => {
  for (const { method, template, roles } of gateway.ingest.routes) {
    const { security } = document.paths[template]![method.toLowerCase()]!
    expect(security, `${method} ${template}`).toEqual(roles === 'open' ? [{}] : undefined)
  }
})

test('operations have a name of their own and a summary', () => {
  const names = operations.map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  expect(operations.filter(({ operation }) => !operation.summary)).toEqual([])
})

describe('every example is what its schema says', () => {
  const examples = contents.flatMap(([name, media]) =>
    Object.entries(media.examples ?? {}).map(([key, example]) => [`${name}: ${key}`, media.schema, example] as const),
  )
  test('and there is one of each kind of answer', () => expect(examples.length).toBeGreaterThan(60))
  test.each(examples)('%s', (_name, schema, example) => {
    expect(example.externalValue, 'is filled in').toBeUndefined()
    expect(checkOf(schema)(example.value)).toMatchObject({ ok: true })
  })
})

describe('refusals', () => {
  const described = operations.flatMap(({ name, operation }) =>
    Object.entries(operation.responses).flatMap(([status, answer]) =>
      Object.keys(resolved(answer).content?.['application/problem+json']?.examples ?? {}).map((code) => ({ name, status, code })),
    ),
  )
  test('each stands under its own status', () => {
    for (const { name, status, code } of described) {
      expect(PROBLEMS[code as ProblemCode].status, `${name} ${code}`).toBe(Number(status))
    }
  })
  test('each code of the registry is in the document', () => {
    const spelt = JSON.stringify(document.components['responses'])
    for (const code of Object.keys(PROBLEMS)) expect(spelt, code).toContain(`"/problems/${code}"`)
  })
  test('the schema of a problem knows exactly the codes of the registry', () => {
    const { properties } = readJson('problem.json') as { properties: { code: { enum: string[] } } }
    expect(properties.code.enum).toEqual(Object.keys(PROBLEMS))
  })
  test('all that say when to come back do so in a header', () => {
    for (const { operation } of operations) {
      for (const [status, answer] of Object.entries(operation.responses)) {
        const { headers, content } = resolved(answer)
        if (!content?.['application/problem+json']) continue
        expect(headers).toHaveProperty('Request-Id')
        expect(headers?.['Retry-After'] !== undefined, status).toBe(status === '429' || status === '503')
      }
    }
  })
})
