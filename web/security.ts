/** Nothing from elsewhere, no inline script or style, never inside a frame. */
const strict: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

const asPolicy = (directives: Readonly<Record<string, string>>) =>
  Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ')

/** For pages without a script. */
export const pageHeaders = { 'Content-Security-Policy': asPolicy(strict) }

/** For the reader of the API: its own script, calls to this gateway, and the icons that its style sheet holds as data. */
export const readerHeaders = {
  'Content-Security-Policy': asPolicy({
    ...strict,
    'script-src': "'self'",
    'connect-src': "'self'",
    'img-src': "'self' data:",
  }),
}
