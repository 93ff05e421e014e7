import { describe, expect, test } from 'vitest'
import type { Explanation } from '../../../src/domain/explanation.ts'
import sample01 from '../../fixtures/samples/01-outpatient-80pct.json' with { type: 'json' }
import sample03 from '../../fixtures/samples/03-inpatient-offroute-32pct.json' with { type: 'json' }
import { explainWire, storedOf } from '../../support/explained.ts'
import { type EntryInput, known, makeCatalogue } from '../../support/make-claim.ts'
import { factsOf01, factsOf03 } from '../../support/sample-claims.ts'

type Row = Record<string, string>
type Wire = { XML1: Row; XML2: Row[]; XML3: Row[] } & Record<string, Row | Row[]>

/** A sample with some cells changed: `XML2/0/MUC_HUONG`. */
function wireWith(cells: Readonly<Record<string, string>>, sample: object = sample01): Wire {
  const wire = structuredClone(sample) as Wire
  for (const [place, value] of Object.entries(cells)) {
    const [table, row, field] = place.split('/') as [string, string, string]
    const rows = wire[table]!
    if (Array.isArray(rows)) rows[Number(row)]![field] = value
    else rows[field] = value
  }
  return wire
}
/** The claim as the offer says to file it. */
function applied(wire: Wire, edits: NonNullable<Explanation['decision']>['changes'][number]['edits']): Wire {
  const changed = structuredClone(wire)
  for (const { pointer, to } of edits) {
    const path = pointer.slice(1).split('/')
    const field = path.pop()!
    const row = path.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], changed) as Row
    row[field] = to
  }
  return changed
}
const decisionIn = (wire: object, facts = factsOf01) =>
  JSON.parse(storedOf(wire, facts).decision!.toString()) as { outcome: string; decided: Row; findings: { severity: string }[] }

const faults: readonly (readonly [string, Readonly<Record<string, string>>, string, { fields: number; outcome: string }])[] = [
  [
    'a rate above that of the card',
    {
      'XML2/0/MUC_HUONG': '100',
      'XML2/0/T_BHTT': '30000',
      'XML2/0/T_BNCCT': '0',
      'XML1/0/T_BHTT': '559342.71',
      'XML1/0/T_BNCCT': '132335.68',
      'XML1/0/T_BHTT_GDV': '559342.71',
    },
    'MUC_HUONG',
    { fields: 1, outcome: 'accept' },
  ],
  ['an amount that is not the formula', { 'XML2/0/THANH_TIEN_BH': '35000' }, 'THANH_TIEN_BH', { fields: 1, outcome: 'accept' }],
  ['an amount below the formula', { 'XML2/0/THANH_TIEN_BH': '20000' }, 'THANH_TIEN_BH', { fields: 1, outcome: 'accept' }],
  ['a wrong total', { 'XML1/0/T_TONGCHI_BH': '700000' }, 'T_TONGCHI_BH', { fields: 1, outcome: 'accept' }],
  ['a number that stands twice', { 'XML3/1/STT': '1' }, 'STT', { fields: 1, outcome: 'accept' }],
  ['a code without its zero', { 'XML1/0/MA_LOAI_KCB': '1' }, 'MA_LOAI_KCB', { fields: 1, outcome: 'accept' }],
  ['a row under another encounter', { 'XML3/1/MA_LK': 'TN-9999' }, 'MA_LK', { fields: 1, outcome: 'accept' }],
  [
    'an insured price above the own one',
    { 'XML3/0/DON_GIA_BH': '60000', 'XML3/0/THANH_TIEN_BH': '60000' },
    'DON_GIA_BH',
    { fields: 1, outcome: 'accept' },
  ],
]

describe('a fault of form or code', () => {
  test.each(faults)(
    '%s: the smallest change that settles it is offered and does so',
    async (_name, cells, field, { fields, outcome }) => {
      const wire = wireWith(cells)
      const { decision } = await explainWire(wire, factsOf01)
      const before = decisionIn(wire)
      expect(before.outcome).not.toBe('accept')
      const [first] = decision!.changes
      expect(first, JSON.stringify(decision!.open)).toBeDefined()
      expect([first!.fields, first!.result.outcome]).toEqual([fields, outcome])
      expect(first!.edits.filter(({ follows }) => !follows).map((edit) => edit.field)).toContain(field)
      const after = decisionIn(applied(wire, first!.edits))
      expect([after.outcome, after.decided['T_BHTT']]).toEqual([first!.result.outcome, first!.result.T_BHTT])
      expect(Number(after.decided['T_BHTT'])).toBeGreaterThanOrEqual(Number(before.decided['T_BHTT']))
      expect(first!.result.gain).toBe((Number(after.decided['T_BHTT']) - Number(before.decided['T_BHTT'])).toFixed(2))
      expect(decision!.open).toEqual([])
    },
  )

  test('two wrong totals: each is settled by itself, and both make it accepted', async () => {
    const wire = wireWith({ 'XML1/0/T_TONGCHI_BH': '700000', 'XML1/0/T_THUOC': '1' })
    const { decision } = await explainWire(wire, factsOf01)
    expect(decision!.changes.map(({ fields, result }) => [fields, result.outcome])).toEqual([
      [1, 'pend'],
      [1, 'pend'],
      [2, 'accept'],
    ])
  })

  test('several faults: each has its change, and one offer settles all', async () => {
    const wire = wireWith({ 'XML2/0/THANH_TIEN_BH': '20000', 'XML1/0/T_THUOC': '1', 'XML1/0/MA_LOAI_KCB': '1' })
    const { decision } = await explainWire(wire, factsOf01)
    const all = decision!.changes.at(-1)!
    expect(decision!.changes.length).toBe(4)
    expect([all.fields, all.result.outcome, all.result.clearsPend]).toEqual([3, 'accept', true])
    expect(decisionIn(applied(wire, all.edits)).outcome).toBe('accept')
  })

  test('the category that the facts give is offered where it clears the wait, with the rates that follow', async () => {
    const wire = wireWith({ 'XML1/0/MA_DOITUONG_KCB': '1.1' }, sample03)
    const { decision } = await explainWire(wire, factsOf03)
    const offer = decision!.changes.find(({ edits }) => edits.some(({ field }) => field === 'MA_DOITUONG_KCB'))
    expect(offer?.edits[0]).toMatchObject({ pointer: '/XML1/MA_DOITUONG_KCB', from: '1.1', to: '3.1', follows: false })
    expect(decisionIn(applied(wire, offer!.edits), factsOf03).outcome).toBe('accept')
  })
})

describe('what is never offered', () => {
  test('a time, a diagnosis or a person: those that wait say who settles them', async () => {
    const wire = wireWith({ 'XML1/0/NGAY_TTOAN': '202603100900' })
    const { decision } = await explainWire(wire, factsOf01)
    expect(decision!.changes).toEqual([])
    expect(decision!.open).toMatchObject([{ rule: 'INT-04', by: 'facility', severity: 'pend' }])
    expect(decision!.open[0]!.advice.vi).toContain('bệnh án')
  })
  test('an identity: a name that differs is compared with the papers', async () => {
    const wire = wireWith({ 'XML1/0/HO_TEN': 'TRAN THI KHAC' })
    const { decision } = await explainWire(wire, factsOf01)
    expect(decision!.changes).toEqual([])
    expect(decision!.open).toMatchObject([{ rule: 'ELG-05', by: 'facility' }])
    expect(JSON.stringify(decision)).not.toMatch(/TRAN THI|NGUYEN VAN|NGUYỄN VĂN/)
  })
  test('anything while the register cannot be asked: it is our matter', async () => {
    const { decision } = await explainWire(sample01, { ...factsOf01, member: { kind: 'unavailable' } })
    expect(decision!.changes).toEqual([])
    expect(decision!.open.map(({ by }) => by)).toEqual(['gateway'])
  })
  test('anything for a claim that is accepted', async () => {
    const { decision } = await explainWire(sample01, factsOf01)
    expect([decision!.outcome, decision!.changes, decision!.open]).toEqual(['accept', [], []])
  })
})

describe('a register that says what is allowed', () => {
  const priced = (unitPrice: string, more: Partial<EntryInput> = {}) => ({
    ...factsOf01,
    catalogue: known(makeCatalogue([{ list: 'service', code: '18.0001.0000', unitPrice, ...more }])),
  })
  const drug = (unitPrice: string) => ({
    ...factsOf01,
    catalogue: known(
      makeCatalogue([
        { list: 'drug', code: '40.0001', unitPrice },
        { list: 'drug', code: '40.0002', unitPrice: '12345.678', paymentRate: '50' },
      ]),
    ),
  })

  test('a price above the list: the listed price is offered and accepted as filed', async () => {
    const { decision } = await explainWire(sample01, drug('1400'))
    const [offer] = decision!.changes
    expect(offer!.edits[0]).toMatchObject({ table: 'XML2', stt: 1, field: 'DON_GIA', from: '1500', to: '1400', follows: false })
    expect([offer!.result.outcome, offer!.result.gain, decision!.changes.length]).toEqual(['accept', '0.00', 1])
  })
  test('a price that the provider bears is not moved to the patient', async () => {
    const facts = {
      ...factsOf01,
      catalogue: known(
        makeCatalogue([
          { list: 'service', code: '18.0001.0000', unitPrice: '500000' },
          { list: 'service', code: '01.1897', unitPrice: '50600' },
          { list: 'service', code: '02.1897', unitPrice: '50600' },
        ]),
      ),
    }
    const { decision } = await explainWire(sample01, facts)
    const own = Number(decision!.decided.T_BNTT)
    for (const { edits } of decision!.changes) {
      const after = decisionIn(applied(sample01 as unknown as Wire, edits), facts)
      expect(Number(after.decided['T_BNTT'])).toBeLessThanOrEqual(own)
      expect(after.outcome).toBe('accept')
    }
    expect(decision!.changes[0]!.edits.filter(({ follows }) => !follows).map(({ field, to }) => [field, to])).toEqual([
      ['DON_GIA_BH', '500000'],
      ['DON_GIA_BV', '631000'],
    ])
  })
  test('a code that the list does not have: nothing is offered, and it is said whom to ask', async () => {
    const { decision } = await explainWire(sample01, priced('532400', { code: '99.9999' }))
    expect(decision!.changes).toEqual([])
    expect(decision!.open.every(({ by }) => by === 'facility')).toBe(true)
    expect(decision!.open.map(({ rule }) => rule)).toContain('CAT-06')
  })
})

test('a slip that the register has and the claim does not name is offered, if the patient came with it, and pays more', async () => {
  const wire = wireWith({ 'XML2/0/MUC_HUONG': '80', 'XML2/0/T_BHTT': '120000', 'XML2/0/T_BNCCT': '30000' }, sample03)
  const slip = { id: 'GCT-7', kind: 'transfer', from: '79999', to: '01999', signedAt: '2026-03-10', validTo: null } as const
  const facts = { ...factsOf03, referrals: known([{ ...slip, icd: [], usedBy: null }]) }
  const { decision } = await explainWire(wire, facts)
  const offer = decision!.changes.find(({ edits }) => edits.some(({ field }) => field === 'GIAY_CHUYEN_TUYEN'))
  const named = offer!.edits.filter(({ follows }) => !follows).map(({ field, to }) => [field, to])
  expect(named).toContainEqual(['GIAY_CHUYEN_TUYEN', 'GCT-7'])
  expect(Number(offer!.result.gain)).toBeGreaterThan(0)
  expect(offer!.message.en).toContain('only if the patient came with it')
  const after = decisionIn(applied(wire, offer!.edits), facts)
  expect([after.outcome, after.decided['T_BHTT']]).toEqual([offer!.result.outcome, offer!.result.T_BHTT])
})
