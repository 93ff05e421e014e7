import { amountText, type LineAmounts, lineAmounts, milli } from './amounts.ts'
import { envelopeOf, type WireClaim } from './envelope.ts'
import { seededRandom } from './random.ts'
import { memberAt } from './register.ts'
import template from './template.json' with { type: 'json' }

export type ClaimSize = 'small' | 'typical' | 'large'
export type ClaimFormat = 'json' | 'xml'

/** Lines of each size, exam included: about 3 KB, 7 KB and 32 KB as JSON. */
const SHAPES: Readonly<Record<ClaimSize, { drugs: number; services: number; supplies: number }>> = {
  small: { drugs: 2, services: 0, supplies: 0 },
  typical: { drugs: 4, services: 2, supplies: 1 },
  large: { drugs: 24, services: 16, supplies: 8 },
}
const VARIANTS = 8

export interface ClaimPlan {
  /** Number of the claim in the run: decides MA_LK, member and content. */
  readonly sequence: number
  readonly size: ClaimSize
  readonly format: ClaimFormat
  /** 0 for the first content under this MA_LK; another number is another content (the day it was paid). */
  readonly revision: number
}
export interface SyntheticClaim {
  readonly encounterId: string
  readonly contentType: string
  readonly body: string
}
export interface ClaimFactoryOptions {
  /** Begins every MA_LK of the run. */
  readonly run: string
  readonly facility: string
  /** Day of the latest visits, yyyy-mm-dd. */
  readonly date: string
  readonly members: number
  readonly seed: number
}

type Row = Record<string, string>

/** Claims whose amounts add up under the national formulas; everything of a claim follows from its plan and the options. */
export function createClaimFactory(options: ClaimFactoryOptions): (plan: ClaimPlan) => SyntheticClaim {
  const random = seededRandom(options.seed)
  const variantsOf = (size: ClaimSize) => Array.from({ length: VARIANTS }, () => cutAtHoles(claimTemplate(SHAPES[size], random)))
  const rendered = { small: variantsOf('small'), typical: variantsOf('typical'), large: variantsOf('large') }
  return (plan) => {
    const holes = holesOf(plan, options)
    const parts = rendered[plan.size][plan.sequence % VARIANTS]!
    let body = parts[0]!
    for (let at = 1; at < parts.length; at += 2) body += holes[parts[at]!]! + parts[at + 1]!
    const encounterId = holes['LK']!
    if (plan.format === 'json') return { encounterId, contentType: 'application/json', body }
    return {
      encounterId,
      contentType: 'application/xml',
      body: envelopeOf(JSON.parse(body) as WireClaim, options.facility, holes['DAY']!),
    }
  }
}

/** MA_LK of a claim of the run. */
export const encounterIdOf = (run: string, sequence: number): string => `${run}-${sequence}`

function holesOf(plan: ClaimPlan, options: ClaimFactoryOptions): Row {
  const { sequence, revision } = plan
  const member = memberAt(sequence % options.members)
  const round = Math.floor(sequence / options.members)
  const day = visitDay(options.date, round)
  return {
    LK: encounterIdOf(options.run, sequence),
    BN: `BN${sequence % options.members}`,
    NAME: member.fullName,
    PERSON: member.personalId,
    BIRTH: member.birthDay,
    SEX: member.sex,
    CARD: member.cardNumber,
    DOCTOR: doctorOf(sequence % options.members, round, options),
    FACILITY: options.facility,
    DAY: day,
    HOUR: String(7 + (Math.floor(round / 8) % 10)).padStart(2, '0'),
    YEAR: day.slice(0, 4),
    MONTH: day.slice(4, 6),
    PAID: String(51 + (revision % 9)).padStart(2, '0'),
  }
}

/** A member's visits of the run lie a week apart, so that they do not overlap; after eight weeks the hour changes. */
function visitDay(date: string, round: number): string {
  const at = new Date(Date.parse(`${date}T00:00:00Z`) - (round % 8) * 7 * 86_400_000).toISOString().slice(0, 10)
  return (at.slice(0, 4) === date.slice(0, 4) ? at : date).replaceAll('-', '')
}

/** The law pays less from the 66th exam of one practitioner in a day: nobody here has more than these. */
const EXAMS_PER_DOCTOR_MAX = 40

/** Others in every round and run, which may fall on the same day. */
function doctorOf(member: number, round: number, { members, run }: ClaimFactoryOptions): string {
  const doctors = Math.ceil(members / EXAMS_PER_DOCTOR_MAX)
  return `${String(round * doctors + (member % doctors)).padStart(6, '0')}/${run}`
}

/** ['text', 'HOLE', 'text', 'HOLE', …, 'text'] */
const cutAtHoles = (wire: WireClaim): readonly string[] => JSON.stringify(wire).split(/\{([A-Z]+)\}/)

interface Line {
  readonly row: Row
  readonly price: string
  readonly insuredPrice: string
  readonly listRate: number
  readonly quantity: number
}

/** Below 15 % of the base salary whatever the year: then the fund pays all (the low-cost waiver of the law). */
const LOW_COST_CENTS = 20_000_000
const NOT_LOW_COST_CENTS = 50_000_000

function claimTemplate(shape: { drugs: number; services: number; supplies: number }, random: () => number): WireClaim {
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1))
  const drugs = Array.from({ length: shape.drugs }, (_, index) => {
    const { price, rate, ...row } = template.drugs[index % template.drugs.length]!
    return { row, price, insuredPrice: price, listRate: rate, quantity: between(1, 20) }
  })
  const { price, insuredPrice, ...exam } = template.exam
  const services = [
    { row: exam, price, insuredPrice, listRate: 100, quantity: 1 },
    ...Array.from({ length: shape.services }, (_, index) => {
      const { price, insuredPrice, ...row } = template.services[index % template.services.length]!
      // A service that comes again is done a minute later: at the same one it would be billed twice.
      const minute = 15 + Math.floor(index / template.services.length)
      return { row: { ...row, NGAY_TH_YL: `{DAY}{HOUR}${minute}` } as Row, price, insuredPrice, listRate: 100, quantity: 1 }
    }),
    ...Array.from({ length: shape.supplies }, (_, index) => {
      const { price, ...row } = template.supplies[index % template.supplies.length]!
      return { row: row as Row, price, insuredPrice: price, listRate: 100, quantity: between(1, 5) }
    }),
  ]
  const insured = [...drugs, ...services].reduce((sum, line) => sum + amountsOf(line, 100).insured, 0)
  if (insured > LOW_COST_CENTS && insured < NOT_LOW_COST_CENTS) throw new Error('a template claim lies too near the waiver')
  return assemble(drugs, services, insured <= LOW_COST_CENTS ? 100 : 80)
}

const amountsOf = ({ price, insuredPrice, listRate, quantity }: Line, benefitRate: number): LineAmounts =>
  lineAmounts({
    quantityMilli: quantity * 1_000,
    priceMilli: milli(price),
    insuredPriceMilli: milli(insuredPrice),
    serviceRate: 100,
    listRate,
    benefitRate,
  })

const NO_OTHER_SOURCE: Row = {
  T_NGUONKHAC_NSNN: '0',
  T_NGUONKHAC_VTNN: '0',
  T_NGUONKHAC_VTTN: '0',
  T_NGUONKHAC_CL: '0',
  T_NGUONKHAC: '0',
}

function rowOf(line: Line, index: number, benefitRate: number, kind: 'drug' | 'service'): Row {
  const amounts = amountsOf(line, benefitRate)
  const prices: Row =
    kind === 'drug' ? { DON_GIA: line.price } : { DON_GIA_BV: line.price, DON_GIA_BH: line.insuredPrice, TYLE_TT_DV: '100' }
  return {
    ...template[kind],
    ...line.row,
    STT: String(index + 1),
    SO_LUONG: String(line.quantity),
    ...prices,
    TYLE_TT_BH: String(line.listRate),
    THANH_TIEN_BV: amountText(amounts.hospital),
    THANH_TIEN_BH: amountText(amounts.insured),
    ...NO_OTHER_SOURCE,
    MUC_HUONG: String(benefitRate),
    T_BNTT: amountText(amounts.self),
    T_BNCCT: amountText(amounts.copay),
    T_BHTT: amountText(amounts.fund),
  }
}

function assemble(drugs: readonly Line[], services: readonly Line[], benefitRate: number): WireClaim {
  const sum = (lines: readonly Line[], field: keyof LineAmounts) =>
    lines.reduce((total, line) => total + amountsOf(line, benefitRate)[field], 0)
  const all = [...drugs, ...services]
  const totals: Row = {
    T_THUOC: amountText(sum(drugs, 'hospital')),
    T_VTYT: amountText(
      sum(
        services.filter(({ row }) => 'MA_VAT_TU' in row),
        'hospital',
      ),
    ),
    T_TONGCHI_BV: amountText(sum(all, 'hospital')),
    T_TONGCHI_BH: amountText(sum(all, 'insured')),
    T_BNTT: amountText(sum(all, 'self')),
    T_BNCCT: amountText(sum(all, 'copay')),
    T_BHTT: amountText(sum(all, 'fund')),
    T_NGUONKHAC: '0',
    T_BHTT_GDV: amountText(sum(all, 'fund')),
  }
  const examined = services.filter(({ row }) => row['MA_NHOM'] === '1' || row['MA_NHOM'] === '2')
  const results = examined.map(({ row }, index) => ({
    ...template.result,
    STT: String(index + 1),
    MA_DICH_VU: row['MA_DICH_VU']!,
    TEN_CHI_SO: row['TEN_DICH_VU']!,
  }))
  return {
    XML1: { ...template.header, ...totals },
    XML2: drugs.map((line, index) => rowOf(line, index, benefitRate, 'drug')),
    XML3: services.map((line, index) => rowOf(line, index, benefitRate, 'service')),
    ...(results.length > 0 ? { XML4: results } : {}),
  }
}
