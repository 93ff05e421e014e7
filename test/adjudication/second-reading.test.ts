import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { rulebookOf } from '../../src/adjudication/rulebook/assemble.ts'
import { RulebookInvalid } from '../../src/adjudication/rulebook/cursor.ts'
import { loadRulebook, rulebookContent } from '../../src/adjudication/rulebook/load.ts'
import type { ClaimLine } from '../../src/domain/claim.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { Coverage, Relation } from '../../src/domain/facts.ts'
import { formatMoney } from '../../src/domain/money.ts'
import { sliceOn } from '../../src/domain/rulebook.ts'
import { known, makeClaim, makeCoverage, makeFacility, makeFacts, makeLine, makeMember } from '../support/make-claim.ts'

/** What a second reading by an insurer and an accountant found wrong; each was seen to fail. */

const dir = join(import.meta.dirname, '../../rulebook')
const rulebook = await loadRulebook(dir)
const of = ({ findings }: Decision, rule: string) => findings.filter((finding) => finding.rule === rule)

describe('a day of a stay between an expired card and the next', () => {
  const expired = { cardNumber: 'DN4010000000009', validFrom: '2025-01-01', validTo: '2026-03-05' }
  const days = ['2026-03-02', '2026-03-20', '2026-03-21', '2026-03-31', '2026-04-01']
  const decide = (next: Partial<Coverage>) => {
    const coverages = [expired, { cardNumber: 'DN4010000000001', validFrom: '2026-04-01', ...next }].map(makeCoverage)
    const claim = makeClaim({
      careType: '03',
      arrivedAt: '2026-03-01T08:00',
      admittedAt: '2026-03-01T08:00',
      endedAt: '2026-04-10T08:00',
      paidAt: '2026-04-10T09:00',
      cards: coverages.map(({ cardNumber, registeredFacility, validFrom, validTo }) => ({
        ...{ cardNumber, registeredFacility, validFrom },
        validTo: validTo ?? undefined,
      })),
      lines: days.map((day, at) => makeLine({ stt: at + 1, code: `10.${at}`, orderedAt: `${day}T09:00` })),
    })
    return adjudicate(
      claim,
      makeFacts({ receivedOn: '2026-04-11', member: known(makeMember({ coverages }), '2026-06-30') }),
      rulebook,
    )
  }
  test.each([null, '2026-12-31'])('is covered by neither beyond the days of grace, the next until %s', (validTo) => {
    const decision = decide({ validTo })
    expect(decision.lines.map(({ decided }) => formatMoney(decided.fundPays))).toEqual([
      ...['800000.00', '800000.00', '0.00', '0.00', '800000.00'],
    ])
    const denied = of(decision, 'ELG-03').filter(({ severity }) => severity === 'deny')
    expect(denied.flatMap(({ lines }) => lines.map(({ stt }) => stt)).sort()).toEqual([3, 4])
    expect(denied.map(({ inputs }) => inputs['expiry'])).toEqual(['2026-03-05', '2026-03-05'])
  })
})

describe('the rate of a line that the patient pays', () => {
  test.each(['0', '80', '100'])('is nobody’s matter: MUC_HUONG %s', (rate) => {
    const lines = [makeLine(), makeLine({ stt: 2, scope: '2', rate, price: '200000' })]
    const decision = adjudicate(makeClaim({ lines }), makeFacts(), rulebook)
    expect([decision.outcome, decision.findings]).toEqual(['accept', []])
  })
})

describe('a claim that is denied as a whole', () => {
  const stray = { strayRows: [{ table: 'XML3', stt: 9 }] }
  const dead = known(makeMember({ deceasedOn: '2026-03-01' }))
  const amount = { field: 'T_BHTT', before: '800000.00', after: '0.00', money: '-800000.00', bearer: 'provider' }
  test.each([
    ['PRV-04', makeClaim(), makeFacts({ facility: known(makeFacility({ contract: false })) })],
    ['ELG-08', makeClaim(), makeFacts({ member: dead })],
    ['INT-01', makeClaim(stray), makeFacts()],
  ])('says the amount that is refused: %s', (rule, claim, facts) => {
    const decision = adjudicate(claim, facts, rulebook)
    expect(decision.outcome).toBe('deny')
    expect(of(decision, rule).map(({ effect }) => effect)).toEqual([amount])
  })
  test('for two reasons refuses its amount once', () => {
    const decision = adjudicate(makeClaim(stray), makeFacts({ member: dead }), rulebook)
    expect(decision.findings.filter(({ severity }) => severity === 'deny').map(({ effect }) => effect?.money)).toEqual([
      ...['-800000.00', '0.00'],
    ])
  })
})

describe('a claim of very many lines', () => {
  const minute = (at: number) => new Date(Date.UTC(2026, 2, 1) + at * 60_000).toISOString().slice(0, 16)
  const stay = { careType: '03', arrivedAt: '2026-03-01T00:00', admittedAt: '2026-03-01T00:00' }
  /** How often the fields of lines and results are read: what a decision costs, whatever else the machine does. */
  function readsOf(lines: readonly ClaimLine[], relations: readonly Relation[] = []): number {
    let reads = 0
    const counted = <T extends object>(one: T): T =>
      new Proxy(one, {
        get(target, name) {
          reads++
          return Reflect.get(target, name) as unknown
        },
      })
    const tests = lines.filter(({ costGroup }) => costGroup === '1')
    const results = tests.map(({ code }) => counted({ serviceCode: code, at: minute(0) }))
    const claim = makeClaim({ ...stay, lines, results })
    adjudicate({ ...claim, lines: lines.map(counted) }, makeFacts({ relations: known(relations) }), rulebook)
    return reads
  }
  const many = (count: number, lineAt: (at: number) => Parameters<typeof makeLine>[0]) =>
    Array.from({ length: count }, (_, at) => makeLine({ stt: at + 1, price: '5', ...lineAt(at) }))
  const steps = (count: number): Relation[] =>
    Array.from({ length: count }, (_, at) => ({
      ...{ kind: 'step-of', code: `S${at}`, other: 'S0' },
      ...{ validFrom: '2020-01-01', validTo: null },
    }))
  test.each([
    ['of one service', (count: number) => readsOf(many(count, (at) => ({ orderedAt: minute(at) })))],
    ['of tests', (count: number) => readsOf(many(count, (at) => ({ code: `T${at}`, group: '1' })))],
    [
      'of steps',
      (count: number) =>
        readsOf(
          many(count, (at) => ({ code: `S${at}` })),
          steps(count),
        ),
    ],
  ])('costs what its lines cost: %s', (_, reads) => {
    // Sixteen times as much where each line looks at every other.
    expect(reads(2400) / reads(600)).toBeLessThan(5)
  })

  /** DUP-06 as the rule says it, each line against every line that stands before it. */
  function deniedBefore(lines: readonly ClaimLine[]): readonly number[] {
    const same = (one: ClaimLine, other: ClaimLine) =>
      one.performedAt !== undefined && other.performedAt !== undefined
        ? one.performedAt === other.performedAt
        : one.orderedAt !== undefined && one.orderedAt === other.orderedAt
    const time = ({ performedAt, orderedAt }: ClaimLine) => performedAt ?? orderedAt ?? ''
    const kept: ClaimLine[] = []
    const denied: number[] = []
    for (const line of [...lines].sort((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : a.stt - b.stt)))
      if (kept.some((one) => same(one, line))) denied.push(line.stt)
      else kept.push(line)
    return denied.sort((a, b) => a - b)
  }
  test('denies the same service twice as if every line looked at every other', () => {
    const times = [undefined, '2026-03-10T08:30', '2026-03-10T08:31', '2026-03-10T08:32']
    const lines = times.flatMap((orderedAt, a) =>
      times.flatMap((performedAt, b) =>
        [0, 1].map((again) => ({ ...makeLine({ stt: 1 + a * 8 + b * 2 + again }), orderedAt, performedAt })),
      ),
    )
    const decision = adjudicate(makeClaim({ lines }), makeFacts(), rulebook)
    const denied = of(decision, 'DUP-06').flatMap(({ lines: named }) => named.map(({ stt }) => stt))
    expect(denied.sort((a, b) => a - b)).toEqual(deniedBefore(lines))
  })
})

describe('a name that is none stops the start', () => {
  test.each([
    [
      'a category',
      'visit-categories',
      /(code: "1\.3" \}, then: \{ route: )"1\.3"/,
      '$1"1.31"',
      'visit_categories 1.3 names the route 1.31',
    ],
    ['a route', 'routes', 'rule: BEN-09', 'rule: BEN-99', 'routes central names the rule BEN-99'],
    ['a card group', 'card-groups', 'sign: "2"', 'sign: "7"', 'names the sign 7'],
    ['a special rate', 'special-rates', 'of: "exam-1"', 'of: "exam-l"', 'special_rates exam-1 is missing'],
  ] as const)('%s', async (_, file, from, to, fault) => {
    const name = `tables/${file}.yaml`
    const kept = new Map(Object.entries(JSON.parse(await rulebookContent(dir)) as Record<string, unknown>))
    const text = (await readFile(join(dir, name), 'utf8')).replace(from, to)
    const load = () => rulebookOf(new Map([...kept, [name, parse(text, { maxAliasCount: -1 })]]))
    expect(load).toThrow(RulebookInvalid)
    expect(load).toThrow(fault)
  })
})

test('an amount below zero stops the start', async () => {
  const name = 'parameters/base-salary.yaml'
  const kept = new Map(Object.entries(JSON.parse(await rulebookContent(dir)) as Record<string, unknown>))
  const text = (await readFile(join(dir, name), 'utf8')).replace('"2530000"', '"-2530000"')
  expect(() => rulebookOf(new Map([...kept, [name, parse(text)]]))).toThrow('values[7]: value: below zero')
})

test('no value in force before a decree cites it', () => {
  const documentsOn = (slices: Parameters<typeof sliceOn>[0], day: string) =>
    sliceOn(slices, day)?.legalBasis.map(({ document }) => document) ?? []
  const { routes, parameters } = rulebook
  for (const dated of [parameters.exemptionMonths, ...['right', 'commune', 'none'].map((name) => routes.get(name))]) {
    expect(documentsOn(dated, '2018-11-30')).not.toContain('NĐ 146/2018/NĐ-CP')
    expect(documentsOn(dated, '2018-12-01')).toContain('NĐ 146/2018/NĐ-CP')
  }
  expect(documentsOn(parameters.packageMonths, '2019-07-01')).toEqual(['TT 04/2017/TT-BYT'])
})
