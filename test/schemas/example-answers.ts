import { join } from 'node:path'
import { createDecider } from '../../src/adjudication/decider.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { answerBytes } from '../../src/domain/answer.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { readRecord } from '../../src/national/read-body.ts'
import { factsOf01 } from '../support/sample-claims.ts'
import { readJson } from './load.ts'

type Row = Record<string, string>
const claim = readJson('examples/claim.json') as unknown as { XML1: Row; XML2: Row[]; XML3: Row[] }
const decider = createDecider(await loadRulebook(join(import.meta.dirname, '..', '..', 'rulebook')), 'e'.repeat(64))

/** The answer of the engine to a claim of the examples, with the head that all examples share. */
function answerTo(wire: object) {
  const record = readRecord(Buffer.from(JSON.stringify(wire)), 'application/json')
  const { encoded } = decider.decide(claimOf(record.wire, record.release), factsOf01)
  const head = {
    claimId: 'c_5m3k8q2v7x1n9p4r6t0w8y2z5b',
    facilityCode: '01999',
    encounterId: 'TN-0001',
    version: 1,
    status: 'decided',
    heldReason: null,
    replayed: false,
    currentVersion: 1,
    receivedAt: '2026-03-10T03:40:00.123Z',
    decidedAt: '2026-03-10T03:40:00.151Z',
    contentSha256: record.contentSha256,
    bodySha256: 'b'.repeat(64),
  } as const
  return JSON.parse(answerBytes(head, encoded.bytes).toString()) as { decision: Record<string, unknown> } & Record<
    string,
    unknown
  >
}

/** The outpatient visit as it is filed in the examples, and the same with a drug billed to the fund at 100 instead of 80 per cent. */
export const answers = {
  answer: answerTo(claim),
  'answer-adjusted': answerTo({
    ...claim,
    XML1: { ...claim.XML1, T_BHTT: '559342.71', T_BNCCT: '132335.68', T_BHTT_GDV: '559342.71' },
    XML2: claim.XML2.map((row) => (row['STT'] === '1' ? { ...row, MUC_HUONG: '100', T_BHTT: '30000.00', T_BNCCT: '0.00' } : row)),
  }),
}
