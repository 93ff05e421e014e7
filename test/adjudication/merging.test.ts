import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { phases } from '../../src/adjudication/stages/registry.ts'
import type { Limits, Phase, Rule } from '../../src/adjudication/stages/rule.ts'
import { formatMoney, parseMilli, parseMoney, parseRate } from '../../src/domain/money.ts'
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
    id: 'CAT-03',
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
test('bounds of several rules merge by minimum, whichever comes first', () => {
  const bound = (id: string, amount: string): Rule => ({
    id,
    version: 1,
    on: 'line',
    propose: () => ({
      code: 'x',
      severity: 'reduce',
      limits: { hospitalAmount: parseMoney(amount), insuredAmount: parseMoney(amount) },
    }),
  })
  const [a, b] = [bound('ELG-02', '900'), bound('ELG-04', '700')]
  for (const rules of [
    [a, b],
    [b, a],
  ]) {
    const { decided, outcome } = adjudicate(sample01, factsOf01, rulebook, [{ rules }, ...phases.slice(2)])
    expect([decided.hospitalAmount, outcome]).toEqual([parseMoney('4200'), 'adjust'])
  }
})
test('a bound on quantity, price or rate recomputes the line', () => {
  const bound = (limits: Limits) => {
    const rule: Rule = {
      id: 'ELG-02',
      version: 1,
      on: 'line',
      propose: ({ line }) => (line.table === 'XML3' && line.stt === 3 ? { code: 'x', severity: 'reduce', limits } : undefined),
    }
    const { lines } = adjudicate(sample01, factsOf01, rulebook, [{ rules: [rule] }, ...phases.slice(2)])
    const { hospitalAmount, insuredAmount, fundPays } = lines[4]!.decided
    return [hospitalAmount, insuredAmount, fundPays].map(formatMoney)
  }
  expect(bound({ quantityMilli: parseMilli('0.5') })).toEqual(['331700.00', '266200.00', '212960.00'])
  expect(bound({ unitPriceInsuredMilli: parseMilli('500000') })).toEqual(['663400.00', '500000.00', '400000.00'])
  expect(bound({ unitPriceHospitalMilli: parseMilli('600000'), unitPriceInsuredMilli: parseMilli('500000') })).toEqual([
    '600000.00',
    '500000.00',
    '400000.00',
  ])
  expect(bound({ serviceRateBp: parseRate('50') })).toEqual(['331700.00', '266200.00', '212960.00'])
  expect(bound({ insuredRateBp: parseRate('50') })).toEqual(['663400.00', '266200.00', '212960.00'])
  expect(bound({ quantityMilli: parseMilli('2') })).toEqual(['663400.00', '532400.00', '425920.00'])
})
