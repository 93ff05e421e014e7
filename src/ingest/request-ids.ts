/** Random bytes, handed in by the composition root. */
export type RandomBytes = (count: number) => Buffer

const POOL_BYTES = 8192
const REQUEST_ID_BYTES = 12
const SUBMISSION_ID_BYTES = 16

export interface Ids {
  /** `req_` and 24 hex characters. */
  request(): string
  /** 32 hex characters: `ce_id` of one submission. */
  submission(): string
}

/** Ids cut from a pool, so that a request does not pay for a system call. */
export function createIds(randomBytes: RandomBytes): Ids {
  let pool: Buffer = Buffer.alloc(0)
  let used = 0
  function take(count: number): string {
    if (used + count > pool.length) {
      pool = randomBytes(POOL_BYTES)
      used = 0
    }
    const text = pool.toString('hex', used, used + count)
    used += count
    return text
  }
  return {
    request: () => `req_${take(REQUEST_ID_BYTES)}`,
    submission: () => take(SUBMISSION_ID_BYTES),
  }
}
