import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate, withdraw } from '../../src/adjudication/adjudicate.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { decodeFacts, decodeWithdrawal } from '../../src/adjudication/encode-facts.ts'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { StoredVersion } from '../../src/ledger/ledger.ts'
import { expectedOf01, factsOf01, sample01 } from '../support/sample-claims.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const decider = createDecider(rulebook, 'e')

test('a decision carries its facts, and is replayed from them to the byte', () => {
  const { encoded, factsText, factsSha256, decidedTotals } = decider.decide(sample01, factsOf01)
  const replayed = encodeDecision(adjudicate(sample01, decodeFacts(factsText), rulebook), factsSha256)
  expect(replayed.bytes.equals(encoded.bytes)).toBe(true)
  expect(JSON.parse(encoded.bytes.toString()) as object).toMatchObject({ factsSha256, rulebook: { sha256: rulebook.sha256 } })
  expect(JSON.parse(decidedTotals)).toEqual((JSON.parse(encoded.bytes.toString()) as { decided: object }).decided)
})
test('a void pays nothing, says why and is replayed from its facts', () => {
  const earlier = { decision: decider.decide(sample01, factsOf01).encoded.bytes } as StoredVersion
  const { decision, encoded, factsText, factsSha256 } = decider.withdraw(earlier)
  expect(decision.claimed).toEqual(expectedOf01)
  expect(Object.values(decision.decided).every((amount) => amount === 0)).toBe(true)
  expect(decision.outcome).toBe('deny')
  expect(decision.lines).toEqual([])
  expect(decision.findings.map(({ rule, effect }) => [rule, effect?.money])).toEqual([['VOID-01', '-553342.71']])
  const replayed = encodeDecision(withdraw(decodeWithdrawal(factsText)!, rulebook), factsSha256)
  expect(replayed.bytes.equals(encoded.bytes)).toBe(true)
})
test('the engine is named by a hash of its source, the same each time', async () => {
  const sha256 = await engineHash()
  expect(sha256).toMatch(/^[0-9a-f]{64}$/)
  expect(await engineHash()).toBe(sha256)
})
