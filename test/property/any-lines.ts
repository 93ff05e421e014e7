import { addDays } from '../../src/domain/calendar.ts'
import type { ClaimLine, LineKind } from '../../src/domain/claim.ts'
import { amountOf, parseMoney, subtract } from '../../src/domain/money.ts'
import { type LineInput, makeLine } from '../support/make-claim.ts'
import type { Random } from './random.ts'

/** Where and when the lines of one visit fall. */
export interface Frame {
  readonly arrivedAt: string
  readonly endedAt: string
  /** Nights between. */
  readonly days: number
  readonly inpatient: boolean
  /** `MUC_HUONG` as the hospital writes it. */
  readonly rate: string
}

interface Kind {
  readonly kind: LineKind
  readonly group: string
  readonly codes: readonly string[]
  readonly prices: readonly string[]
  readonly quantities: readonly string[]
}
const drug: Kind = {
  kind: 'drug',
  group: '4',
  codes: ['40.17', '40.30', '40.155', '40.30+40.155', '40.671', '05C.12'],
  prices: ['589.999', '1500', '12345.678', '98765.4', '1250000'],
  quantities: ['1', '0.5', '10', '21', '60', '1000'],
}
const kinds: readonly Kind[] = [
  drug,
  { ...drug, group: '6', codes: ['40.380', '40.381'] },
  { kind: 'service', group: '1', codes: ['23.0206.1494', '22.0120.1370'], prices: ['40200', '65600'], quantities: ['1', '2'] },
  { kind: 'service', group: '2', codes: ['18.0001.0001', '18.0155.0040'], prices: ['58600', '663400'], quantities: ['1'] },
  { kind: 'service', group: '8', codes: ['10.0001.0371', '10.0555.0494'], prices: ['2657000', '3536000'], quantities: ['1'] },
  { kind: 'service', group: '8', codes: ['10.0001.0371_TB', '03.3001.0577'], prices: ['0', '1784000'], quantities: ['1'] },
  { kind: 'service', group: '18', codes: ['03.3827.0216', '01.0006.0215'], prices: ['194700', '23000'], quantities: ['1', '3'] },
  { kind: 'transport', group: '12', codes: ['VC.00001'], prices: ['22500', '24000'], quantities: ['20', '41.6'] },
]
const ordinary = kinds.filter(({ kind, codes }) => kind !== 'transport' && !codes[0]!.endsWith('_TB'))
const exam: Kind = {
  kind: 'exam',
  group: '13',
  codes: ['02.1897', '03.1897', '10.1897', '15.1897', '13.1897', '14.1897'],
  prices: ['50600', '50600', '45000', '36500'],
  quantities: ['1'],
}
const bed: Kind = {
  kind: 'bed',
  group: '15',
  codes: ['K03.1917', 'K19.1911', 'K27.1927', 'K19.1945'],
  prices: ['233000', '305500', '273100'],
  quantities: ['1', '2', '0.5', '5'],
}
const bedNames = [
  'Giường Nội khoa loại 1 Hạng II - Khoa Nội',
  'Giường Ngoại khoa loại 2 Hạng II - Khoa Ngoại',
  'Giường Hồi sức cấp cứu Hạng II',
]
const supplyCodes = ['N07.01.240.0001', 'N05.02.010.0002', 'N06.04.020.0003']
const people = ['001234/HNO-CCHN', '004321/HCM-CCHN', '(9)']

/** Lines of one visit: as a hospital would bill, with what it bills wrongly now and then. */
export function anyLines(random: Random, frame: Frame): readonly ClaimLine[] {
  const { int, pick, wrong } = random
  const drawn: Omit<ClaimLine, 'stt'>[] = []
  const add = (kind: Kind, input: LineInput = {}, more: Partial<ClaimLine> = {}) =>
    drawn.push(anyLine(random, frame, kind, input, more))
  const exams = frame.inpatient ? int(0, 1) : pick([0, 1, 1, 1, 2, 3, 6])
  for (let index = 0; index < exams; index++) add(exam, index === 0 || wrong(0.3) ? {} : { serviceRate: index < 4 ? '30' : '10' })
  for (let count = int(0, 6); count > 0; count--) add(pick(wrong(0.1) ? kinds : ordinary))
  if (frame.inpatient) anyStay(random, frame, add)
  for (let count = pick([0, 0, 1, 3]); count > 0; count--) add(drug)
  if (drawn.length > 0 && wrong(0.05)) drawn.push(pick(drawn))
  const next = { XML2: 0, XML3: 0 }
  return drawn.map((line) => ({ ...line, stt: wrong(0.002) ? 1 : ++next[line.table] }))
}

type Add = (kind: Kind, input?: LineInput, more?: Partial<ClaimLine>) => void

/** Beds, and an operation with what was used in it. */
function anyStay(random: Random, { days }: Frame, add: Add): void {
  const { int, pick, chance } = random
  for (let count = pick([0, 1, 1, 1, 2, 3]); count > 0; count--) {
    const quantity = chance(0.6) ? String(Math.max(1, days)) : pick(bed.quantities)
    const code = pick(['H001', 'H001', 'T002', 'C003', 'K004', 'H001;H002'])
    add(
      bed,
      { quantity, serviceRate: pick(['100', '100', '100', '50', '33']) },
      { name: pick(bedNames), beds: code.split(';'), departments: [pick(['K03', 'K19'])] },
    )
  }
  if (!chance(0.4)) return
  const serviceCode = '10.0555.0494'
  for (let count = int(1, 5); count > 0; count--) {
    const supplyCode = pick(supplyCodes)
    const price = pick(['589.999', '1200000', '36000000', '99999999.999'])
    add(
      { kind: 'supply', group: pick(['10', '11']), codes: [supplyCode], prices: [price], quantities: ['1', '2'] },
      { supplyCode },
      { serviceCode, supplyPackage: chance(0.8) ? pick(['G1', 'G1', 'G2']) : undefined },
    )
  }
}

function anyLine(
  { int, pick, chance, wrong }: Random,
  frame: Frame,
  { kind, group, codes, prices, quantities }: Kind,
  input: LineInput,
  more: Partial<ClaimLine>,
): ClaimLine {
  const table = kind === 'drug' ? 'XML2' : 'XML3'
  const price = pick(prices)
  const orderedOn = addDays(frame.arrivedAt.slice(0, 10), int(0, frame.days))
  const [first, last] = [frame.arrivedAt, frame.endedAt]
  const at = (time: string) => (wrong(0.02) ? time : time < first ? first : time > last ? last : time)
  const orderedAt = at(`${orderedOn}T${pick(['07', '08', '09', '13', '15'])}:${pick(['00', '10', '30'])}`)
  const performedAt = at(`${orderedOn}T${pick(['09', '10', '14', '16'])}:${pick(['05', '20', '45'])}`)
  const scope = chance(0.04) ? '2' : wrong(0.05) ? '3' : '1'
  const line = makeLine({
    table,
    group,
    code: pick(codes),
    quantity: pick(quantities),
    price,
    scope,
    rate: frame.rate,
    orderedAt,
    performedAt: performedAt < orderedAt && !wrong(0.02) ? orderedAt : performedAt,
    ...(scope !== '2' && chance(0.1) ? { listRate: pick(['50', '30', '80']) } : {}),
    ...(kind !== 'drug' && price !== '0' && chance(0.1) ? { insuredPrice: '20000' } : {}),
    ...(wrong(0.04) ? { other: pick(['100', '250000.55']) } : {}),
    paymentMethod: wrong(0.05) ? pick(['2', '3', '9']) : '1',
    ...(table === 'XML2' ? { fundingSource: wrong(0.03) ? pick(['2', '3', '4']) : '1' } : {}),
    ...(wrong(0.03) ? { amounts: wrongAmounts(pick) } : {}),
    ...input,
  })
  return {
    ...byTheFormulaOf(frame.endedAt, line),
    kind,
    orderedBy: [pick(people)],
    performedBy: kind === 'drug' || kind === 'bed' ? [] : [pick(people)],
    resultAt: group === '1' || group === '2' ? line.performedAt : undefined,
    departments: ['K01'],
    tender: kind === 'drug' && chance(0.9) ? '123/QD-BV;G1;N1;2025' : undefined,
    anaesthesia: group === '8' ? '1' : undefined,
    otherSourceParts: !wrong(0.005) ? line.otherSourceParts : { ...line.otherSourceParts, rest: parseMoney('7') },
    ...more,
  }
}

/** Until 2024-06-30 `TYLE_TT_DV` did not enter the hospital's amount (QĐ 130). */
export function byTheFormulaOf(endedAt: string, line: ClaimLine): ClaimLine {
  const whole = amountOf(line.quantityMilli, line.unitPriceHospitalMilli)
  const { hospitalAmount, insuredAmount } = line.amounts
  const isWritten = hospitalAmount === amountOf(line.quantityMilli, line.unitPriceHospitalMilli, line.serviceRateBp)
  if (endedAt >= '2024-07-01' || !isWritten) return line
  return { ...line, amounts: { ...line.amounts, hospitalAmount: whole, selfPays: subtract(whole, insuredAmount) } }
}

const wrongAmounts = (pick: Random['pick']): LineInput['amounts'] & object =>
  pick<LineInput['amounts'] & object>([
    { hospitalAmount: '1' },
    { insuredAmount: '0' },
    { insuredAmount: '5000000' },
    { fundPays: '12345.67' },
    { copay: '0' },
    { selfPays: '0.5' },
  ])
