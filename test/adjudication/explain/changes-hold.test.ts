import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMoney } from '../../../src/domain/money.ts'
import sample01 from '../../fixtures/samples/01-outpatient-80pct.json' with { type: 'json' }
import sample03 from '../../fixtures/samples/03-inpatient-offroute-32pct.json' with { type: 'json' }
import tourClaim from '../../fixtures/tour/claim.json' with { type: 'json' }
import { explainWire, storedOf, tourFacts } from '../../support/explained.ts'
import { factsOf01, factsOf03 } from '../../support/sample-claims.ts'

type Row = Record<string, string>
type Wire = { XML1: Row; XML2: Row[]; XML3: Row[] }
const starts = [
  [sample01 as unknown as Wire, factsOf01],
  [sample03 as unknown as Wire, factsOf03],
  [tourClaim as unknown as Wire, tourFacts],
] as const

/** Values that are wrong, or may be, in a row of a line and in the header. */
const ofLines: Readonly<Record<string, readonly string[]>> = {
  SO_LUONG: ['0.5', '7'],
  DON_GIA: ['1', '99999.5'],
  DON_GIA_BH: ['1000', '900000'],
  DON_GIA_BV: ['1000', '900000'],
  TYLE_TT_DV: ['30', '100'],
  TYLE_TT_BH: ['0', '50', '100'],
  MUC_HUONG: ['0', '32', '80', '100'],
  THANH_TIEN_BV: ['1', '1000000'],
  THANH_TIEN_BH: ['0', '1000000'],
  T_BHTT: ['0', '999999'],
  T_NGUONKHAC: ['1000'],
  STT: ['1', '2'],
  PHAM_VI: ['2', '4', '01'],
  MA_NHOM: ['04', '99'],
  MA_LK: ['TN-9999'],
}
const ofHead: Readonly<Record<string, readonly string[]>> = {
  T_TONGCHI_BH: ['0', '7000000'],
  T_THUOC: ['1'],
  MA_LOAI_KCB: ['1', '3', '03', '77'],
  MA_DOITUONG_KCB: ['1.1', '1.3', '3.1', '3.2', '9.9'],
  NGAY_TTOAN: ['202603100001'],
  GIAY_CHUYEN_TUYEN: ['G-1'],
}
/** What happened to the patient, and who the patient is. */
const never =
  /^(NGAY_|MA_BENH|CHAN_DOAN|HO_TEN|SO_CCCD|GIOI_TINH|MA_THE|MA_BAC_SI|NGUOI_|KET_QUA|MA_LOAI_RV|MA_THUOC|MA_DICH_VU|MA_VAT_TU)/

const pickCell = (fields: Readonly<Record<string, readonly string[]>>) =>
  fc.constantFrom(...Object.entries(fields).flatMap(([field, values]) => values.map((value) => [field, value] as const)))
const anyFaults = fc.record({
  start: fc.nat(starts.length - 1),
  lines: fc.array(fc.tuple(fc.constantFrom('XML2' as const, 'XML3' as const), fc.nat(9), pickCell(ofLines)), { maxLength: 3 }),
  head: fc.array(pickCell(ofHead), { maxLength: 2 }),
})

interface Decided {
  readonly outcome: string
  readonly decided: Row
  readonly lines: readonly { readonly table: string; readonly stt: number; readonly claimed: Row; readonly decided: Row }[]
}

describe('whatever is wrong with a claim', () => {
  test('each offer, filed as it says, is decided as it says, alters nothing that happened, and asks for no more than is paid', async () => {
    let offers = 0
    await fc.assert(
      fc.asyncProperty(anyFaults, async ({ start, lines, head }) => {
        const [base, facts] = starts[start]!
        const wire = structuredClone(base)
        for (const [table, at, [field, value]] of lines) {
          const row = wire[table][at % wire[table].length]!
          if (field in row) row[field] = value
        }
        for (const [field, value] of head) wire.XML1[field] = value
        const decide = (claim: Wire) => JSON.parse(storedOf(claim, facts).decision!.toString()) as Decided
        const before = decide(wire)
        const { decision } = await explainWire(wire, facts)
        for (const { edits, result, fields } of decision!.changes) {
          offers += 1
          const changed = structuredClone(wire)
          for (const { pointer, from, to } of edits) {
            const [table, ...path] = pointer.slice(1).split('/')
            const row = (path.length === 2 ? (changed[table as 'XML2'][Number(path[0])] as Row) : changed.XML1) as Row
            const field = path.at(-1)!
            expect(Number(row[field] || 0) === Number(from || 0) || row[field] === from, pointer).toBe(true)
            expect(field).not.toMatch(never)
            row[field] = to
          }
          const after = decide(changed)
          expect([after.outcome, after.decided['T_BHTT']]).toEqual([result.outcome, result.T_BHTT])
          expect(parseMoney(result.gain)).toBe(parseMoney(after.decided['T_BHTT']!) - parseMoney(before.decided['T_BHTT']!))
          expect(parseMoney(result.gain)).toBeGreaterThanOrEqual(0)
          expect(edits.filter(({ follows }) => !follows)).toHaveLength(fields)
        }
      }),
      { numRuns: 300 },
    )
    expect(offers).toBeGreaterThan(100)
  })
})
