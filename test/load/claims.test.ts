import { describe, expect, test } from 'vitest'
import { arrivals, createActions } from '../../load/actions.ts'
import { type ClaimPlan, type ClaimSize, createClaimFactory } from '../../load/claims.ts'
import { memberAt, memberBlocks, memberLine } from '../../load/register.ts'
import { readMix } from '../../load/settings.ts'

const options = { run: 'T1', facility: '01999', date: '2026-03-10', members: 50, seed: 7 }
const make = createClaimFactory(options)
const plan = (overrides: Partial<ClaimPlan> = {}): ClaimPlan => ({
  sequence: 3,
  size: 'typical',
  format: 'json',
  revision: 0,
  ...overrides,
})
type Row = Record<string, string>
type Tables = { XML1: Row; XML2: Row[]; XML3: Row[]; XML4?: Row[] }
const tables = (overrides: Partial<ClaimPlan> = {}) => JSON.parse(make(plan(overrides)).body) as Tables

/** Decimal text to an exact integer of 1/1000, without the harness's own code. */
const exact = (text: string): bigint => {
  const [whole, part = ''] = text.split('.')
  return BigInt(whole!) * 1_000n + BigInt(part.padEnd(3, '0'))
}
const halfUp = (value: bigint, by: bigint) => (2n * value + by) / (2n * by)

describe('synthetic claims', () => {
  test.each(['small', 'typical', 'large'] as ClaimSize[])(
    'the amounts of a %s claim add up under the national formulas',
    (size) => {
      for (let sequence = 0; sequence < 16; sequence++) {
        const { XML1, XML2, XML3 } = tables({ size, sequence })
        for (const line of [...XML2, ...XML3]) {
          const [price, insuredPrice] = [line['DON_GIA_BV'] ?? line['DON_GIA']!, line['DON_GIA_BH'] ?? line['DON_GIA']!]
          // SO_LUONG × DON_GIA is in 1/10^6 đồng; amounts are compared in 1/100.
          const product = (unit: string) => exact(line['SO_LUONG']!) * exact(unit)
          const cents = (name: string) => exact(line[name]!) / 10n
          expect(cents('THANH_TIEN_BV')).toBe(halfUp(product(price), 10_000n))
          expect(cents('THANH_TIEN_BH')).toBe(halfUp(product(insuredPrice) * BigInt(line['TYLE_TT_BH']!), 1_000_000n))
          expect(cents('T_BHTT')).toBe(halfUp(cents('THANH_TIEN_BH') * BigInt(line['MUC_HUONG']!), 100n))
          expect(cents('T_BHTT') + cents('T_BNCCT') + cents('T_BNTT')).toBe(cents('THANH_TIEN_BV'))
        }
        const sum = (rows: Row[], name: string) => rows.reduce((total, row) => total + exact(row[name]!), 0n)
        const all = [...XML2, ...XML3]
        expect(exact(XML1['T_THUOC']!)).toBe(sum(XML2, 'THANH_TIEN_BV'))
        expect(exact(XML1['T_VTYT']!)).toBe(
          sum(
            XML3.filter((row) => row['MA_VAT_TU']),
            'THANH_TIEN_BV',
          ),
        )
        expect(exact(XML1['T_TONGCHI_BV']!)).toBe(sum(all, 'THANH_TIEN_BV'))
        expect(exact(XML1['T_TONGCHI_BH']!)).toBe(sum(all, 'THANH_TIEN_BH'))
        expect(exact(XML1['T_BHTT']!)).toBe(sum(all, 'T_BHTT'))
        expect(exact(XML1['T_BNCCT']!)).toBe(sum(all, 'T_BNCCT'))
        expect(exact(XML1['T_BNTT']!)).toBe(sum(all, 'T_BNTT'))
      }
    },
  )
  test('no practitioner examines so many in a day that the law pays less', () => {
    const counts = new Map<string, number>()
    for (let sequence = 0; sequence < 10 * options.members; sequence++) {
      for (const { MA_NHOM, NGUOI_THUC_HIEN, NGAY_TH_YL } of tables({ sequence }).XML3) {
        const table = `${NGUOI_THUC_HIEN} ${NGAY_TH_YL?.slice(0, 8)}`
        if (MA_NHOM === '13') counts.set(table, (counts.get(table) ?? 0) + 1)
      }
    }
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(10 * options.members)
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(40)
    const other = JSON.parse(createClaimFactory({ ...options, run: 'T2' })(plan()).body) as Tables
    expect(other.XML3[0]!['MA_BAC_SI']).not.toBe(tables().XML3[0]!['MA_BAC_SI'])
  })
  test('the XML envelope holds the same fields as the JSON', () => {
    const xml = make(plan({ format: 'xml' })).body
    const files = [...xml.matchAll(/<LOAIHOSO>(XML\d+)<\/LOAIHOSO><NOIDUNGFILE>([^<]+)</g)]
    const inXml = files.flatMap(([, table, text]) =>
      [
        ...Buffer.from(text!, 'base64')
          .toString('utf8')
          .matchAll(/<([A-Z_0-9]+)>([^<]*)<\/\1>/g),
      ].map(([, n, v]) => `${table} ${n} ${v}`),
    )
    const inJson = Object.entries(tables()).flatMap(([table, rows]) =>
      [rows].flat().flatMap((row) => Object.entries(row as Row).map(([name, value]) => `${table} ${name} ${value}`)),
    )
    expect(files.map(([, table]) => table)).toEqual(['XML1', 'XML2', 'XML3', 'XML4'])
    expect(inXml).toEqual(inJson)
  })
  test('the same plan gives the same bytes, and another revision differs by the time of payment alone', () => {
    expect(createClaimFactory(options)(plan()).body).toBe(make(plan()).body)
    const [first, second] = [tables(), tables({ revision: 1 })]
    expect(first.XML1['NGAY_TTOAN']).not.toBe(second.XML1['NGAY_TTOAN'])
    expect({ ...second, XML1: { ...second.XML1, NGAY_TTOAN: first.XML1['NGAY_TTOAN'] } }).toEqual(first)
  })
  test('every claim has its own MA_LK, and its person is in the register', () => {
    const claims = Array.from({ length: 120 }, (_, sequence) => tables({ sequence }).XML1)
    expect(new Set(claims.map((row) => row['MA_LK'])).size).toBe(120)
    const people = new Map(
      [...memberBlocks(50, options)]
        .join('')
        .trim()
        .split('\n')
        .map((line) => {
          const person = JSON.parse(line) as { personalId: string; fullName: string; coverages: { cardNumber: string }[] }
          return [person.personalId, person]
        }),
    )
    expect(people.size).toBe(50)
    for (const row of claims) {
      expect(people.get(row['SO_CCCD']!)).toMatchObject({
        fullName: row['HO_TEN'],
        coverages: [{ cardNumber: row['MA_THE_BHYT'] }],
      })
    }
  })
  test('visits of one person in a run do not overlap', () => {
    const visits = Array.from({ length: 40 }, (_, round) => tables({ sequence: 3 + round * 50 }).XML1['NGAY_VAO'])
    expect(new Set(visits).size).toBe(40)
  })
  test('ids of the register are unique up to its bound', () => {
    const some = [0, 1, 99, 100, 49_999, 50_000, 999_999].map(memberAt)
    for (const field of ['personalId', 'cardNumber', 'socialInsuranceNumber'] as const)
      expect(new Set(some.map((member) => member[field])).size).toBe(some.length)
    expect(memberAt(5).personalId).toHaveLength(12)
    expect(memberAt(5).cardNumber).toHaveLength(15)
    expect(JSON.parse(memberLine(5, options))).toMatchObject({ sex: 'female', birthDate: '1955-06-06' })
  })
})

describe('what is filed and when', () => {
  test('arrivals come at the planned rate, evenly or by chance', () => {
    expect(arrivals({ rate: 200, seconds: 10, kind: 'uniform', seed: 1 })).toHaveLength(1_999)
    const poisson = arrivals({ rate: 200, seconds: 50, kind: 'poisson', seed: 1 })
    expect(poisson.length).toBeGreaterThan(9_600)
    expect(poisson.length).toBeLessThan(10_400)
    const gaps = [...poisson].slice(1).map((at, index) => at - poisson[index]!)
    // Exponential gaps: the spread is as large as the mean, and about 63 % are shorter than it.
    expect(gaps.filter((gap) => gap < 5).length / gaps.length).toBeCloseTo(0.632, 1)
  })
  test('sizes, forms, resends, corrections and voids keep their shares', () => {
    const actions = createActions(readMix('small=50,typical=30,large=20,xml=40,resend=10,version=10,void=5'), 3)
    const taken = Array.from({ length: 4_000 }, () => {
      const action = actions.next()
      if (action.kind === 'file') actions.acknowledged(action.plan)
      return action
    })
    const filed = taken.flatMap((action) => (action.kind === 'file' ? [action.plan] : []))
    const share = (of: (one: ClaimPlan) => boolean) => filed.filter(of).length / taken.length
    expect(share(({ size }) => size === 'small')).toBeCloseTo(0.475, 1)
    expect(share(({ format }) => format === 'xml')).toBeCloseTo(0.38, 1)
    expect(share(({ revision }) => revision > 0)).toBeCloseTo(0.1, 1)
    expect((taken.length - filed.length) / taken.length).toBeCloseTo(0.05, 1)
    const fresh = new Set(filed.filter(({ revision }) => revision === 0).map(({ sequence }) => sequence))
    expect(share(({ revision }) => revision === 0) - fresh.size / taken.length).toBeCloseTo(0.1, 1)
  })
})
