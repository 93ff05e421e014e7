import type { Ledger } from '../ledger/ledger.ts'
import { claimOf } from '../national/claim-of.ts'
import { identifiersOf } from '../national/identifiers-of.ts'
import type { ValidClaim } from '../national/reading.ts'
import { type Decider, decideBatch } from './decide-batch.ts'
import type { BatchFacts, GatherFacts } from './gather-facts.ts'
import type { Submission } from './submission.ts'

/**
 * The decision that filing this claim would give at that instant, by the very code that files: a batch of one whose result is thrown
 * away. Claims in flight are not seen. Content that is already stored answers with its stored decision, as filing would.
 * @returns bytes of the contract's `decision`
 * @throws LedgerUnavailable · Error when the claim would be held
 */
export function createDryRun({ gatherFacts, decider, ledger }: { gatherFacts: GatherFacts; decider: Decider; ledger: Ledger }) {
  /** Also where the same content is stored as held. */
  function decideAnew(submission: Submission & { kind: 'claim' }, facts: BatchFacts): Buffer | null | undefined {
    const { claimId } = submission.head
    const claims = new Map([...facts.claims, [claimId, { ...facts.claims.get(claimId)!, known: new Map() }] as const])
    const batch = decideBatch([submission], { ...facts, claims }, decider, new Map(), submission.head.receivedAt)
    return batch.ledger.versions[0]?.decision
  }

  return async function dryRun(valid: ValidClaim, claimId: string, receivedAt: string): Promise<Buffer> {
    const submission = submissionOf(valid, claimId, receivedAt)
    const facts = await gatherFacts([submission])
    const [stored] = await ledger.findByContent([{ claimId, contentSha256: valid.contentSha256 }])
    const decision = stored?.decision ?? decideAnew(submission, facts)
    if (!decision) throw new Error('the claim would be held: its adjudication failed')
    return decision
  }
}

function submissionOf(valid: ValidClaim, claimId: string, receivedAt: string): Submission & { kind: 'claim' } {
  const head = {
    submissionId: 'dry-run',
    receivedAt,
    facilityCode: valid.facilityCode,
    claimId,
    contentSha256: valid.contentSha256,
    bodySha256: '',
    contentType: '',
    release: valid.release,
  }
  return {
    kind: 'claim',
    head,
    record: { key: '', value: valid.bytes, headers: {}, partition: 0, offset: 0, appendedAt: Date.parse(receivedAt) },
    partition: 0,
    claim: claimOf(valid.wire, valid.release),
    identifiers: identifiersOf(valid.wire),
  }
}
