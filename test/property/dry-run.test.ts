import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decideBatch } from '../../src/adjudication/decide-batch.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { createDryRun } from '../../src/adjudication/dry-run.ts'
import { tablesOf } from '../../src/adjudication/exam-tables.ts'
import type { BatchFacts } from '../../src/adjudication/gather-facts.ts'
import { checkBody, decideAsClaimed } from '../../src/adjudication/offline-check.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { readSubmission, type Submission } from '../../src/adjudication/submission.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { readBody } from '../../src/national/read-body.ts'
import type { ValidClaim } from '../../src/national/reading.ts'
import { submissionRecord } from '../../src/stream/records.ts'
import { keyedHash } from '../support/filed-claims.ts'
import { sized } from '../support/size.ts'
import { anyRegisters } from './any-registers.ts'
import { anyVisit } from './any-visit.ts'
import { wireOf } from './wire-of.ts'

/** Generated claims in the national tables, by the ways that end in a decision. */
const claims = sized(300, 20_000)
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const decider = createDecider(rulebook, 'engine')
const bounds = { bodyBytesMax: 8_388_608, depthMax: 32, claimLinesMax: 5_000, claimsMax: 100, faultsMax: 200 }
const receivedAt = '2026-11-25T03:40:00.123Z'
const claimId = 'c_aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** Those that the door takes: a negative amount, which some have, is refused there. */
function* taken(): Generator<{ seed: number; valid: ValidClaim; body: Buffer }> {
  for (let seed = 0; seed < claims; seed++) {
    const body = Buffer.from(JSON.stringify(wireOf(anyVisit(seed).claim)))
    const reading = readBody(body, 'application/json', bounds)
    const [valid] = reading.kind === 'read' ? reading.claims : []
    if (valid?.kind === 'valid') yield { seed, valid, body }
  }
}

/** The registers of a seed, for whatever submission is asked about. */
const gathered = (seed: number, [submission]: readonly Submission[]): BatchFacts => {
  if (submission?.kind !== 'claim') throw new Error('a claim is expected')
  const { visits, receivedOn: _, earlierVersion, examTables: __, ...registers } = anyRegisters(anyVisit(seed))
  const entitlement = { ...registers, memberRefs: ['m'] as [string], tables: tablesOf(submission.claim, keyedHash) }
  const version = {
    versions: earlierVersion === null ? 0 : 1,
    currentVersion: 1,
    currentReceivedAt: null,
    currentMemberRef: null,
  }
  const state = { ...version, currentStatus: null, earlierVersion, currentExams: [], known: new Map() }
  return {
    entitlements: new Map([[submission, entitlement]]),
    claims: new Map([[submission.head.claimId, state]]),
    members: new Map([['m', { revision: 0, visits }]]),
    examTables: new Map(),
    examsAdding: new Map(),
  }
}

function filed(seed: number, { facilityCode, contentSha256, release }: ValidClaim, body: Buffer): Buffer | null | undefined {
  const head = {
    submissionId: 's',
    receivedAt,
    facilityCode,
    claimId,
    contentSha256,
    bodySha256: '0'.repeat(64),
    contentType: 'application/json',
    release,
  }
  const { key, value, headers } = submissionRecord(head, 'key', body)
  const submission = readSubmission({ key, value, headers, partition: 0, offset: 0, appendedAt: 0 }, 0)
  return decideBatch([submission], gathered(seed, [submission]), decider, new Map(), receivedAt).ledger.versions[0]?.decision
}

describe('of any claim that the door takes', { timeout: sized(60_000, 3_600_000) }, () => {
  test('a dry run gives the decision that filing gives, to the byte', async () => {
    const different: number[] = []
    let asked = 0
    for (const { seed, valid, body } of taken()) {
      const ledger = { findByContent: async () => [undefined] } as unknown as Ledger
      const dryRun = createDryRun({ gatherFacts: async (submissions) => gathered(seed, submissions), decider, ledger })
      const decision = await dryRun(valid, claimId, receivedAt)
      if (!filed(seed, valid, body)?.equals(decision)) different.push(seed)
      asked++
    }
    expect(different).toEqual([])
    expect(asked).toBeGreaterThan(claims * 0.8)
  })
  test('the check of its bytes decides as the check of its content', () => {
    const different: number[] = []
    for (const { seed, valid, body } of taken()) {
      const [checked] = checkBody(body, rulebook, { receivedOn: '2026-11-25' })
      const { decision } = decideAsClaimed(claimOf(valid.wire, valid.release), rulebook, {}, '2026-11-25')
      if (checked?.decision?.['outcome'] !== decision.outcome || checked.encounterId !== `TN-${seed}`) different.push(seed)
    }
    expect(different).toEqual([])
  })
})
