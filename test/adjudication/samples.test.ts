import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { expectedOf01, expectedOf03, factsOf01, factsOf03, sample01, sample03 } from '../support/sample-claims.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))

test('sample 01 comes out as claimed, every total to the cent', () => {
  expect(sample01.totals).toEqual(expectedOf01)
  const decision = adjudicate(sample01, factsOf01, rulebook)
  expect(decision.findings).toEqual([])
  expect(decision.decided).toEqual(expectedOf01)
  expect(decision.outcome).toBe('accept')
})

test('sample 03 comes out as claimed at 32 %, every total to the cent, and says why', () => {
  expect(sample03.totals).toEqual(expectedOf03)
  const decision = adjudicate(sample03, factsOf03, rulebook)
  expect(decision.decided).toEqual(expectedOf03)
  expect(decision.outcome).toBe('accept')
  expect(decision.findings.map(({ rule, severity }) => [rule, severity])).toEqual([['BEN-09', 'info']])
  expect(decision.benefits.map(({ rateBp }) => rateBp)).toEqual([3200])
})
