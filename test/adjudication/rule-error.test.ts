import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { phases } from '../../src/adjudication/stages/registry.ts'
import type { Phase, Rule } from '../../src/adjudication/stages/rule.ts'
import { expectedOf01, factsOf01, sample01 } from '../support/sample-claims.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const replaced = (rule: Rule): readonly Phase[] =>
  phases.map((phase) => ({ ...phase, rules: phase.rules.map((one) => (one.id === rule.id ? rule : one)) }))
const fail = (): never => {
  throw new Error('broken')
}

test('a rule that throws pends its line, is named for the alarm, and the rest is decided', () => {
  const broken: Rule = {
    id: 'BEN-13',
    version: 1,
    on: 'line',
    propose: ({ line }) => (line.table === 'XML2' && line.stt === 2 ? fail() : undefined),
  }
  const decision = adjudicate(sample01, factsOf01, rulebook, replaced(broken))
  expect(decision.outcome).toBe('pend')
  expect(decision.alarms).toEqual(['BEN-13'])
  expect(decision.decided).toEqual(expectedOf01)
  const [finding] = decision.findings
  expect(finding).toMatchObject({ rule: 'BEN-13', severity: 'pend', lines: [{ table: 'XML2', stt: 2 }] })
  expect(decision.lines.map(({ findings }) => findings)).toEqual([[], [0], [], [], [], []])
})
test('a rule on the claim that throws pends the claim, and nothing half-said remains', () => {
  const broken: Rule = { id: 'BEN-11', version: 1, on: 'claim', propose: fail }
  const decision = adjudicate(sample01, factsOf01, rulebook, replaced(broken))
  expect([decision.outcome, decision.alarms, decision.findings.length]).toEqual(['pend', ['BEN-11'], 1])
})
test('a rule that throws while it explains pends too', () => {
  const broken: Rule = { id: 'BEN-01', version: 1, on: 'line', explain: fail }
  const decision = adjudicate(sample01, factsOf01, rulebook, replaced(broken))
  expect([decision.outcome, decision.alarms]).toEqual(['pend', ['BEN-01']])
})
test('a rule in shadow has no effect', () => {
  const denyAll: Rule = {
    id: 'CAT-01',
    version: 1,
    on: 'line',
    propose: () => ({ code: 'x', severity: 'deny', bearer: 'provider' }),
  }
  const decision = adjudicate(sample01, factsOf01, rulebook, [{ rules: [denyAll] }, ...phases])
  expect([decision.outcome, decision.findings]).toEqual(['accept', []])
})
test('where two denials name different bearers the patient is spared, whichever comes first', () => {
  const deny = (id: string, bearer: 'provider' | 'patient'): Rule => ({
    id,
    version: 1,
    on: 'line',
    propose: () => ({ code: 'x', severity: 'deny', bearer }),
  })
  const [a, b] = [deny('ELG-02', 'patient'), deny('ELG-04', 'provider')]
  for (const rules of [
    [a, b],
    [b, a],
  ]) {
    const decision = adjudicate(sample01, factsOf01, rulebook, [{ rules }, ...phases.slice(2)])
    expect([decision.outcome, decision.decided.hospitalAmount, decision.decided.selfPays]).toEqual(['deny', 0, 0])
  }
})
