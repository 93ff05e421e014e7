import { html } from 'hono/html'

/** A page without a script, in the frame that all pages share. `title` and what is put in by `html` are escaped. */
export function page(title: string, body: ReturnType<typeof html>): string {
  return String(html`<!doctype html>
<html lang="vi">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Cổng giám định BHYT</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/pages.css">
  </head>
  <body>
    <nav aria-label="Trang · Pages">
      <a href="/">Cổng BHYT</a>
      <a href="/docs">API</a>
      <a href="/problems">Mã lỗi · Problems</a>
    </nav>
    <main>${body}</main>
  </body>
</html>
`)
}
