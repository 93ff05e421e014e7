import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import { createFile, freshRequestId, type PageOptions } from './files.ts'
import { pageHeaders, readerHeaders } from './security.ts'

const here = import.meta.dirname
const reader = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const html = 'text/html; charset=utf-8'
const css = 'text/css; charset=utf-8'
const javascript = 'text/javascript; charset=utf-8'

/** Address, file and type of everything that the pages need: nothing comes from elsewhere. */
const files: readonly (readonly [
  address: string,
  file: string,
  contentType: string,
  headers: Readonly<Record<string, string>>,
])[] = [
  ['/', join(here, 'assets', 'home.html'), html, pageHeaders],
  ['/docs', join(here, 'assets', 'docs.html'), html, readerHeaders],
  ['/docs/docs.js', join(here, 'assets', 'docs.js'), javascript, {}],
  ['/docs/docs.css', join(here, 'assets', 'docs.css'), css, {}],
  ['/docs/pages.css', join(here, 'assets', 'pages.css'), css, {}],
  ['/docs/swagger-ui.css', join(reader, 'swagger-ui.css'), css, {}],
  ['/docs/swagger-ui-bundle.js', join(reader, 'swagger-ui-bundle.js'), javascript, {}],
  ['/openapi.json', join(here, '..', 'schemas', 'openapi.json'), 'application/json', {}],
]

/**
 * The pages: `/docs` (the reader of the API, our own copy), `/openapi.json`, and `/`. Read from disk once, at the call; no token, no
 * cookie, no request to elsewhere.
 */
export function docsRoutes({ requestId = freshRequestId }: PageOptions = {}): Hono {
  const app = new Hono()
  for (const [address, file, contentType, headers] of files) {
    app.get(address, createFile(readFileSync(file), contentType, headers, requestId))
  }
  return app
}
