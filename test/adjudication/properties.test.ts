import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { phases } from '../../src/adjudication/stages/registry.ts'
import type { Claim } from '../../src/domain/claim.ts'
import { noVisitDetails } from '../../src/domain/facts.ts'
import { parseMoney, type RateBp } from '../../src/domain/money.ts'
import { makeClaim, makeFacts, makeLine, totalsOf } from '../support/make-claim.ts'
import { anyCase } from './make-any-claim.ts'

const dir = join(import.meta.dirname, '../../rulebook')
const rulebook = await loadRulebook(dir)
const runs = { numRuns: 400 }
const bytesOf = (...args: Parameters<typeof adjudicate>) => encodeDecision(adjudicate(...args), 'f').bytes.toString()

describe('for any claim and register', () => {
  test('a decision comes, and no rule of ours fails on it', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        expect(adjudicate(claim, facts, rulebook).alarms).toBeUndefined()
      }),
      runs,
    )
  })
  test('fund, co-pay, self and other make the hospital amount, by line and in total; nothing is negative', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const { lines, decided } = adjudicate(claim, facts, rulebook)
        for (const amounts of [...lines.map((line) => line.decided), decided]) {
          expect(amounts.fundPays + amounts.copay + amounts.selfPays + amounts.otherSources).toBe(amounts.hospitalAmount)
          expect(Math.min(...Object.values(amounts))).toBeGreaterThanOrEqual(0)
          expect(amounts.fundPays).toBeLessThanOrEqual(amounts.insuredAmount)
          expect(amounts.insuredAmount).toBeLessThanOrEqual(amounts.hospitalAmount)
        }
        const sum = (key: 'fundPays' | 'hospitalAmount') => lines.reduce((total, line) => total + line.decided[key], 0)
        expect([decided.fundPays, decided.hospitalAmount]).toEqual([sum('fundPays'), sum('hospitalAmount')])
      }),
      runs,
    )
  })
  test('the fund never pays more for a line than its formula gives, nor than the smaller of claimed and computed', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const { lines } = adjudicate(claim, facts, rulebook)
        const liftsListRates = claim.cards[0]!.cardNumber.slice(2, 3) === '1'
        for (const { table, stt, decided } of lines) {
          const line = claim.lines.find((one) => one.table === table && one.stt === stt)!
          const rates = BigInt(line.serviceRateBp) * BigInt(liftsListRates ? 10_000 : line.insuredRateBp)
          const most =
            (BigInt(line.quantityMilli) * BigInt(line.unitPriceInsuredMilli) * rates * 2n + 10n ** 12n) / (2n * 10n ** 12n)
          expect(BigInt(decided.fundPays)).toBeLessThanOrEqual(line.scope === '2' ? 0n : most)
          expect(decided.hospitalAmount).toBeLessThanOrEqual(Math.max(line.amounts.hospitalAmount, 0))
          if (!liftsListRates && line.benefitRateBp !== 0)
            expect(decided.insuredAmount).toBeLessThanOrEqual(line.amounts.insuredAmount)
        }
      }),
      runs,
    )
  })
  test('the order of lines does not change a byte', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ claim, facts }, seeds) => {
        const shuffled = shuffle(claim.lines, seeds)
        expect(bytesOf({ ...claim, lines: shuffled }, facts, rulebook)).toBe(bytesOf(claim, facts, rulebook))
      }),
      runs,
    )
  })
  test('also where lines share table and number', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ claim, facts }, seeds) => {
        const lines = claim.lines.map((line) => ({ ...line, stt: 1 }))
        const one: Claim = { ...claim, lines }
        expect(bytesOf({ ...claim, lines: shuffle(lines, seeds) }, facts, rulebook)).toBe(bytesOf(one, facts, rulebook))
      }),
      runs,
    )
  })
  test('the order of rules in their phase does not change a byte', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ claim, facts }, seeds) => {
        const shuffled = phases.map((phase) => ({ ...phase, rules: shuffle(phase.rules, seeds) }))
        expect(bytesOf(claim, facts, rulebook, shuffled)).toBe(bytesOf(claim, facts, rulebook))
      }),
      runs,
    )
  })
  test('the same claim, facts and rulebook give the same bytes, also with a rulebook loaded anew', async () => {
    const again = await loadRulebook(dir)
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const copy = structuredClone({ claim, facts })
        expect(bytesOf(copy.claim, copy.facts, again)).toBe(bytesOf(claim, facts, rulebook))
      }),
      runs,
    )
  })
  test('claim and facts are left as they were', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const before = JSON.stringify({ claim, facts })
        adjudicate(claim, facts, rulebook)
        expect(JSON.stringify({ claim, facts })).toBe(before)
      }),
      runs,
    )
  })
  test('a missing register denies nothing', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const blind = { ...facts, member: { kind: 'unavailable' }, facility: { kind: 'unavailable' } } as const
        const decision = adjudicate({ ...claim, strayRows: [] }, blind, rulebook)
        const denying = decision.findings.filter(({ severity, rule }) => severity === 'deny' && rule !== 'BEN-14')
        expect(denying).toEqual([])
      }),
      runs,
    )
  })
})

describe('on each side of the waiver', () => {
  const fundOf = (price: number, rate = 8_000, sign = 'DN4') => {
    const lines = [{ ...makeLine({ price: String(price) }), benefitRateBp: rate as RateBp }]
    const card = `${sign}010000000001`
    const claim = makeClaim({
      lines,
      totals: totalsOf(lines),
      cards: [{ cardNumber: card, registeredFacility: '01999', validFrom: undefined, validTo: undefined }],
    })
    const facts = makeFacts()
    const member = facts.member.kind === 'known' ? facts.member.value : undefined
    const coverages = member!.coverages.map((coverage) => ({ ...coverage, cardNumber: card }))
    return adjudicate(
      claim,
      { ...facts, member: { kind: 'known', value: { ...member!, coverages }, asOf: '2026-03-31', stale: false } },
      rulebook,
    ).decided.fundPays
  }
  test('the fund pays no less for a dearer visit', () => {
    const below = fc.integer({ min: 1, max: 350_999 })
    const above = fc.integer({ min: 351_000, max: 10 ** 9 })
    for (const side of [below, above]) {
      fc.assert(
        fc.property(side, side, (a, b) => {
          expect(fundOf(Math.max(a, b))).toBeGreaterThanOrEqual(fundOf(Math.min(a, b)))
        }),
        { numRuns: 100 },
      )
    }
  })
  test('nor for a card of a higher rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 8 }), (price) => {
        const [four, three, two] = [fundOf(price, 8_000, 'DN4'), fundOf(price, 9_500, 'HT3'), fundOf(price, 10_000, 'HN2')]
        expect(three).toBeGreaterThanOrEqual(four)
        expect(two).toBeGreaterThanOrEqual(three)
      }),
      { numRuns: 100 },
    )
  })
})

test('splitting a line keeps the totals when nothing rounds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 10 ** 6 }),
      (a, b, thousands) => {
        // At the same minute the second line would be the same service twice (DUP-06).
        const line = (stt: number, quantity: number) =>
          makeLine({ stt, quantity: String(quantity), price: String(thousands * 1000), performedAt: `2026-03-10T08:3${stt}` })
        const decide = (lines: readonly ReturnType<typeof line>[]) =>
          adjudicate(makeClaim({ lines }), makeFacts(), rulebook).decided
        expect(decide([line(1, a), line(2, b)])).toEqual(decide([line(1, a + b)]))
      },
    ),
    { numRuns: 100 },
  )
})
test('taking out a denied line gives the rest the same amounts', () => {
  fc.assert(
    fc.property(anyCase, ({ claim, facts }) => {
      const { lines } = adjudicate(claim, facts, rulebook)
      const denied = new Set(
        adjudicate(claim, facts, rulebook)
          .findings.filter(({ severity, lines: named }) => severity === 'deny' && named.length > 0)
          .flatMap(({ lines: named }) => named.map(({ table, stt }) => `${table} ${stt}`)),
      )
      const stays = ({ table, stt }: { table: string; stt: number }) => !denied.has(`${table} ${stt}`)
      const rest = claim.lines.filter(stays)
      const again = adjudicate({ ...claim, lines: rest }, facts, rulebook)
      expect(again.lines.map(({ decided }) => decided)).toEqual(lines.filter(stays).map(({ decided }) => decided))
    }),
    runs,
  )
})

test('the co-pay counted over a year never passes six base salaries for a member of five years', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 400_000, max: 60_000_000 }), { minLength: 1, maxLength: 8 }), (prices) => {
      let counted = 0
      const facts = makeFacts()
      const member = facts.member.kind === 'known' ? facts.member.value : undefined
      const coverages = member!.coverages.map((coverage) => ({ ...coverage, fiveYearsFrom: '2020-01-01' }))
      for (const price of prices) {
        const visit = {
          claimId: 'c',
          facilityCode: '01999',
          careType: '01',
          arrivedAt: '',
          endedAt: '2026-02-01T10:00',
          outcome: 'accept',
          details: noVisitDetails,
        }
        const decision = adjudicate(
          makeClaim({ lines: [makeLine({ price: String(price) })] }),
          {
            ...facts,
            member: { kind: 'known', value: { ...member!, coverages }, asOf: '2026-03-31', stale: false },
            visits: counted === 0 ? [] : [{ ...visit, copayCounted: counted as ReturnType<typeof parseMoney> }],
          },
          rulebook,
        )
        counted += decision.copayCounted
      }
      expect(counted).toBeLessThanOrEqual(parseMoney('14040000'))
    }),
    { numRuns: 100 },
  )
})

function shuffle<T>(items: readonly T[], seeds: fc.Stream<number>): T[] {
  const left = [...items]
  const order = [...seeds.take(items.length)]
  return order.map((seed) => left.splice(seed % left.length, 1)[0]!)
}
