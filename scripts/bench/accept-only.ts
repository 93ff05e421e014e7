import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createTokens } from '../../src/ingest/access/tokens.ts'
import { createApp, type IngestBounds } from '../../src/ingest/app.ts'
import { startHttp } from '../../src/ingest/http-server.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { identifiersOf } from '../../src/national/identifiers-of.ts'
import { readBody } from '../../src/national/read-body.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { createLogger } from '../../src/platform/log.ts'
import { createLoopDelay, createMetrics } from '../../src/platform/metrics.ts'
import { createKafkaStream, parseKafkaUrl } from '../../src/stream/kafka.ts'
import type { Stream } from '../../src/stream/stream.ts'
import { deskPages } from '../../web/pages.ts'

/**
 * The real front door with nothing behind it (P1), or with real Kafka behind it and no ledger (P2): parse, validate, hash, token,
 * receipt. Prints one line: its port and a token.
 */
const { values } = parseArgs({ options: { kafka: { type: 'string' } } })
const clock = systemClock
const log = createLogger({ level: 'warn' })
const caller = { clientId: 'bench', facilityCode: '01999', role: 'facility' } as const

const nowhere: Stream = {
  append: async () => ({ partition: 0, offset: 0 }),
  appendAll: async (_, records) => records.map(() => ({ partition: 0, offset: 0 })),
  consume: async () => ({ stop: async () => {}, waiting: () => 0 }),
  tail: async () => ({ stop: async () => {} }),
  ends: async () => new Map(),
  hint: () => {},
  lag: () => undefined,
  trouble: () => undefined,
  close: async () => {},
}
const stream = values.kafka
  ? await createKafkaStream({
      ...parseKafkaUrl(values.kafka),
      clientId: 'bench',
      profile: 'development',
      partitions: 6,
      clock,
      onTrouble: (what, cause) => log.warn(what, {}, cause),
      onFatal: (reason) => log.error(reason),
    })
  : nowhere

const neverAsked = () => Promise.reject(new Error('the benchmark asks no ledger'))
const ledger: Ledger = {
  offsets: neverAsked,
  claimStates: neverAsked,
  memberStates: neverAsked,
  examTables: neverAsked,
  commit: neverAsked,
  pendingPublications: neverAsked,
  publication: neverAsked,
  published: neverAsked,
  findByContent: async (keys) => keys.map(() => undefined),
  findVersion: neverAsked,
  list: neverAsked,
  trouble: async () => undefined,
}
const bounds: IngestBounds = {
  ...{ inflightBytesMax: 268_435_456, loopDelayMsMax: 10_000, lagMax: 1e9, waitersMax: 20_000, bodyIdleMsMax: 10_000 },
  wait: { defaultMs: 10_000, maxMs: 15_000 },
  read: { bodyBytesMax: 8_388_608, depthMax: 32, claimLinesMax: 5_000, claimsMax: 100, faultsMax: 200 },
  rate: { ratePerS: 1e6, burst: 1e6 },
  checkIn: { inflightMax: 500, bodyBytesMax: 262_144 },
}
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const tokens = createTokens({ tokenPrivate: privateKey, tokenPublic: publicKey }, clock)
const { app } = createApp({
  ...{ stream, ledger, clock, log, tokens, bounds, randomBytes },
  metrics: createMetrics(),
  cache: createMemoryCache({ entriesMax: 10_000, bytesMax: 16_777_216, clock }),
  keyedHash: createKeyedHash(randomBytes(32)),
  national: { readBody, identifiersOf },
  dryRun: neverAsked,
  checkIns: { openChallenges: neverAsked, checkIn: neverAsked, listOn: neverAsked, confirm: neverAsked },
  explain: neverAsked,
  explanationPage: () => ({ headers: {}, body: '' }),
  clients: {
    find: () => caller,
    login: async () => caller,
    count: () => 1,
    trouble: () => undefined,
    start: async () => {},
    stop: () => {},
  },
  receiptKey: randomBytes(32),
  lag: () => undefined,
  loopDelayMs: createLoopDelay().ms,
  readiness: () => [],
  desk: { pages: deskPages, kioskAgentUrl: 'http://127.0.0.1:9310', isDisaster: async () => false, secure: false },
  metricsHere: true,
})
const http = await startHttp(app, { host: '127.0.0.1', port: 0, clock, randomBytes })
process.stdout.write(`${JSON.stringify({ port: http.port, token: await tokens.issue(caller, 'bench') })}\n`)
// A profile (`node --cpu-prof`) is written at an orderly exit alone.
process.once('SIGTERM', () => process.exit(0))
