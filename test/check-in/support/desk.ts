import { randomBytes } from 'node:crypto'
import { type Cache, CacheUnavailable } from '../../../src/cache/cache.ts'
import { createMemoryCache } from '../../../src/cache/memory.ts'
import type { CheckInAnswer } from '../../../src/check-in/check-in.ts'
import { createCheckInStore } from '../../../src/check-in/check-in-store.ts'
import { type CheckInDeps, createCheckIns } from '../../../src/check-in/create-check-in.ts'
import { createKeepRecord } from '../../../src/check-in/keep-record.ts'
import { createNationalRows } from '../../../src/check-in/national-rows.ts'
import { createOnce } from '../../../src/check-in/once.ts'
import { type Recorder, startRecorder } from '../../../src/check-in/recorder.ts'
import type { TestAuthority } from '../../../src/check-in/test-authority/authority.ts'
import { answerOf, type Card } from '../../../src/check-in/test-authority/card-simulator.ts'
import type { Citizen } from '../../../src/check-in/test-authority/citizens.ts'
import { createTickets } from '../../../src/check-in/tickets.ts'
import { readTrust } from '../../../src/check-in/trust/read-trust.ts'
import { createFindVisits } from '../../../src/check-in/visits-known.ts'
import { createEligibility } from '../../../src/eligibility/create-eligibility.ts'
import { importRegister } from '../../../src/eligibility/import.ts'
import type { AppDeps } from '../../../src/ingest/app.ts'
import { createLedger } from '../../../src/ledger/postgres-ledger.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createKeyedHash } from '../../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../../src/platform/log.ts'
import { type PostgresPool, PostgresUnavailable } from '../../../src/platform/postgres.ts'
import { createEmbeddedStream } from '../../../src/stream/embedded.ts'
import { type Stream, StreamUnavailable } from '../../../src/stream/stream.ts'
import { freshDatabase, type TestDatabase } from '../../support/database.ts'
import { startGateway } from '../../support/ingest.ts'
import { makeMember } from '../../support/make-member.ts'

const today = () => new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10)
const year = () => today().slice(0, 4)

/** What can be taken away while the desk works. */
export interface DeskFaults {
  postgres: boolean
  cache: boolean
  stream: boolean
  /** The register hangs this long, ms. */
  registerMs: number
}

export async function openTestDesk(
  authority: TestAuthority,
  more: readonly { name: string; bytes: Uint8Array }[] = [],
  gatewayDeps: Partial<AppDeps> = {},
) {
  const database: TestDatabase = await freshDatabase()
  const clock = systemClock
  const keyedHash = createKeyedHash(randomBytes(32))
  const faults: DeskFaults = { postgres: false, cache: false, stream: false, registerMs: 0 }
  const pool = faultyPool(database.pool, faults)
  const cache = faultyCache(createMemoryCache({ entriesMax: 100_000, bytesMax: 64 * 1024 * 1024, clock }), faults)
  const log = silentLogger
  const inner = await createEmbeddedStream({ pool: database.pool, partitions: 2, clock, onTrouble: () => {} })
  const stream = faultyStream(inner, faults)
  const eligibility = createEligibility({ pool, cache, clock, keyedHash, log })
  const snapshot = readTrust(
    [
      { name: 'first.der', bytes: authority.first.certificate },
      { name: 'second.der', bytes: authority.second.certificate },
      { name: 'first.crl', bytes: authority.revocationList },
      { name: 'second.crl', bytes: authority.secondRevocationList },
      ...more,
    ],
    { allowTest: true },
  )
  const trust = { current: snapshot }
  const store = createCheckInStore(pool, keyedHash, clock)
  const troubles: string[] = []
  const onTrouble = (what: string) => void troubles.push(what)
  const once = createOnce({ sql: pool, cache, clock })
  const deps: CheckInDeps = {
    ...{ eligibility, store, cache, keyedHash, clock, randomBytes, onTrouble, once },
    findVisits: createFindVisits(pool, createLedger(pool), clock),
    benefitRateHere: () => '80',
    copayHere: () => ({ counted: '0.00', exempt: false }),
    trust: () => trust.current,
    tickets: createTickets({ sql: pool, cache, clock }),
    keep: createKeepRecord({ stream, store, clock, onTrouble }),
    lookupMsMax: 500,
  }
  const checkIns = createCheckIns(deps)
  const nationalRows = createNationalRows({ sql: pool, store, keyedHash, clock })
  const gateway = await startGateway({ deps: { checkIns, nationalRows, ...gatewayDeps } })
  const ledger = createLedger(database.pool)
  let recorder: Recorder | undefined

  async function register(citizens: readonly Citizen[], asOf = today()): Promise<void> {
    const members = citizens.map((citizen) =>
      makeMember({
        ...{
          personalId: citizen.personalId,
          fullName: citizen.fullName.normalize('NFC').toUpperCase(),
          birthDate: citizen.birthDate,
        },
        coverages: [{ validFrom: `${year()}-01-01`, validTo: `${Number(year()) + 1}-12-31` }],
      }),
    )
    await importLines('members', [{ asOf }, ...members])
  }
  async function importLines(kind: 'members' | 'facilities', lines: readonly object[]): Promise<void> {
    async function* chunks() {
      for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`)
    }
    const report = await importRegister(kind, chunks(), { pool: database.pool, cache, keyedHash, clock })
    if (!report.committed) throw new Error(JSON.stringify(report.faults))
  }

  return {
    ...{ gateway, database, faults, keyedHash, cache, trust, troubles, checkIns, deps, stream, register, importLines, today },
    async startRecorder() {
      recorder = await startRecorder({
        ...{ stream, store: createCheckInStore(database.pool, keyedHash, clock), once, clock, onTrouble },
        offsets: (partitions) => ledger.offsets('check-ins.recorded.v1', partitions),
      })
    },
    async challenge(bearer: string, wish: object = {}) {
      const response = await gateway.post('/v1/check-ins/challenges', bearer, wish)
      return (await response.json()) as { challengeId: string; nonce: string; expiresAt: string; ticket?: string }
    },
    async checkIn(bearer: string, body: object) {
      const response = await gateway.post('/v1/check-ins', bearer, body)
      return { status: response.status, body: (await response.json()) as CheckInAnswer & { code?: string; errors?: unknown[] } }
    },
    async stop() {
      for (const name of ['postgres', 'cache', 'stream'] as const) faults[name] = false
      await recorder?.stop(2_000)
      await gateway.stop()
      await inner.close(1_000)
      await database.drop()
    },
  }
}
export type TestDesk = Awaited<ReturnType<typeof openTestDesk>>

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** What a kiosk sends after laying the card on its reader. */
export function chipIdentity(card: Card, { challengeId, nonce }: { challengeId: string; nonce: string }) {
  return {
    method: 'chip',
    challengeId,
    sod: base64(card.files.sod),
    ...Object.fromEntries([...card.files.groups].map(([number, bytes]) => [`dg${number}`, base64(bytes)])),
    activeAuthentication: base64(answerOf(card, Buffer.from(nonce, 'base64'))),
  }
}

function faultyPool(pool: PostgresPool, faults: DeskFaults): PostgresPool {
  const down = () => new PostgresUnavailable('Postgres cannot be reached')
  async function slow(text: string): Promise<void> {
    if (faults.registerMs > 0 && text.includes('register_')) await systemClock.sleep(faults.registerMs)
  }
  return {
    ...pool,
    async query(text, values, name) {
      if (faults.postgres) throw down()
      await slow(text)
      return pool.query(text, values, name)
    },
    async transaction(run) {
      if (faults.postgres) throw down()
      return pool.transaction(run)
    },
  }
}

function faultyCache(cache: Cache, faults: DeskFaults): Cache {
  const guarded = <Arguments extends unknown[], Result>(work: (...given: Arguments) => Promise<Result>) => {
    return async (...given: Arguments): Promise<Result> => {
      if (faults.cache) throw new CacheUnavailable('no cache')
      return work(...given)
    }
  }
  const { getMany, set, setIfAbsent, delete: drop, invalidate } = cache
  return {
    ...cache,
    getMany: guarded(getMany),
    set: guarded(set),
    setIfAbsent: guarded(setIfAbsent),
    delete: guarded(drop),
    invalidate: guarded(invalidate),
  }
}

function faultyStream(stream: Stream, faults: DeskFaults): Stream {
  return {
    append: async (topic, record) => {
      if (faults.stream) throw new StreamUnavailable('no broker')
      return stream.append(topic, record)
    },
    appendAll: async (topic, records) => {
      if (faults.stream) throw new StreamUnavailable('no broker')
      return stream.appendAll(topic, records)
    },
    consume: (topic, options, handle) => stream.consume(topic, options, handle),
    tail: (topic, handle) => stream.tail(topic, handle),
    ends: (topic) => stream.ends(topic),
    hint: (topic, group, next) => stream.hint(topic, group, next),
    lag: (topic, group) => stream.lag(topic, group),
    trouble: () => stream.trouble(),
    close: (deadlineMs) => stream.close(deadlineMs),
  }
}
