import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { decideAsClaimed, isAgainst, isReduced } from '../../src/adjudication/offline-check.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Claim } from '../../src/domain/claim.ts'
import type { Decision, Finding } from '../../src/domain/decision.ts'
import { makeFacility } from '../support/make-claim.ts'
import { sized } from '../support/size.ts'
import { agreeingRegisters } from './agreeing-registers.ts'
import { anyVisit } from './any-visit.ts'
import { asDecided, shortly } from './as-decided.ts'

/** The hospital's own check against the gateway with whole registers that agree with the claim. */
const claims = sized(300, 30_000)
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const receivedOn = '2026-11-25'

type Checked = ReturnType<typeof decideAsClaimed>

/**
 * As the hospital made it, and as it sends it after it has read what the check says. Every second hospital hands in its own row, so that
 * categories whose rate goes by the facility's level are weighed by the real one.
 */
function* cases(): Generator<{ seed: number; claim: Claim; checked: Checked }> {
  for (let seed = 0; seed < claims; seed++) {
    const visit = anyVisit(seed)
    const own = seed % 2 === 0 ? {} : { facility: makeFacility(visit.facility) }
    const check = (claim: Claim) => decideAsClaimed(claim, rulebook, own, receivedOn)
    yield { seed, claim: visit.claim, checked: check(visit.claim) }
    const claim = asDecided(visit.claim, (one) => check(one).decision)
    yield { seed, claim, checked: check(claim) }
  }
}
function gatewayOf(seed: number, claim: Claim, { facts: { member, facility, catalogue } }: Checked): Decision {
  const listed = catalogue.kind === 'known' && catalogue.value.loaded.length > 0
  if (member.kind !== 'known' || facility.kind !== 'known') throw new Error('the check assumes a member and a facility')
  return adjudicate(
    claim,
    agreeingRegisters(seed, claim, { member: member.value, facility: facility.value, listed }, receivedOn),
    rulebook,
  )
}

describe('the check that a hospital runs itself', { timeout: sized(120_000, 3_600_000) }, () => {
  test('what passes it is not reduced, denied or pended by the gateway under registers that agree', () => {
    const reduced: string[] = []
    let passed = 0
    for (const { seed, claim, checked } of cases()) {
      if (isReduced(claim, checked.decision)) continue
      passed++
      const decision = gatewayOf(seed, claim, checked)
      if (isWorseThan(claim, decision)) reduced.push(`${seed}: ${shortly(decision)}`)
    }
    expect(reduced.slice(0, 10)).toEqual([])
    expect(passed).toBeGreaterThan(claims / 2)
  })
  test('what it finds the gateway finds too', () => {
    const missed: string[] = []
    let found = 0
    for (const { seed, claim, checked } of cases()) {
      const theirs = new Set(gatewayOf(seed, claim, checked).findings.filter(isAgainst).flatMap(keysOf))
      const mine = checked.decision.findings.filter(isAgainst).flatMap(keysOf)
      found += mine.length
      for (const key of mine) if (!theirs.has(key)) missed.push(`${seed}: ${key}`)
    }
    expect(missed.slice(0, 10)).toEqual([])
    expect(found).toBeGreaterThan(claims)
  })
})

/** Written down once more and apart from the check's own: less money for anybody but the patient, or a person who has to look. */
function isWorseThan({ totals, lines }: Claim, { outcome, decided, findings, lines: settled }: Decision): boolean {
  if (outcome !== 'accept' && outcome !== 'adjust') return true
  if (findings.some(({ severity }) => severity === 'deny' || severity === 'reduce' || severity === 'pend')) return true
  const claimed = lines.reduce((sum, { amounts }) => sum + amounts.fundPays, 0)
  const paid = settled.reduce((sum, line) => sum + line.decided.fundPays, 0)
  return paid < claimed || decided.fundPays < totals.fundPays || decided.hospitalAmount < totals.hospitalAmount
}

/** Rule and line; which facility a category is weighed against is the gateway's to know, so the inputs may differ. */
const keysOf = ({ rule, lines }: Finding): readonly string[] =>
  lines.length === 0 ? [rule] : lines.map(({ table, stt }) => `${rule} ${table} ${stt}`)
