/** Ranges of an `Accept` header that are read. */
const RANGES_READ_MAX = 20

/**
 * Whether the caller wants the national table: `application/xml` is named, and neither JSON nor a page is wanted as much (a browser names XML too).
 */
export function prefersXml(accept: string | undefined): boolean {
  let [xml, other] = [0, 0]
  for (const part of (accept ?? '').toLowerCase().split(',', RANGES_READ_MAX)) {
    const [range = '', ...parameters] = part.split(';').map((one) => one.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2)) || 0
    if (range === 'application/xml' || range === 'text/xml') xml = Math.max(xml, weight)
    if (range === 'application/json' || range === 'text/html') other = Math.max(other, weight)
  }
  return xml > other
}
