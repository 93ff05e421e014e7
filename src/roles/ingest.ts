import { docsRoutes } from '../../web/docs.ts'
import { explanationPage } from '../../web/explanation.ts'
import { deskFiles, deskPages } from '../../web/pages.ts'
import { createDryRun } from '../adjudication/dry-run.ts'
import { createExplain } from '../adjudication/explain/explain-version.ts'
import { ADJUDICATION_GROUP } from '../adjudication/process-batch.ts'
import type { Config } from '../config.ts'
import { createClientSource } from '../ingest/access/client-records.ts'
import { clientBounds, createClients } from '../ingest/access/clients.ts'
import { createTokens } from '../ingest/access/tokens.ts'
import { createApp, type IngestBounds } from '../ingest/app.ts'
import { startHttp } from '../ingest/http-server.ts'
import { identifiersOf } from '../national/identifiers-of.ts'
import { readBody } from '../national/read-body.ts'
import { createLoopDelay } from '../platform/metrics.ts'
import { openDesk } from './open-desk.ts'
import type { Parts, Role } from './parts.ts'

/** The front door: listens, and hears the decisions that its callers wait for. `others` run in the same process. */
export async function startIngest(parts: Parts, others: readonly Role[]): Promise<Role & { readonly port: number }> {
  const { config, log, metrics, clock, randomBytes, stream, ledger, keys, keyedHash } = parts
  const bounds = { ...clientBounds, reloadEveryMs: config.clientsFreshMs }
  const clients = createClients({ source: createClientSource(parts.pool), keyedHash, clock, log }, bounds)
  const loopDelay = createLoopDelay()
  const desk = await openDesk(parts)
  const lag = () => stream.lag('claims.submitted.v1', ADJUDICATION_GROUP)
  let draining = false
  const own = (): readonly string[] =>
    [
      draining ? 'the process is being stopped' : undefined,
      named('stream', stream.trouble()),
      named('replies', ingest.replies.trouble()),
      named('clients', clients.trouble()),
    ].filter((reason) => reason !== undefined)
  const reasons = async () => [...own(), ...(await Promise.all(others.map((role) => role.reasons()))).flat()]
  const ingest = createApp({
    ...{ stream, ledger, keyedHash, clients, clock, randomBytes, log, metrics, lag },
    cache: parts.cache,
    national: { readBody, identifiersOf },
    dryRun: createDryRun(parts),
    explain: createExplain(parts),
    explanationPage,
    referrals: desk.referrals,
    offline: { keys: desk.offlineKeys, entries: desk.entries },
    checkIns: desk.checkIns,
    nationalRows: desk.nationalRows,
    checkEligibility: desk.checkEligibility,
    tokens: createTokens(keys, clock),
    receiptKey: keys.receipt,
    loopDelayMs: loopDelay.ms,
    readiness: reasons,
    pages: [docsRoutes(), deskFiles()],
    desk: {
      pages: deskPages,
      kioskAgentUrl: config.kioskAgentUrl,
      isDisaster: async (facilityCode) => (await desk.disasters.at(facilityCode, clock.now())) !== undefined,
      secure: config.profile === 'production',
    },
    metricsHere: config.metricsPort === undefined,
    bounds: boundsOf(config),
  })
  metrics.watch({
    waiters: ingest.replies.count,
    inflightBytes: ingest.inflightBytes,
    lag,
    clients: clients.count,
    trouble: {
      stream: () => stream.trouble() !== undefined,
      replies: () => ingest.replies.trouble() !== undefined,
      cache: () => parts.cache.trouble() !== undefined,
    },
  })
  await Promise.all([clients.start(), ingest.replies.start(stream)])
  const http = await startHttp(ingest.app, { host: config.host, port: config.port, clock, randomBytes })
  log.info('listening', { host: config.host, port: http.port, profile: config.profile })
  return {
    port: http.port,
    reasons,
    async stop(deadlineMs) {
      draining = true
      ingest.replies.drain()
      await http.close(deadlineMs)
      await ingest.replies.stop(deadlineMs)
      clients.stop()
      loopDelay.stop()
      await desk.close()
    },
  }
}

const named = (part: string, trouble: string | undefined) => (trouble === undefined ? undefined : `${part}: ${trouble}`)

function boundsOf(config: Config): IngestBounds {
  return {
    inflightBytesMax: config.inflightBytesMax,
    loopDelayMsMax: config.eventLoopDelayMsMax,
    lagMax: config.streamLagMax,
    waitersMax: config.waitersMax,
    wait: { defaultMs: config.waitDefaultMs, maxMs: config.waitMsMax },
    read: {
      bodyBytesMax: config.bodyBytesMax,
      depthMax: config.jsonDepthMax,
      claimLinesMax: config.claimLinesMax,
      claimsMax: config.envelopeClaimsMax,
      faultsMax: FAULTS_LISTED_MAX,
    },
    bodyIdleMsMax: config.bodyIdleMsMax,
    checkIn: { inflightMax: config.checkInInflightMax, bodyBytesMax: config.checkInBodyBytesMax },
    rate: { ratePerS: config.facilityRatePerS, burst: config.facilityBurst },
  }
}
/** Faults listed in one answer; `errorCount` has the total (contract). */
const FAULTS_LISTED_MAX = 200
