import { expect, expectTypeOf, test } from 'vitest'
import type * as wire from '../../schemas/types/wire.d.ts'
import { answerBytes } from '../../src/domain/answer.ts'
import type { Bearer, Outcome, Severity } from '../../src/domain/decision.ts'
import type { ProblemBody } from '../../src/ingest/problem-reply.ts'
import type { Received } from '../../src/ingest/submit-claim.ts'
import type { ClaimListItem } from '../../src/ledger/ledger.ts'
import type { ProblemCode } from '../../src/platform/problem.ts'
import { checkerOf, readJson } from './load.ts'

test('what the source calls a thing is what the schemas call it', () => {
  expectTypeOf<Received>().toExtend<wire.Receipt>()
  expectTypeOf<wire.Receipt>().toExtend<Received>()
  expectTypeOf<ProblemCode>().toEqualTypeOf<wire.Problem['code']>()
  expectTypeOf<keyof ProblemBody>().toEqualTypeOf<keyof wire.Problem>()
  expectTypeOf<Outcome>().toEqualTypeOf<wire.Decision['outcome']>()
  expectTypeOf<Severity>().toEqualTypeOf<wire.Finding['severity']>()
  expectTypeOf<Bearer>().toEqualTypeOf<wire.Effect['bearer']>()
  expectTypeOf<keyof ClaimListItem>().toEqualTypeOf<keyof wire.ClaimListItem>()
})

const head = {
  claimId: `c_${'a'.repeat(26)}`,
  facilityCode: '01999',
  encounterId: 'TN-0001',
  version: 1,
  replayed: false,
  currentVersion: 2,
  receivedAt: '2026-03-10T03:40:00.123Z',
  decidedAt: '2026-03-10T03:40:00.151Z',
  contentSha256: 'a'.repeat(64),
  bodySha256: 'b'.repeat(64),
}
test('an answer composed around its decision is what its schema says', () => {
  const decision = Buffer.from(JSON.stringify(readJson('examples/answer.json')['decision']))
  const answer = JSON.parse(answerBytes({ ...head, status: 'decided', heldReason: null }, decision).toString()) as wire.Answer
  expect(checkerOf('answer.json')(answer)).toMatchObject({ ok: true, value: { status: 'decided', current: false } })
})
test('a held answer too', () => {
  const bytes = answerBytes({ ...head, status: 'held', heldReason: 'adjudication_failed' }, null)
  expect(checkerOf('answer.json#/$defs/HeldAnswer')(JSON.parse(bytes.toString()))).toMatchObject({ ok: true })
})
