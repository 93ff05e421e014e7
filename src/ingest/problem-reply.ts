import { LedgerUnavailable } from '../ledger/ledger.ts'
import { PROBLEMS, Problem, type ProblemCode } from '../platform/problem.ts'
import { RecordTooLarge, StreamUnavailable, StreamUnconfirmed } from '../stream/stream.ts'
import { type Language, PROBLEM_TEXTS } from './problem-texts.ts'
import type { Reply } from './reply.ts'

/** Seconds of `Retry-After` where the refusal itself names none; up to as much again is added so that callers do not return together. */
const RETRY_AFTER_S = 2
const FAULTS_LISTED_MAX = 200

/** A refusal in the shape of RFC 9457. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: ProblemCode
  readonly retryable: boolean
  readonly errorCount?: number
  readonly errors?: readonly Record<string, string | number>[]
}

/** The only place where a refusal becomes words. `instance` is the id of the request. */
export function problemBody(problem: Problem, instance: string, language: Language): ProblemBody {
  const { status, title, retryable } = PROBLEMS[problem.code]
  const text = PROBLEM_TEXTS[problem.code]
  return {
    type: `/problems/${problem.code}`,
    title: language === 'vi' ? text.title : title,
    status,
    detail: (problem.detail ?? text.detail)[language],
    instance,
    code: problem.code,
    retryable,
    ...(problem.errors.length === 0
      ? {}
      : {
          errorCount: problem.errorCount,
          errors: problem.errors
            .slice(0, FAULTS_LISTED_MAX)
            .map(({ detail, ...fault }) => ({ ...fault, detail: detail[language] })),
        }),
  }
}

/** `random` (0 ≤ x < 1) spreads the callers that are told to come back. */
export function problemReply(problem: Problem, instance: string, language: Language, random: number): Reply {
  const { status, retryable } = PROBLEMS[problem.code]
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Content-Language': language,
    ...problem.headers,
  }
  if (status === 429 || status === 503 || (retryable && problem.retryAfterS !== undefined)) {
    const atLeast = problem.retryAfterS ?? RETRY_AFTER_S
    headers['Retry-After'] = String(Math.ceil(atLeast + random * atLeast))
  }
  if (status === 401) headers['WWW-Authenticate'] ??= 'Bearer realm="bhyt-gateway"'
  return { status, headers, body: JSON.stringify(problemBody(problem, instance, language)) }
}

/** Whatever was thrown, as a refusal. What nobody foresaw is `gateway.internal`, which tells the caller nothing of its cause. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof StreamUnavailable) return new Problem('stream.unavailable', { cause: thrown })
  if (thrown instanceof StreamUnconfirmed) return new Problem('stream.unconfirmed', { cause: thrown })
  if (thrown instanceof RecordTooLarge) return new Problem('request.too_large', { cause: thrown })
  if (thrown instanceof LedgerUnavailable) return new Problem('ledger.unavailable', { cause: thrown })
  return new Problem('gateway.internal', { cause: thrown })
}

/** `vi` unless English is asked for first. */
export function languageOf(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined || acceptLanguage === 'vi') return 'vi'
  let best: Language = 'vi'
  let bestWeight = 0
  for (const part of acceptLanguage.split(',', 16)) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';')
    const language = range.startsWith('en') ? 'en' : range.startsWith('vi') || range === '*' ? 'vi' : undefined
    if (!language) continue
    const quality = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    if (weight > bestWeight) {
      best = language
      bestWeight = weight
    }
  }
  return best
}
