import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { KeyedHash } from '../../platform/keyed-hash.ts'
import type { Logger } from '../../platform/log.ts'
import type { Caller } from './access.ts'
import { type ClientRecord, type ClientSource, secretDigest } from './client-records.ts'

export interface ClientBounds {
  /** All clients are read again this often. */
  readonly reloadEveryMs: number
  /** Changes of the last minutes are asked for this often: how long a revocation may take. */
  readonly changesEveryMs: number
  /** An unknown client makes a process look at once, but no more often than this. */
  readonly unknownEveryMs: number
}
export const clientBounds: ClientBounds = { reloadEveryMs: 60_000, changesEveryMs: 2_000, unknownEveryMs: 500 }

/** The clients in memory: tokens are issued and checked also while Postgres cannot be reached. */
export interface Clients {
  /** The caller of a live client. */
  find(clientId: string): Caller | undefined
  /** Checks a secret in constant time; a client that is not known yet is looked for once more. */
  login(clientId: string, secret: string): Promise<Caller | undefined>
  count(): number
  /** `undefined` when the list was read at least once. */
  trouble(): string | undefined
  /** Reads the list and keeps reading it. Never throws: it goes on trying. */
  start(): Promise<void>
  stop(): void
}

export function createClients(
  { source, keyedHash, clock, log }: { source: ClientSource; keyedHash: KeyedHash; clock: Clock; log: Logger },
  bounds: ClientBounds = clientBounds,
): Clients {
  let live = new Map<string, { readonly digest: Buffer; readonly caller: Caller }>()
  let loadedAt: number | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  let soon: Promise<void> | undefined
  let failing = false
  const stopping = new AbortController()

  function take(into: typeof live, record: ClientRecord): void {
    if (record.revokedAt !== null) into.delete(record.clientId)
    else {
      const { clientId, facilityCode, role } = record
      into.set(clientId, { digest: Buffer.from(record.secretDigest, 'hex'), caller: { clientId, facilityCode, role } })
    }
  }
  async function refresh(): Promise<void> {
    const started = clock.monotonic()
    try {
      if (loadedAt === undefined || started - loadedAt >= bounds.reloadEveryMs) {
        const fresh: typeof live = new Map()
        for (const record of await source.all()) take(fresh, record)
        live = fresh
        loadedAt = started
      } else for (const record of await source.changed()) take(live, record)
      if (failing) log.info('clients.readable')
      failing = false
    } catch (cause) {
      if (!failing) log.warn('clients.unreadable', { count: live.size }, cause)
      failing = true
    }
  }
  /** One reading at a time; whoever asks meanwhile waits for it. */
  function look(): Promise<void> {
    askedAt = clock.monotonic()
    asking ??= refresh().finally(() => {
      asking = undefined
    })
    return asking
  }
  /** Looks again, at most once in `unknownEveryMs` however many ask: a client added a moment ago waits that long, a guesser too. */
  async function lookSoon(): Promise<void> {
    soon ??= (async () => {
      const restMs = askedAt + bounds.unknownEveryMs - clock.monotonic()
      if (restMs > 0) await clock.sleep(restMs)
      await look()
    })().finally(() => {
      soon = undefined
    })
    return soon
  }
  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(bounds.changesEveryMs, stopping.signal)
      if (!stopping.signal.aborted) await look()
    }
  }

  return {
    find: (clientId) => live.get(clientId)?.caller,
    async login(clientId, secret) {
      if (!live.has(clientId)) await lookSoon()
      const known = live.get(clientId)
      const digest = Buffer.from(secretDigest(keyedHash, clientId, secret), 'hex')
      if (!known || known.digest.length !== digest.length) return undefined
      return timingSafeEqual(known.digest, digest) ? known.caller : undefined
    },
    count: () => live.size,
    trouble: () => (loadedAt === undefined ? 'the list of clients was never read' : undefined),
    async start() {
      await look()
      void keepLooking()
    },
    stop: () => stopping.abort(),
  }
}
