/** Nothing from elsewhere, no inline script or style, never inside a frame. */
const strict: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'style-src': "'self'",
  // An icon of no bytes keeps browsers from asking for one.
  'img-src': "'self' data:",
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

/** For the reader of the API: its own script, and calls to this gateway. */
export const readerHeaders = {
  'Content-Security-Policy': asPolicy({
    ...strict,
    'script-src': "'self'",
    'connect-src': "'self'",
  }),
}
