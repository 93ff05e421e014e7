import { type IncomingMessage, METHODS } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { PROBLEMS, Problem } from '../platform/problem.ts'
import type { Access, Caller, Lane, Role } from './access/access.ts'
import { asProblem, languageOf, type ProblemBody, problemBody, problemReply } from './problem-reply.ts'
import type { Language } from './problem-texts.ts'
import { ClientGone } from './read-bytes.ts'
import type { Reply } from './reply.ts'
import type { Ids } from './request-ids.ts'

export type GatewayEnv = { Bindings: HttpBindings }
export type GatewayApp = Hono<GatewayEnv>

/** A request as the handlers see it: no HTTP framework, no raw address. */
export interface ApiRequest {
  /** `req_…`, in `Request-Id` and in every line about it. */
  readonly id: string
  readonly incoming: IncomingMessage
  /** Monotonic ms and epoch ms of the arrival: a wait counts from here. */
  readonly arrivedAt: number
  readonly receivedAtMs: number
  header(name: string): string | undefined
  param(name: string): string
  query(name: string): string | undefined
  language(): Language
  /** Whether the client has gone: then nothing is begun for it. */
  gone(): boolean
}
export interface CallerRequest extends ApiRequest {
  readonly caller: Caller
  /** What was thrown as a refusal in words, noted as every refusal is: for one claim among several. */
  refusal(thrown: unknown): ProblemBody
}

/** A request of a page: who calls is known from its session, not from a token. */
export interface PageRequest extends ApiRequest {
  /** The same request as the caller's own, named in the log line. */
  as(caller: Caller): CallerRequest
}

export interface RouteDeps {
  readonly access: Access
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Logger
  readonly metrics: Metrics
}
export interface RouteEntry {
  readonly method: 'GET' | 'POST'
  /** `/v1/claims/{claimId}` */
  readonly template: string
  /** Who may call it; `open` needs no token. */
  readonly roles: readonly Role[] | 'open'
}
/** Routes of the desk: a bucket of their own, so that filing claims never uses it up. */
const DESK = /^\/v1\/(check-ins|eligibility-checks|referrals)\b/
/** Probes and scrapes: answered often, logged at `debug`. */
const QUIET: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics'])

/**
 * Registers routes on the app, each with who may call it, and keeps the table of them (tests walk it). One function takes a request
 * to its response: identity, refusals, `Request-Id`, one log line, one count. There is no other middleware.
 */
export function createRouter(app: GatewayApp, deps: RouteDeps) {
  const table: (RouteEntry & { readonly handle: Handle })[] = []
  const pageTable: (Pick<RouteEntry, 'method' | 'template'> & { readonly handle: Handle })[] = []
  const callable = new Map<
    string,
    { readonly roles: readonly Role[]; readonly lane: Lane; handle(request: CallerRequest): Promise<Reply> | Reply }
  >()
  const serve = createServe(deps)

  function open(method: RouteEntry['method'], template: string, handle: (request: ApiRequest) => Promise<Reply> | Reply): void {
    add({ method, template, roles: 'open' }, handle)
  }
  function guarded(
    method: RouteEntry['method'],
    template: string,
    roles: readonly Role[],
    handle: (request: CallerRequest) => Promise<Reply> | Reply,
  ): void {
    const lane = DESK.test(template) ? 'desk' : 'claims'
    callable.set(`${method} ${template}`, { roles, handle, lane })
    add({ method, template, roles }, async (request) => {
      const caller = await deps.access.authenticate(request.header('authorization'))
      request.caller = caller
      deps.access.admit(caller, 1, lane)
      if (!roles.includes(caller.role)) throw new Problem('request.forbidden')
      return handle(request as CallerRequest)
    })
  }
  function add(entry: RouteEntry, handle: Handle): void {
    table.push({ ...entry, handle })
  }
  /** An address of a page: no part of the API, hence not in the table; it asks itself who calls. */
  function page(method: RouteEntry['method'], template: string, handle: (request: PageRequest) => Promise<Reply> | Reply): void {
    pageTable.push({ method, template, handle })
  }
  /** Has a guarded route answer a page's caller, with the same limits and rights as with a token. */
  async function call(method: RouteEntry['method'], template: string, request: CallerRequest): Promise<Reply> {
    const route = callable.get(`${method} ${template}`)
    if (!route) throw new Problem('route.not_found')
    deps.access.admit(request.caller, 1, route.lane)
    if (!route.roles.includes(request.caller.role)) throw new Problem('request.forbidden')
    return route.handle(request)
  }
  /**
   * Registers what was added, fixed addresses before those with a parameter. An address that exists answers 405 to other methods;
   * what no address knows goes to the pages, then to 404. Call it last.
   */
  function finish(pages: readonly Page[] = []): readonly RouteEntry[] {
    const byTemplate = [...Map.groupBy([...table, ...pageTable], ({ template }) => template)]
    for (const [template, entries] of byTemplate.sort(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))) {
      for (const { method, handle } of entries) app.on(method, honoPath(template), (c) => serve(c, template, handle))
      const allowed = entries.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
      // One by one and not as `all`: a route with a single handler is spared the framework's chain.
      const others = METHODS.filter((method) => !allowed.includes(method))
      app.on(others, honoPath(template), (c) =>
        serve(c, template, () => {
          throw new Problem('request.method', { headers: { Allow: allowed.join(', ') } })
        }),
      )
    }
    app.notFound((c) =>
      serve(c, '{page}', async () => {
        for (const page of pages) {
          const response = await page.fetch(c.req.raw, c.env)
          if (response.status !== 404) return pageReply(response)
        }
        throw new Problem('route.not_found')
      }),
    )
    app.onError((thrown, c) =>
      serve(c, '{none}', () => {
        throw thrown
      }),
    )
    return table
  }
  return { open, guarded, page, call, finish }
}
export type Router = ReturnType<typeof createRouter>

/** Pages that other parts make; `{page}` in logs and metrics, so that no address gets there. Their ids give way to the request's. */
export interface Page {
  fetch(request: Request, env: object): Response | Promise<Response>
}
async function pageReply(response: Response): Promise<Reply> {
  const headers: Record<string, string> = {}
  for (const [name, value] of response.headers) {
    if (!GIVEN_TO_ALL.has(name)) headers[name === 'cache-control' ? 'Cache-Control' : name] = value
  }
  return { status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) }
}
const GIVEN_TO_ALL: ReadonlySet<string> = new Set(['request-id', 'x-content-type-options'])

const honoPath = (template: string) => template.replaceAll(/\{(\w+)\}/g, ':$1')

/** The only mutable part of a request: who calls becomes known on the way, and the log line names it also when it is refused. */
class ServedRequest implements PageRequest {
  readonly id: string
  readonly incoming: IncomingMessage
  readonly arrivedAt: number
  readonly receivedAtMs: number
  caller: Caller | undefined
  readonly #context: Context<GatewayEnv>
  readonly #note: (problem: Problem) => void
  constructor(context: Context<GatewayEnv>, id: string, clock: Clock, note: (problem: Problem, requestId: string) => void) {
    this.#context = context
    this.#note = (problem) => note(problem, id)
    this.incoming = context.env.incoming as IncomingMessage
    this.id = id
    this.arrivedAt = clock.monotonic()
    this.receivedAtMs = clock.now()
  }
  header(name: string): string | undefined {
    const value = this.incoming.headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }
  param(name: string): string {
    return this.#context.req.param(name) ?? ''
  }
  query(name: string): string | undefined {
    return this.#context.req.query(name)
  }
  language(): Language {
    return languageOf(this.incoming.headers['accept-language'])
  }
  refusal(thrown: unknown): ProblemBody {
    const problem = asProblem(thrown)
    this.#note(problem)
    return problemBody(problem, this.id, this.language())
  }
  as(caller: Caller): CallerRequest {
    this.caller = caller
    return this as CallerRequest
  }
  gone(): boolean {
    return this.#context.env.outgoing.destroyed
  }
}

type Handle = (request: ServedRequest) => Promise<Reply> | Reply

function createServe({ clock, ids, log, metrics }: RouteDeps) {
  function note(problem: Problem, requestId: string, route: string): void {
    metrics.problem(problem.code)
    const fields = { requestId, route, code: problem.code }
    if (problem.code === 'gateway.internal') log.error('fault', fields, problem.cause)
    else if (PROBLEMS[problem.code].status >= 500) log.warn('refused', fields, problem.cause)
  }
  function refuse(thrown: unknown, request: ServedRequest, route: string): Reply {
    if (thrown instanceof ClientGone) return { status: 499, headers: {}, body: '' }
    const problem = asProblem(thrown)
    note(problem, request.id, route)
    return problemReply(problem, request.id, request.language(), clock.random())
  }

  return async function serve(c: Context<GatewayEnv>, route: string, handle: Handle): Promise<Response> {
    const request = new ServedRequest(c, ids.request(), clock, (problem, id) => note(problem, id, route))
    let reply: Reply
    try {
      reply = await handle(request)
    } catch (thrown) {
      reply = refuse(thrown, request, route)
    }
    const { status, headers, body } = reply
    headers['Request-Id'] = request.id
    headers['Cache-Control'] ??= 'no-store'
    headers['X-Content-Type-Options'] = 'nosniff'
    const method = request.incoming.method ?? ''
    const ms = clock.monotonic() - request.arrivedAt
    metrics.request(knownMethod(method), route, status, ms)
    const fields = {
      method: knownMethod(method),
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      requestId: request.id,
      facility: request.caller?.facilityCode,
      role: request.caller?.role,
      clientId: request.caller?.clientId,
    }
    if (QUIET.has(route)) log.debug('request', fields)
    else log.info('request', fields)
    return new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers })
  }
}

const LABELS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])
/** Method names come from the wire: a label has a bounded set of values. */
const knownMethod = (method: string) => (LABELS.has(method) ? method : 'OTHER')
