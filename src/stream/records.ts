import { createHash } from 'node:crypto'
import type { Release } from '../domain/claim.ts'
import type { Headers, OutgoingRecord } from './stream.ts'

/**
 * What ingest and adjudication say to each other on the stream: CloudEvents attributes and a few names as record headers
 * (`schemas/stream-record.json`, `schemas/asyncapi.yaml`). Nothing personal is in a header or a key.
 */
export const VOID_MEDIA_TYPE = 'application/vnd.bhyt.void+json'
/** A decision above this travels by its headers alone and is read from the ledger. */
export const DECISION_BYTES_MAX = 8 * 1024 * 1024

export interface SubmissionHead {
  /** `ce_id`: this submission alone; a resend of the same content has another. */
  readonly submissionId: string
  readonly receivedAt: string
  readonly facilityCode: string
  readonly claimId: string
  readonly contentSha256: string
  readonly bodySha256: string
  readonly contentType: string
  readonly release: Release
}

export function submissionRecord(head: SubmissionHead, key: string, value: Buffer): OutgoingRecord {
  return {
    key,
    value,
    headers: {
      ce_specversion: '1.0',
      ce_id: head.submissionId,
      ce_type: 'vn.bhyt.claim.submitted.v1',
      ce_source: `/facilities/${head.facilityCode}`,
      ce_time: head.receivedAt,
      facility: head.facilityCode,
      'claim-id': head.claimId,
      'content-sha256': head.contentSha256,
      'body-sha256': head.bodySha256,
      'content-type': head.contentType,
      release: head.release,
    },
  }
}

const SHAPES: Readonly<Record<string, RegExp>> = {
  ce_id: /^[\x21-\x7e]{1,100}$/,
  ce_time: /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/,
  facility: /^[0-9A-Za-z]{1,20}$/,
  'claim-id': /^c_[0-9a-z]{26}$/,
  'content-sha256': /^[0-9a-f]{64}$/,
  'body-sha256': /^[0-9a-f]{64}$/,
  'content-type': /^[\x21-\x7e]{1,100}$/,
  release: /^(4750|3176|1931)$/,
}

/** Reads the head back. @throws Error naming the header that is missing or misshapen: such a record is none of ours */
export function submissionHead(headers: Headers): SubmissionHead {
  const need = (name: string): string => {
    const value = headers[name]
    if (value === undefined || !SHAPES[name]!.test(value)) throw new Error(`record header ${name} is missing or misshapen`)
    return value
  }
  return {
    submissionId: need('ce_id'),
    receivedAt: need('ce_time'),
    facilityCode: need('facility'),
    claimId: need('claim-id'),
    contentSha256: need('content-sha256'),
    bodySha256: need('body-sha256'),
    contentType: need('content-type'),
    release: need('release') as Release,
  }
}

/** What a void says: which version of which claim is withdrawn, and why (free text of the facility, kept in the body alone). */
export interface VoidRequest {
  readonly claimId: string
  readonly version: number
  readonly reason: string
}

/** The record value of a void and its content hash (RFC 8785 form: keys sorted). The same void again is the same content. */
export function voidContent(request: VoidRequest): { bytes: Buffer; contentSha256: string } {
  const bytes = Buffer.from(JSON.stringify({ claimId: request.claimId, reason: request.reason, version: request.version }))
  return { bytes, contentSha256: createHash('sha256').update(bytes).digest('hex') }
}

export interface DecisionHead {
  readonly claimId: string
  readonly version: number
  readonly currentVersion: number
  readonly facilityCode: string
  readonly contentSha256: string
  /** `ce_id` of the submission that made the version. */
  readonly submissionId: string
  readonly decidedAt: string
  readonly status: 'decided' | 'held'
}

/** `answer` is the contract's answer; above `DECISION_BYTES_MAX` it stays out and readers ask the ledger. */
export function decisionRecord(head: DecisionHead, key: string, answer: Buffer): OutgoingRecord {
  return {
    key,
    value: answer.length > DECISION_BYTES_MAX ? null : answer,
    headers: {
      ce_specversion: '1.0',
      ce_id: `${head.claimId}.${head.version}`,
      ce_type: 'vn.bhyt.claim.decided.v1',
      ce_source: '/adjudication',
      ce_time: head.decidedAt,
      facility: head.facilityCode,
      'claim-id': head.claimId,
      'content-sha256': head.contentSha256,
      'content-type': 'application/json',
      'submission-id': head.submissionId,
      version: String(head.version),
      'current-version': String(head.currentVersion),
      status: head.status,
    },
  }
}
