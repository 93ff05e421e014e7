import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** How a filing ended. Counted apart and never merged: the promise of an answer within 15 s is read from these four. */
export type FilingOutcome = 'decided' | 'receipted' | 'refused' | 'unconfirmed'

/** Read when Prometheus asks; `undefined` leaves the sample out. */
export interface Gauges {
  readonly waiters?: () => number
  readonly inflightBytes?: () => number
  /** Submitted records not decided yet. */
  readonly lag?: () => number | undefined
  /** 1 = the part is in trouble (breaker open, cannot be reached). */
  readonly trouble?: Readonly<Record<string, () => boolean>>
  readonly clients?: () => number
}

export interface Metrics {
  /** One finished request; `route` is the template, never the address. */
  request(method: string, route: string, status: number, ms: number): void
  filed(outcome: FilingOutcome, replayed: boolean): void
  problem(code: string): void
  appended(ms: number, outcome: 'ok' | 'unavailable' | 'unconfirmed'): void
  /** Keys of one look-up in the ledger: before the append, or for waiters that are late. */
  lookedUp(why: 'fast-path' | 'late', keys: number): void
  /** What the adjudication worker committed. */
  batch(batch: { decided: number; duplicates: number; held: number; ms: number }): void
  /** What a rule said in decisions that were committed; without effect while it is in shadow. */
  found(rule: string, severity: string, effect: boolean, count: number): void
  trouble(part: string): void
  token(result: 'issued' | 'refused'): void
  /** Registers what is read at scrape time; call once per process. */
  watch(gauges: Gauges): void
  /** Text of the Prometheus exposition format and its media type. */
  expose(): Promise<{ text: string; contentType: string }>
}

const REQUEST_BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** The registry of one process. Labels come from closed sets (route templates, codes, parts), so their number is bounded. */
export function createMetrics({ processMetrics = true }: { processMetrics?: boolean } = {}): Metrics {
  const register = new Registry()
  if (processMetrics) collectDefaultMetrics({ register })
  const made = makeMeters([register])
  const requests = new Map<string, { count: Counter.Internal; seconds: Histogram.Internal<'method' | 'route'> }>()

  return {
    request(method, route, status, ms) {
      const key = `${method} ${route} ${status}`
      let bound = requests.get(key)
      if (!bound) {
        bound = {
          count: made.requests.labels(method, route, String(status)),
          seconds: made.requestSeconds.labels(method, route),
        }
        requests.set(key, bound)
      }
      bound.count.inc()
      bound.seconds.observe(ms / 1000)
    },
    filed: (outcome, replayed) => made.filings.labels(outcome, replayed ? 'true' : 'false').inc(),
    problem: (code) => made.problems.labels(code).inc(),
    appended(ms, outcome) {
      made.appends.labels(outcome).inc()
      made.appendSeconds.observe(ms / 1000)
    },
    lookedUp(why, keys) {
      made.lookUps.labels(why).observe(keys)
    },
    batch({ decided, duplicates, held, ms }) {
      made.adjudicated.labels('decided').inc(decided)
      made.adjudicated.labels('duplicate').inc(duplicates)
      made.adjudicated.labels('held').inc(held)
      made.batchClaims.observe(decided + duplicates + held)
      made.batchSeconds.observe(ms / 1000)
    },
    found: (rule, severity, effect, count) => made.findings.labels(rule, severity, String(effect)).inc(count),
    trouble: (part) => made.troubles.labels(part).inc(),
    token: (result) => made.tokens.labels(result).inc(),
    watch: (gauges) => watch(register, gauges),
    expose: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  }
}

function makeMeters(registers: [Registry]) {
  return {
    requests: new Counter({
      name: 'bhyt_http_requests_total',
      help: 'Requests answered, by route template and status',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'bhyt_http_request_seconds',
      help: 'Time from the arrival of a request to its answer, waiting included',
      labelNames: ['method', 'route'] as const,
      buckets: REQUEST_BUCKETS_S,
      registers,
    }),
    filings: new Counter({
      name: 'bhyt_filings_total',
      help: 'Claims filed: decided in time, receipted (202), refused with nothing stored, or unconfirmed',
      labelNames: ['outcome', 'replayed'] as const,
      registers,
    }),
    problems: new Counter({ name: 'bhyt_problems_total', help: 'Refusals by code', labelNames: ['code'] as const, registers }),
    appends: new Counter({
      name: 'bhyt_appends_total',
      help: 'Appends of submitted claims by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'bhyt_append_seconds',
      help: 'Time of one append to the stream, batching included',
      buckets: REQUEST_BUCKETS_S,
      registers,
    }),
    lookUps: new Histogram({
      name: 'bhyt_look_up_keys',
      help: 'Keys per look-up in the ledger',
      labelNames: ['why'] as const,
      buckets: BATCH_BUCKETS,
      registers,
    }),
    adjudicated: new Counter({
      name: 'bhyt_adjudicated_total',
      help: 'Claims that left adjudication',
      labelNames: ['kind'] as const,
      registers,
    }),
    batchClaims: new Histogram({
      name: 'bhyt_batch_claims',
      help: 'Claims per ledger transaction',
      buckets: BATCH_BUCKETS,
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'bhyt_batch_seconds',
      help: 'Time of one adjudication batch, facts and commit included',
      buckets: REQUEST_BUCKETS_S,
      registers,
    }),
    findings: new Counter({
      name: 'bhyt_findings_total',
      help: 'Findings of committed decisions; effect="false": the rule is in shadow',
      labelNames: ['rule', 'severity', 'effect'] as const,
      registers,
    }),
    troubles: new Counter({ name: 'bhyt_troubles_total', help: 'Faults of a part', labelNames: ['part'] as const, registers }),
    tokens: new Counter({ name: 'bhyt_tokens_total', help: 'Token requests', labelNames: ['result'] as const, registers }),
  }
}

function watch(register: Registry, { waiters, inflightBytes, lag, trouble, clients }: Gauges): void {
  const registers = [register]
  const read = (name: string, help: string, value: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value()
        if (now === undefined) this.remove()
        else this.set(now)
      },
    })
  if (waiters) read('bhyt_waiters', 'Requests that wait for a decision', waiters)
  if (inflightBytes) read('bhyt_inflight_bytes', 'Bytes of bodies announced or read and not yet durable', inflightBytes)
  if (lag) read('bhyt_lag_records', 'Submitted records not decided yet', lag)
  if (clients) read('bhyt_clients', 'Clients held in memory', clients)
  if (!trouble) return
  const parts = Object.entries(trouble)
  new Gauge({
    name: 'bhyt_part_in_trouble',
    help: '1 while a part cannot be used (breaker open)',
    labelNames: ['part'] as const,
    registers,
    collect() {
      for (const [part, inTrouble] of parts) this.labels(part).set(inTrouble() ? 1 : 0)
    },
  })
}

export interface LoopDelay {
  /** Mean delay of the event loop over about the last second, ms. */
  ms(): number
  stop(): void
}
const LOOP_RESOLUTION_MS = 20
const LOOP_WINDOW_MS = 1000

/** How late the event loop runs: the guard of admission reads it. */
export function createLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  histogram.enable()
  let last = 0
  const timer = setInterval(() => {
    last = Math.max(0, histogram.mean / 1e6 - LOOP_RESOLUTION_MS)
    histogram.reset()
  }, LOOP_WINDOW_MS)
  timer.unref()
  return {
    ms: () => (Number.isNaN(last) ? 0 : last),
    stop() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
