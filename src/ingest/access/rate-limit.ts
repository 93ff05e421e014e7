import type { Clock } from '../../platform/clock.ts'

export interface RateBounds {
  /** Requests (and further claims of an envelope) of one facility, sustained, per second. */
  readonly ratePerS: number
  /** What one facility may send at once before the rate binds. */
  readonly burst: number
}

interface Bucket {
  tokens: number
  filledAt: number
}

/**
 * A token bucket per facility; as many as there are facilities with a client. Returns `undefined` when admitted, else the seconds
 * until one more is. A cost above what is left is admitted once and paid back before the next (an envelope is known only when read).
 */
export function createRateLimit(clock: Clock, { ratePerS, burst }: RateBounds) {
  const buckets = new Map<string, Bucket>()
  return function admit(facilityCode: string, cost: number): number | undefined {
    const now = clock.monotonic()
    let bucket = buckets.get(facilityCode)
    if (!bucket) {
      bucket = { tokens: burst, filledAt: now }
      buckets.set(facilityCode, bucket)
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * ratePerS)
    bucket.filledAt = now
    if (bucket.tokens < 1) return (1 - bucket.tokens) / ratePerS
    bucket.tokens -= cost
    return undefined
  }
}
