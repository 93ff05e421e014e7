import { createHash } from 'node:crypto'
import { noVisitDetails } from '../../src/domain/facts.ts'
import type { Money } from '../../src/domain/money.ts'
import type { ClaimState, LedgerBatch, NewVersion } from '../../src/ledger/ledger.ts'

export const TOPIC = 'claims.submitted.v1'
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const noExams: LedgerBatch['examChanges'] = []

/** A decided first version; every field may be overridden. */
export function makeVersion(overrides: Partial<NewVersion> = {}): NewVersion {
  const claimId = overrides.claimId ?? 'c_one'
  const version = overrides.version ?? 1
  const decision = Buffer.from(`{"outcome":"accept","of":"${claimId}.${version}","tên":"Nguyễn"}`)
  return {
    claimId,
    facilityCode: '01999',
    encounterId: `TN-${claimId}`,
    version,
    currentVersion: version,
    status: 'decided',
    heldReason: null,
    receivedAt: '2026-03-10T03:40:00.123Z',
    decidedAt: '2026-03-10T03:40:00.151Z',
    contentSha256: sha256(`${claimId}.${version}`),
    bodySha256: sha256(`body ${claimId}.${version}`),
    submissionId: `s-${claimId}.${version}`,
    streamKey: 'ab12',
    memberRef: 'm_one',
    decision,
    contentType: 'application/json',
    release: '4750',
    body: Buffer.from([0x7b, 0x00, 0xff, 0x5c, 0x22, 0x7d]),
    outcome: 'accept',
    decisionSha256: sha256('decision'),
    facts: '{"receivedOn":"2026-03-10","tên":"\\"Ế\\\\"}',
    factsSha256: sha256('facts'),
    rulebookSha256: sha256('rulebook'),
    engineSha256: sha256('engine'),
    partition: 0,
    offset: 0,
    visit: {
      careType: '01',
      arrivedAt: '2026-03-09T08:00',
      endedAt: '2026-03-10T09:00',
      outcome: 'accept',
      copayCounted: 2_000_00 as Money,
      details: noVisitDetails,
    },
    exams: [],
    fundClaimed: 553_342_71 as Money,
    decidedTotals: '{"T_BHTT":"553342.71"}',
    ...overrides,
  }
}

export function makeHeld(overrides: Partial<NewVersion> = {}): NewVersion {
  return makeVersion({
    status: 'held',
    heldReason: 'unreadable',
    outcome: null,
    decision: null,
    decisionSha256: null,
    facts: null,
    factsSha256: null,
    rulebookSha256: null,
    engineSha256: null,
    visit: null,
    fundClaimed: 0 as Money,
    decidedTotals: null,
    ...overrides,
  })
}

/**
 * The batch that stores `versions`, one record each, on partition 0 from `from`. `revisions` are the members' states as read (0 unless
 * said), `before` how many versions each claim has already.
 */
export function makeBatch(
  versions: readonly NewVersion[],
  options: {
    from?: number
    revisions?: Readonly<Record<string, number>>
    before?: Readonly<Record<string, Pick<ClaimState, 'versions' | 'currentVersion' | 'currentReceivedAt'>>>
    republish?: LedgerBatch['republish']
    examChanges?: LedgerBatch['examChanges']
  } = {},
): LedgerBatch {
  const from = options.from ?? 0
  const claims = new Map<string, LedgerBatch['claims'][number]>()
  for (const version of versions) {
    const before = claims.get(version.claimId)
    const start = options.before?.[version.claimId]
    const isCurrent = version.currentVersion === version.version
    claims.set(version.claimId, {
      claimId: version.claimId,
      facilityCode: version.facilityCode,
      encounterId: version.encounterId,
      expectedVersions: before?.expectedVersions ?? start?.versions ?? 0,
      versions: version.version,
      currentVersion: version.currentVersion,
      currentReceivedAt: isCurrent
        ? version.receivedAt
        : (before?.currentReceivedAt ?? start?.currentReceivedAt ?? version.receivedAt),
    })
  }
  return {
    topic: TOPIC,
    offsets: [{ partition: 0, expected: from, next: from + Math.max(1, versions.length) }],
    members: [...new Set(versions.map(({ memberRef }) => memberRef))].map((memberRef) => ({
      memberRef,
      expected: options.revisions?.[memberRef] ?? 0,
    })),
    claims: [...claims.values()],
    versions,
    examChanges: options.examChanges ?? noExams,
    republish: options.republish ?? [],
  }
}
