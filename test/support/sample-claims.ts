import type { Claim, Totals } from '../../src/domain/claim.ts'
import type { Facts } from '../../src/domain/facts.ts'
import { parseMoney } from '../../src/domain/money.ts'
import { known, makeClaim, makeCoverage, makeFacts, makeLine, makeMember } from './make-claim.ts'

/** Samples 01 and 03 by hand, with the register under which they come out as claimed. */

export const sample01: Claim = makeClaim({
  encounterId: 'TN-0001',
  lines: [
    makeLine({ table: 'XML2', stt: 1, code: '40.0001', quantity: '20', price: '1500' }),
    makeLine({ table: 'XML2', stt: 2, code: '40.0002', quantity: '10', price: '12345.678', listRate: '50' }),
    makeLine({ stt: 1, code: '01.1897', group: '13', price: '50600', orderedAt: '2026-03-10T08:10' }),
    makeLine({ stt: 2, code: '02.1897', group: '13', price: '50600', serviceRate: '30', orderedAt: '2026-03-10T09:10' }),
    makeLine({
      stt: 3,
      code: '18.0001.0000',
      group: '2',
      price: '663400',
      insuredPrice: '532400',
      orderedAt: '2026-03-10T09:20',
    }),
    makeLine({
      stt: 4,
      supplyCode: 'N00.00.000.0000.000.0001',
      group: '10',
      quantity: '3',
      price: '589.999',
      orderedAt: '2026-03-10T09:20',
    }),
  ],
})

export const sample03: Claim = makeClaim({
  encounterId: 'TN-0003',
  patient: { fullName: 'NGUYEN VAN THU C', personalId: '001000000003', birthDate: '1985-01-01', sex: '1' },
  cards: [{ cardNumber: 'GD4790000000003', registeredFacility: '79999', validFrom: '2026-01-01', validTo: '2026-12-31' }],
  visitCategory: '3.1',
  careType: '03',
  arrivedAt: '2026-03-12T08:00',
  admittedAt: '2026-03-12T09:00',
  endedAt: '2026-03-14T16:00',
  paidAt: '2026-03-14T16:30',
  treatmentDays: 3,
  icdMain: 'K35.8',
  lines: [
    makeLine({
      table: 'XML2',
      stt: 1,
      code: '40.0003',
      quantity: '6',
      price: '25000',
      rate: '32',
      orderedAt: '2026-03-12T10:00',
    }),
    makeLine({ stt: 1, code: '10.0001.0000', price: '2657000', rate: '32', orderedAt: '2026-03-12T11:00' }),
    makeLine({ stt: 2, code: '10.0002.0000', price: '500000', serviceRate: '50', rate: '32', orderedAt: '2026-03-12T11:00' }),
    makeLine({
      stt: 3,
      code: 'K19.1911',
      group: '15',
      quantity: '2',
      price: '233000',
      rate: '32',
      orderedAt: '2026-03-12T12:00',
    }),
  ],
})

export const factsOf01: Facts = makeFacts()
export const factsOf03: Facts = makeFacts({
  receivedOn: '2026-03-15',
  member: known(
    makeMember({
      personalId: '001000000003',
      socialInsuranceNumber: '0000000003',
      fullName: 'NGUYỄN VĂN THỬ C',
      coverages: [makeCoverage({ cardNumber: 'GD4790000000003', registeredFacility: '79999', fiveYearsFrom: null })],
    }),
  ),
})

const totals = (texts: Readonly<Record<keyof Totals, string>>): Totals =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, parseMoney(text)])) as unknown as Totals

export const expectedOf01: Totals = totals({
  drugs: '153456.78',
  supplies: '1770.00',
  hospitalAmount: '884406.78',
  insuredAmount: '691678.39',
  selfPays: '192728.39',
  copay: '138335.68',
  fundPays: '553342.71',
  otherSources: '0',
  feeForService: '553342.71',
})
export const expectedOf03: Totals = totals({
  drugs: '150000.00',
  supplies: '0',
  hospitalAmount: '3523000.00',
  insuredAmount: '3523000.00',
  selfPays: '0.00',
  copay: '2395640.00',
  fundPays: '1127360.00',
  otherSources: '0',
  feeForService: '1127360.00',
})
