import { setImmediate as rest } from 'node:timers/promises'
import type { Decision } from '../../domain/decision.ts'
import type { DecisionExplained, Explanation, Text } from '../../domain/explanation.ts'
import { parseMoney, subtract } from '../../domain/money.ts'
import type { LedgerOperations, StoredForReplay, StoredVersion } from '../../ledger/ledger.ts'
import { claimOf } from '../../national/claim-of.ts'
import { readRecord } from '../../national/read-body.ts'
import { adjudicate } from '../adjudicate.ts'
import { encodeDecision } from '../encode-decision.ts'
import { decodeFacts } from '../encode-facts.ts'
import { type DecidedVersion, isDecided, isVoid, storedVersions } from '../replay-version.ts'
import type { OpenRulebook } from '../rulebook-store.ts'
import { openMatters } from './advise.ts'
import { explainDecision, shadowOf } from './explain-decision.ts'
import { reasonTexts, type StoredDecision, tellStored } from './explain-stored.ts'
import { findChanges } from './find-changes.ts'
import { moneyText, say } from './words.ts'

export interface ExplainDeps {
  readonly ledger: Pick<LedgerOperations, 'versionsForReplay'>
  readonly openRulebook: OpenRulebook
  /** Of this process. */
  readonly engineSha256: string
}
/** @throws LedgerUnavailable */
export type Explain = (found: StoredVersion) => Promise<Explanation>

/** Explains a stored version from what it was decided from. Whose it is has been asked before. */
export function createExplain(deps: ExplainDeps): Explain {
  return async function explain(found) {
    if (found.status === 'held') return headOf(found, heldSummary(found))
    const stored = await wholeOf(deps, found)
    const decision = await explained(deps, stored)
    return { ...headOf(found, summaryOf(decision)), decision }
  }
}

async function wholeOf({ ledger }: ExplainDeps, { claimId, version }: StoredVersion): Promise<DecidedVersion> {
  for await (const stored of storedVersions(ledger, { claimId })) {
    if (stored.version === version && isDecided(stored)) return stored
  }
  throw new Error('a decided version has no decision')
}

function headOf(found: StoredVersion, summary: Text): Explanation {
  const { claimId, facilityCode, encounterId, version, currentVersion, status, heldReason } = found
  const { receivedAt, decidedAt, contentSha256 } = found
  const current = version === currentVersion
  const held = heldReason === null ? {} : { heldReason }
  return {
    ...{ claimId, facilityCode, encounterId, version, current, currentVersion, status, ...held },
    ...{ receivedAt, decidedAt, contentSha256, summary },
  }
}

async function explained(deps: ExplainDeps, stored: DecidedVersion): Promise<DecisionExplained> {
  const wire = JSON.parse(stored.decision.toString('utf8')) as StoredDecision & Pick<DecisionExplained, 'rulebook'>
  const proofs = {
    rulebook: wire.rulebook,
    engineSha256: stored.engineSha256 ?? '',
    factsSha256: stored.factsSha256,
    sha256: stored.decisionSha256 ?? '',
  }
  const derived = await derive(deps, stored)
  if (typeof derived !== 'string') return { derivation: { kind: 'engine' }, ...derived, ...proofs }
  const derivation = { kind: 'stored', reason: derived, message: reasonTexts[derived] } as const
  return { derivation, ...tellStored(wire), changes: [], open: [], ...proofs }
}

const mediaTypeOf = ({ contentType }: StoredForReplay) =>
  contentType === 'application/xml' ? 'application/xml' : 'application/json'

/** Something pends, reduces or denies. */
const isHeldBack = ({ findings }: Decision): boolean =>
  findings.some(({ severity }) => severity === 'pend' || severity === 'reduce' || severity === 'deny')

type Reason = NonNullable<DecisionExplained['derivation']['reason']>

/** Decides again and tells the steps, if that gives the stored decision to the byte; else why it does not. */
async function derive(deps: ExplainDeps, stored: DecidedVersion) {
  if (isVoid(stored)) return 'void' satisfies Reason
  if (stored.engineSha256 !== deps.engineSha256) return 'other_engine' satisfies Reason
  const rulebook = await deps.openRulebook(stored.rulebookSha256)
  if (rulebook === undefined) return 'rulebook_missing' satisfies Reason
  const { wire, release, contentSha256 } = readRecord(stored.body, mediaTypeOf(stored))
  if (contentSha256 !== stored.contentSha256) return 'not_reproduced' satisfies Reason
  const [claim, facts] = [claimOf(wire, release), decodeFacts(stored.facts)]
  const decision = adjudicate(claim, facts, rulebook)
  if (!encodeDecision(decision, stored.factsSha256).bytes.equals(stored.decision)) return 'not_reproduced' satisfies Reason
  const changes = isHeldBack(decision) ? await findChanges({ wire, release, facts, rulebook }, claim, decision, rest) : []
  return {
    ...explainDecision(claim, facts, rulebook, decision),
    ...{ shadow: shadowOf(decision), changes, open: openMatters(decision, changes, rulebook) },
  }
}

const heldTexts: Readonly<Record<string, Text>> = {
  unreadable: say('nội dung không đọc lại được', 'its content cannot be read again'),
  adjudication_failed: say('bộ giám định gặp lỗi', 'its adjudication failed'),
  nothing_to_void: say('yêu cầu huỷ một hồ sơ không có', 'a void of a claim that is not there'),
}

function heldSummary({ heldReason }: StoredForReplay | StoredVersion): Text {
  const why = heldTexts[heldReason ?? ''] ?? say('{code}', '{code}', { code: heldReason ?? '–' })
  return say(
    'Hồ sơ đã lưu, chưa quyết định được: {why}. Người vận hành sẽ xem xét; không cần gửi lại.',
    'The claim is stored and cannot be decided yet: {why}. The operator will look at it; it need not be sent again.',
    { why },
  )
}

function summaryOf({ outcome, claimed, decided, notes, lines }: DecisionExplained): Text {
  const parts = {
    claimed: moneyText(parseMoney(claimed.T_BHTT)),
    decided: moneyText(parseMoney(decided.T_BHTT)),
    less: moneyText(subtract(parseMoney(claimed.T_BHTT), parseMoney(decided.T_BHTT))),
    pending: String(pendingIn({ notes, lines })),
  }
  switch (outcome) {
    case 'accept':
      return say('Chấp nhận như đề nghị: quỹ trả {decided}.', 'Accepted as claimed: the fund pays {decided}.', parts)
    case 'adjust':
      return say(
        'Điều chỉnh: đề nghị quỹ trả {claimed}, được {decided} (chênh {less}).',
        'Adjusted: {claimed} claimed of the fund, {decided} decided (difference {less}).',
        parts,
      )
    case 'pend':
      return say(
        'Chờ xem xét ({pending} vấn đề): đề nghị quỹ trả {claimed}, tạm tính {decided}.',
        'Waits for review ({pending} matters): {claimed} claimed of the fund, {decided} computed for now.',
        parts,
      )
    case 'deny':
      return say('Từ chối: quỹ trả {decided}.', 'Denied: the fund pays {decided}.', parts)
  }
}

function pendingIn({ notes, lines }: Pick<DecisionExplained, 'notes' | 'lines'>): number {
  const ofLines = lines.flatMap(({ steps }) => steps.filter(({ severity }) => severity === 'pend').map(({ finding }) => finding))
  const ofClaim = notes.filter(({ severity }) => severity === 'pend').map(({ finding }) => finding)
  return new Set([...ofLines, ...ofClaim]).size
}
