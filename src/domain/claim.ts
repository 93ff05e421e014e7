import type { Milli, Money, RateBp } from './money.ts'

/** Calendar date in Asia/Ho_Chi_Minh, `2026-03-10`. Compares as text. */
export type CalendarDate = string
/** Local time in Asia/Ho_Chi_Minh to the minute, `2026-03-10T08:30`. Compares as text; `slice(0, 10)` is its date. */
export type LocalTime = string
/** Instant in UTC, ISO 8601 with milliseconds and `Z`. */
export type Instant = string

/** Release of the national format, chosen by the end of the visit (`NGAY_RA`). */
export type Release = '4750' | '3176' | '1931'

/** What a line bills, told apart by `MA_NHOM` and `MA_VAT_TU`. */
export type LineKind = 'drug' | 'service' | 'supply' | 'bed' | 'exam' | 'transport'
export type LineTable = 'XML2' | 'XML3'

/** One card of the episode; an episode may hold several (parallel `;` lists in XML1). */
export interface ClaimCard {
  readonly cardNumber: string
  readonly registeredFacility: string | undefined
  readonly validFrom: CalendarDate | undefined
  readonly validTo: CalendarDate | undefined
}

/** The amounts of a line (`THANH_TIEN_BV` …) or of a claim (`T_TONGCHI_BV` …). */
export interface Amounts {
  /** `THANH_TIEN_BV` · `T_TONGCHI_BV` */
  readonly hospitalAmount: Money
  /** `THANH_TIEN_BH` · `T_TONGCHI_BH` */
  readonly insuredAmount: Money
  /** `T_BHTT` */
  readonly fundPays: Money
  /** `T_BNCCT` */
  readonly copay: Money
  /** `T_BNTT` */
  readonly selfPays: Money
  /** `T_NGUONKHAC` */
  readonly otherSources: Money
}

/** Header amounts: the six of every line plus three sums (`T_THUOC`, `T_VTYT`, `T_BHTT_GDV`). */
export interface Totals extends Amounts {
  readonly drugs: Money
  readonly supplies: Money
  readonly feeForService: Money
}

export interface OtherSourceParts {
  /** `T_NGUONKHAC_NSNN` */
  readonly stateBudget: Money
  /** `T_NGUONKHAC_VTNN` */
  readonly foreignAid: Money
  /** `T_NGUONKHAC_VTTN` */
  readonly domesticAid: Money
  /** `T_NGUONKHAC_CL` */
  readonly rest: Money
}

export interface ClaimLine {
  readonly table: LineTable
  readonly stt: number
  readonly kind: LineKind
  /** `MA_NHOM`, '1' … '19' */
  readonly costGroup: string
  /** The code that a catalogue knows: `MA_THUOC`, `MA_VAT_TU` of a supply, else `MA_DICH_VU`. */
  readonly code: string
  /** `MA_DICH_VU` as sent: of the technique a supply or drug belongs to. */
  readonly serviceCode: string | undefined
  readonly supplyCode: string | undefined
  readonly name: string | undefined
  /** `PHAM_VI`: 1 insured, 2 not insured, 3 outside the list but paid for army, police, cipher. */
  readonly scope: '1' | '2' | '3'
  readonly quantityMilli: Milli
  /** `DON_GIA` (XML2) or `DON_GIA_BV` (XML3). */
  readonly unitPriceHospitalMilli: Milli
  /** `DON_GIA` (XML2) or `DON_GIA_BH` (XML3). */
  readonly unitPriceInsuredMilli: Milli
  /** `TYLE_TT_DV`; 100 % in XML2, which has none. */
  readonly serviceRateBp: RateBp
  /** `TYLE_TT_BH` */
  readonly insuredRateBp: RateBp
  /** `MUC_HUONG` as claimed. */
  readonly benefitRateBp: RateBp
  readonly amounts: Amounts
  readonly otherSourceParts: OtherSourceParts
  /** `T_TRANTT`, informative. */
  readonly ceiling: Money | undefined
  readonly orderedAt: LocalTime | undefined
  readonly performedAt: LocalTime | undefined
  readonly resultAt: LocalTime | undefined
  readonly orderedBy: readonly string[]
  readonly performedBy: readonly string[]
  readonly departments: readonly string[]
  readonly beds: readonly string[]
  /** `GOI_VTYT` */
  readonly supplyPackage: string | undefined
  readonly tender: string | undefined
  /** `MA_PTTT`: 1 fee for service, 2 capitation, 3 case payment. */
  readonly paymentMethod: string
  /** `NGUON_CTRA` (XML2 only). */
  readonly fundingSource: string | undefined
  /** `MA_BENH` of the line. */
  readonly icd: readonly string[]
  readonly anaesthesia: string | undefined
  readonly machine: string | undefined
}

export interface TestResult {
  /** `MA_DICH_VU` */
  readonly serviceCode: string
  /** `NGAY_KQ` */
  readonly at: LocalTime | undefined
}

/** A claim as the rules see it: the national tables mapped once, at the edge (`national/`), to the field's words. */
export interface Claim {
  readonly facilityCode: string
  /** `MA_LK` */
  readonly encounterId: string
  readonly release: Release
  readonly patient: {
    readonly fullName: string
    readonly personalId: string | undefined
    /** `NGAY_SINH` as a date; month and day may be unknown (`1985` or `1985-03`). */
    readonly birthDate: string
    readonly sex: string
  }
  readonly cards: readonly ClaimCard[]
  /** `MA_KHUVUC`: K1, K2, K3 */
  readonly area: string | undefined
  /** `MA_DOITUONG_KCB` */
  readonly visitCategory: string
  /** `MA_LOAI_KCB` */
  readonly careType: string
  readonly arrivedAt: LocalTime
  /** `NGAY_VAO_NOI_TRU` */
  readonly admittedAt: LocalTime | undefined
  /** `NGAY_RA` */
  readonly endedAt: LocalTime
  /** `NGAY_TTOAN` */
  readonly paidAt: LocalTime | undefined
  readonly icdMain: string
  readonly icdOther: readonly string[]
  /** `GIAY_CHUYEN_TUYEN` */
  readonly referralSlip: string | undefined
  /** `MA_NOI_DI` */
  readonly referredFrom: string | undefined
  /** `MA_NOI_DEN` */
  readonly referredTo: string | undefined
  /** `KET_QUA_DTRI` */
  readonly outcome: string | undefined
  /** `MA_LOAI_RV` */
  readonly dischargeType: string | undefined
  /** `SO_NGAY_DTRI` */
  readonly treatmentDays: number | undefined
  /** `GHI_CHU` */
  readonly note: string | undefined
  readonly accident: string | undefined
  /** `NGAY_MIEN_CCT` */
  readonly copayExemptFrom: CalendarDate | undefined
  /** `NAM_NAM_LIEN_TUC` */
  readonly fiveYearsFrom: CalendarDate | undefined
  readonly totals: Totals
  readonly lines: readonly ClaimLine[]
  /** Results of tests and images (XML4), one per service and time. */
  readonly results: readonly TestResult[]
  /** `MA_LK` of rows that do not link to the header (rule INT-01): table and position. */
  readonly strayRows: readonly { readonly table: string; readonly stt: number }[]
  /** Rows per national table, for rules that only ask whether a table was sent. */
  readonly rowCounts: Readonly<Record<string, number>>
}
