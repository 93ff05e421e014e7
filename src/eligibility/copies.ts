import type { CalendarDate } from '../domain/claim.ts'
import type { RegisterFact } from '../domain/facts.ts'
import { vietnamDate } from '../platform/clock.ts'
import { type Copy, type CopyStoreDeps, createCopyStore } from './copy-store.ts'
import type { Sourced } from './eligibility.ts'
import type { ReadRegister } from './read-register.ts'

export interface CopiesDeps<T> extends CopyStoreDeps<T> {
  readonly read: ReadRegister<T>
  /** A value that is not may change for the better any day and is asked for more often. */
  readonly isSettled: (value: T, today: CalendarDate) => boolean
}

export interface Copies<T> {
  /** For each list of keys what the first key says that the register knows. Never throws. */
  findFirst(lists: readonly (readonly string[])[]): Promise<readonly RegisterFact<T>[]>
  /** The same within a budget, with who said it; a register that is late is one that does not answer, but its answer is still kept. */
  findSoon(lists: readonly (readonly string[])[], budgetMs: number): Promise<readonly Sourced<T>[]>
  /** The register has changed: copies of before do not answer any more, except as last known. */
  imported(revision: number): void
  /** The same of single keys. */
  changed(keys: readonly string[], revision: number): void
  /** Reads single keys anew and keeps what they say now, so that nobody else has to ask. @throws whatever the register throws */
  refresh(keys: readonly string[]): Promise<void>
}

type Find<T> = (key: string) => Copy<T> | undefined

/** Cache-aside with one flight per key. A copy carries the revision of the register it was read at, so an old one never wins over a newer. */
export function createCopies<T>(deps: CopiesDeps<T>): Copies<T> {
  const { clock } = deps
  const store = createCopyStore(deps)
  const age = createAge()
  const received = ({ wholeRevision, copies }: Received<T>) => {
    age.imported(wholeRevision)
    store.keep(copies, age.isOutdated)
  }
  const asking = createAsking(deps, received)

  /** Decided once a key, so that one answer does not change under the eyes of who composes it. */
  function createFresh(fromCache: Find<T>): Find<T> {
    const now = clock.now()
    const today = vietnamDate(now)
    const lifeMs = ({ value }: Copy<T>) => (value !== undefined && deps.isSettled(value, today) ? deps.freshMs : deps.noneFreshMs)
    const decided = new Map<string, Copy<T> | undefined>()
    return (key) => {
      if (decided.has(key)) return decided.get(key)
      const copy = fromCache(key)
      const fresh = copy && !age.isOutdated(copy, key) && now - copy.readAt < lifeMs(copy) ? copy : undefined
      decided.set(key, fresh)
      return fresh
    }
  }

  async function find(lists: readonly (readonly string[])[], late?: Promise<void>): Promise<readonly Sourced<T>[]> {
    const fromCache = await inTime<Find<T>>(store.cached([...new Set(lists.flat())]), late, () => () => undefined)
    const fresh = createFresh(fromCache)
    const asked = new Map<string, Copy<T> | undefined>()
    const answerOf: Find<T> = (key) => (asked.has(key) ? asked.get(key) : fresh(key))
    // Nearly everybody is known by the first key: only for the others are all the rest of their keys asked for.
    for (const keysMax of [1, Number.POSITIVE_INFINITY]) {
      const wanted = lists.flatMap((list) => keysToAsk(list, asked, answerOf).slice(0, keysMax))
      for (const [key, copy] of await asking.ask([...new Set(wanted)], late)) asked.set(key, copy)
    }
    return lists.map((list) => {
      const fact = factOf(list.map(answerOf), () => list.map((key) => store.last(key, fromCache(key))))
      return { fact, source: sourceOf(fact, list, asked, answerOf) }
    })
  }

  return {
    async findFirst(lists) {
      return (await find(lists)).map(({ fact }) => fact)
    },
    async findSoon(lists, budgetMs) {
      const stop = new AbortController()
      try {
        return await find(lists, clock.sleep(budgetMs, stop.signal))
      } finally {
        stop.abort('answered')
      }
    },
    imported(revision) {
      age.imported(revision)
      asking.forget()
    },
    changed(keys, revision) {
      age.changed(keys, revision)
      asking.forget(keys)
    },
    async refresh(keys) {
      for (let at = 0; at < keys.length; at += KEYS_PER_QUERY_MAX) {
        received(await readCopies(deps, keys.slice(at, at + KEYS_PER_QUERY_MAX)))
      }
    },
  }
}

interface Received<T> {
  readonly copies: ReadonlyMap<string, Copy<T>>
  readonly wholeRevision: number
}

async function readCopies<T>({ read, clock }: CopiesDeps<T>, keys: readonly string[]): Promise<Received<T>> {
  const readAt = clock.now()
  const { revision, wholeRevision = revision, asOf, rows } = await read(keys)
  const copies = new Map<string, Copy<T>>()
  for (const key of keys) {
    const row = rows.get(key)
    copies.set(key, row ? { value: row.value, asOf: row.asOf, revision, readAt } : { asOf, revision, readAt })
  }
  return { copies, wholeRevision }
}

/** Keys remembered as changed one by one; beyond it all copies of before count as changed. */
const CHANGED_KEYS_MAX = 50_000

/** From which revision on a copy counts. */
function createAge() {
  let wholeRevision = 0
  let newestChange = 0
  const changedAt = new Map<string, number>()
  return {
    isOutdated: ({ revision }: { readonly revision: number }, key: string) =>
      revision < wholeRevision || revision < (changedAt.get(key) ?? 0),
    imported(revision: number) {
      wholeRevision = Math.max(wholeRevision, revision)
    },
    changed(keys: readonly string[], revision: number) {
      newestChange = Math.max(newestChange, revision)
      for (const key of keys) changedAt.set(key, Math.max(revision, changedAt.get(key) ?? 0))
      if (changedAt.size <= CHANGED_KEYS_MAX) return
      wholeRevision = Math.max(wholeRevision, newestChange)
      changedAt.clear()
    },
  }
}

/** The other one when it is late. */
const inTime = <T>(work: Promise<T>, late: Promise<void> | undefined, other: () => T): Promise<T> =>
  late === undefined ? work : Promise.race([work, late.then(other)])

function sourceOf<T>(
  fact: RegisterFact<T>,
  list: readonly string[],
  asked: ReadonlyMap<string, unknown>,
  answerOf: Find<T>,
): Sourced<T>['source'] {
  if (fact.kind === 'unavailable' || (fact.kind === 'none' && fact.asOf === null)) return 'none'
  if (fact.kind === 'known' && fact.stale) return 'last-known'
  const [said] =
    fact.kind === 'known' ? list.filter((key) => answerOf(key)?.value !== undefined) : list.filter((key) => asked.has(key))
  return said !== undefined && asked.has(said) ? 'register' : 'cache'
}

const KEYS_PER_QUERY_MAX = 1_000

/** Reads the register, one flight per key however many ask for it. */
function createAsking<T>(deps: CopiesDeps<T>, received: (read: Received<T>) => void) {
  const { log, prefix } = deps
  const flights = new Map<string, Promise<Copy<T> | undefined>>()
  let fails = false

  async function readPart(keys: readonly string[]): Promise<ReadonlyMap<string, Copy<T>> | undefined> {
    try {
      const reading = await readCopies(deps, keys)
      fails = false
      received(reading)
      return reading.copies
    } catch (cause) {
      if (!fails) log.warn('register.unavailable', { part: prefix }, cause)
      fails = true
      return undefined
    }
  }

  return {
    /** `undefined` for a key where the register does not answer. */
    async ask(keys: readonly string[], late?: Promise<void>): Promise<ReadonlyMap<string, Copy<T> | undefined>> {
      const mine = keys.filter((key) => !flights.has(key))
      for (let at = 0; at < mine.length; at += KEYS_PER_QUERY_MAX) {
        const part = mine.slice(at, at + KEYS_PER_QUERY_MAX)
        const answer = readPart(part)
        for (const key of part) {
          const flight = answer.then((copies) => copies?.get(key))
          flights.set(key, flight)
          void flight.then(() => flights.get(key) === flight && flights.delete(key))
        }
      }
      const all = Promise.all(keys.map(async (key) => [key, await flights.get(key)] as const))
      return new Map(keys.length === 0 ? [] : await inTime(all, late, () => keys.map((key) => [key, undefined] as const)))
    },
    /** Whoever asks from now on, for these keys or for any, starts a flight of their own. */
    forget(keys?: readonly string[]) {
      if (keys === undefined) flights.clear()
      for (const key of keys ?? []) flights.delete(key)
    },
  }
}

/** From the first key on that has no answer; none where a key before it is known, or could not be answered. */
function keysToAsk<T>(list: readonly string[], asked: ReadonlyMap<string, unknown>, answerOf: Find<T>): readonly string[] {
  for (const [index, key] of list.entries()) {
    const copy = answerOf(key)
    if (copy === undefined) return asked.has(key) ? [] : list.slice(index).filter((one) => answerOf(one) === undefined)
    if (copy.value !== undefined) return []
  }
  return []
}

/** `answers` in the order of the keys; `undefined` where neither register nor a fresh copy answered. */
function factOf<T>(
  answers: readonly (Copy<T> | undefined)[],
  lastCopies: () => readonly (Copy<T> | undefined)[],
): RegisterFact<T> {
  const asOfs: (CalendarDate | null)[] = []
  for (const copy of answers) {
    if (copy === undefined) {
      const last = lastCopies().find((one) => one !== undefined)
      return last?.value !== undefined && last.asOf !== null
        ? { kind: 'known', value: last.value, asOf: last.asOf, stale: true }
        : { kind: 'unavailable' }
    }
    if (copy.value !== undefined && copy.asOf !== null) return { kind: 'known', value: copy.value, asOf: copy.asOf, stale: false }
    asOfs.push(copy.asOf)
  }
  // Only as new as the oldest look at it; without an identifier the register was not asked at all.
  return { kind: 'none', asOf: asOfs.includes(null) ? null : (asOfs.sort()[0] ?? null) }
}
