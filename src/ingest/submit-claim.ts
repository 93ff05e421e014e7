import { hash } from 'node:crypto'
import type { ClaimMediaType, MemberIdentifiers, ValidClaim, WireClaim } from '../national/reading.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Metrics } from '../platform/metrics.ts'
import { type SubmissionHead, submissionRecord } from '../stream/records.ts'
import { type Stream, StreamUnconfirmed } from '../stream/stream.ts'
import type { FindKnown } from './known-decisions.ts'
import { ClientGone } from './read-bytes.ts'
import { type Answered, answeredOf, type Replies, type Waiter } from './replies.ts'
import type { Ids } from './request-ids.ts'

/** One valid claim of the caller's own facility, on its way in. */
export interface Filing {
  readonly claim: ValidClaim
  readonly contentType: ClaimMediaType
  readonly receivedAt: string
  /** Monotonic ms until which the submitter waits; `undefined` when it does not (respond-async). */
  readonly deadline: number | undefined
  readonly gone: () => boolean
}
/** A record that is ready for the stream: a claim or a void. */
export interface Submission {
  readonly head: SubmissionHead
  readonly streamKey: string
  readonly value: Buffer
  readonly encounterId: string
}
/** What the submitter holds in the end; refusals are thrown. */
export type Filed =
  | { readonly kind: 'answered'; readonly claimId: string; readonly answered: Answered }
  | { readonly kind: 'received'; readonly received: Received }
/** Body of a 202: the claim is durable and not decided yet. */
export interface Received {
  readonly claimId: string
  readonly facilityCode: string
  readonly encounterId: string
  readonly status: 'received'
  readonly receivedAt: string
  readonly contentSha256: string
}

export interface SubmitDeps {
  readonly stream: Pick<Stream, 'append'>
  readonly replies: Pick<Replies, 'register'>
  readonly findKnown: FindKnown
  readonly keyedHash: KeyedHash
  readonly identifiersOf: (wire: WireClaim) => MemberIdentifiers
  readonly clock: Clock
  readonly ids: Ids
  readonly metrics: Metrics
}

/** Steps 3 to 5 done: the answer is there already, or the claim is durable and somebody may wait for it. */
export interface Begun {
  readonly received: Received
  readonly answered: Answered | undefined
  readonly waiter: Waiter | undefined
}
export interface Submitter {
  /**
   * Registers the waiting reply, looks whether this content is decided, appends. Once it has resolved the claim is durable and the
   * answer can only be 200 or 202.
   * @throws Problem gateway.overloaded · StreamUnavailable · StreamUnconfirmed · RecordTooLarge · ClientGone
   */
  begin(submission: Submission, filing: Pick<Filing, 'deadline' | 'gone'>): Promise<Begun>
  beginClaim(filing: Filing): Promise<Begun>
  /** Step 6: waits with what is small; the bytes of the claim are not held while its decision is awaited. */
  settle(begun: Begun): Promise<Filed>
}

export function createSubmitter(deps: SubmitDeps): Submitter {
  const begin = createBegin(deps)
  return {
    begin,
    beginClaim: (filing) => begin(submissionOf(deps, filing), filing),
    async settle({ received, answered, waiter }) {
      const { claimId } = received
      if (answered) return { kind: 'answered', claimId, answered }
      const heard = await waiter?.settled()
      return heard ? { kind: 'answered', claimId, answered: heard } : { kind: 'received', received }
    },
  }
}

function submissionOf({ keyedHash, identifiersOf, ids }: SubmitDeps, { claim, contentType, receivedAt }: Filing): Submission {
  const { facilityCode, encounterId, contentSha256, release, bytes } = claim
  const claimId = keyedHash.claimId(facilityCode, encounterId)
  return {
    head: {
      submissionId: ids.submission(),
      receivedAt,
      facilityCode,
      claimId,
      contentSha256,
      bodySha256: hash('sha256', bytes),
      contentType,
      release,
    },
    streamKey: streamKeyOf(identifiersOf(claim.wire), claimId, keyedHash),
    value: bytes,
    encounterId,
  }
}

function createBegin({ stream, replies, findKnown, clock, metrics }: SubmitDeps): Submitter['begin'] {
  async function append({ head, streamKey, value }: Submission): Promise<void> {
    const began = clock.monotonic()
    try {
      await stream.append('claims.submitted.v1', submissionRecord(head, streamKey, value))
      metrics.appended(clock.monotonic() - began, 'ok')
    } catch (cause) {
      metrics.appended(clock.monotonic() - began, cause instanceof StreamUnconfirmed ? 'unconfirmed' : 'unavailable')
      throw cause
    }
  }
  /** The decision of this content if it is there already, without appending. */
  async function known({ head }: Submission, waiter: Waiter | undefined): Promise<Answered | undefined> {
    const stored = await findKnown(head.claimId, head.contentSha256)
    return stored ? answeredOf(stored, head.submissionId) : waiter?.peek()
  }

  return async function begin(submission, { deadline, gone }) {
    const { claimId, contentSha256, submissionId } = submission.head
    const waiter = deadline === undefined ? undefined : replies.register({ claimId, contentSha256, submissionId, deadline })
    const received = receivedOf(submission)
    try {
      const answered = await known(submission, waiter)
      if (answered) {
        waiter?.release()
        return { received, answered, waiter: undefined }
      }
      if (gone()) throw new ClientGone()
      await append(submission)
      return { received, answered: undefined, waiter }
    } catch (cause) {
      waiter?.release()
      // A twin of this content may have been decided meanwhile: then there is an answer, whatever became of this write.
      const answered = waiter?.peek()
      if (answered && !(cause instanceof ClientGone)) return { received, answered, waiter: undefined }
      throw cause
    }
  }
}

function receivedOf({ head, encounterId }: Submission): Received {
  const { claimId, facilityCode, receivedAt, contentSha256 } = head
  return { claimId, facilityCode, encounterId, status: 'received', receivedAt, contentSha256 }
}

/** The member as the claim names it, in a fixed order, so that one member's visits usually meet in one partition. */
function streamKeyOf(identifiers: MemberIdentifiers, claimId: string, keyedHash: KeyedHash): string {
  const { personalId, socialInsuranceNumbers, cardNumbers } = identifiers
  if (personalId?.length === 12) return keyedHash.member('personal', personalId)
  if (socialInsuranceNumbers[0] !== undefined) return keyedHash.member('insurance', socialInsuranceNumbers[0])
  if (cardNumbers[0] !== undefined) return keyedHash.member('card', cardNumbers[0])
  return keyedHash.member('name', personalId ?? claimId)
}
