import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDecider } from '../../src/adjudication/decider.ts'
import { createExplain } from '../../src/adjudication/explain/explain-version.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Explanation } from '../../src/domain/explanation.ts'
import type { Facts } from '../../src/domain/facts.ts'
import type { StoredForReplay } from '../../src/ledger/ledger.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { readRecord } from '../../src/national/read-body.ts'
import { type EntryInput, known, makeCatalogue } from './make-claim.ts'
import { factsOf03 } from './sample-claims.ts'

export const engineSha256 = 'e'.repeat(64)
export const rulebook = await loadRulebook(join(import.meta.dirname, '..', '..', 'rulebook'))
const decider = createDecider(rulebook, engineSha256)

/** A claim in the national format as the ledger would hold it once it is decided. */
export function storedOf(wire: object, facts: Facts): StoredForReplay {
  const body = Buffer.from(JSON.stringify(wire))
  const record = readRecord(body, 'application/json')
  const { decision, encoded, factsText, factsSha256 } = decider.decide(claimOf(record.wire, record.release), facts)
  return {
    claimId: 'c_5m3k8q2v7x1n9p4r6t0w8y2z5b',
    facilityCode: record.facilityCode,
    encounterId: record.encounterId,
    version: 1,
    currentVersion: 1,
    status: 'decided',
    heldReason: null,
    receivedAt: '2026-03-10T03:40:00.123Z',
    decidedAt: '2026-03-10T03:40:00.151Z',
    contentSha256: record.contentSha256,
    bodySha256: 'b'.repeat(64),
    submissionId: 's_1',
    streamKey: 'k',
    memberRef: 'm',
    decision: encoded.bytes,
    contentType: 'application/json',
    release: record.release,
    body,
    outcome: decision.outcome,
    decisionSha256: encoded.sha256,
    facts: factsText,
    factsSha256,
    rulebookSha256: rulebook.sha256,
    engineSha256,
    partition: 0,
    offset: 0,
  }
}

/** A ledger of one version. */
export const ledgerOf = (stored: StoredForReplay) => ({
  versionsForReplay: async () => ({ items: [stored], nextCursor: null }),
})

export const explainStored = (stored: StoredForReplay): Promise<Explanation> =>
  createExplain({ ledger: ledgerOf(stored), engineSha256, openRulebook: async () => rulebook })(stored)

export const explainWire = (wire: object, facts: Facts): Promise<Explanation> => explainStored(storedOf(wire, facts))

const tour = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'tour', name), 'utf8')

const rows = tour('catalogue.ndjson').trim().split('\n').slice(1)
export const tourFacts: Facts = {
  ...factsOf03,
  catalogue: known(makeCatalogue(rows.map((row) => JSON.parse(row) as EntryInput))),
}

/** The claim of `docs/tour.md`, with the rows of its catalogue. */
export const explainTour = (): Promise<Explanation> => explainWire(JSON.parse(tour('claim.json')) as object, tourFacts)
