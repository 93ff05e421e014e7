import type { Reply } from '../client.ts'

/**
 * What the desk was told. `turned-away` is a person of the register whom the gateway did not take, whatever it was in its own trouble with;
 * `shed` means come back (429, 503); `faulty` an answer that breaks the contract; `broken` no complete answer.
 */
export const DESK_OUTCOMES = ['admitted', 'provisional', 'turned-away', 'shed', 'faulty', 'broken'] as const
export type DeskOutcome = (typeof DESK_OUTCOMES)[number]

export interface DeskTold {
  readonly outcome: DeskOutcome
  /** Why it is none of the first two; empty else. */
  readonly why: string
  readonly checkInId?: string
  readonly ticket?: string
  readonly source?: string
  readonly stale?: boolean
  readonly assurance?: string | null
  /** Neither stream nor ledger has it: the desk sends it again. */
  readonly unrecorded?: boolean
  /** Codes of its reasons. */
  readonly reasons?: readonly string[]
}

interface AnswerText {
  readonly code?: string
  readonly checkInId?: string
  readonly ticket?: string
  readonly outcome?: string
  readonly assurance?: string | null
  readonly reasons?: readonly { readonly code: string }[]
  readonly eligibility?: { readonly source?: string; readonly asOf?: string | null; readonly stale?: boolean }
}
const SOURCES: readonly unknown[] = ['cache', 'register', 'last-known', 'none']
const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Reads one answer whole and holds it against the contract. */
export function deskToldBy({ status, body }: Pick<Reply, 'status' | 'body'>): DeskTold {
  let answer: AnswerText
  try {
    answer = JSON.parse(body) as AnswerText
  } catch {
    return { outcome: 'faulty', why: `${status} unreadable` }
  }
  if (status === 429 || status === 503) return { outcome: 'shed', why: `${status} ${answer.code}` }
  if (status !== 200) return { outcome: 'faulty', why: `${status} ${answer.code}` }
  const { checkInId, ticket, outcome, assurance = null, eligibility } = answer
  const reasons = (answer.reasons ?? []).map(({ code }) => code)
  const told = {
    checkInId: checkInId ?? '',
    ticket: ticket ?? '',
    assurance,
    reasons,
    unrecorded: reasons.includes('not_recorded'),
  }
  const fault = faultOf(answer)
  if (fault !== undefined) return { outcome: 'faulty', why: fault, ...told }
  const known = { ...told, source: eligibility!.source!, stale: eligibility!.stale! }
  if (outcome === 'refused') return { outcome: 'turned-away', why: reasons.join(' '), ...known }
  return { outcome: outcome as 'admitted' | 'provisional', why: '', ...known }
}

/** Every answer says where its knowledge is from and how old it is, and admits nobody on no knowledge. */
function faultOf({ checkInId, ticket, outcome, eligibility }: AnswerText): string | undefined {
  if (!checkInId || !ticket) return 'no checkInId or no ticket'
  if (outcome !== 'admitted' && outcome !== 'provisional' && outcome !== 'refused') return `outcome ${outcome}`
  if (!SOURCES.includes(eligibility?.source)) return 'eligibility.source is missing'
  if (typeof eligibility?.stale !== 'boolean') return 'eligibility.stale is missing'
  if (eligibility.source === 'none') return outcome === 'admitted' ? 'admitted though nothing is known' : undefined
  if (!DATE.test(eligibility.asOf ?? '')) return 'eligibility.asOf is missing'
  return undefined
}

/** No complete answer came. */
export function deskToldNothing(cause: unknown): DeskTold {
  const code = (cause as { code?: unknown }).code
  return { outcome: 'broken', why: typeof code === 'string' ? code : cause instanceof Error ? cause.message : 'no answer' }
}
