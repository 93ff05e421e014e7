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

/** Random bytes by the pool, so that a request does not pay for a system call. What is taken is never handed out again. */
export function pooled(randomBytes: RandomBytes): RandomBytes {
  let pool: Buffer = Buffer.alloc(0)
  let used = 0
  return function take(count) {
    if (used + count > pool.length) {
      pool = randomBytes(Math.max(POOL_BYTES, count))
      used = 0
    }
    used += count
    return pool.subarray(used - count, used)
  }
}

/** An id is made at each request: hand in `pooled` bytes where requests are many. */
export function createIds(randomBytes: RandomBytes): Ids {
  return {
    request: () => `req_${randomBytes(REQUEST_ID_BYTES).toString('hex')}`,
    submission: () => randomBytes(SUBMISSION_ID_BYTES).toString('hex'),
  }
}
