import { Hono } from 'hono'
import type { Cache } from '../cache/cache.ts'
import type { CheckIns } from '../check-in/check-in.ts'
import type { CheckEligibility } from '../check-in/eligibility-check.ts'
import type { NationalRows } from '../check-in/national-rows.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ReadBounds } from '../national/reading.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Stream } from '../stream/stream.ts'
import type { Clients } from './access/clients.ts'
import { createAccess } from './access/create-access.ts'
import type { RateBounds } from './access/rate-limit.ts'
import { createSessions } from './access/session.ts'
import { addTokenRoute } from './access/token-route.ts'
import type { Tokens } from './access/tokens.ts'
import { type AdmissionBounds, createAdmission } from './admission.ts'
import { addCheckInBatchRoutes, type OfflineDeps } from './check-in-batch-route.ts'
import { addCheckInRoutes, type CheckInBounds } from './check-in-routes.ts'
import { createIntake, type NationalReaders } from './claim-intake.ts'
import { addReadingRoutes } from './claim-reading-routes.ts'
import { addClaimRoutes, type DryRun } from './claim-routes.ts'
import { addEligibilityRoutes } from './eligibility-routes.ts'
import { addExplanationRoute, type ExplainVersion, type ExplanationPage } from './explanation-route.ts'
import { addHealthRoutes, addMetricsRoute, type ReadinessReasons } from './health-routes.ts'
import { createIdempotency } from './idempotency.ts'
import { createKnownDecisions } from './known-decisions.ts'
import { addPageRoutes, type PageDeps } from './page-routes.ts'
import type { DeskPages } from './page-views.ts'
import type { WaitBounds } from './prefer.ts'
import { createReadBytes } from './read-bytes.ts'
import { createReceipts } from './receipt.ts'
import { addReferralRoutes, type ReferralsOfRoutes } from './referral-routes.ts'
import { createReplies, type Replies, type ReplyBounds, replyBounds } from './replies.ts'
import { createIds, pooled, type RandomBytes } from './request-ids.ts'
import { createRouter, type GatewayApp, type GatewayEnv, type Page, type RouteEntry } from './route.ts'
import { createSubmitter } from './submit-claim.ts'
import { addVoidRoute } from './void-route.ts'

/** Every bound of the front door; names are those of the configuration. */
export interface IngestBounds extends AdmissionBounds {
  readonly wait: WaitBounds
  readonly read: ReadBounds
  /** A body of which nothing comes for this long is refused: 408. */
  readonly bodyIdleMsMax: number
  readonly rate: RateBounds
  readonly checkIn: CheckInBounds
  readonly replies?: Partial<ReplyBounds>
}

export interface AppDeps {
  readonly stream: Stream
  readonly ledger: Ledger
  readonly cache: Cache
  readonly keyedHash: KeyedHash
  readonly national: NationalReaders
  readonly dryRun: DryRun
  readonly explain: ExplainVersion
  readonly explanationPage: ExplanationPage
  /** Without it there are no routes of slips. */
  readonly referrals?: ReferralsOfRoutes
  /** Without it no kiosk works offline. */
  readonly offline?: OfflineDeps
  readonly checkIns: CheckIns
  /** Without it a day's check-ins are JSON alone. */
  readonly nationalRows?: NationalRows
  readonly checkEligibility?: CheckEligibility
  readonly clients: Clients
  readonly tokens: Tokens
  /** Seals receipts (32 bytes). */
  readonly receiptKey: Buffer
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly log: Logger
  readonly metrics: Metrics
  /** Submitted records not decided yet; `undefined` when unknown. */
  readonly lag: () => number | undefined
  readonly loopDelayMs: () => number
  readonly readiness: ReadinessReasons
  /** Pages that others make (`/docs`, `/openapi.json`, …), asked in turn for what no route knows; they need no token. */
  readonly pages?: readonly Page[]
  /** The pages of a desk. */
  readonly desk: DeskDeps
  /** False where `/metrics` has its own port. */
  readonly metricsHere: boolean
  readonly bounds: IngestBounds
}

export interface DeskDeps extends Pick<PageDeps, 'kioskAgentUrl' | 'isDisaster'> {
  readonly pages: DeskPages
  /** Whether browsers come by TLS: then sessions go over nothing else. */
  readonly secure: boolean
}

export interface GatewayIngest {
  readonly app: GatewayApp
  readonly routes: readonly RouteEntry[]
  readonly replies: Replies
  /** For gauges. */
  readonly inflightBytes: () => number
}

/** The front door: everything under `/v1`, probes, and the pages handed in. Opens nothing; `startHttp` listens. */
export function createApp(deps: AppDeps): GatewayIngest {
  const { clock, ledger, metrics, log, bounds, keyedHash, clients, tokens } = deps
  const app: GatewayApp = new Hono<GatewayEnv>()
  const random = pooled(deps.randomBytes)
  const ids = createIds(random)
  const access = createAccess({ tokens, clients, clock }, bounds.rate)
  const router = createRouter(app, { access, clock, ids, log, metrics })
  const replies = createReplies(
    { ledger, clock, log, metrics },
    { ...replyBounds, ...bounds.replies, waitersMax: bounds.waitersMax },
  )
  const admission = createAdmission({ waiters: replies.count, lag: deps.lag, loopDelayMs: deps.loopDelayMs }, bounds)
  const readBytes = createReadBytes(clock, { bytesMax: bounds.read.bodyBytesMax, idleMsMax: bounds.bodyIdleMsMax })
  const checkIdempotency = createIdempotency(deps.cache, keyedHash)
  const receipts = createReceipts(deps.receiptKey, random)
  const submitter = createSubmitter({
    stream: deps.stream,
    replies,
    findKnown: createKnownDecisions({ ledger, clock, metrics }),
    keyedHash,
    identifiersOf: deps.national.identifiersOf,
    clock,
    ids,
    metrics,
  })
  const intake = createIntake({ national: deps.national, readBytes, admission, readBounds: bounds.read })
  const shared = { submitter, checkIdempotency, receipts, metrics, wait: bounds.wait }

  addClaimRoutes(router, { ...shared, intake, dryRun: deps.dryRun, access, keyedHash })
  addVoidRoute(router, { ...shared, ledger, readBytes, admission, ids })
  addReadingRoutes(router, { ledger, receipts })
  addExplanationRoute(router, { ledger, admission, explain: deps.explain, explanationPage: deps.explanationPage })
  addCheckInRoutes(router, {
    ...{ checkIns: deps.checkIns, nationalRows: deps.nationalRows, readBytes, access, clock },
    bounds: bounds.checkIn,
  })
  if (deps.checkEligibility) {
    addEligibilityRoutes(router, { checkEligibility: deps.checkEligibility, readBytes, bounds: bounds.checkIn })
  }
  if (deps.offline) addCheckInBatchRoutes(router, { ...deps.offline, checkIns: deps.checkIns, readBytes, access })
  if (deps.referrals) addReferralRoutes(router, { referrals: deps.referrals, readBytes })
  addTokenRoute(router, { clients, tokens, ids, metrics, readBytes })
  const { pages: desk, secure, ...shown } = deps.desk
  const sessions = createSessions({ secret: deps.receiptKey, clients, clock, randomBytes: random, secure })
  addPageRoutes(router, { ...shown, desk, checkIns: deps.checkIns, sessions, clients, clock, metrics, readBytes })
  addHealthRoutes(router, deps.readiness)
  if (deps.metricsHere) addMetricsRoute(router, metrics)
  return { app, routes: router.finish(deps.pages), replies, inflightBytes: admission.inflightBytes }
}

/** Probes and `/metrics` alone: for the port of the metrics, and for a process that takes no claims. */
export function createProbeApp(deps: Pick<AppDeps, 'clock' | 'log' | 'metrics' | 'randomBytes' | 'readiness'>): GatewayApp {
  const app: GatewayApp = new Hono<GatewayEnv>()
  const closed = {
    authenticate: () => {
      throw new Error('no route of this port asks who calls')
    },
    admit: () => {},
  }
  const router = createRouter(app, { ...deps, access: closed, ids: createIds(deps.randomBytes) })
  addHealthRoutes(router, deps.readiness)
  addMetricsRoute(router, deps.metrics)
  router.finish()
  return app
}
