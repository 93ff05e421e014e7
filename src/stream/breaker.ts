/** Tells whether a way to Kafka is worth trying: after repeated failures everybody is answered at once until a probe succeeds. */
export interface Breaker {
  readonly open: boolean
  /** Why it is open, for people. */
  readonly reason: string | undefined
  succeeded(): void
  /** `decisive`: one such failure is enough, as when a request was never answered. */
  failed(reason: string, decisive: boolean): void
  /** A probe succeeded: the next append is let through, and one more failure opens it again. */
  halfOpen(): void
}

export function createBreaker(failuresMax: number): Breaker {
  let failures = 0
  let reason: string | undefined
  return {
    get open() {
      return failures >= failuresMax
    },
    get reason() {
      return failures >= failuresMax ? reason : undefined
    },
    succeeded() {
      failures = 0
    },
    failed(why, decisive) {
      failures = decisive ? failuresMax : failures + 1
      reason = why
    },
    halfOpen() {
      failures = failuresMax - 1
    },
  }
}
