import type {
  Amounts,
  Claim,
  ClaimCard,
  ClaimLine,
  LineKind,
  LineTable,
  OtherSourceParts,
  Release,
  Totals,
} from '../domain/claim.ts'
import type { Milli, Money, RateBp } from '../domain/money.ts'
import type { WireClaim, WireRow } from './reading.ts'

/**
 * The national tables in the field's words. For a wire form that was validated; a value that is missing or no number throws, so that
 * such a record is held rather than decided on guesses.
 */
export function claimOf(wire: WireClaim, release: Release): Claim {
  const head = wire.XML1
  return {
    facilityCode: need(head, 'MA_CSKCB'),
    encounterId: need(head, 'MA_LK'),
    release,
    patient: {
      fullName: need(head, 'HO_TEN'),
      personalId: head['SO_CCCD'],
      birthDate: birthDateOf(need(head, 'NGAY_SINH')),
      sex: need(head, 'GIOI_TINH'),
    },
    cards: cardsOf(head),
    area: head['MA_KHUVUC'],
    visitCategory: need(head, 'MA_DOITUONG_KCB'),
    careType: need(head, 'MA_LOAI_KCB'),
    arrivedAt: timeOf(need(head, 'NGAY_VAO')),
    admittedAt: optionalTime(head['NGAY_VAO_NOI_TRU']),
    endedAt: timeOf(need(head, 'NGAY_RA')),
    paidAt: optionalTime(head['NGAY_TTOAN']),
    icdMain: need(head, 'MA_BENH_CHINH'),
    icdOther: listOf(head['MA_BENH_KT']),
    referralSlip: head['GIAY_CHUYEN_TUYEN'],
    referredFrom: head['MA_NOI_DI'],
    referredTo: head['MA_NOI_DEN'],
    outcome: head['KET_QUA_DTRI'],
    dischargeType: head['MA_LOAI_RV'],
    treatmentDays: head['SO_NGAY_DTRI'] === undefined ? undefined : scaled(head, 'SO_NGAY_DTRI', 0),
    note: head['GHI_CHU'],
    accident: head['MA_TAI_NAN'],
    copayExemptFrom: optionalDate(head['NGAY_MIEN_CCT']),
    fiveYearsFrom: optionalDate(head['NAM_NAM_LIEN_TUC']),
    totals: totalsOf(head),
    lines: [...rowsOf(wire, 'XML2').map(drugLine), ...rowsOf(wire, 'XML3').map(serviceLine)],
    results: resultsOf(wire),
    strayRows: strayRowsOf(wire, need(head, 'MA_LK')),
    rowCounts: Object.fromEntries(Object.keys(wire).map((table) => [table, rowsOf(wire, table).length])),
  }
}

function rowsOf(wire: WireClaim, table: string): readonly WireRow[] {
  const rows: WireRow | readonly WireRow[] | undefined = wire[table]
  if (rows === undefined) return []
  return Array.isArray(rows) ? rows : [rows as WireRow]
}

function need(row: WireRow, field: string): string {
  const value = row[field]
  if (value === undefined) throw new Error(`${field} is missing`)
  return value
}

/** A canonical decimal string as an integer of 10^-`decimals`; exact, without a float in between. */
function scaled(row: WireRow, field: string, decimals: number): number {
  const value = need(row, field)
  const point = value.indexOf('.')
  const whole = point === -1 ? value : value.slice(0, point)
  const fraction = point === -1 ? '' : value.slice(point + 1)
  const result = fraction === '' ? Number(whole) * 10 ** decimals : Number(whole + fraction) * 10 ** (decimals - fraction.length)
  if (!Number.isSafeInteger(result) || value === '') throw new Error(`${field} is not a number with ${decimals} decimals`)
  return result
}
const money = (row: WireRow, field: string) => scaled(row, field, 2) as Money
const milli = (row: WireRow, field: string) => scaled(row, field, 3) as Milli
const rate = (row: WireRow, field: string) => scaled(row, field, 2) as RateBp

/** `202603100830` → `2026-03-10T08:30` */
function timeOf(value: string): string {
  return `${dateOf(value)}T${value.slice(8, 10)}:${value.slice(10, 12)}`
}
/** `20260310` and longer → `2026-03-10` */
const dateOf = (value: string): string => `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6, 8)}`
const optionalTime = (value: string | undefined) => (value === undefined ? undefined : timeOf(value))
const optionalDate = (value: string | undefined) => (value === undefined || value === '' ? undefined : dateOf(value))

/** Month and day may be unknown (`00`): what is known of the date. */
function birthDateOf(value: string): string {
  if (value.slice(4, 6) === '00') return value.slice(0, 4)
  return value.slice(6, 8) === '00' ? dateOf(value).slice(0, 7) : dateOf(value)
}

/** The items of a `;` list, empty ones dropped. */
function listOf(value: string | undefined): readonly string[] {
  if (value === undefined) return []
  if (!value.includes(';')) return [value]
  return value
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/**
 * Parallel `;` lists. A list of another length than the cards' says nothing certain about any one of them, so it is left out: the
 * register knows better.
 */
function cardsOf(head: WireRow): readonly ClaimCard[] {
  const numbers = (head['MA_THE_BHYT'] ?? '').split(';').map((number) => number.trim())
  while (numbers.at(-1) === '') numbers.pop()
  const parallel = (field: string): readonly string[] => {
    const items = (head[field] ?? '').split(';').map((item) => item.trim())
    while (items.length > numbers.length && items.at(-1) === '') items.pop()
    return items.length === numbers.length ? items : []
  }
  const facilities = parallel('MA_DKBD')
  const from = parallel('GT_THE_TU')
  const to = parallel('GT_THE_DEN')
  return numbers
    .map((cardNumber, index) => ({
      cardNumber,
      registeredFacility: facilities[index] || undefined,
      validFrom: optionalDate(from[index]),
      validTo: optionalDate(to[index]),
    }))
    .filter(({ cardNumber }) => cardNumber !== '')
}

function totalsOf(head: WireRow): Totals {
  return {
    hospitalAmount: money(head, 'T_TONGCHI_BV'),
    insuredAmount: money(head, 'T_TONGCHI_BH'),
    ...sharesOf(head),
    drugs: money(head, 'T_THUOC'),
    supplies: money(head, 'T_VTYT'),
    feeForService: money(head, 'T_BHTT_GDV'),
  }
}

function sharesOf(row: WireRow): Pick<Amounts, 'fundPays' | 'copay' | 'selfPays' | 'otherSources'> {
  return {
    fundPays: money(row, 'T_BHTT'),
    copay: money(row, 'T_BNCCT'),
    selfPays: money(row, 'T_BNTT'),
    otherSources: money(row, 'T_NGUONKHAC'),
  }
}

function otherSourcePartsOf(row: WireRow): OtherSourceParts {
  return {
    stateBudget: money(row, 'T_NGUONKHAC_NSNN'),
    foreignAid: money(row, 'T_NGUONKHAC_VTNN'),
    domesticAid: money(row, 'T_NGUONKHAC_VTTN'),
    rest: money(row, 'T_NGUONKHAC_CL'),
  }
}

/** What XML2 and XML3 have in common. */
function commonOf(table: LineTable, row: WireRow) {
  return {
    table,
    stt: scaled(row, 'STT', 0),
    costGroup: need(row, 'MA_NHOM'),
    serviceCode: row['MA_DICH_VU'],
    // A value outside the list passes as sent: an unknown code is for the rules to pend.
    scope: need(row, 'PHAM_VI') as ClaimLine['scope'],
    quantityMilli: milli(row, 'SO_LUONG'),
    insuredRateBp: rate(row, 'TYLE_TT_BH'),
    benefitRateBp: rate(row, 'MUC_HUONG'),
    amounts: {
      hospitalAmount: money(row, 'THANH_TIEN_BV'),
      insuredAmount: money(row, 'THANH_TIEN_BH'),
      ...sharesOf(row),
    },
    otherSourceParts: otherSourcePartsOf(row),
    orderedAt: optionalTime(row['NGAY_YL']),
    performedAt: optionalTime(row['NGAY_TH_YL']),
    orderedBy: listOf(row['MA_BAC_SI']),
    departments: listOf(row['MA_KHOA']),
    tender: row['TT_THAU'],
    paymentMethod: need(row, 'MA_PTTT'),
  }
}

function drugLine(row: WireRow): ClaimLine {
  const price = milli(row, 'DON_GIA')
  return {
    ...commonOf('XML2', row),
    kind: 'drug',
    code: need(row, 'MA_THUOC'),
    supplyCode: undefined,
    name: row['TEN_THUOC'],
    unitPriceHospitalMilli: price,
    unitPriceInsuredMilli: price,
    serviceRateBp: 10_000 as RateBp,
    ceiling: undefined,
    resultAt: undefined,
    performedBy: [],
    beds: [],
    supplyPackage: undefined,
    fundingSource: row['NGUON_CTRA'],
    icd: [],
    anaesthesia: undefined,
    machine: undefined,
  }
}

function serviceLine(row: WireRow): ClaimLine {
  const supplyCode = row['MA_VAT_TU']
  const serviceCode = row['MA_DICH_VU']
  const kind = kindOf(need(row, 'MA_NHOM'), supplyCode)
  return {
    ...commonOf('XML3', row),
    kind,
    code: (kind === 'supply' ? supplyCode : serviceCode) ?? supplyCode ?? need(row, 'MA_DICH_VU'),
    supplyCode,
    name: (kind === 'supply' ? row['TEN_VAT_TU'] : row['TEN_DICH_VU']) ?? row['TEN_DICH_VU'] ?? row['TEN_VAT_TU'],
    unitPriceHospitalMilli: milli(row, 'DON_GIA_BV'),
    unitPriceInsuredMilli: milli(row, 'DON_GIA_BH'),
    serviceRateBp: rate(row, 'TYLE_TT_DV'),
    ceiling: row['T_TRANTT'] === undefined ? undefined : money(row, 'T_TRANTT'),
    resultAt: optionalTime(row['NGAY_KQ']),
    performedBy: listOf(row['NGUOI_THUC_HIEN']),
    beds: listOf(row['MA_GIUONG']),
    supplyPackage: row['GOI_VTYT'],
    fundingSource: undefined,
    icd: listOf(row['MA_BENH']),
    anaesthesia: row['PP_VO_CAM'],
    machine: row['MA_MAY'],
  }
}

/** QĐ 5937 annex 3 cost groups: 10, 11 supplies, 12 transport, 13 examination, 14–16 beds; any line with a supply code is a supply. */
function kindOf(costGroup: string, supplyCode: string | undefined): LineKind {
  if (supplyCode !== undefined) return 'supply'
  switch (costGroup) {
    case '10':
    case '11':
      return 'supply'
    case '12':
      return 'transport'
    case '13':
      return 'exam'
    case '14':
    case '15':
    case '16':
      return 'bed'
    default:
      return 'service'
  }
}

/** One of the many indicators of a test stands for all of them. */
function resultsOf(wire: WireClaim): Claim['results'] {
  const found = new Map<string, Claim['results'][number]>()
  for (const { MA_DICH_VU: serviceCode, NGAY_KQ: at } of rowsOf(wire, 'XML4')) {
    if (serviceCode !== undefined) found.set(`${serviceCode} ${at}`, { serviceCode, at: optionalTime(at) })
  }
  return [...found.values()]
}

/** Rows of any table whose `MA_LK` is not the header's. A row without the field (XML12) cannot stray. */
function strayRowsOf(wire: WireClaim, encounterId: string): Claim['strayRows'] {
  return Object.keys(wire).flatMap((table) =>
    rowsOf(wire, table).flatMap((row, index) => {
      const link = row['MA_LK']
      return link === undefined || link === encounterId ? [] : [{ table, stt: positionOf(row, index) }]
    }),
  )
}

const positionOf = (row: WireRow, index: number): number => (row['STT'] === undefined ? index + 1 : Number(row['STT']))
