import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Claim, ClaimLine } from '../../src/domain/claim.ts'
import type { Catalogue, CatalogueEntry, CatalogueList, Facts, Relation } from '../../src/domain/facts.ts'
import type { Milli, RateBp } from '../../src/domain/money.ts'
import type { Rulebook } from '../../src/domain/rulebook.ts'
import { known, type LineInput, makeCatalogue, makeClaim, makeFacts, makeLine, totalsOf } from '../support/make-claim.ts'

/** What must stay the same, or move in one direction only, when a claim under lists and relations is changed a little. */

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const runs = { numRuns: 300 }
const pick = <T>(...of: readonly T[]) => fc.constantFrom(...of)

const drugs = ['40.1', '40.2', '40.3', '40.1+40.2'] as const
const services = ['22.0001.0001', '22.0002.0001', '22.0003.0001', '22.0004.0001'] as const
const supplies = ['N01', 'N02', 'N03'] as const
const prices = ['1000', '25000', '1000000', '60000000'] as const

/** Tests, drugs and supplies of one hour; nothing whose rate depends on a sequence. */
const anyLine: fc.Arbitrary<LineInput> = fc.oneof(
  fc.record({ table: pick('XML2' as const), code: pick(...drugs), fundingSource: pick('1', '1', '1', '3') }),
  fc.record({ group: pick('1'), code: pick(...services), scope: pick('1' as const, '1' as const, '2' as const) }),
  fc.record({
    group: pick('10'),
    supplyCode: pick(...supplies),
    serviceCode: pick(...services),
    supplyPackage: pick('G1', 'G2'),
  }),
)
const anyAmounts = fc.record({ quantity: pick('1', '2', '10'), price: pick(...prices), listRate: pick('100', '100', '50') })

const anyEntry = fc.record({
  item: pick<{ list: CatalogueList; code: string }>(
    ...drugs.map((code) => ({ list: 'drug' as const, code })),
    ...services.map((code) => ({ list: 'service' as const, code })),
    ...supplies.map((code) => ({ list: 'supply' as const, code })),
  ),
  unitPrice: pick('0', ...prices),
  payableUnitPrice: pick(undefined, undefined, '900', '900000'),
  paymentRate: pick('100', '100', '60'),
  inPackageCap: fc.boolean(),
})
const anyRelation: fc.Arbitrary<Relation> = fc
  .oneof(
    fc.record({ kind: pick('includes' as const), code: pick(...services), other: pick(...supplies) }),
    fc.record({ kind: pick('step-of' as const, 'priced-as' as const), code: pick(...services), other: pick(...services) }),
  )
  .map((relation) => ({ ...relation, validFrom: '2015-01-01', validTo: null }))

interface Case {
  readonly claim: Claim
  readonly catalogue: Catalogue
  readonly relations: readonly Relation[]
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    lines: fc.array(fc.tuple(anyLine, anyAmounts), { minLength: 1, maxLength: 7 }),
    entries: fc.uniqueArray(anyEntry, { maxLength: 10, selector: ({ item }) => `${item.list} ${item.code}` }),
    relations: fc.array(anyRelation, { maxLength: 4 }),
  })
  .map(({ lines, entries, relations }) => ({
    // The first line keeps the visit above the low-cost waiver on both sides of every change.
    claim: claimOf([
      makeLine({ stt: 1, group: '2', code: 'big', price: '9000000' }),
      ...lines.map(([line, amounts], index) =>
        makeLine({ ...amounts, ...line, stt: index + 2, performedAt: `2026-03-10T09:${10 + index}` }),
      ),
    ]),
    catalogue: makeCatalogue([
      { code: 'big', unitPrice: '9000000' },
      ...entries.map(({ item, payableUnitPrice, ...entry }) => ({
        ...item,
        ...entry,
        ...(payableUnitPrice === undefined ? {} : { payableUnitPrice }),
      })),
    ]),
    relations,
  }))

const claimOf = (lines: readonly ClaimLine[]): Claim => makeClaim({ lines, totals: totalsOf(lines) })
const factsOf = ({ catalogue, relations }: Omit<Case, 'claim'>): Facts =>
  makeFacts({ catalogue: known(catalogue), relations: known(relations) })
const decide = (one: Case, law: Rulebook = rulebook) => adjudicate(one.claim, factsOf(one), law)
const fundOf = (one: Case, law?: Rulebook) => decide(one, law).decided.fundPays

describe('raising a ceiling never lowers what the fund pays', () => {
  const raised = (one: Case, raise: (entry: CatalogueEntry) => CatalogueEntry, code: string): Case => ({
    ...one,
    catalogue: { ...one.catalogue, entries: one.catalogue.entries.map((entry) => (entry.code === code ? raise(entry) : entry)) },
  })
  /** A price of 0 is none: it bounds nothing. */
  const up = (value: Milli): Milli => (value === 0 ? value : value * 2 + 1000) as Milli
  const ceilings: Readonly<Record<string, (entry: CatalogueEntry) => CatalogueEntry>> = {
    'the listed price': (entry) => ({ ...entry, unitPriceMilli: up(entry.unitPriceMilli) }),
    'the payable price': (entry) => ({
      ...entry,
      payableUnitPriceMilli: entry.payableUnitPriceMilli === null ? null : up(entry.payableUnitPriceMilli),
    }),
    'no payable price any more': (entry) => ({ ...entry, payableUnitPriceMilli: null }),
    'the list rate of what has no package': (entry) =>
      entry.inPackageCap ? entry : { ...entry, paymentRateBp: 10_000 as RateBp },
  }
  test.each(Object.entries(ceilings))('%s', (_, raise) => {
    fc.assert(
      fc.property(anyCase, pick(...drugs, ...supplies), (one, code) => {
        expect(fundOf(raised(one, raise, code))).toBeGreaterThanOrEqual(fundOf(one))
      }),
      runs,
    )
  })
  test('the price of a technique without steps or priced relations', () => {
    fc.assert(
      fc.property(anyCase, pick(...services), (one, code) => {
        const plain = { ...one, relations: one.relations.filter(({ kind }) => kind === 'includes') }
        const listed = one.catalogue.entries.some((entry) => entry.code === code && entry.unitPriceMilli > 0)
        fc.pre(listed)
        expect(fundOf(raised(plain, ceilings['the listed price']!, code))).toBeGreaterThanOrEqual(fundOf(plain))
      }),
      runs,
    )
  })
  test('the months of the package', () => {
    const [slice] = rulebook.parameters.packageMonths
    const more = { ...rulebook, parameters: { ...rulebook.parameters, packageMonths: [{ ...slice!, value: slice!.value + 7 }] } }
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(fundOf(one, more)).toBeGreaterThanOrEqual(fundOf(one))
      }),
      runs,
    )
  })
})

test('taking out a denied line leaves the rest as it was', () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      const { lines, findings } = decide(one)
      const denied = findings.filter(({ severity }) => severity === 'deny').flatMap(({ lines: of }) => of)
      fc.pre(denied.length > 0)
      for (const { table, stt } of denied) {
        const stays = (of: { table: string; stt: number }) => of.table !== table || of.stt !== stt
        const rest = decide({ ...one, claim: claimOf(one.claim.lines.filter(stays)) })
        expect(rest.lines.map(({ decided }) => decided)).toEqual(lines.filter(stays).map(({ decided }) => decided))
      }
    }),
    runs,
  )
})

test('other names for the codes, in claim, lists and relations alike, change nothing but the names', () => {
  // In another alphabetical order than the names they stand for.
  const names = new Map([...drugs.slice(0, 3), ...services, ...supplies, 'big'].map((code, index) => [code, `X${99 - index}`]))
  const rename = (code: string): string =>
    code
      .split('+')
      .map((part) => names.get(part) ?? part)
      .join('+')
  const renamed = ({ claim, catalogue, relations }: Case): Case => ({
    claim: claimOf(
      claim.lines.map((line) => ({
        ...line,
        code: rename(line.code),
        serviceCode: line.serviceCode && rename(line.serviceCode),
        supplyCode: line.supplyCode && rename(line.supplyCode),
      })),
    ),
    catalogue: { ...catalogue, entries: catalogue.entries.map((entry) => ({ ...entry, code: rename(entry.code) })) },
    relations: relations.map((relation) => ({ ...relation, code: rename(relation.code), other: rename(relation.other) })),
  })
  fc.assert(
    fc.property(anyCase, (one) => {
      const [before, after] = [decide(one), decide(renamed(one))]
      expect(after.decided).toEqual(before.decided)
      expect(after.outcome).toBe(before.outcome)
      expect(after.lines.map(({ decided }) => decided)).toEqual(before.lines.map(({ decided }) => decided))
      const said = ({ findings }: typeof before) =>
        findings.map(({ rule, severity, lines, effect }) => JSON.stringify([rule, severity, lines, effect])).sort()
      expect(said(after)).toEqual(said(before))
    }),
    runs,
  )
})

test('splitting a drug or supply keeps the totals when nothing rounds', () => {
  fc.assert(
    fc.property(anyCase, fc.nat(), (one, seed) => {
      const { lines } = one.claim
      const index = seed % lines.length
      const line = lines[index]!
      fc.pre((line.kind === 'drug' || line.kind === 'supply') && line.quantityMilli > 1000)
      const input = (part: ClaimLine, quantityMilli: number, stt: number): ClaimLine =>
        makeLine({
          ...(part.table === 'XML2' ? { table: 'XML2', code: part.code } : { supplyCode: part.code, group: '10' }),
          stt,
          quantity: String(quantityMilli / 1000),
          price: String(part.unitPriceHospitalMilli / 1000),
          listRate: String(part.insuredRateBp / 100),
          ...(part.performedAt === undefined ? {} : { performedAt: part.performedAt }),
          ...(part.fundingSource === undefined ? {} : { fundingSource: part.fundingSource }),
          ...(part.serviceCode === undefined ? {} : { serviceCode: part.serviceCode }),
          ...(part.supplyPackage === undefined ? {} : { supplyPackage: part.supplyPackage }),
        })
      const halves = [input(line, 1000, line.stt), input(line, line.quantityMilli - 1000, 100)]
      const split = claimOf([...lines.filter((of) => of !== line), ...halves])
      expect(decide({ ...one, claim: split }).decided).toEqual(decide(one).decided)
    }),
    runs,
  )
})
