import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decideBatch } from '../../src/adjudication/decide-batch.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { tablesOf } from '../../src/adjudication/exam-tables.ts'
import type { BatchFacts, Entitlement } from '../../src/adjudication/gather-facts.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Submission } from '../../src/adjudication/submission.ts'
import type { Facts } from '../../src/domain/facts.ts'
import type { ClaimState, MemberState } from '../../src/ledger/ledger.ts'
import { keyedHash } from '../support/filed-claims.ts'
import { sized } from '../support/size.ts'
import { anyRegisters } from './any-registers.ts'
import { anyVisit } from './any-visit.ts'
import { type Random, randomOf } from './random.ts'

const claims = sized(1_000, 100_000)
const batchClaims = 50
const membersOfBatch = 12
const decider = createDecider(await loadRulebook(join(import.meta.dirname, '../../rulebook')), 'engine')

type ClaimSubmission = Submission & { kind: 'claim' }
interface Batch {
  readonly members: readonly (readonly ClaimSubmission[])[]
  readonly facts: BatchFacts
}

/** Twelve members with several visits each; now and then a visit is corrected. Below 60 exams a day no practitioner's table counts. */
function batchOf(first: number): Batch {
  const members: ClaimSubmission[][] = Array.from({ length: membersOfBatch }, () => [])
  const entitlements = new Map<Submission, Entitlement>()
  const claims = new Map<string, ClaimState>()
  const states = new Map<string, MemberState>()
  for (let seed = first; seed < first + batchClaims; seed++) {
    const { int } = randomOf(seed)
    const at = int(0, membersOfBatch - 1)
    const own = members[at]!
    const submission = submissionOf(seed, int(0, 5) === 0 ? own.at(-1)?.head.claimId : undefined)
    own.push(submission)
    const {
      visits,
      receivedOn: _,
      earlierVersion: __,
      examTables: ___,
      ...registers
    } = anyRegisters(anyVisit(seed)) satisfies Facts
    entitlements.set(submission, { ...registers, memberRefs: [`m${at}`], tables: tablesOf(submission.claim, keyedHash) })
    claims.set(submission.head.claimId, fresh)
    if (!states.has(`m${at}`)) states.set(`m${at}`, { revision: at, visits })
  }
  return { members, facts: { entitlements, claims, members: states, examTables: new Map(), examsAdding: new Map() } }
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

function submissionOf(seed: number, corrects: string | undefined): ClaimSubmission {
  const { claim } = anyVisit(seed)
  const receivedAt = new Date(Date.UTC(2026, 10, 1) + seed * 1000).toISOString()
  return {
    kind: 'claim',
    head: {
      submissionId: `s${seed}`,
      receivedAt,
      facilityCode: claim.facilityCode,
      claimId: corrects ?? `c_${seed}`,
      contentSha256: `content ${seed}`,
      bodySha256: '',
      contentType: 'application/json',
      release: claim.release,
    },
    record: { key: 'key', value: null, headers: {}, partition: 0, offset: seed, appendedAt: 0 },
    partition: 0,
    claim,
    identifiers: { personalId: undefined, socialInsuranceNumbers: [], cardNumbers: [] },
  }
}

/** One order of all that keeps the order within each member. */
function interleaved(members: Batch['members'], { int }: Random): readonly ClaimSubmission[] {
  const left = members.filter((own) => own.length > 0).map((own) => [...own])
  const out: ClaimSubmission[] = []
  while (left.length > 0) {
    const index = int(0, left.length - 1)
    out.push(left[index]!.shift()!)
    if (left[index]!.length === 0) left.splice(index, 1)
  }
  return out
}

/** What the ledger would store of each, by content, and how the members and claims end. */
function outcomeOf(order: readonly ClaimSubmission[], facts: BatchFacts) {
  const { ledger } = decideBatch(order, facts, decider, new Map(), '2026-11-25T00:00:00.000Z')
  const versions = ledger.versions.map(
    ({ contentSha256, claimId, version, currentVersion, status, decisionSha256, factsSha256 }) =>
      JSON.stringify([contentSha256, claimId, version, currentVersion, status, decisionSha256, factsSha256]),
  )
  const fences = [...ledger.claims, ...ledger.members].map((fence) => JSON.stringify(fence))
  return [...versions, ...fences].sort()
}

test('a batch permuted across members decides the same, where the order within a member is kept', {
  timeout: sized(60_000, 3_600_000),
}, () => {
  const different: string[] = []
  let held = 0
  for (let first = 0; first < claims; first += batchClaims) {
    const { members, facts } = batchOf(first)
    const byMember = outcomeOf(members.flat(), facts)
    held += byMember.filter((one) => one.includes('"held"')).length
    const mixed = outcomeOf(interleaved(members, randomOf(first)), facts)
    const other = byMember.find((one, index) => one !== mixed[index])
    if (other !== undefined) different.push(other)
  }
  expect([different.slice(0, 5), held]).toEqual([[], 0])
})

test('and where it is not kept, some decisions differ: the order within a member matters', () => {
  const differs = Array.from({ length: 20 }, (_, index) => batchOf(index * batchClaims)).some(({ members, facts }) => {
    const reversed = members.map((own) => [...own].reverse())
    return outcomeOf(members.flat(), facts).join() !== outcomeOf(reversed.flat(), facts).join()
  })
  expect(differs).toBe(true)
})
