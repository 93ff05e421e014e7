import type { Clock } from '../platform/clock.ts'

/** Said to the timer; without a reason of our own each abort would make an exception. */
const answered = 'answered'

/** What the work comes to, or `undefined` when that takes longer: then it goes on unheard. */
export async function within<T>(clock: Clock, budgetMs: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController()
  try {
    return (await Promise.race([work, clock.sleep(budgetMs, timer.signal)])) ?? undefined
  } finally {
    timer.abort(answered)
  }
}
