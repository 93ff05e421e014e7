import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import { createFile, freshRequestId, type PageOptions } from './files.ts'
import { homePage } from './home.ts'
import { PROBLEM_CODES, problemsPage } from './problems.ts'
import { pageHeaders, readerHeaders } from './security.ts'

const assets = join(import.meta.dirname, 'assets')
const schemas = join(import.meta.dirname, '..', 'schemas')
const reader = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const html = 'text/html; charset=utf-8'
const css = 'text/css; charset=utf-8'
const javascript = 'text/javascript; charset=utf-8'

/**
 * The pages: `/`, `/docs` (the reader of the API, our own copy of Swagger UI), `/openapi.json`, `/problems`. Read from disk once, at
 * the call; they need no token, set no cookie and ask nothing from elsewhere.
 */
export function docsRoutes({ requestId = freshRequestId }: PageOptions = {}): Hono {
  const app = new Hono()
  const file = (address: string, content: Buffer | string, contentType: string, headers: Readonly<Record<string, string>> = {}) =>
    app.get(address, createFile(Buffer.from(content), contentType, headers, requestId))
  file('/', homePage(), html, pageHeaders)
  file('/problems', problemsPage(), html, pageHeaders)
  file('/openapi.json', readFileSync(join(schemas, 'openapi.json')), 'application/json')
  file('/docs', readFileSync(join(assets, 'docs.html')), html, readerHeaders)
  file('/docs/docs.js', readFileSync(join(assets, 'docs.js')), javascript)
  file('/docs/docs.css', readFileSync(join(assets, 'docs.css')), css)
  file('/docs/explanation.css', readFileSync(join(assets, 'explanation.css')), css)
  file('/docs/pages.css', readFileSync(join(assets, 'pages.css')), css)
  file('/docs/swagger-ui.css', readFileSync(join(reader, 'swagger-ui.css')), css)
  file('/docs/swagger-ui-bundle.js', readFileSync(join(reader, 'swagger-ui-bundle.js')), javascript)
  for (const code of PROBLEM_CODES) {
    app.get(`/problems/${code}`, () => redirect(`/problems#${code}`, requestId()))
  }
  return app
}

/** `type` of a problem is an address; its text is a section of one page. */
const redirect = (location: string, requestId: string) =>
  new Response(null, { status: 302, headers: { Location: location, 'Request-Id': requestId, 'Cache-Control': 'no-cache' } })
