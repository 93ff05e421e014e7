import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { formatMoney, parseMoney } from '../../src/domain/money.ts'
import { amountWords, claimOfCase, factsOfCase, type RuleCase, readCaseFiles } from './case-file.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
/** What the rule said, in effect or in shadow. */
const saidBy = (decision: Decision, rule: string) =>
  [...decision.findings, ...decision.shadow].filter((finding) => finding.rule === rule)
const severities = (decision: Decision, rule: string) => saidBy(decision, rule).map(({ severity }) => severity)

function seen(decision: Decision, one: RuleCase, rule: string) {
  const { expect: wanted } = one
  const [first] = saidBy(decision, rule)
  const amounts = Object.entries(amountWords)
    .filter(([word]) => word in wanted)
    .map(([word, key]) => [word, formatMoney(decision.decided[key])])
  return {
    finds: severities(decision, rule),
    ...(wanted.outcome === undefined ? {} : { outcome: decision.outcome }),
    ...(wanted.money === undefined ? {} : { money: first?.effect?.money }),
    ...(wanted.bearer === undefined ? {} : { bearer: first?.effect?.bearer }),
    ...(wanted.says === undefined ? {} : { says: first?.message.en.includes(wanted.says) ? wanted.says : first?.message.en }),
    ...(wanted.also === undefined
      ? {}
      : { also: Object.fromEntries(Object.keys(wanted.also).map((other) => [other, severities(decision, other)])) }),
    ...Object.fromEntries(amounts),
  }
}

const asMoney = (wanted: RuleCase['expect']) =>
  Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [
      key,
      key in amountWords || key === 'money' ? formatMoney(parseMoney(String(value))) : value,
    ]),
  )

const heard: string[] = []

for (const { rule, cases } of readCaseFiles()) {
  describe(rule, () => {
    test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
      const decision = adjudicate(claimOfCase(one), factsOfCase(one), rulebook)
      expect(seen(decision, one, rule)).toEqual(asMoney(one.expect))
      const said = [...decision.findings, ...decision.shadow]
      for (const { message } of said) {
        expect(`${message.vi}${message.en}`).not.toMatch(/[{}]|undefined|could not run/)
      }
      for (const { rule: by, message } of said) heard.push(`${by} ${message.en}`)
    })
  })
}

test('every wording of the rulebook is heard in some case', () => {
  const patterns = [...rulebook.rules.values()].flatMap(({ id, messages }) =>
    [...messages].map(([code, { en }]) => ({ id, code, pattern: new RegExp(`^${id} ${patternOf(en)}$`) })),
  )
  const unheard = patterns.filter(({ pattern }) => !heard.some((message) => pattern.test(message)))
  expect(unheard.map(({ id, code }) => `${id} ${code}`)).toEqual(['VOID-01 withdrawn'])
})
const patternOf = (wording: string) =>
  wording
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
