/** Ranges of a header that are read; what stands behind them is not. */
const RANGES_READ_MAX = 16

/** The greatest weight (0 to 1) that an `Accept` header gives one of these media types by name. */
export function weightOf(accept: string | undefined, types: readonly string[]): number {
  let weight = 0
  for (const part of (accept ?? '').toLowerCase().split(',', RANGES_READ_MAX)) {
    const [range = '', ...parameters] = part.split(';').map((one) => one.trim())
    if (!types.includes(range)) continue
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    weight = Math.max(weight, quality === undefined ? 1 : Number(quality.slice(2)) || 0)
  }
  return weight
}
