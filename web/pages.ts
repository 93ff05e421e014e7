import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { DeskPages } from '../src/ingest/page-views.ts'
import { createFile, freshRequestId, type PageOptions } from './files.ts'
import { kioskPage } from './kiosk.ts'
import { receptionPage } from './reception.ts'
import { signInPage } from './sign-in.ts'

/** How the pages of a desk look. */
export const deskPages: DeskPages = { signIn: signInPage, kiosk: kioskPage, reception: receptionPage }

const FILES = [
  ['kiosk.css', 'text/css; charset=utf-8'],
  ['kiosk.js', 'text/javascript; charset=utf-8'],
  ['reception.css', 'text/css; charset=utf-8'],
  ['reception.js', 'text/javascript; charset=utf-8'],
] as const

/** Style and script of the desk's pages. Nothing in them is secret; read from disk once, at the call. */
export function deskFiles({ requestId = freshRequestId }: PageOptions = {}): Hono {
  const app = new Hono()
  for (const [name, contentType] of FILES) {
    app.get(`/desk/${name}`, createFile(readFileSync(join(import.meta.dirname, 'assets', name)), contentType, {}, requestId))
  }
  return app
}
