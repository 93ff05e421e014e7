import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { decidedTotalsJson, encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Facts } from '../../src/domain/facts.ts'
import { formatMoney, parseMoney } from '../../src/domain/money.ts'
import { claimOf } from '../../src/national/claim-of.ts'
import { readRecord } from '../../src/national/read-body.ts'
import { expectedOf01, expectedOf03, factsOf01, factsOf03, sample01, sample03 } from '../support/sample-claims.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const folder = join(import.meta.dirname, '../fixtures/samples')

test('sample 01 comes out as claimed, every total to the cent', () => {
  expect(sample01.totals).toEqual(expectedOf01)
  const decision = adjudicate(sample01, factsOf01, rulebook)
  expect(decision.findings).toEqual([])
  expect(decision.decided).toEqual(expectedOf01)
  expect(decision.outcome).toBe('accept')
  expect(decision.copayCounted).toBe(expectedOf01.copay)
})

test('sample 03 comes out as claimed at 32 %, every total to the cent, and says why', () => {
  expect(sample03.totals).toEqual(expectedOf03)
  const decision = adjudicate(sample03, factsOf03, rulebook)
  expect(decision.decided).toEqual(expectedOf03)
  expect(decision.outcome).toBe('accept')
  expect(decision.findings.map(({ rule, severity }) => [rule, severity])).toEqual([['BEN-09', 'info']])
  expect(decision.benefits.map(({ rateBp }) => rateBp)).toEqual([3200])
  expect(decision.copayCounted).toBe(0)
})

describe.each([
  ['01-outpatient-80pct', factsOf01],
  ['03-inpatient-offroute-32pct', factsOf03],
] as const)('the file of %s', (name, facts: Facts) => {
  const read = (file: string) => readFileSync(join(folder, file))
  const decide = (file: string, type: 'application/json' | 'application/xml') => {
    const { wire, release } = readRecord(read(file), type)
    return adjudicate(claimOf(wire, release), facts, rulebook)
  }
  const expected = JSON.parse(read(`${name}.expected.json`).toString()) as { totals: Record<string, string>; lines: number }
  const wanted = Object.fromEntries(
    Object.entries(expected.totals).map(([field, text]) => [field, formatMoney(parseMoney(text))]),
  )

  test('comes out with every expected total to the cent', () => {
    const decision = decide(`${name}.xml`, 'application/xml')
    expect(JSON.parse(decidedTotalsJson(decision))).toEqual(wanted)
    expect(decision.lines).toHaveLength(expected.lines)
    expect(decision.outcome).toBe('accept')
  })
  test('is the same decision to the byte as XML and as JSON', () => {
    const [xml, json] = [decide(`${name}.xml`, 'application/xml'), decide(`${name}.json`, 'application/json')]
    expect(encodeDecision(json, 'f').sha256).toBe(encodeDecision(xml, 'f').sha256)
  })
})
