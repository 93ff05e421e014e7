/** The answer of the contract, composed around a decision's bytes without parsing them. */
export interface AnswerHead {
  readonly claimId: string
  readonly facilityCode: string
  readonly encounterId: string
  readonly version: number
  readonly status: 'decided' | 'held'
  readonly heldReason: string | null
  readonly replayed: boolean
  readonly currentVersion: number
  readonly receivedAt: string
  readonly decidedAt: string
  readonly contentSha256: string
  readonly bodySha256: string
}

/** JSON bytes of the answer; `decision` is `null` for a held claim, whose reason stands in its place. */
export function answerBytes(head: AnswerHead, decision: Buffer | null): Buffer {
  const text = JSON.stringify({
    claimId: head.claimId,
    facilityCode: head.facilityCode,
    encounterId: head.encounterId,
    version: head.version,
    status: head.status,
    replayed: head.replayed,
    current: head.version === head.currentVersion,
    currentVersion: head.currentVersion,
    receivedAt: head.receivedAt,
    decidedAt: head.decidedAt,
    contentSha256: head.contentSha256,
    bodySha256: head.bodySha256,
    ...(head.heldReason === null ? {} : { heldReason: head.heldReason }),
  })
  if (decision === null) return Buffer.from(text)
  return Buffer.concat([Buffer.from(`${text.slice(0, -1)},"decision":`), decision, closing])
}
const closing = Buffer.from('}')
