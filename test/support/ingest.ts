import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckIns } from '../../src/check-in/check-in.ts'
import { createOfflineKeys } from '../../src/check-in/offline.ts'
import type { Role } from '../../src/ingest/access/access.ts'
import type { ClientRecord } from '../../src/ingest/access/client-records.ts'
import { secretDigest } from '../../src/ingest/access/client-records.ts'
import { createClients } from '../../src/ingest/access/clients.ts'
import { loadKeys } from '../../src/ingest/access/keys.ts'
import { createTokens } from '../../src/ingest/access/tokens.ts'
import { type AppDeps, createApp, type IngestBounds } from '../../src/ingest/app.ts'
import { startHttp } from '../../src/ingest/http-server.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { explanationPage } from '../../web/explanation.ts'
import { deskFiles, deskPages } from '../../web/pages.ts'
import { makeCache, makeDecider, makeExplanation, makeLedger, makeStream, tinyNational } from './fakes-ingest.ts'
import { makeReferrals } from './fakes-referrals.ts'

export const testBounds: IngestBounds = {
  waitersMax: 5_000,
  inflightBytesMax: 64 * 1024 * 1024,
  loopDelayMsMax: 5_000,
  lagMax: 1_000_000,
  wait: { defaultMs: 10_000, maxMs: 15_000 },
  read: { bodyBytesMax: 1024 * 1024, depthMax: 32, claimLinesMax: 5000, claimsMax: 100, faultsMax: 200 },
  bodyIdleMsMax: 10_000,
  rate: { ratePerS: 100_000, burst: 100_000 },
  checkIn: { inflightMax: 500, bodyBytesMax: 256 * 1024 },
}

const notHere = () => Promise.reject(new Error('no check-in in this test'))
export const noCheckIns: CheckIns = { openChallenges: notHere, checkIn: notHere, listOn: notHere, confirm: async () => undefined }

export interface GatewayOptions {
  readonly bounds?: Partial<IngestBounds>
  readonly deps?: Partial<AppDeps>
  /** Requests of the real clock by default; the waiting tests hand in their own. */
  readonly clock?: AppDeps['clock']
}

/** The front door on a free loopback port, on parts in memory that keep the ports' promises. */
export async function startGateway({ bounds, deps, clock = systemClock }: GatewayOptions = {}) {
  const keysDir = mkdtempSync(join(tmpdir(), 'bhyt-keys-'))
  const keys = loadKeys(keysDir, { create: true })
  const keyedHash = createKeyedHash(keys.member)
  const stream = makeStream()
  const ledger = makeLedger()
  const cache = makeCache()
  const decider = makeDecider(stream, ledger, clock)
  const records: ClientRecord[] = []
  const clientMode = { down: false }
  const source = {
    async all() {
      if (clientMode.down) throw new Error('no database')
      return records
    },
    async changed() {
      if (clientMode.down) throw new Error('no database')
      return records
    },
  }
  const log = deps?.log ?? silentLogger
  const clients = createClients(
    { source, keyedHash, clock, log },
    { reloadEveryMs: 60_000, changesEveryMs: 2_000, unknownEveryMs: 0 },
  )
  const metrics = createMetrics({ processMetrics: false })
  const tokens = createTokens(keys, clock)
  const ingest = createApp({
    stream: stream.stream,
    ledger: ledger.ledger,
    cache: cache.cache,
    keyedHash,
    national: tinyNational,
    dryRun: async () => Buffer.from('{"outcome":"accept"}'),
    explain: async (found) => makeExplanation(found),
    explanationPage,
    referrals: makeReferrals(),
    offline: { keys: createOfflineKeys({ keyedHash, clock, randomBytes }), entries: { note: async () => {} } },
    checkIns: noCheckIns,
    checkEligibility: notHere,
    clients,
    tokens,
    receiptKey: keys.receipt,
    clock,
    randomBytes,
    log,
    metrics,
    lag: () => undefined,
    loopDelayMs: () => 0,
    readiness: () => [],
    metricsHere: true,
    pages: [deskFiles()],
    desk: { pages: deskPages, kioskAgentUrl: 'http://127.0.0.1:9310', isDisaster: async () => false, secure: false },
    ...deps,
    bounds: { ...testBounds, ...bounds },
  })
  await clients.start()
  await ingest.replies.start(stream.stream)
  const http = await startHttp(ingest.app, { host: '127.0.0.1', port: 0, clock: systemClock, randomBytes })
  const base = `http://127.0.0.1:${http.port}`

  function register(facilityCode: string, role: Role = 'facility'): { clientId: string; secret: string } {
    const clientId = `client_${randomBytes(10).toString('hex')}`
    const secret = randomBytes(32).toString('base64url')
    const createdAt = new Date(0).toISOString()
    records.push({
      clientId,
      facilityCode,
      role,
      secretDigest: secretDigest(keyedHash, clientId, secret),
      createdAt,
      revokedAt: null,
    })
    return { clientId, secret }
  }
  async function token(facilityCode = '01999', role: Role = 'facility'): Promise<string> {
    const { clientId, secret } = register(facilityCode, role)
    const response = await fetch(`${base}/v1/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return ((await response.json()) as { access_token: string }).access_token
  }
  return {
    base,
    port: http.port,
    http,
    ingest,
    stream,
    ledger,
    cache,
    decider,
    clients,
    clientMode,
    records,
    keys,
    keyedHash,
    metrics,
    tokens,
    register,
    token,
    async post(path: string, bearer: string, body: unknown, headers: Record<string, string> = {}) {
      return fetch(`${base}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
    async get(path: string, bearer: string, headers: Record<string, string> = {}) {
      return fetch(`${base}${path}`, { headers: { authorization: `Bearer ${bearer}`, ...headers } })
    },
    async stop() {
      ingest.replies.drain()
      await http.close(2_000)
      await ingest.replies.stop(1_000)
      clients.stop()
      rmSync(keysDir, { recursive: true, force: true })
    },
  }
}
export type TestGateway = Awaited<ReturnType<typeof startGateway>>

/** Bytes to a socket, and what came back until it was closed (or `waitMs` passed). */
export function rawExchange(port: number, bytes: string | Buffer, waitMs = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const timer = setTimeout(() => socket.destroy(), waitMs)
    socket.on('data', (chunk) => {
      heard += chunk.toString('utf8')
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(heard)
    })
    socket.on('error', reject)
  })
}
