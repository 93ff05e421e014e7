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

/** For pages with a form to this gateway. */
export const formHeaders = {
  'Content-Security-Policy': asPolicy({ ...strict, 'form-action': "'self'" }),
}

/** For the reception: forms, and one small script that reads the same page again. */
export const receptionHeaders = {
  'Content-Security-Policy': asPolicy({ ...strict, 'script-src': "'self'", 'connect-src': "'self'", 'form-action': "'self'" }),
}

/** For the kiosk: its script may call this gateway and the one program beside the card reader. */
export const kioskHeaders = (agentUrl: string) => ({
  'Content-Security-Policy': asPolicy({
    ...strict,
    'script-src': "'self'",
    'connect-src': `'self' ${new URL(agentUrl).origin}`,
    'form-action': "'none'",
  }),
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
})
