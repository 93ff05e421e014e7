import type { Amounts, Claim, ClaimLine } from '../../src/domain/claim.ts'
import { formatMoney, formatRate } from '../../src/domain/money.ts'
import { isRequired, type NationalField } from '../../src/national/tables/table.ts'
import { tableByName } from '../../src/national/tables/tables.ts'

type Row = Record<string, string>
export interface WireJson {
  readonly XML1: Row
  readonly XML2: readonly Row[]
  readonly XML3: readonly Row[]
  readonly XML4: readonly Row[]
}

/** A claim in the national tables, as a hospital would send it: what the rules do not read is filled with something of its kind. */
export function wireOf(claim: Claim): WireJson {
  const link = { MA_LK: claim.encounterId }
  return {
    XML1: filled('XML1', claim, { ...link, ...headOf(claim) }),
    XML2: claim.lines.filter(({ table }) => table === 'XML2').map((line) => filled('XML2', claim, { ...link, ...drugOf(line) })),
    XML3: claim.lines
      .filter(({ table }) => table === 'XML3')
      .map((line) => filled('XML3', claim, { ...link, ...serviceOf(line) })),
    XML4: claim.results.map(({ serviceCode, at }, index) =>
      filled('XML4', claim, { ...link, STT: String(index + 1), MA_DICH_VU: serviceCode, NGAY_KQ: time(at) }),
    ),
  }
}

const digits = (value: string | undefined): string => (value ?? '').replaceAll(/\D/g, '')
/** `yyyymmddHHMM` */
const time = digits
const listed = (values: readonly string[]): string => values.join(';')
const milli = (value: number): string => `${Math.floor(value / 1000)}.${String(value % 1000).padStart(3, '0')}`

function headOf(claim: Claim): Row {
  const { patient, cards, totals } = claim
  const parallel = (of: (card: Claim['cards'][number]) => string | undefined) =>
    cards.some((card) => of(card) !== undefined) ? listed(cards.map((card) => of(card) ?? '')) : ''
  return {
    HO_TEN: patient.fullName,
    SO_CCCD: patient.personalId ?? '',
    NGAY_SINH: `${digits(patient.birthDate).padEnd(8, '0')}0000`,
    GIOI_TINH: patient.sex,
    MA_THE_BHYT: listed(cards.map(({ cardNumber }) => cardNumber)),
    MA_DKBD: parallel(({ registeredFacility }) => registeredFacility),
    GT_THE_TU: parallel(({ validFrom }) => validFrom && digits(validFrom)),
    GT_THE_DEN: parallel(({ validTo }) => validTo && digits(validTo)),
    MA_KHUVUC: claim.area ?? '',
    MA_DOITUONG_KCB: claim.visitCategory,
    MA_LOAI_KCB: claim.careType,
    NGAY_VAO: time(claim.arrivedAt),
    NGAY_VAO_NOI_TRU: time(claim.admittedAt),
    NGAY_RA: time(claim.endedAt),
    NGAY_TTOAN: time(claim.paidAt),
    MA_BENH_CHINH: claim.icdMain,
    MA_BENH_KT: listed(claim.icdOther),
    GIAY_CHUYEN_TUYEN: claim.referralSlip ?? '',
    MA_NOI_DI: claim.referredFrom ?? '',
    MA_NOI_DEN: claim.referredTo ?? '',
    KET_QUA_DTRI: claim.outcome ?? '',
    MA_LOAI_RV: claim.dischargeType ?? '',
    SO_NGAY_DTRI: String(claim.treatmentDays ?? 0),
    GHI_CHU: claim.note ?? '',
    MA_TAI_NAN: claim.accident ?? '',
    NGAY_MIEN_CCT: digits(claim.copayExemptFrom),
    NAM_NAM_LIEN_TUC: digits(claim.fiveYearsFrom),
    MA_CSKCB: claim.facilityCode,
    T_TONGCHI_BV: formatMoney(totals.hospitalAmount),
    T_TONGCHI_BH: formatMoney(totals.insuredAmount),
    ...sharesOf(totals),
    T_THUOC: formatMoney(totals.drugs),
    T_VTYT: formatMoney(totals.supplies),
    T_BHTT_GDV: formatMoney(totals.feeForService),
  }
}

const sharesOf = ({ fundPays, copay, selfPays, otherSources }: Amounts): Row => ({
  T_BHTT: formatMoney(fundPays),
  T_BNCCT: formatMoney(copay),
  T_BNTT: formatMoney(selfPays),
  T_NGUONKHAC: formatMoney(otherSources),
})

function commonOf(line: ClaimLine): Row {
  const { stateBudget, foreignAid, domesticAid, rest } = line.otherSourceParts
  return {
    STT: String(line.stt),
    MA_NHOM: line.costGroup,
    PHAM_VI: line.scope,
    TYLE_TT_BH: formatRate(line.insuredRateBp),
    MUC_HUONG: formatRate(line.benefitRateBp),
    SO_LUONG: milli(line.quantityMilli),
    THANH_TIEN_BV: formatMoney(line.amounts.hospitalAmount),
    THANH_TIEN_BH: formatMoney(line.amounts.insuredAmount),
    ...sharesOf(line.amounts),
    T_NGUONKHAC_NSNN: formatMoney(stateBudget),
    T_NGUONKHAC_VTNN: formatMoney(foreignAid),
    T_NGUONKHAC_VTTN: formatMoney(domesticAid),
    T_NGUONKHAC_CL: formatMoney(rest),
    MA_KHOA: listed(line.departments),
    MA_BAC_SI: listed(line.orderedBy),
    NGAY_YL: time(line.orderedAt),
    NGAY_TH_YL: time(line.performedAt),
    MA_PTTT: line.paymentMethod,
    TT_THAU: line.tender ?? '',
  }
}

const drugOf = (line: ClaimLine): Row => ({
  ...commonOf(line),
  MA_THUOC: line.code,
  DON_GIA: milli(line.unitPriceHospitalMilli),
  NGUON_CTRA: line.fundingSource ?? '1',
})

const serviceOf = (line: ClaimLine): Row => ({
  ...commonOf(line),
  MA_DICH_VU: line.serviceCode ?? '',
  MA_VAT_TU: line.supplyCode ?? '',
  TEN_DICH_VU: line.supplyCode === undefined ? (line.name ?? '') : '',
  DON_GIA_BV: milli(line.unitPriceHospitalMilli),
  DON_GIA_BH: milli(line.unitPriceInsuredMilli),
  TYLE_TT_DV: formatRate(line.serviceRateBp),
  GOI_VTYT: line.supplyPackage ?? '',
  MA_GIUONG: listed(line.beds),
  NGUOI_THUC_HIEN: listed(line.performedBy),
  NGAY_KQ: time(line.resultAt),
  PP_VO_CAM: line.anaesthesia ?? '',
})

/** With what the release asks for and the claim does not say. */
function filled(table: string, { release, endedAt }: Claim, row: Row): Row {
  const missing = tableByName.get(table)!.fields.filter(([name, , , use]) => isRequired(use, release) && !row[name])
  return { ...Object.fromEntries(missing.map((field) => [field[0], anyOf(field, endedAt)])), ...present(row) }
}
const present = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''))

function anyOf([name, kind, lengthMax]: NationalField, endedAt: string): string {
  if (name === 'NAM_QT') return endedAt.slice(0, 4)
  if (name === 'THANG_QT') return endedAt.slice(5, 7)
  if (kind.startsWith('date') || kind.startsWith('birth')) return time(endedAt).slice(0, kind.endsWith('8') ? 8 : 12)
  if (kind === 'text' || kind === 'codes') return 'X'
  return kind === 'code' ? '0'.repeat(Math.min(3, lengthMax ?? 3)) : '1'
}
