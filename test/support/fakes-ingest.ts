import { createHash, randomBytes } from 'node:crypto'
import { type Cache, type CacheEntry, CacheUnavailable } from '../../src/cache/cache.ts'
import { answerBytes } from '../../src/domain/answer.ts'
import type { Explanation } from '../../src/domain/explanation.ts'
import type { ClaimListQuery, Ledger, StoredVersion } from '../../src/ledger/ledger.ts'
import { LedgerUnavailable } from '../../src/ledger/ledger.ts'
import type { BodyReading, MemberIdentifiers, ValidClaim, WireClaim } from '../../src/national/reading.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { decisionRecord, submissionHead } from '../../src/stream/records.ts'
import type { OutgoingRecord, Position, Stream, StreamRecord, Topic } from '../../src/stream/stream.ts'
import { StreamUnavailable, StreamUnconfirmed } from '../../src/stream/stream.ts'

/** A clock that stands still until it is moved; sleepers wake in the order of their time. */
export function makeClock(start = Date.parse('2026-03-10T03:40:00.000Z')) {
  let elapsed = 0
  let sleepers: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = { at: elapsed + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          resolve()
        })
      }),
  }
  /** Moves time on in small steps and lets everything that woke run. */
  async function advance(ms: number, stepMs = 10): Promise<void> {
    const until = elapsed + ms
    while (elapsed < until) {
      elapsed = Math.min(until, elapsed + stepMs)
      const due = sleepers.filter(({ at }) => at <= elapsed)
      sleepers = sleepers.filter(({ at }) => at > elapsed)
      for (const { wake } of due) wake()
      await settled()
    }
  }
  return { clock, advance, elapsed: () => elapsed }
}

/** Lets promises and immediates that are ready run. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 4; round += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A log in memory that keeps the port's promises: durable once resolved, order per partition, a tail from its opening on. */
export function makeStream() {
  const records = new Map<Topic, StreamRecord[]>()
  const tails = new Map<Topic, Set<(records: readonly StreamRecord[]) => void>>()
  const mode: { append: 'ok' | 'unavailable' | 'unconfirmed' | 'landed-unconfirmed'; deaf: boolean; tailFails: number } = {
    append: 'ok',
    deaf: false,
    tailFails: 0,
  }
  const appended = new Set<(record: StreamRecord) => void>()
  const of = (topic: Topic) => records.get(topic) ?? records.set(topic, []).get(topic)!

  function land(topic: Topic, record: OutgoingRecord): Position {
    const offset = of(topic).length
    const landed = { ...record, partition: 0, offset, appendedAt: 0 }
    of(topic).push(landed)
    if (!mode.deaf) for (const hear of tails.get(topic) ?? []) hear([landed])
    if (topic === 'claims.submitted.v1') for (const see of appended) see(landed)
    return { partition: 0, offset }
  }
  const stream: Stream = {
    async append(topic, record) {
      await Promise.resolve()
      if (topic === 'claims.submitted.v1') {
        if (mode.append === 'unavailable') throw new StreamUnavailable('no broker')
        if (mode.append === 'unconfirmed') throw new StreamUnconfirmed('timed out')
        if (mode.append === 'landed-unconfirmed') {
          land(topic, record)
          throw new StreamUnconfirmed('timed out')
        }
      }
      return land(topic, record)
    },
    async appendAll(topic, all) {
      return all.map((record) => land(topic, record))
    },
    async consume() {
      throw new Error('not used here')
    },
    async tail(topic, handle) {
      if (mode.tailFails > 0) {
        mode.tailFails -= 1
        throw new StreamUnavailable('no broker')
      }
      const set = tails.get(topic) ?? tails.set(topic, new Set()).get(topic)!
      set.add(handle)
      return {
        async stop() {
          set.delete(handle)
        },
      }
    },
    async ends(topic) {
      return new Map([[0, of(topic).length]])
    },
    hint() {},
    lag: () => undefined,
    trouble: () => (mode.append === 'ok' ? undefined : 'broken'),
    async close() {},
  }
  return { stream, mode, records: of, onAppend: (see: (record: StreamRecord) => void) => void appended.add(see) }
}

/** Stored versions in memory, with the port's answers. */
export function makeLedger() {
  const versions: StoredVersion[] = []
  const mode = { down: false, slow: false }
  const asked: { findByContent: (readonly { claimId: string; contentSha256: string }[])[] } = { findByContent: [] }
  function up(): void {
    if (mode.down) throw new LedgerUnavailable('no database')
  }
  const never = () => Promise.reject(new Error('not used here'))
  const chain = (claimId: string) => versions.filter((version) => version.claimId === claimId)
  const currentOf = (claimId: string) => chain(claimId).at(-1)?.version ?? 0
  const withCurrent = (version: StoredVersion | undefined) =>
    version && { ...version, currentVersion: currentOf(version.claimId) }
  const ledger: Ledger = {
    offsets: never,
    claimStates: never,
    memberStates: never,
    examTables: never,
    commit: never,
    pendingPublications: never,
    publication: never,
    published: never,
    async findByContent(keys) {
      asked.findByContent.push(keys)
      if (mode.slow) await new Promise(() => {})
      up()
      return keys.map(({ claimId, contentSha256 }) =>
        withCurrent(chain(claimId).find((version) => version.contentSha256 === contentSha256)),
      )
    },
    async findVersion(claimId, { facilityCode, version }) {
      up()
      const wanted = version ?? currentOf(claimId)
      return withCurrent(
        chain(claimId).find(
          (stored) => stored.version === wanted && (facilityCode === undefined || stored.facilityCode === facilityCode),
        ),
      )
    },
    async list(query: ClaimListQuery) {
      up()
      const start = query.cursor === undefined ? 0 : Number(query.cursor)
      const all = versions
        .filter((version) => version.version === currentOf(version.claimId))
        .filter(({ facilityCode }) => query.facilityCode === undefined || facilityCode === query.facilityCode)
        .filter(({ status }) => query.status === undefined || status === query.status)
        .filter(
          ({ receivedAt }) =>
            (query.from === undefined || receivedAt >= query.from) && (query.to === undefined || receivedAt < query.to),
        )
        .reverse()
      const page = all.slice(start, start + query.limit)
      return {
        items: page.map(({ claimId, encounterId, version, status, receivedAt, decidedAt }) => ({
          claimId,
          encounterId,
          version,
          status,
          outcome: status === 'decided' ? 'accept' : null,
          receivedAt,
          decidedAt,
          decided: status === 'decided' ? { T_BHTT: '1.00' } : null,
        })),
        nextCursor: start + query.limit < all.length ? String(start + query.limit) : null,
      }
    },
    async trouble() {
      return mode.down ? 'no database' : undefined
    },
  }
  return { ledger, versions, mode, asked }
}

/** Decides what is appended: stores it once per content and publishes it, as adjudication would. */
export function makeDecider(
  { stream, onAppend }: ReturnType<typeof makeStream>,
  { versions }: ReturnType<typeof makeLedger>,
  clock: Clock,
  options: { readonly status?: 'decided' | 'held' } = {},
) {
  const mode = {
    paused: false,
    publish: true,
    tooLarge: false,
    status: options.status ?? 'decided',
    decision: Buffer.from('{"outcome":"accept"}'),
  }
  const waiting: StreamRecord[] = []
  function decide(record: StreamRecord): void {
    const head = submissionHead(record.headers)
    const chain = versions.filter(({ claimId }) => claimId === head.claimId)
    let stored = chain.find(({ contentSha256 }) => contentSha256 === head.contentSha256)
    if (!stored) {
      const version = chain.length + 1
      stored = {
        claimId: head.claimId,
        facilityCode: head.facilityCode,
        encounterId: chain[0]?.encounterId ?? encounterIn(record),
        version,
        currentVersion: version,
        status: mode.status,
        heldReason: mode.status === 'held' ? 'unreadable' : null,
        receivedAt: head.receivedAt,
        decidedAt: new Date(clock.now()).toISOString(),
        contentSha256: head.contentSha256,
        bodySha256: head.bodySha256,
        submissionId: head.submissionId,
        streamKey: record.key,
        memberRef: record.key,
        decision: mode.status === 'held' ? null : mode.decision,
      }
      versions.push(stored)
    }
    if (!mode.publish) return
    const currentVersion = Math.max(...versions.filter(({ claimId }) => claimId === head.claimId).map(({ version }) => version))
    const answer = answerBytes({ ...stored, currentVersion, replayed: false }, stored.decision)
    const published = decisionRecord({ ...stored, currentVersion }, stored.streamKey, answer)
    void stream.append('claims.decided.v1', mode.tooLarge ? { ...published, value: null } : published)
  }
  onAppend((record) => {
    if (mode.paused) waiting.push(record)
    else decide(record)
  })
  return {
    mode,
    /** Decides what came while it was paused. */
    resume() {
      mode.paused = false
      for (const record of waiting.splice(0)) decide(record)
    },
  }
}
const encounterIn = (record: StreamRecord) =>
  (JSON.parse(record.value?.toString() ?? '{}') as { XML1?: { MA_LK?: string } }).XML1?.MA_LK ?? ''

export function makeCache() {
  const entries = new Map<string, CacheEntry>()
  const mode = { down: false }
  function up(): void {
    if (mode.down) throw new CacheUnavailable('no cache')
  }
  const cache: Cache = {
    async getMany(keys) {
      up()
      return keys.map((key) => entries.get(key))
    },
    async set(key, entry) {
      up()
      const there = entries.get(key)
      if (there && there.version > entry.version) return false
      entries.set(key, entry)
      return true
    },
    async setIfAbsent(key, value) {
      up()
      if (entries.has(key)) return false
      entries.set(key, { value, version: 1 })
      return true
    },
    async delete(keys) {
      for (const key of keys) entries.delete(key)
    },
    async invalidate() {},
    trouble: () => undefined,
    async close() {},
  }
  return { cache, mode, entries }
}

/**
 * A tiny reader in place of the national one: JSON (or an array of claims, standing for an envelope with several `HOSO`) with
 * `XML1.MA_CSKCB` and `XML1.MA_LK`. The real reader has its own tests; here only what it returns matters.
 */
export const tinyNational = {
  readBody(bytes: Buffer): BodyReading {
    let parsed: unknown
    try {
      parsed = JSON.parse(bytes.toString('utf8'))
    } catch {
      return { kind: 'refused', code: 'request.unreadable', detail: { vi: 'Không phải JSON.', en: 'Not JSON.' } }
    }
    const several = Array.isArray(parsed)
    const claims = (several ? (parsed as unknown[]) : [parsed]).map((one) => readOne(one, several))
    return { kind: 'read', several, claims }
  },
  identifiersOf: (wire: WireClaim): MemberIdentifiers => ({
    personalId: wire.XML1['SO_CCCD'],
    socialInsuranceNumbers: [],
    cardNumbers: [],
  }),
}

function readOne(one: unknown, _several: boolean): ValidClaim | Extract<BodyReading, { kind: 'read' }>['claims'][number] {
  const wire = one as WireClaim
  const facilityCode = wire.XML1?.['MA_CSKCB']
  const encounterId = wire.XML1?.['MA_LK']
  if (!facilityCode || !encounterId || wire.XML1['NGAY_RA'] === 'bad') {
    const fault = {
      pointer: '/XML1/NGAY_RA',
      table: 'XML1',
      field: 'NGAY_RA',
      code: 'date.format',
      detail: { vi: 'NGAY_RA phải có 12 chữ số.', en: 'NGAY_RA must have 12 digits.' },
    }
    return { kind: 'invalid', errors: [fault, fault], errorCount: 2, facilityCode, encounterId }
  }
  const bytes = Buffer.from(JSON.stringify(one))
  return {
    kind: 'valid',
    wire,
    release: '4750',
    facilityCode,
    encounterId,
    contentSha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
  }
}

export const makeClaim = (overrides: Record<string, string> = {}) => ({
  XML1: { MA_LK: `TN-${randomBytes(6).toString('hex')}`, MA_CSKCB: '01999', NGAY_RA: '202603101030', ...overrides },
})

/** An explanation with nothing but its head. */
export function makeExplanation(found: StoredVersion): Explanation {
  const { claimId, facilityCode, encounterId, version, currentVersion, status, receivedAt, decidedAt, contentSha256 } = found
  const current = version === currentVersion
  const summary = { vi: 'Như đã lưu.', en: 'As stored.' }
  return {
    claimId,
    facilityCode,
    encounterId,
    version,
    current,
    currentVersion,
    status,
    receivedAt,
    decidedAt,
    contentSha256,
    summary,
  }
}
