import { answerBytes } from '../domain/answer.ts'
import type { Ledger, StoredVersion } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Problem } from '../platform/problem.ts'
import type { Stream, StreamRecord, Subscription } from '../stream/stream.ts'
import { within } from './within.ts'

/** An answer as bytes of JSON, made once by adjudication and passed on unparsed. */
export interface Answered {
  readonly status: 'decided' | 'held'
  readonly replayed: boolean
  readonly bytes: Buffer
}

/** One request that waits for the decision of a content. */
export interface Waiter {
  /** What is known already. */
  peek(): Answered | undefined
  /** The answer, or `undefined` at the deadline and when the process drains. */
  settled(): Promise<Answered | undefined>
  release(): void
}

export interface Awaited {
  readonly claimId: string
  readonly contentSha256: string
  /** `ce_id` of the record that is to be appended: an answer made by another is a replay. */
  readonly submissionId: string
  readonly deadline: number
}

export interface ReplyBounds {
  /** Requests that wait at once; over it `gateway.overloaded`. */
  readonly waitersMax: number
  /** A waiter of this age is looked up in the ledger, and again after as long. */
  readonly lookAfterMs: number
  /** Time between two looks; with `lookAfterMs` it bounds how long a decision that is there goes unseen. */
  readonly lookEveryMs: number
  /** While a look hangs this long, another is allowed beside it. */
  readonly lookHangsMs: number
  /** Looks under way at once, hung ones with them. */
  readonly looksMax: number
  /** A look without an answer by then is given up: longer than a statement may take by default, so it holds no connection either. */
  readonly lookBudgetMs: number
  /** How often deadlines are checked. */
  readonly tickMs: number
  /** Pause before the tail is opened again. */
  readonly retryTailMs: number
}
export const replyBounds: Omit<ReplyBounds, 'waitersMax'> = {
  lookAfterMs: 1_000,
  lookEveryMs: 400,
  lookHangsMs: 1_000,
  looksMax: 3,
  lookBudgetMs: 11_000,
  tickMs: 50,
  retryTailMs: 1_000,
}

export interface ReplyDeps {
  readonly ledger: Pick<Ledger, 'findByContent'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

interface Waiting extends Awaited {
  readonly key: string
  lookAt: number
  over: boolean
  answered: Answered | undefined
  wake: ((answered: Answered | undefined) => void) | undefined
}

/**
 * The waiting replies of this process. The tail of `claims.decided.v1` wakes them; the ledger is asked for those that the tail may
 * have missed (decided between look-up and registration, a rebalance, a decision too large to travel).
 */
export interface Replies {
  /** `deadline` in monotonic ms: then the waiter is gone by itself. @throws Problem gateway.overloaded */
  register(awaited: Awaited): Waiter
  count(): number
  /** Opens the tail and keeps it open until `stop`. Resolves when the first attempt has ended. */
  start(stream: Pick<Stream, 'tail'>): Promise<void>
  /** `undefined` while decisions are heard. */
  trouble(): string | undefined
  /** Everybody who waits gets `undefined` now (answered 202), and nobody waits any more. */
  drain(): void
  stop(deadlineMs: number): Promise<void>
}

export function createReplies(deps: ReplyDeps, bounds: ReplyBounds): Replies {
  const table = createTable(deps.clock)
  const { look } = createLook(deps, table, bounds)
  const tail = createTail(deps, bounds, (records) => {
    for (const record of records) if (table.hear(record) === 'read-ledger') void look({ now: true })
  })
  let ticking = false
  let draining = false

  async function tick(): Promise<void> {
    ticking = true
    let lookedAt = deps.clock.monotonic()
    while (table.size() > 0) {
      await deps.clock.sleep(bounds.tickMs)
      const now = deps.clock.monotonic()
      table.expire(now)
      if (now - lookedAt < bounds.lookEveryMs) continue
      lookedAt = now
      void look({ now: false })
    }
    ticking = false
  }
  return {
    register(awaited) {
      if (draining || table.size() >= bounds.waitersMax) throw new Problem('gateway.overloaded')
      const waiting = table.add(awaited, deps.clock.monotonic() + bounds.lookAfterMs)
      if (!ticking) void tick()
      return {
        peek: () => waiting.answered,
        release: () => table.remove(waiting),
        settled() {
          if (waiting.over) return Promise.resolve(waiting.answered)
          return new Promise((resolve) => {
            waiting.wake = resolve
          })
        },
      }
    },
    count: table.size,
    start: tail.start,
    trouble: tail.trouble,
    drain() {
      draining = true
      table.expire(Number.POSITIVE_INFINITY)
    },
    stop: tail.stop,
  }
}

type Table = ReturnType<typeof createTable>

/** Waiters by claim and content; several may wait for one. */
function createTable(clock: Clock) {
  const byKey = new Map<string, Set<Waiting>>()
  let size = 0

  function remove(waiting: Waiting): void {
    waiting.over = true
    const set = byKey.get(waiting.key)
    if (!set?.delete(waiting)) return
    size -= 1
    if (set.size === 0) byKey.delete(waiting.key)
  }
  function settle(waiting: Waiting, answered: Answered | undefined): void {
    waiting.answered = answered
    remove(waiting)
    waiting.wake?.(answered)
  }
  return {
    size: () => size,
    remove,
    add(awaited: Awaited, lookAt: number): Waiting {
      const key = keyOf(awaited.claimId, awaited.contentSha256)
      const waiting: Waiting = { ...awaited, key, lookAt, over: false, answered: undefined, wake: undefined }
      const set = byKey.get(key)
      if (set) set.add(waiting)
      else byKey.set(key, new Set([waiting]))
      size += 1
      return waiting
    },
    /** A decided record of the tail. */
    hear(record: StreamRecord): 'heard' | 'read-ledger' {
      const set = byKey.get(keyOf(record.headers['claim-id'] ?? '', record.headers['content-sha256'] ?? ''))
      if (!set) return 'heard'
      const { value, headers } = record
      if (value === null) {
        for (const waiting of set) waiting.lookAt = Number.NEGATIVE_INFINITY
        return 'read-ledger'
      }
      const status = headers['status'] === 'held' ? 'held' : 'decided'
      let again: Buffer | undefined
      for (const waiting of set) {
        if (waiting.submissionId === headers['submission-id']) settle(waiting, { status, replayed: false, bytes: value })
        else {
          again ??= markReplayed(value)
          settle(waiting, { status, replayed: true, bytes: again })
        }
      }
      return 'heard'
    },
    found(stored: StoredVersion): void {
      const set = byKey.get(keyOf(stored.claimId, stored.contentSha256))
      if (set) for (const waiting of set) settle(waiting, answeredOf(stored, waiting.submissionId))
    },
    expire(now: number): void {
      for (const set of byKey.values()) for (const waiting of set) if (waiting.deadline <= now) settle(waiting, undefined)
    },
    /** One key each of those whose look is due; their next is put off by `againMs`. */
    due(againMs: number): readonly { claimId: string; contentSha256: string }[] {
      const now = clock.monotonic()
      const keys: { claimId: string; contentSha256: string }[] = []
      for (const set of byKey.values()) {
        let isDue = false
        for (const waiting of set) {
          if (waiting.lookAt > now) continue
          waiting.lookAt = now + againMs
          isDue = true
        }
        const [first] = set
        if (isDue && first) keys.push({ claimId: first.claimId, contentSha256: first.contentSha256 })
      }
      return keys
    },
  }
}

/** Late waiters, all in one query, one query at a time; only beside one that hangs, as on a dead connection, another is begun. */
function createLook({ ledger, clock, metrics }: ReplyDeps, table: Table, bounds: ReplyBounds) {
  let underWay = 0
  let lastBegan = Number.NEGATIVE_INFINITY
  let again = false
  function mayBegin(): boolean {
    return underWay === 0 || (underWay < bounds.looksMax && clock.monotonic() - lastBegan >= bounds.lookHangsMs)
  }
  async function ask(keys: ReturnType<Table['due']>): Promise<void> {
    try {
      const found = await within(clock, bounds.lookBudgetMs, ledger.findByContent(keys))
      for (const stored of found ?? []) if (stored) table.found(stored)
    } catch {
      // Postgres is down: the next look tries again, and the deadline answers 202 meanwhile.
    }
  }
  async function look({ now }: { now: boolean }): Promise<void> {
    if (!mayBegin()) {
      again ||= now
      return
    }
    do {
      again = false
      const keys = table.due(bounds.lookAfterMs)
      if (keys.length === 0) return
      metrics.lookedUp('late', keys.length)
      underWay += 1
      lastBegan = clock.monotonic()
      await ask(keys)
      underWay -= 1
    } while (again && mayBegin())
  }
  return { look }
}

function createTail({ clock, log, metrics }: ReplyDeps, bounds: ReplyBounds, hear: (records: readonly StreamRecord[]) => void) {
  let subscription: Subscription | undefined
  const stopping = new AbortController()
  async function attempt(stream: Pick<Stream, 'tail'>): Promise<boolean> {
    try {
      subscription = await stream.tail('claims.decided.v1', hear)
      return true
    } catch (cause) {
      metrics.trouble('tail')
      log.warn('tail.unavailable', { topic: 'claims.decided.v1' }, cause)
      return false
    }
  }
  async function keepTrying(stream: Pick<Stream, 'tail'>): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(bounds.retryTailMs, stopping.signal)
      if (stopping.signal.aborted || (await attempt(stream))) return
    }
  }
  return {
    async start(stream: Pick<Stream, 'tail'>): Promise<void> {
      if (!(await attempt(stream))) void keepTrying(stream)
    },
    trouble: () => (subscription ? undefined : 'decisions are not heard: claims.decided.v1 cannot be read'),
    async stop(deadlineMs: number): Promise<void> {
      stopping.abort()
      await subscription?.stop(deadlineMs)
    },
  }
}

const keyOf = (claimId: string, contentSha256: string) => `${claimId}.${contentSha256}`

/** The answer of a stored version for the submission that asks; another submission than the one that made it is a replay. */
export function answeredOf(stored: StoredVersion, submissionId: string): Answered {
  const replayed = stored.submissionId !== submissionId
  return { status: stored.status, replayed, bytes: answerBytes({ ...stored, replayed }, stored.decision) }
}

const NOT_REPLAYED = Buffer.from('"replayed":false')
const REPLAYED = Buffer.from('"replayed":true')

/** Turns the one flag in the head of an answer; a quote inside a string is escaped, so the first match is the field. */
function markReplayed(answer: Buffer): Buffer {
  const at = answer.indexOf(NOT_REPLAYED)
  if (at === -1) return answer
  return Buffer.concat([answer.subarray(0, at), REPLAYED, answer.subarray(at + NOT_REPLAYED.length)])
}
