import { describe, expect, test } from 'vitest'
import { type Decided, type Decider, decideBatch } from '../../src/adjudication/decide-batch.ts'
import type { BatchFacts, Entitlement } from '../../src/adjudication/gather-facts.ts'
import type { Submission } from '../../src/adjudication/submission.ts'
import type { Claim } from '../../src/domain/claim.ts'
import { type Facts, noVisitDetails } from '../../src/domain/facts.ts'
import type { Money } from '../../src/domain/money.ts'
import type { ClaimState, StoredVersion } from '../../src/ledger/ledger.ts'

/** Only what the fold itself reads of a claim. */
function makeClaim(encounterId: string, overrides: Partial<Claim> = {}): Claim {
  return {
    facilityCode: '01999',
    encounterId,
    careType: '01',
    arrivedAt: '2026-03-10T08:00',
    endedAt: '2026-03-10T09:00',
    totals: { fundPays: 500 as Money },
    visitCategory: '1.1',
    lines: [],
    ...overrides,
  } as Claim
}

let made = 0
function makeSubmission(encounterId: string, content: string, receivedAt: string, claim = makeClaim(encounterId)) {
  const offset = made++
  return {
    kind: 'claim',
    head: {
      submissionId: `s${offset}`,
      receivedAt,
      facilityCode: '01999',
      claimId: `c_${encounterId}`,
      contentSha256: content,
      bodySha256: `body-${content}`,
      contentType: 'application/json',
      release: '3176',
    },
    record: { key: 'key', value: Buffer.from(content), headers: {}, partition: 0, offset, appendedAt: 0 },
    partition: 0,
    claim,
    identifiers: { personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [] },
  } satisfies Submission
}

const fresh: ClaimState = {
  versions: 0,
  currentVersion: 0,
  currentReceivedAt: null,
  currentMemberRef: null,
  currentStatus: null,
  earlierVersion: null,
  currentExams: [],
  known: new Map(),
}

const none = { kind: 'none', asOf: null } as const

/** Every claim is of one member unless `memberOf` says otherwise. */
function makeFacts(
  submissions: readonly Submission[],
  memberOf: (claim: Claim) => string = () => 'm1',
  states = new Map<string, ClaimState>(),
): BatchFacts {
  const entitlements = new Map<Submission, Entitlement>()
  const claims = new Map<string, ClaimState>()
  const members = new Map<string, { revision: number; visits: [] }>()
  for (const submission of submissions) {
    if (submission.kind === 'foreign') continue
    claims.set(submission.head.claimId, states.get(submission.head.claimId) ?? fresh)
    if (submission.kind !== 'claim') continue
    const memberRef = memberOf(submission.claim)
    entitlements.set(submission, {
      memberRefs: [memberRef],
      tables: [],
      member: none,
      facility: none,
      catalogue: none,
      relations: none,
      referrals: none,
      practitioners: none,
      checkIn: none,
    })
    members.set(memberRef, { revision: 3, visits: [] })
  }
  for (const { currentMemberRef } of claims.values())
    if (currentMemberRef !== null) members.set(currentMemberRef, { revision: 7, visits: [] })
  return { entitlements, claims, members, examTables: new Map(), examsAdding: new Map() }
}

/** Decides nothing but how many earlier visits it saw: that is what a fold must get right. */
function makeDecider(seen: Facts[] = []): Decider {
  const decided = (copayCounted: number): Decided => ({
    decision: {
      outcome: 'accept',
      copayCounted: copayCounted as Money,
      lines: [],
      findings: [],
      rulebook: { version: 'v', sha256: 'r' },
    } as unknown as Decided['decision'],
    encoded: { bytes: Buffer.from(`{"visits":${copayCounted}}`), sha256: 'd' },
    decidedTotals: '{}',
    factsText: '{}',
    factsSha256: 'f',
  })
  return {
    decide(claim, facts) {
      if (claim.encounterId === 'poison') throw new Error('a rule of ours broke')
      seen.push(facts)
      return decided(facts.visits.length)
    },
    withdraw: () => decided(0),
    engineSha256: 'e',
  }
}
const at = (second: number) => `2026-03-10T03:40:${String(second).padStart(2, '0')}.000Z`
const decide = (
  submissions: readonly Submission[],
  facts = makeFacts(submissions),
  decider = makeDecider(),
  withdrawn = new Map<string, StoredVersion>(),
) => decideBatch(submissions, facts, decider, withdrawn, at(59)).ledger

describe('folding a batch', () => {
  test('each claim of a member sees the visits of the claims before it', () => {
    const seen: Facts[] = []
    const submissions = ['A', 'B', 'C'].map((id, index) => makeSubmission(id, id, at(index)))
    decide(submissions, makeFacts(submissions), makeDecider(seen))
    expect(seen.map(({ visits }) => visits.map(({ claimId }) => claimId))).toEqual([[], ['c_A'], ['c_A', 'c_B']])
  })

  test('a new version replaces its own earlier visit and knows what was claimed before', () => {
    const seen: Facts[] = []
    const submissions = [makeSubmission('A', 'one', at(1)), makeSubmission('A', 'two', at(2))]
    const { versions, claims } = decide(submissions, makeFacts(submissions), makeDecider(seen))
    expect(versions.map(({ version, currentVersion }) => [version, currentVersion])).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(seen[1]).toMatchObject({ visits: [], earlierVersion: { version: 1, fundClaimed: 500 } })
    expect(claims).toMatchObject([
      { claimId: 'c_A', expectedVersions: 0, versions: 2, currentVersion: 2, currentReceivedAt: at(2) },
    ])
  })

  test('a version that arrives late is stored already superseded', () => {
    const submissions = [makeSubmission('A', 'newer', at(9)), makeSubmission('A', 'older', at(1))]
    const { versions, claims } = decide(submissions)
    expect(versions.map(({ version, currentVersion }) => [version, currentVersion])).toEqual([
      [1, 1],
      [2, 1],
    ])
    expect(claims).toMatchObject([{ versions: 2, currentVersion: 1, currentReceivedAt: at(9) }])
  })

  test('DUP-01: the same content twice in one batch makes one version', () => {
    const { versions, republish } = decide([makeSubmission('A', 'same', at(1)), makeSubmission('A', 'same', at(2))])
    expect(versions).toHaveLength(1)
    expect(republish).toEqual([])
  })

  test('DUP-01: content that the ledger knows is published again and not decided again', () => {
    const submissions = [makeSubmission('A', 'known', at(5))]
    const states = new Map<string, ClaimState>([
      [
        'c_A',
        {
          ...fresh,
          versions: 2,
          currentVersion: 2,
          currentReceivedAt: at(2),
          currentStatus: 'decided',
          known: new Map([['known', 1]]),
        },
      ],
    ])
    const { versions, republish, claims, members } = decide(submissions, makeFacts(submissions, undefined, states))
    expect(versions).toEqual([])
    expect(republish).toEqual([{ claimId: 'c_A', version: 1 }])
    expect(claims).toEqual([])
    expect(members).toEqual([])
  })

  test('a correction to another member takes the visit from the one named first', () => {
    const seen: Facts[] = []
    const wrong = makeClaim('A', { note: 'wrong person' })
    const submissions = [
      makeSubmission('A', 'one', at(1), wrong),
      makeSubmission('A', 'two', at(2)),
      makeSubmission('B', 'b', at(3), makeClaim('B', { note: 'wrong person' })),
    ]
    decide(
      submissions,
      makeFacts(submissions, (claim) => (claim.note ? 'm-wrong' : 'm-right')),
      makeDecider(seen),
    )
    expect(seen[2]?.visits).toEqual([])
  })

  test('a claim that breaks a rule of ours is held, its neighbours are decided', () => {
    const { versions } = decide([
      makeSubmission('A', 'a', at(1)),
      makeSubmission('poison', 'p', at(2)),
      makeSubmission('B', 'b', at(3)),
    ])
    expect(versions.map(({ status, heldReason }) => [status, heldReason])).toEqual([
      ['decided', null],
      ['held', 'adjudication_failed'],
      ['decided', null],
    ])
    expect(versions[1]).toMatchObject({ body: Buffer.from('p'), decision: null, visit: null })
  })

  test('every member that got a version is fenced once with the revision that was read', () => {
    const submissions = ['A', 'B'].map((id, index) => makeSubmission(id, id, at(index)))
    expect(decide(submissions).members).toEqual([{ memberRef: 'm1', expected: 3 }])
  })
})

test('a record that cannot be read is held and fences no member whose state was not read', () => {
  const { claim: _claim, identifiers: _identifiers, ...rest } = makeSubmission('A', 'garbage', at(1))
  const submissions: Submission[] = [{ ...rest, kind: 'unreadable', reason: 'unreadable' }]
  const { versions, members } = decide(submissions)
  expect(versions).toMatchObject([{ status: 'held', heldReason: 'unreadable' }])
  expect(members).toEqual([])
})

describe('a correction that a fault of ours holds', () => {
  const poison = (receivedS: number) => ({
    ...makeSubmission('poison', `p${receivedS}`, at(receivedS)),
    head: { ...makeSubmission('A', `p${receivedS}`, at(receivedS)).head },
  })

  test('leaves the decided version, the visit and what was claimed in force', () => {
    const seen: Facts[] = []
    const submissions = [
      makeSubmission('A', 'one', at(1)),
      poison(2),
      makeSubmission('B', 'b', at(3)),
      makeSubmission('A', 'three', at(4)),
    ]
    const { versions, claims } = decide(submissions, makeFacts(submissions), makeDecider(seen))
    expect(versions.map(({ version, status, currentVersion }) => [version, status, currentVersion])).toEqual([
      [1, 'decided', 1],
      [2, 'held', 1],
      [1, 'decided', 1],
      [3, 'decided', 3],
    ])
    expect(seen[1]?.visits.map(({ claimId }) => claimId)).toEqual(['c_A'])
    expect(seen[2]?.earlierVersion).toEqual({ version: 1, fundClaimed: 500 })
    expect(claims).toMatchObject([{ claimId: 'c_A', versions: 3, currentVersion: 3 }, { claimId: 'c_B' }])
  })
  test('gives way to any version that is decided, even one received earlier', () => {
    const submissions = [poison(5), makeSubmission('A', 'one', at(1))]
    expect(decide(submissions).versions.map(({ status, currentVersion }) => [status, currentVersion])).toEqual([
      ['held', 1],
      ['decided', 2],
    ])
  })
})

test('visits filed under another name of the same member count, and every name is fenced', () => {
  const submissions = [makeSubmission('A', 'a', at(1))]
  const facts = makeFacts(submissions)
  const visit = {
    claimId: 'c_old',
    facilityCode: '01999',
    careType: '01',
    arrivedAt: '2026-01-01T08:00',
    endedAt: '2026-01-01T09:00',
    outcome: 'accept',
    copayCounted: 100 as Money,
    details: noVisitDetails,
  }
  const entitlement = facts.entitlements.get(submissions[0]!)!
  const known = {
    ...facts,
    entitlements: new Map([[submissions[0]! as Submission, { ...entitlement, memberRefs: ['m1', 'm1-before'] as const }]]),
    members: new Map([...facts.members, ['m1-before', { revision: 9, visits: [visit] }] as const]),
  }
  const seen: Facts[] = []
  const { versions, members } = decide(submissions, known, makeDecider(seen))
  expect(seen[0]?.visits.map(({ claimId }) => claimId)).toEqual(['c_old'])
  expect(versions[0]?.memberRef).toBe('m1')
  expect(members).toEqual([
    { memberRef: 'm1', expected: 3 },
    { memberRef: 'm1-before', expected: 9 },
  ])
})

describe('a void', () => {
  const makeVoid = (): Submission => {
    const { claim: _claim, identifiers: _identifiers, ...rest } = makeSubmission('A', 'void', at(9))
    return { ...rest, kind: 'void', request: { claimId: 'c_A', version: 1, reason: 'wrong patient' } }
  }
  const states = new Map<string, ClaimState>([
    [
      'c_A',
      { ...fresh, versions: 1, currentVersion: 1, currentReceivedAt: at(1), currentMemberRef: 'm1', currentStatus: 'decided' },
    ],
  ])

  test('makes a version that leaves no visit', () => {
    const submissions = [makeVoid()]
    const earlier = { memberRef: 'm1', encounterId: 'A', decision: Buffer.from('{}') } as StoredVersion
    const { versions } = decide(
      submissions,
      makeFacts(submissions, undefined, states),
      makeDecider(),
      new Map([['c_A.1', earlier]]),
    )
    expect(versions).toMatchObject([
      { version: 2, currentVersion: 2, status: 'decided', visit: null, fundClaimed: 0, memberRef: 'm1', encounterId: 'A' },
    ])
  })

  test('of a version made in the same batch finds it', () => {
    const submissions = [makeSubmission('A', 'one', at(1)), makeVoid()]
    const { versions } = decide(submissions)
    expect(versions.map(({ version, status, visit }) => [version, status, visit === null])).toEqual([
      [1, 'decided', false],
      [2, 'decided', true],
    ])
  })

  test('of a claim that has no decision is held', () => {
    const submissions = [makeVoid()]
    expect(decide(submissions, makeFacts(submissions, undefined, states)).versions).toMatchObject([
      { status: 'held', heldReason: 'nothing_to_void' },
    ])
  })
})
