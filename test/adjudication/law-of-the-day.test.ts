import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { rulesOfDay } from '../../src/adjudication/stages/in-force.ts'
import { addDays } from '../../src/domain/calendar.ts'
import type { Claim } from '../../src/domain/claim.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { Coverage, FacilityPeriod, Facts } from '../../src/domain/facts.ts'
import { formatMoney, type Money, type RateBp, rateOfRate, shareOf } from '../../src/domain/money.ts'
import { type Dated, type RouteTerms, type Slice, valueOn } from '../../src/domain/rulebook.ts'
import {
  known,
  type LineInput,
  makeCatalogue,
  makeClaim,
  makeCoverage,
  makeFacility,
  makeFacts,
  makeLine,
  makeMember,
} from '../support/make-claim.ts'

/**
 * The law of the day: every dated value of the rulebook is met by claims that end on its first and its last day, so on both sides of every
 * change; what is decided is what the value in force on that day says, and the finding cites its text.
 */
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const firstDay = '2015-01-01'
const fullRate = 10_000 as RateBp

interface Visit {
  readonly on: string
  readonly until?: string
  readonly card?: string
  readonly claim?: Partial<Claim>
  readonly lines?: readonly LineInput[]
  readonly coverage?: Partial<Coverage>
  readonly facility?: Partial<FacilityPeriod> | 'unknown'
  readonly facts?: Partial<Facts>
}

function decide({ on, until = on, card = 'DN4010000000001', claim, lines = [{}], coverage, facility, facts }: Visit): Decision {
  const rows = lines.map((line, index) => {
    const orderedAt = line.orderedAt ?? `${on}T08:3${index}`
    return makeLine({ stt: index + 1, performedAt: orderedAt, ...line, orderedAt })
  })
  const cards = [{ cardNumber: card, registeredFacility: '01999', validFrom: '2010-01-01', validTo: '2035-12-31' }]
  const dates = { arrivedAt: `${on}T08:00`, endedAt: `${until}T16:00`, paidAt: `${until}T16:30` }
  const coverages = [
    makeCoverage({ cardNumber: card, validFrom: '2010-01-01', validTo: '2035-12-31', fiveYearsFrom: null, ...coverage }),
  ]
  return adjudicate(
    makeClaim({ cards, ...dates, lines: rows, ...claim }),
    makeFacts({
      receivedOn: until,
      member: known(makeMember({ coverages }), until),
      facility: facility === 'unknown' ? { kind: 'none', asOf: until } : known(makeFacility(facility), until),
      ...facts,
    }),
    rulebook,
  )
}

const said = (decision: Decision, rule: string) => decision.findings.filter((finding) => finding.rule === rule)
const price = (amount: number): string => formatMoney(amount as Money)

/** First and last day of each slice, none before the first law that is to hand. */
function daysOf<T>(slices: Dated<T>): readonly (readonly [string, Slice<T>])[] {
  return slices.flatMap((slice) => {
    const days = slice.to === null ? [slice.from] : [slice.from, slice.to]
    return days.filter((day) => day >= firstDay).map((day) => [day, slice] as const)
  })
}

/** How a claim that ends on a day shows a parameter's value; the rest of that value's tests is in `test/rules`. */
const probes: Readonly<Record<string, (day: string, slice: Slice<never>) => void>> = {
  baseSalary(day, { value }) {
    const limit = shareOf(value, valueOn(rulebook.parameters.waiverRateBp, day)!)
    expect(decide({ on: day, lines: [{ price: price(limit - 1), rate: '100' }] }).decided.copay, day).toBe(0)
    expect(decide({ on: day, lines: [{ price: price(limit), rate: '80' }] }).decided.fundPays, day).toBe(
      shareOf(limit, 8_000 as RateBp),
    )
  },
  waiverRateBp(day, { legalBasis }) {
    const [finding] = said(decide({ on: day, lines: [{ price: '100000', rate: '100' }] }), 'BEN-11')
    expect(finding?.legalBasis, day).toEqual(legalBasis)
  },
  exemptionMonths(day, { legalBasis }) {
    const decision = decide({ on: day, coverage: { fiveYearsFrom: firstDay }, lines: [{ price: '200000000' }] })
    const base = valueOn(rulebook.parameters.baseSalary, day)!
    expect(decision.decided.copay, day).toBe(6 * base)
    expect(said(decision, 'BEN-12')[0]?.legalBasis, day).toEqual(legalBasis)
  },
  cardGraceDays(expiry, { value, legalBasis }) {
    const last = addDays(expiry, value)
    const lines = [{ orderedAt: `${last}T09:00` }, { orderedAt: `${addDays(last, 1)}T09:00` }]
    const decision = decide({
      on: expiry,
      until: addDays(last, 2),
      claim: { careType: '03' },
      coverage: { validTo: expiry },
      lines,
    })
    expect(
      said(decision, 'ELG-03').map(({ severity }) => severity),
      expiry,
    ).toEqual(['info', 'deny'])
    expect(said(decision, 'ELG-03')[0]?.legalBasis, expiry).toEqual(legalBasis)
  },
  referralWorkingDays(signedAt, { legalBasis }) {
    // Ten working days are two weeks of Mondays to Fridays, whatever the day of signature.
    const slip = {
      id: 'S1',
      kind: 'transfer',
      from: '79001',
      to: '01999',
      signedAt,
      validTo: null,
      icd: [],
      usedBy: null,
    } as const
    const on = addDays(signedAt, 17)
    const decision = decide({
      on,
      claim: { visitCategory: '1.3', careType: '03', referralSlip: 'S1', referredFrom: '79001' },
      coverage: { registeredFacility: '79001' },
      facts: { referrals: known([slip], on) },
    })
    expect(
      said(decision, 'BEN-06').map(({ severity }) => severity),
      signedAt,
    ).toEqual(['pend'])
    expect(said(decision, 'BEN-06')[0]?.legalBasis, signedAt).toEqual(legalBasis)
  },
  childUnderAge(day, { value }) {
    const born = (years: number) => `${Number(day.slice(0, 4)) - years}${day.slice(4)}`
    const verdict = (birthDate: string) => {
      const cards = [{ cardNumber: 'TE1010000000007', registeredFacility: '01000', validFrom: day, validTo: day }]
      const patient = { ...makeClaim().patient, birthDate }
      const decision = decide({ on: day, claim: { cards, patient }, facts: { member: { kind: 'none', asOf: day } } })
      return said(decision, 'ELG-07').map(({ severity }) => severity)
    }
    expect(verdict(addDays(born(value), 1)), day).toEqual(['info'])
    expect(verdict(born(value)), day).toEqual(['pend'])
  },
  serviceRateInHospitalAmount(day, { value }) {
    const whole = { hospitalAmount: '1000000', selfPays: '500000' }
    const amounts = value ? {} : whole
    const decision = decide({ on: day, lines: [{ serviceRate: '50', amounts }] })
    expect(decision.decided.hospitalAmount, day).toBe(value ? 50_000_000 : 100_000_000)
    expect(said(decision, 'INT-02'), day).toEqual([])
  },
}

describe('parameters', () => {
  const changing = Object.entries(rulebook.parameters as unknown as Readonly<Record<string, Dated<never>>>).filter(
    ([, slices]) => slices.length > 1,
  )
  test('each that changes is walked here', () => {
    expect(changing.map(([name]) => name).filter((name) => probes[name] === undefined)).toEqual([])
  })
  for (const [name, slices] of changing) {
    test.each(daysOf(slices))(`${name} on %s is that of the day`, (day, slice) => {
      probes[name]?.(day, slice)
    })
  }
})

/** Of a visit category whose facility is not known: it stands as claimed. */
function paidOf(category: string, day: string, careType: string) {
  const { decided } = decide({ on: day, claim: { visitCategory: category, careType, note: 'Cấp cứu' }, facility: 'unknown' })
  return { insured: decided.insuredAmount, fund: decided.fundPays }
}
function paidBy(terms: RouteTerms, careType: string) {
  const rate = careType === '03' ? terms.inpatientBp : terms.outpatientBp
  const insured = rate === 0 && !terms.flat ? 0 : 100_000_000
  return { insured, fund: shareOf(insured as Money, terms.flat ? fullRate : rateOfRate(8_000 as RateBp, rate)) }
}

describe('visit categories and routes', () => {
  const named = [...rulebook.visitCategories].flatMap(([category, slices]) =>
    slices.flatMap((slice) => {
      const routes = rulebook.routes.get(slice.value) ?? []
      const inForce = (day: string) => slice.from <= day && day <= (slice.to ?? day)
      const days = [...daysOf(slices), ...daysOf(routes)].map(([day]) => day).filter(inForce)
      return [...new Set(days)].sort().map((day) => [category, day, slice.value] as const)
    }),
  )
  test.each(named.filter(([, , route]) => route !== 'by-level'))(
    '%s on %s is paid as its route of that day',
    (category, day, route) => {
      const terms = valueOn(rulebook.routes.get(route), day)!
      for (const careType of ['01', '03']) expect(paidOf(category, day, careType), careType).toEqual(paidBy(terms, careType))
    },
  )
  test.each(named.filter(([, , route]) => route === 'by-level'))(
    '%s on %s goes by the level of the hospital',
    (category, day) => {
      const { decided } = decide({
        on: day,
        claim: { visitCategory: category, careType: '03' },
        coverage: { registeredFacility: '79001' },
        lines: [{ rate: '32' }],
      })
      expect(decided.fundPays).toBe(32_000_000)
    },
  )
  const bounded = [...rulebook.visitCategories].map(([category, slices]) => ({
    category,
    first: slices[0]!.from,
    last: slices.at(-1)!.to,
  }))
  test.each(bounded.filter(({ first, last }) => first > firstDay || last !== null))(
    '$category is no category before its first day nor after its last',
    ({ category, first, last }) => {
      const unknown = (day: string) => said(decide({ on: day, claim: { visitCategory: category } }), 'INT-09').length
      expect([unknown(first), last === null ? 0 : unknown(last)]).toEqual([0, 0])
      if (first > firstDay) expect(unknown(addDays(first, -1))).toBe(1)
      if (last !== null) expect(unknown(addDays(last, 1))).toBe(1)
    },
  )
})

describe('routes that facts give, before 2025', () => {
  const levels = ['district', 'provincial', 'central'] as const
  const days = levels.flatMap((level) => daysOf(rulebook.routes.get(level)!).map(([day]) => [level, day] as const))
  test.each(days)('self-presenting at a %s hospital on %s', (level, day) => {
    const terms = valueOn(rulebook.routes.get(level), day)!
    const { decided } = decide({
      on: day,
      claim: { visitCategory: '3', careType: '03' },
      coverage: { registeredFacility: '79001' },
      facility: { level: level === 'district' ? 'basic' : 'specialised', formerLevel: level },
    })
    expect(decided.fundPays).toBe(paidBy(terms, '03').fund)
  })
})

describe('cards', () => {
  test.each([...rulebook.cardSigns].flatMap(([sign, slices]) => daysOf(slices).map((day) => [sign, ...day] as const)))(
    'sign %s on %s',
    (sign, day, { value }) => {
      expect(decide({ on: day, card: `XX${sign}010000000001` }).decided.fundPays).toBe(
        shareOf(100_000_000 as Money, value.rateBp),
      )
    },
  )
  const changing = [...rulebook.cardGroups].filter(([, slices]) => slices.length > 1)
  test.each(changing.flatMap(([group, slices]) => daysOf(slices).map((day) => [group, ...day] as const)))(
    'group %s on %s',
    (group, day, { value, legalBasis }) => {
      const decision = decide({ on: day, card: `${group}4010000000001` })
      const sign = value.overridesPrint ? value.sign : '4'
      const { rateBp } = valueOn(rulebook.cardSigns.get(sign), day)!
      expect(decision.decided.fundPays).toBe(shareOf(100_000_000 as Money, rateBp))
      const finding = said(decision, 'BEN-02')[0]
      expect(finding?.legalBasis).toEqual(value.overridesPrint ? legalBasis : undefined)
    },
  )
})

describe('exclusions', () => {
  const rows = [...rulebook.exclusions].flatMap(([icd, slices]) => daysOf(slices).map((day) => [icd, ...day] as const))
  test.each(rows)('%s on %s', (icd, day, { value, legalBasis }) => {
    const [finding] = said(decide({ on: day, claim: { icdMain: icd } }), 'ELG-11')
    expect(finding?.severity).toBe(value.effect)
    expect(finding?.legalBasis).toEqual(legalBasis)
  })
})

describe('codes and rules that begin or end', () => {
  const careTypes = [...rulebook.codes.get('care_type')!].filter(
    ([, slices]) => slices[0]!.from > firstDay || slices.at(-1)!.to !== null,
  )
  test.each(careTypes)('care type %s from its first day', (careType, slices) => {
    const unknown = (on: string) =>
      said(decide({ on, claim: { careType } }), 'INT-09')
        .flatMap(({ inputs }) => Object.values(inputs))
        .includes('MA_LOAI_KCB')
    expect(unknown(slices[0]!.from)).toBe(false)
    expect(unknown(addDays(slices[0]!.from, -1))).toBe(true)
  })
  test('a listed disease is right route from the first day of its list', () => {
    const from = rulebook.listedDiseases[0]!.from
    const names = (on: string) => {
      const claim = { visitCategory: '3.1', careType: '03', icdMain: 'G35' }
      return said(decide({ on, claim, coverage: { registeredFacility: '79001' } }), 'BEN-03').map(
        ({ inputs }) => inputs['derived'],
      )
    }
    expect(names(from)).toContain('1.17')
    expect(names(addDays(from, -1))).not.toContain('1.17')
  })
})

describe('of texts that replaced one another', () => {
  const documents = (decision: Decision, rule: string) =>
    said(decision, rule).map(({ legalBasis }) => legalBasis.map(({ document }) => document))
  const dear = { lines: [{ table: 'XML2', code: '40.0001', quantity: '1', price: '1200' }] } as const
  const facts = { catalogue: known(makeCatalogue([{ list: 'drug', code: '40.0001', unitPrice: '1150' }]), '2026-03-31') }

  test('a finding cites the one of the day, without its dates', () => {
    for (const [on, law] of [
      ['2023-12-31', 'Luật Đấu thầu 43/2013'],
      ['2024-01-01', 'Luật Đấu thầu 22/2023'],
    ] as const) {
      const decision = decide({ on, ...dear, facts })
      expect(documents(decision, 'PRC-01'), on).toEqual([[law]])
      expect(said(decision, 'PRC-01')[0]!.legalBasis).toEqual([{ document: law }])
    }
  })

  const dated = [...rulebook.rules.values()].filter(({ legalBasis }) => legalBasis.some(({ from, to }) => from ?? to))
  test.each(dated.map((card) => [card.id, card] as const))('%s rests on those in force on each day of a change', (_, card) => {
    const changes = card.legalBasis.flatMap(({ from, to }) => [from ?? [], to ?? []].flat())
    for (const day of changes.flatMap((change) => [addDays(change, -1), change, addDays(change, 1)])) {
      const inForce = card.legalBasis.filter(({ from = '0000-01-01', to = '9999-12-31' }) => from <= day && day <= to)
      const there = rulesOfDay(rulebook, day)
      const found = there.active.get(card.id) ?? there.shadow.get(card.id) ?? there.moving.find(({ id }) => id === card.id)
      expect(found?.legalBasis, day).toEqual(inForce.map(({ from: __, to: ___, ...basis }) => basis))
    }
  })
})
