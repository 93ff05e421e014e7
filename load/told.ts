import type { Reply } from './client.ts'

/**
 * What the submitter was told. The first two are acknowledgements; after a refusal nothing is stored; the last two say nothing:
 * the claim may or may not be there.
 */
export const OUTCOMES = ['decided', 'receipted', 'refused', 'unconfirmed', 'broken'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface Told {
  readonly outcome: Outcome
  /** HTTP status, 0 when no answer came. */
  readonly status: number
  /** Problem code of a refusal, or what broke; empty for an acknowledgement. */
  readonly code: string
  readonly claimId?: string | undefined
  readonly contentSha256?: string | undefined
  readonly replayed?: boolean | undefined
  /** Hash and outcome of the decision; only of a 200 that was read whole. */
  readonly decisionSha256?: string | undefined
  readonly decisionOutcome?: string | undefined
  /** What the fund pays as decided (T_BHTT). */
  readonly fundPays?: string | undefined
}

interface AnswerText {
  readonly claimId?: string
  readonly contentSha256?: string
  readonly replayed?: boolean
  readonly decision?: { readonly sha256?: string; readonly outcome?: string; readonly decided?: { readonly T_BHTT?: string } }
  readonly code?: string
}

/** Reads one answer to a filing whole. */
export function toldBy({ status, body }: Pick<Reply, 'status' | 'body'>): Told {
  let answer: AnswerText
  try {
    answer = JSON.parse(body) as AnswerText
  } catch {
    return { outcome: 'broken', status, code: 'unreadable-answer' }
  }
  const outcome = outcomeOf(status, answer.code)
  if (outcome === 'refused' || outcome === 'unconfirmed') return { outcome, status, code: answer.code ?? `http.${status}` }
  const { claimId, contentSha256, replayed, decision } = answer
  return {
    outcome,
    status,
    code: '',
    claimId,
    contentSha256,
    replayed,
    decisionSha256: decision?.sha256,
    decisionOutcome: decision?.outcome,
    fundPays: decision?.decided?.T_BHTT,
  }
}

/** Reads only what the check needs, without parsing: for runs in which the harness must cost next to nothing. */
export function glanceAt({ status, body }: Pick<Reply, 'status' | 'body'>): Told {
  const code = status === 200 || status === 202 ? undefined : textField(body, 'code')
  const outcome = outcomeOf(status, code)
  if (outcome === 'refused' || outcome === 'unconfirmed') return { outcome, status, code: code ?? `http.${status}` }
  return { outcome, status, code: '', claimId: textField(body, 'claimId'), contentSha256: textField(body, 'contentSha256') }
}

function outcomeOf(status: number, code: string | undefined): Outcome {
  if (status === 200) return 'decided'
  if (status === 202) return 'receipted'
  return code === 'stream.unconfirmed' ? 'unconfirmed' : 'refused'
}

/** No complete answer came: the connection broke, or the time ran out. */
export function toldNothing(cause: unknown): Told {
  const code = (cause as { code?: unknown }).code
  return { outcome: 'broken', status: 0, code: typeof code === 'string' ? code : 'no-answer' }
}

function textField(body: string, name: string): string | undefined {
  const at = body.indexOf(`"${name}":"`)
  if (at < 0) return undefined
  const from = at + name.length + 4
  return body.slice(from, body.indexOf('"', from))
}
