import type { InvalidClaim, ValidClaim } from '../national/reading.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Access, Role } from './access/access.ts'
import { type ClaimIntake, type Intake, ownClaim } from './claim-intake.ts'
import type { CheckIdempotency, KeyedRequest } from './idempotency.ts'
import { type Preference, preferenceOf, type WaitBounds } from './prefer.ts'
import { asProblem, type ProblemBody } from './problem-reply.ts'
import { ClientGone } from './read-bytes.ts'
import type { Receipts } from './receipt.ts'
import { jsonBytes, jsonReply, type Reply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'
import type { Begun, Filed, Received, Submitter } from './submit-claim.ts'

/** The decision that filing would give now, as bytes of the contract's `decision`; nothing is stored. */
export type DryRun = (claim: ValidClaim, claimId: string, receivedAt: string) => Promise<Buffer>

export interface ClaimRouteDeps {
  readonly intake: ClaimIntake
  readonly submitter: Submitter
  readonly dryRun: DryRun
  readonly checkIdempotency: CheckIdempotency
  readonly receipts: Receipts
  readonly access: Access
  readonly keyedHash: KeyedHash
  readonly metrics: Metrics
  readonly wait: WaitBounds
}

/** Seconds after which a receipt is worth asking about. */
const POLL_AFTER_S = 2
export const FILING_ROLES: readonly Role[] = ['facility']

/** What a filing came to before anybody waits: nothing here holds the body. */
interface Durable {
  readonly several: boolean
  readonly begun: readonly (Begun | ProblemBody)[]
  readonly keyed: KeyedRequest | undefined
}

/** `POST /v1/claims` and `POST /v1/claims/dry-run`. */
export function addClaimRoutes(router: Router, deps: ClaimRouteDeps): void {
  addFiling(router, deps)
  addDryRun(router, deps)
}

function addFiling(router: Router, deps: ClaimRouteDeps): void {
  const { intake, submitter, checkIdempotency, access, metrics } = deps

  function begin(request: CallerRequest, claim: ValidClaim | InvalidClaim, read: Intake, waitMs: number): Promise<Begun> {
    return submitter.beginClaim({
      claim: ownClaim(claim, request.caller.facilityCode),
      contentType: read.mediaType,
      receivedAt: new Date(request.receivedAtMs).toISOString(),
      deadline: waitMs === 0 ? undefined : request.arrivedAt + waitMs,
      gone: () => request.gone(),
    })
  }
  async function makeDurable(request: CallerRequest, waitMs: number): Promise<Durable> {
    const read = await intake.read(request)
    try {
      const { several, claims } = read
      const keyed = await checkIdempotency(request.header('idempotency-key'), request.caller.facilityCode, 'claims', read.sha256)
      if (!several) return { several, keyed, begun: [await begin(request, claims[0]!, read, waitMs)] }
      access.admit(request.caller, claims.length - 1)
      const begun = claims.map((claim) => eachAlone(request, metrics, async () => begin(request, claim, read, waitMs)))
      return { several, keyed, begun: await Promise.all(begun) }
    } finally {
      read.done()
    }
  }

  router.guarded('POST', '/v1/claims', FILING_ROLES, async (request) => {
    const prefer = preferenceOf(request.header('prefer'), deps.wait)
    let durable: Durable
    try {
      durable = await makeDurable(request, prefer.waitMs)
    } catch (thrown) {
      if (!(thrown instanceof ClientGone)) metrics.filed(refusalKind(thrown), false)
      throw thrown
    }
    const filed = await Promise.all(
      durable.begun.map(async (begun) => ('received' in begun ? count(metrics, await submitter.settle(begun)) : begun)),
    )
    const [first] = filed
    if (durable.several || !first || !('kind' in first)) {
      if (filed.some((result) => 'kind' in result)) await durable.keyed?.accepted(undefined)
      return severalReply(filed.map((result) => resultText(result, request, deps)))
    }
    await durable.keyed?.accepted(claimIdOf(first))
    return filedReply(first, request, prefer, deps)
  })
}

function addDryRun(router: Router, deps: ClaimRouteDeps): void {
  const { intake, access } = deps
  router.guarded('POST', '/v1/claims/dry-run', FILING_ROLES, async (request) => {
    const read = await intake.read(request)
    try {
      const receivedAt = new Date(request.receivedAtMs).toISOString()
      const decide = async (claim: ValidClaim | InvalidClaim) => {
        const own = ownClaim(claim, request.caller.facilityCode)
        return deps.dryRun(own, deps.keyedHash.claimId(own.facilityCode, own.encounterId), receivedAt)
      }
      if (!read.several) return jsonBytes(200, dryRunText(await decide(read.claims[0]!)))
      access.admit(request.caller, read.claims.length - 1)
      const results: string[] = []
      for (const claim of read.claims) {
        const result = await eachAlone(request, undefined, () => decide(claim))
        results.push(result instanceof Buffer ? `{"status":200,${dryRunText(result).slice(1)}` : JSON.stringify(result))
      }
      return severalReply(results)
    } finally {
      read.done()
    }
  })
}

/** One claim of an envelope: its refusal is its own and stops no other. */
async function eachAlone<T>(request: CallerRequest, metrics: Metrics | undefined, work: () => Promise<T>) {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof ClientGone) throw thrown
    metrics?.filed(refusalKind(thrown), false)
    return request.refusal(thrown)
  }
}

const dryRunText = (decision: Buffer) => `{"dryRun":true,"decision":${decision.toString('utf8')}}`
const severalReply = (results: readonly string[]): Reply => jsonBytes(207, `{"results":[${results.join(',')}]}`)
const claimIdOf = (filed: Filed) => (filed.kind === 'answered' ? filed.claimId : filed.received.claimId)

export function refusalKind(thrown: unknown): 'refused' | 'unconfirmed' {
  return asProblem(thrown).code === 'stream.unconfirmed' ? 'unconfirmed' : 'refused'
}

/** Counts what the submitter holds in the end, and passes it on. */
export function count(metrics: Metrics, filed: Filed): Filed {
  if (filed.kind === 'received') metrics.filed('receipted', false)
  else metrics.filed(filed.answered.status === 'decided' ? 'decided' : 'receipted', filed.answered.replayed)
  return filed
}

/** 200 with the answer, or 202 with the receipt (also for a claim that is held: durable, not decided). */
export function filedReply(
  filed: Filed,
  request: CallerRequest,
  prefer: Preference,
  { receipts }: { readonly receipts: Receipts },
): Reply {
  const headers: Record<string, string> = {}
  if (prefer.applied !== undefined) headers['Preference-Applied'] = prefer.applied
  if (filed.kind === 'answered') {
    const { answered, claimId } = filed
    if (answered.status === 'decided') return jsonBytes(200, answered.bytes, headers)
    headers['Location'] = `/v1/claims/${claimId}`
    headers['Retry-After'] = String(POLL_AFTER_S)
    return jsonBytes(202, answered.bytes, headers)
  }
  headers['Location'] = receiptAddress(filed.received, request.caller.facilityCode, receipts)
  headers['Retry-After'] = String(POLL_AFTER_S)
  return jsonReply(202, filed.received, headers)
}

function receiptAddress(received: Received, facilityCode: string, receipts: Receipts): string {
  return `/v1/claims/${received.claimId}?receipt=${receipts.seal(received, facilityCode)}`
}

/**
 * One element of a 207: `status` is the HTTP status it would have had alone; the claim's own state, which has the same name in an
 * answer, is `claimStatus`.
 */
function resultText(result: Filed | ProblemBody, request: CallerRequest, deps: ClaimRouteDeps): string {
  if (!('kind' in result)) return JSON.stringify(result)
  if (result.kind === 'received') {
    const location = receiptAddress(result.received, request.caller.facilityCode, deps.receipts)
    const { status: claimStatus, ...rest } = result.received
    return JSON.stringify({ status: 202, ...rest, claimStatus, location })
  }
  const text = result.answered.bytes.toString('utf8').replace('"status":', '"claimStatus":')
  return `{"status":${result.answered.status === 'decided' ? 200 : 202},${text.slice(1)}`
}
