import { describe, expect, test } from 'vitest'
import { type Comparison, compareDecisions, noFinding } from '../../src/adjudication/backtest-compare.ts'
import { createTally } from '../../src/adjudication/backtest-tally.ts'

interface Made {
  readonly outcome?: string
  /** Fund, co-pay, self, other sources of each line; the totals are their sums unless `totals` says otherwise. */
  readonly lines: readonly (readonly [number, number, number, number])[]
  /** Rule, lines (none: the claim), what the effect is after. */
  readonly findings?: readonly (readonly [rule: string, lines: readonly number[], after?: string])[]
  readonly totals?: readonly [number, number, number, number]
  readonly rate?: string
  readonly words?: string
}
const amounts = ([fund, copay, self, other]: readonly [number, number, number, number]) => ({
  ...{ T_BHTT: fund.toFixed(2), T_BNCCT: copay.toFixed(2), T_BNTT: self.toFixed(2), T_NGUONKHAC: other.toFixed(2) },
})

/** A decision in the contract's form, as far as it is compared. */
function decision({ outcome = 'adjust', lines, findings = [], totals, rate = '80', words = 'x' }: Made): Buffer {
  const summed = [0, 1, 2, 3].map((at) => lines.reduce((sum, line) => sum + line[at]!, 0)) as [number, number, number, number]
  return Buffer.from(
    JSON.stringify({
      benefits: [{ rate }],
      decided: amounts(totals ?? summed),
      findings: findings.map(([rule, named, after]) => ({
        ...(after === undefined ? {} : { effect: { field: 'T', before: '1', after, bearer: 'fund', money: '0.00' } }),
        ...{ lines: named.map((stt) => ({ table: 'XML3', stt })), message: { vi: words, en: words }, rule, severity: 'reduce' },
      })),
      lines: lines.map((line, index) => ({
        decided: amounts(line),
        findings: findings.flatMap(([, named], at) => (named.includes(index) ? [at] : [])),
      })),
      outcome,
      rulebook: { sha256: 'a'.repeat(64), version: words },
      sha256: words,
    }),
  )
}
const compare = (before: Made, after: Made) => compareDecisions(decision(before), decision(after))
const groupsOf = (before: Made, after: Made) => Object.fromEntries((compare(before, after) as Comparison).groups)
const two = [
  [80, 20, 0, 0],
  [40, 10, 5, 5],
] as const

describe('what another decision of a claim changes', () => {
  test('is nothing where only the rulebook has another name, and words where only words are others', () => {
    const plain = decision({ lines: two, findings: [['A', [0]]] })
    const renamed = Buffer.from(
      plain.toString().replace('"version":"x"', '"version":"y"').replace('"sha256":"x"', '"sha256":"y"'),
    )
    expect(compareDecisions(plain, renamed)).toBe('same')
    expect(compare({ lines: two, findings: [['A', [0]]] }, { lines: two, findings: [['A', [0]]], words: 'y' })).toBe('reworded')
  })

  test('is an outcome or a benefit rate, though no amount and no finding is another', () => {
    expect(compare({ lines: two }, { lines: two, outcome: 'pend' })).toMatchObject({
      outcome: { before: 'adjust', after: 'pend' },
    })
    expect(compare({ lines: two }, { lines: two, rate: '95' })).toMatchObject({ groups: new Map() })
  })

  test('goes to the rules whose findings on that line changed, together where several did', () => {
    const before: Made = { lines: two, findings: [['A', [0, 1], '2']] }
    const after: Made = {
      lines: [
        [72, 18, 0, 0],
        [50, 0, 5, 5],
      ],
      findings: [
        ['A', [0], '2'],
        ['A', [1], '3'],
        ['B', [0]],
        ['C', [1]],
      ],
    }
    expect(groupsOf(before, after)).toEqual({
      B: { fund: -800, patient: -200, otherSources: 0, hospital: 1000, lines: 1, moved: 1000 },
      'A + C': { fund: 1000, patient: -1000, otherSources: 0, hospital: 0, lines: 1, moved: 1000 },
    })
  })

  test('of a line without a finding of its own goes to those of the claim, else to all that changed anywhere', () => {
    const moved = [
      [90, 10, 0, 0],
      [45, 5, 5, 5],
    ] as const
    const ofClaim = groupsOf({ lines: two }, { lines: moved, findings: [['D', []]] })
    expect(ofClaim).toEqual({ D: { fund: 1500, patient: -1500, otherSources: 0, hospital: 0, lines: 2, moved: 1500 } })
    const elsewhere = groupsOf({ lines: two }, { lines: moved, findings: [['E', [0]]] })
    expect(elsewhere).toEqual({ E: { fund: 1500, patient: -1500, otherSources: 0, hospital: 0, lines: 2, moved: 1500 } })
    expect(Object.keys(groupsOf({ lines: two }, { lines: moved }))).toEqual([noFinding])
  })

  test('keeps a line to its own rule when the claim has another', () => {
    const after: Made = {
      lines: [[70, 20, 0, 0], two[1]],
      findings: [
        ['D', []],
        ['E', [0]],
      ],
    }
    const groups = groupsOf({ lines: two }, after)
    expect(groups['E']).toMatchObject({ fund: -1000, hospital: 1000, lines: 1 })
    expect(groups['D']).toMatchObject({ fund: 0, lines: 0, moved: 0 })
  })

  test('adds up to the totals also where they are no sum of the lines', () => {
    const after: Made = { lines: [[70, 30, 0, 0], two[1]], totals: [0, 0, 150, 5], findings: [['E', [0]]] }
    const groups = Object.values(groupsOf({ lines: two }, after))
    const sum = (party: 'fund' | 'patient' | 'otherSources' | 'hospital') => groups.reduce((all, group) => all + group[party], 0)
    expect([sum('fund'), sum('patient'), sum('otherSources'), sum('hospital')]).toEqual([-12000, 11500, 0, 500])
  })

  test('of a line that another decision does not have is all of its amounts', () => {
    expect(groupsOf({ lines: [two[0]] }, { lines: two })).toMatchObject({
      [noFinding]: { fund: 4000, patient: 1500, otherSources: 500 },
    })
  })
})

describe('a tally', () => {
  const place = { version: 1, facilityCode: '01999', level: 'basic', province: '01', cardGroup: 'DN' }
  const moving = (fund: number): Comparison => ({
    outcome: { before: 'adjust', after: 'adjust' },
    groups: new Map([['A', { fund, patient: -fund, otherSources: 0, hospital: 0, lines: 1, moved: Math.abs(fund) }]]),
  })

  test('names the hundred claims with most moved, of equals the first by id, whatever the order they come in', () => {
    const tally = createTally()
    for (let index = 0; index < 300; index++) {
      const fund = ((index * 7) % 150) * (index % 2 === 0 ? 1 : -1)
      tally.add({ ...place, claimId: `c_${String(index).padStart(3, '0')}` }, moving(fund))
    }
    const { top } = tally.report()
    const expected = Array.from({ length: 300 }, (_, index) => ({
      id: `c_${String(index).padStart(3, '0')}`,
      moved: (index * 7) % 150,
    }))
      .sort((a, b) => b.moved - a.moved || (a.id < b.id ? -1 : 1))
      .slice(0, 100)
    expect(top.map(({ claimId }) => claimId)).toEqual(expected.map(({ id }) => id))
  })

  test('adds up exactly beyond what a double can hold', () => {
    const tally = createTally()
    for (let index = 0; index < 3; index++) tally.add({ ...place, claimId: `c_${index}` }, moving(Number.MAX_SAFE_INTEGER))
    expect(tally.report().total).toMatchObject({ claims: 3, fund: '270215977642229.73', patient: '-270215977642229.73' })
  })

  test('writes less than a đồng with its sign', () => {
    const tally = createTally()
    tally.add({ ...place, claimId: 'c_1' }, moving(-5))
    expect(tally.report().total).toMatchObject({ fund: '-0.05', patient: '0.05', moved: '0.05' })
  })
})
