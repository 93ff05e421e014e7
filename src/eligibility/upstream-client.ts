import type { CalendarDate } from '../domain/claim.ts'
import type { Member } from '../domain/facts.ts'
import type { Clock } from '../platform/clock.ts'
import { checkAsOf, readRecord } from './register-record.ts'

export interface UpstreamBounds {
  /** Of one question, from the connection to the last byte. */
  readonly answerMsMax: number
  /** Questions under way; above it the upstream counts as not reachable, nobody queues. */
  readonly inflightMax: number
}
export interface UpstreamDeps {
  readonly url: string
  readonly clock: Clock
  readonly bounds: UpstreamBounds
  readonly fetch?: typeof fetch
}
/** One number by which a member can be known. */
export type Identifier =
  | { readonly personalId: string }
  | { readonly socialInsuranceNumber: string }
  | { readonly cardNumber: string }
export interface UpstreamAnswer {
  readonly asOf: CalendarDate
  /** `null`: the upstream knows nobody with this number. */
  readonly member: Member | null
}
/** The upstream register cannot be asked now, or what it says cannot be read. Never holds a value of the answer. */
export class UpstreamUnavailable extends Error {
  readonly retryable = true
  override readonly name = 'UpstreamUnavailable'
}
/** @throws UpstreamUnavailable */
export type AskUpstream = (identifier: Identifier) => Promise<UpstreamAnswer>

const ANSWER_BYTES_MAX = 1_048_576
/** After so many failures in a row nobody asks for a while; then one does, and the others when it was answered. */
const FAILURES_MAX = 5
const OPEN_MS = 5_000

/**
 * `POST {url}` with `{"personalId": "…"}` (or `socialInsuranceNumber`, `cardNumber`) → `{"asOf": "2026-03-10", "member": {…}|null}`, the member as in
 * the register files. The number travels in the body: an address ends in logs. The answer is checked like input.
 */
export function createUpstreamClient({ url, clock, bounds, fetch: send = fetch }: UpstreamDeps): AskUpstream {
  let underWay = 0
  const breaker = createBreaker(clock)

  async function ask(identifier: Identifier): Promise<UpstreamAnswer> {
    const signal = AbortSignal.timeout(bounds.answerMsMax)
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(identifier),
      redirect: 'error',
      signal,
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new UpstreamUnavailable(`the upstream register answers ${response.status}`)
    }
    return readAnswer(await textOf(response), identifier)
  }

  return async function askUpstream(identifier) {
    if (underWay >= bounds.inflightMax) throw new UpstreamUnavailable('too many questions to the upstream register are under way')
    if (!breaker.mayAsk()) throw new UpstreamUnavailable('the upstream register has failed and is left alone for a while')
    underWay++
    try {
      const answer = await ask(identifier)
      breaker.answered()
      return answer
    } catch (cause) {
      breaker.failed()
      throw cause instanceof UpstreamUnavailable
        ? cause
        : new UpstreamUnavailable('the upstream register does not answer', { cause })
    } finally {
      underWay--
    }
  }
}

function createBreaker(clock: Clock) {
  let failures = 0
  let closedUntil = 0
  return {
    mayAsk(): boolean {
      if (failures < FAILURES_MAX) return true
      if (clock.monotonic() < closedUntil) return false
      // One tries; the others wait for what becomes of it.
      closedUntil = clock.monotonic() + OPEN_MS
      return true
    },
    answered() {
      failures = 0
    },
    failed() {
      failures++
      if (failures >= FAILURES_MAX) closedUntil = clock.monotonic() + OPEN_MS
    },
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new UpstreamUnavailable('the answer of the upstream register is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readAnswer(text: string, identifier: Identifier): UpstreamAnswer {
  const unreadable = new UpstreamUnavailable('the answer of the upstream register cannot be read')
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw unreadable
  }
  if (typeof answer !== 'object' || answer === null) throw unreadable
  const { asOf, member, ...others } = answer as Record<string, unknown>
  const head = checkAsOf({ asOf })
  if (!head.ok || Object.keys(others).length > 0 || member === undefined) throw unreadable
  if (member === null) return { asOf: head.value.asOf, member }
  const read = readRecord.members(member)
  if (!read.ok || !isOf(read.record, identifier)) throw unreadable
  return { asOf: head.value.asOf, member: read.record }
}

/** Somebody else's record is no answer. */
function isOf(member: Member, identifier: Identifier): boolean {
  if ('personalId' in identifier) return member.personalId === identifier.personalId
  if ('socialInsuranceNumber' in identifier) return member.socialInsuranceNumber === identifier.socialInsuranceNumber
  return member.coverages.some(({ cardNumber }) => cardNumber === identifier.cardNumber)
}
