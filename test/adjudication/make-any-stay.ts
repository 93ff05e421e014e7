import fc from 'fast-check'
import { addDays } from '../../src/domain/calendar.ts'
import type { Claim } from '../../src/domain/claim.ts'
import { type Facts, noVisitDetails } from '../../src/domain/facts.ts'
import { parseMilli, zero } from '../../src/domain/money.ts'
import { known, type LineInput, makeCatalogue, makeClaim, makeFacts, makeLine } from '../support/make-claim.ts'

/** Visits and stays with exams, beds, operations and procedures in every order and at every rate; all synthetic. */

export const bedPrice = 400_000
const arrival = '2026-03-10'
const pick = <T>(...of: readonly T[]) => fc.constantFrom(...of)
const minute = fc
  .record({ day: pick(0, 0, 1, 2, 3, 11, 12), hour: pick(8, 9, 12, 15, 23), minute: pick(0, 1, 30) })
  .map(({ day, hour, minute: at }) => `${addDays(arrival, day)}T${pad(hour)}:${pad(at)}`)
const pad = (value: number) => String(value).padStart(2, '0')
const anyRate = pick('100', '100', '80', '50', '33', '30', '10', '0')

const anyExam: fc.Arbitrary<LineInput> = fc
  .record({
    group: fc.constant('13'),
    code: pick('01.1897', '02.1897'),
    prices: pick(['50600', '50600'], ['200000', '50600'], ['36500.5', '36500.5']),
    quantity: pick('1', '1', '1', '2', '0.5'),
    serviceRate: anyRate,
    scope: pick('1' as const, '1' as const, '1' as const, '2' as const),
    orderedAt: minute,
    performedBy: pick(['P1'], ['P2'], []),
  })
  .map(({ prices: [price, insuredPrice], ...exam }) => ({ ...exam, price: price!, insuredPrice: insuredPrice! }))

/** `resultAt` is the end of use: never before the last day that the quantity reaches. */
const anyBed: fc.Arbitrary<LineInput> = fc
  .record({
    group: pick('15', '15', '16', '14'),
    code: pick('K01.1', 'K19.2'),
    name: pick('Giường Nội khoa loại 2', 'Giường Ngoại khoa loại 2'),
    price: pick(String(bedPrice), String(bedPrice), '250000', '100000'),
    quantity: pick('1', '1', '2', '3', '0.5', '1.5'),
    serviceRate: pick('100', '100', '100', '50', '33', '0', '70'),
    scope: pick('1' as const, '1' as const, '1' as const, '2' as const),
    orderedAt: minute,
    departments: pick(['K01'], ['K02'], ['K19'], []),
    beds: pick(['H001'], ['T001'], ['K001'], ['K001', 'H001'], []),
    ends: fc.nat({ max: 2 }),
  })
  .map(({ ends, ...bed }) => {
    const last = addDays(bed.orderedAt.slice(0, 10), Math.ceil(Number(bed.quantity)) - 1)
    return { ...bed, resultAt: `${addDays(last, ends)}T23:30` }
  })

const anyOperation: fc.Arbitrary<LineInput> = fc.record({
  group: pick('8', '8', '18'),
  code: pick('10.0001.0000', '10.0002.0000', '10.0003.0000', '10.0004.0000_TB'),
  price: pick('2657000', '500000', '500000', '0'),
  serviceRate: pick('100', '100', '80', '50', '0'),
  scope: pick('1' as const, '1' as const, '1' as const, '2' as const),
  orderedAt: pick(`${arrival}T09:00`, `${arrival}T09:00`, '2026-03-12T10:00'),
  performedBy: pick(['P1'], ['P2'], ['P1', 'P2'], []),
})

export const anyStay: fc.Arbitrary<{ readonly claim: Claim; readonly facts: Facts }> = fc
  .record({
    lines: fc.array(fc.oneof(anyExam, anyBed, anyOperation), { minLength: 1, maxLength: 12 }),
    careType: pick('01', '02', '03', '03', '03', '04', '09'),
    category: pick('1.1', '1.1', '2'),
    hours: pick(0, 2, 4, 5, 23, 24, 30, 72, 100, 300),
    admittedAfter: pick(null, 0, 60),
    outcome: pick('1', '2', '3', '4', '5', '6', '7'),
    dischargeType: pick('1', '2', '3', '4', '5'),
    before: pick(0, 64, 65, 70),
    earlier: fc.array(minute, { maxLength: 3 }),
    catalogue: pick(true, false),
  })
  .map((one) => {
    const lines = one.lines.map((line, index) => makeLine({ ...ownOf(line, index), stt: index + 1 }))
    const arrivedAt = `${arrival}T08:00`
    const claim = makeClaim({
      visitCategory: one.category,
      careType: one.careType,
      arrivedAt,
      admittedAt: one.admittedAfter === null ? undefined : minutesAfter(arrivedAt, one.admittedAfter),
      endedAt: minutesAfter(arrivedAt, one.hours * 60),
      paidAt: minutesAfter(arrivedAt, one.hours * 60 + 30),
      outcome: one.outcome,
      dischargeType: one.dischargeType,
      note: 'ghi chú',
      lines,
    })
    const exams = one.earlier.sort().map((at) => ({ at, code: '01.1897', unitPriceMilli: parseMilli('50600') }))
    const medical = { list: 'bed' as const, code: 'K01.1', unitPrice: '250000', paymentRate: '100' }
    const facts = makeFacts({
      receivedOn: claim.endedAt.slice(0, 10),
      visits: [
        {
          claimId: 'c_earlier',
          facilityCode: '01999',
          careType: '01',
          arrivedAt: `${arrival}T07:00`,
          endedAt: `${arrival}T07:30`,
          outcome: 'accept',
          copayCounted: zero,
          details: { ...noVisitDetails, exams },
        },
      ],
      examTables: [{ practitioner: 'P1', on: arrival, before: one.before }],
      ...(one.catalogue
        ? { catalogue: known(makeCatalogue([medical, { ...medical, code: 'K19.2', unitPrice: '400000' }])) }
        : {}),
    })
    return { claim, facts }
  })

/** Its own minute of a bed, its own code of an operation: what is billed twice is a matter of DUP-06. */
function ownOf(line: LineInput, index: number): LineInput {
  if (line.beds !== undefined) return { ...line, orderedAt: `${line.orderedAt!.slice(0, 14)}${pad(index)}` }
  return line.group === '13' ? line : { ...line, code: line.code!.replace('10.', `${10 + index}.`) }
}

function minutesAfter(time: string, minutes: number): string {
  return new Date(Date.parse(`${time}:00Z`) + minutes * 60_000).toISOString().slice(0, 16)
}
