import { html } from 'hono/html'
import type { MadePage } from '../src/ingest/page-views.ts'
import type { Html, Language } from './explanation-words.ts'

/** The frame of a desk's page. `title` and what is put in by `html` are escaped. */
export function deskPage(
  frame: { language: Language; title: string; style: string; script?: string; headers: Record<string, string> },
  body: Html,
): MadePage {
  const { language, title, style, script } = frame
  return {
    headers: { ...frame.headers, 'Content-Type': 'text/html; charset=utf-8', 'Referrer-Policy': 'no-referrer' },
    body: String(html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · ${language === 'vi' ? 'Cổng BHYT' : 'BHYT Gateway'}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${style}">
    ${script === undefined ? '' : html`<script type="module" src="${script}"></script>`}
  </head>
  <body>
    ${body}
  </body>
</html>
`),
  }
}
