import type { Explanation } from '../domain/explanation.ts'
import type { Ledger, StoredVersion } from '../ledger/ledger.ts'
import { Problem } from '../platform/problem.ts'
import { weightOf } from './accept.ts'
import type { Caller } from './access/access.ts'
import type { Admission } from './admission.ts'
import { claimIdOf, invalid, READING_ROLES, scopeOf, versionOf } from './claim-reading-routes.ts'
import type { Language } from './problem-texts.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { CallerRequest, Router } from './route.ts'

/** Says why a stored version was decided so; handed in, since the front door knows no rule. @throws LedgerUnavailable */
export type ExplainVersion = (found: StoredVersion) => Promise<Explanation>
/** A page that can be printed, with its headers. */
export type ExplanationPage = (explanation: Explanation, language: Language) => Pick<Reply, 'headers' | 'body'>

export interface ExplanationDeps {
  readonly ledger: Pick<Ledger, 'findVersion'>
  readonly explain: ExplainVersion
  readonly explanationPage: ExplanationPage
  readonly admission: Pick<Admission, 'check'>
}

export const explanationBounds = {
  /** Explanations under way in a process; one decides a claim several times, and filing goes before it. Beyond: `gateway.overloaded`. */
  underWayMax: 4,
}

/** `GET /v1/claims/{claimId}/explanation`: the same rights as reading the claim; JSON, or a page for those who ask for one. */
export function addExplanationRoute(router: Router, { ledger, explain, explanationPage, admission }: ExplanationDeps): void {
  let underWay = 0
  async function explained(found: StoredVersion): Promise<Explanation> {
    admission.check()
    if (underWay >= explanationBounds.underWayMax) throw new Problem('gateway.overloaded')
    underWay += 1
    try {
      return await explain(found)
    } finally {
      underWay -= 1
    }
  }

  router.guarded('GET', '/v1/claims/{claimId}/explanation', READING_ROLES, async (request) => {
    const claimId = claimIdOf(request)
    const version = versionOf(request.query('version'))
    const language = languageIn(request)
    const found = await ledger.findVersion(claimId, { facilityCode: scopeOf(request.caller), version })
    if (!found) throw new Problem('claim.not_found')
    const explanation = forCaller(await explained(found), request.caller)
    if (!prefersPage(request.header('accept'))) return jsonReply(200, explanation, { Vary: 'Accept' })
    const { headers, body } = explanationPage(explanation, language)
    return { status: 200, headers: { ...headers, Vary: 'Accept, Accept-Language' }, body }
  })
}

/** A rule on trial is between the insurer and itself: a hospital is told what has effect. */
function forCaller(explanation: Explanation, { role }: Caller): Explanation {
  if (explanation.decision === undefined || role === 'insurer') return explanation
  const { shadow: _, ...decision } = explanation.decision
  return { ...explanation, decision }
}

/** `?lang=` before `Accept-Language`. */
function languageIn(request: CallerRequest): Language {
  const asked = request.query('lang')
  if (asked === undefined) return request.language()
  if (asked === 'vi' || asked === 'en') return asked
  throw invalid('lang', 'phải là vi hoặc en', 'must be vi or en')
}

/** Whether HTML is wanted more than JSON. Browsers name `text/html`; who names nothing gets JSON. */
export function prefersPage(accept: string | undefined): boolean {
  return weightOf(accept, ['text/html', 'application/xhtml+xml']) > weightOf(accept, ['application/json'])
}
