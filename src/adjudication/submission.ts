import type { Claim } from '../domain/claim.ts'
import { claimOf } from '../national/claim-of.ts'
import { identifiersOf } from '../national/identifiers-of.ts'
import { readRecord } from '../national/read-body.ts'
import type { MemberIdentifiers } from '../national/reading.ts'
import { type SubmissionHead, submissionHead, VOID_MEDIA_TYPE, type VoidRequest } from '../stream/records.ts'
import type { StreamRecord } from '../stream/stream.ts'

interface Submitted {
  readonly head: SubmissionHead
  readonly record: StreamRecord
  readonly partition: number
}
/** A record of `claims.submitted.v1`, read. */
export type Submission =
  | (Submitted & { readonly kind: 'claim'; readonly claim: Claim; readonly identifiers: MemberIdentifiers })
  | (Submitted & { readonly kind: 'void'; readonly request: VoidRequest })
  /** The head could be read, the content not: stored as `held`. */
  | (Submitted & { readonly kind: 'unreadable'; readonly reason: HeldReason })
  /** Not one of our records: nothing to store it under, it goes to the dead-letter topic alone. */
  | { readonly kind: 'foreign'; readonly record: StreamRecord; readonly partition: number }

/** Why a claim is held: codes, never content. */
export type HeldReason = 'unreadable' | 'adjudication_failed' | 'nothing_to_void'

/** Never throws: what cannot be read says so. */
export function readSubmission(record: StreamRecord, partition: number): Submission {
  let head: SubmissionHead
  try {
    head = submissionHead(record.headers)
  } catch {
    return { kind: 'foreign', record, partition }
  }
  try {
    if (record.value === null) throw new Error('no value')
    if (head.contentType === VOID_MEDIA_TYPE) {
      return { kind: 'void', head, record, partition, request: voidRequest(record.value) }
    }
    const read = readRecord(record.value, head.contentType === 'application/xml' ? 'application/xml' : 'application/json')
    if (read.facilityCode !== head.facilityCode || read.contentSha256 !== head.contentSha256)
      throw new Error('head and content disagree')
    return {
      kind: 'claim',
      head,
      record,
      partition,
      claim: claimOf(read.wire, read.release),
      identifiers: identifiersOf(read.wire),
    }
  } catch {
    return { kind: 'unreadable', head, record, partition, reason: 'unreadable' }
  }
}

/** A record whose decision the ledger cannot take: kept as it came, and held. */
export function heldSubmission(record: StreamRecord, partition: number): Submission {
  const read = readSubmission(record, partition)
  return read.kind === 'foreign'
    ? read
    : { kind: 'unreadable', head: read.head, record, partition, reason: 'adjudication_failed' }
}

function voidRequest(value: Buffer): VoidRequest {
  const parsed: unknown = JSON.parse(value.toString('utf8'))
  const { claimId, version, reason } = parsed as Partial<VoidRequest>
  if (typeof claimId !== 'string' || typeof version !== 'number' || typeof reason !== 'string') throw new Error('not a void')
  return { claimId, version, reason }
}
