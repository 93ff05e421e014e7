import type { ClaimLine } from '../../domain/claim.ts'
import type { Decision, Finding } from '../../domain/decision.ts'
import type { BasisText, Factors, LineExplained, Step, Text } from '../../domain/explanation.ts'
import { amountOf, formatRate, fullRate, type Money, type RateBp, shareOf } from '../../domain/money.ts'
import { wordingOf } from '../adjudicate.ts'
import type { Context, LineState } from '../stages/context.ts'
import { lineText, minus } from './amounts.ts'
import { type Move, type Run, type TracedStep, traceLine } from './trace.ts'
import { joined, milliText, moneyText, plainMilli, rateText, say } from './words.ts'

/** One line: each step from claimed to decided, and how the decided amounts are computed. */
export function explainLine(run: Run, index: number, decision: Decision): { line: LineExplained; traced: readonly TracedStep[] } {
  const state = run.context.lines[index]!
  const { line, settled, pended } = state
  const traced = traceLine(run, state)
  const spoken = decision.lines[index]!.findings
  const explained: LineExplained = {
    table: line.table,
    stt: line.stt,
    code: line.code,
    ...(line.name === undefined ? {} : { name: line.name }),
    claimed: lineText(line.amounts),
    decided: lineText(settled),
    factors: factorsOf(state, run.context),
    arithmetic: arithmeticOf(state),
    pended,
    steps: traced.map((step, at) =>
      stepOf(step, traced[at - 1]?.amounts ?? line.amounts, state, run.context, decision.findings, spoken),
    ),
  }
  return { line: explained, traced }
}

function stepOf(
  { kind, card, move, amounts }: TracedStep,
  before: TracedStep['amounts'],
  state: LineState,
  context: Context,
  findings: readonly Finding[],
  spoken: readonly number[],
): Step {
  const at = move === undefined ? undefined : findingAt(move, findings, spoken)
  const finding = at === undefined ? undefined : findings[at]
  const effect = finding?.effect
  return {
    rule: card.id,
    name: { vi: card.name.vi, en: card.name.en },
    stage: card.stage,
    severity: finding?.severity ?? 'info',
    message: finding?.message ?? (kind === 'rate' ? rateMessage(state, context) : { vi: card.name.vi, en: card.name.en }),
    ...(effect === undefined
      ? {}
      : { effect: { field: effect.field, before: effect.before, after: effect.after, bearer: effect.bearer } }),
    amounts: lineText(amounts),
    change: lineText(minus(amounts, before)),
    legalBasis: finding?.legalBasis ?? (kind === 'rate' ? rateBasis(state, context) : card.legalBasis),
    ...(at === undefined ? {} : { finding: at }),
  }
}

/** Where the decision says what a rule said. @param spoken the findings about the line; the claim's are looked at as well */
export function findingAt(
  { card, proposal, lines }: Move,
  findings: readonly Finding[],
  spoken: readonly number[],
): number | undefined {
  const message = wordingOf(card, proposal.code, proposal.inputs ?? {})
  const isIt = (index: number) => {
    const finding = findings[index]!
    return (
      finding.rule === card.id &&
      finding.severity === proposal.severity &&
      finding.message.en === message.en &&
      finding.message.vi === message.vi &&
      (finding.effect?.before ?? proposal.effect?.before) === proposal.effect?.before
    )
  }
  const among = lines === null ? [...findings.keys()].filter((index) => findings[index]!.lines.length === 0) : spoken
  const found = among.find(isIt)
  return found
}

/** The rate where no rule had to say a word about it. */
function rateMessage({ card: { reading }, benefitRateBp }: LineState, { route, waived }: Context): Text {
  const rate = rateText(benefitRateBp)
  if (route === undefined)
    return say('Tạm tính theo mức đề nghị {rate}.', 'Computed at the claimed rate {rate} for now.', { rate })
  if (route.terms.flat)
    return say('Tuyến {route}: quỹ trả {rate}, không theo mức thẻ.', 'Route {route}: the fund pays {rate}, whatever the card.', {
      route: route.name,
      rate,
    })
  if (waived) return say('Chi phí thấp: quỹ trả {rate}.', 'A low-cost visit: the fund pays {rate}.', { rate })
  if (reading === undefined)
    return say('Không đọc được mức của thẻ; tạm tính {rate}.', 'The card has no readable rate; computed at {rate}.', { rate })
  return say(
    'Mức hưởng {rate} = thẻ {card} × tuyến {route} (mã {category}).',
    'Rate {rate} = card {card} × route {route} (category {category}).',
    { rate, card: rateText(reading.terms.rateBp), route: rateText(route.rateBp), category: route.name },
  )
}

function rateBasis({ card: { reading } }: LineState, { route, waived, day }: Context): readonly BasisText[] {
  if (waived) return day.waiverBasis
  return [...(reading?.legalBasis ?? []), ...(route?.legalBasis ?? [])]
}

interface AcceptedFactors {
  readonly quantity: ClaimLine['quantityMilli']
  readonly hospitalPrice: ClaimLine['unitPriceHospitalMilli']
  readonly insuredPrice: ClaimLine['unitPriceInsuredMilli']
  readonly serviceRate: RateBp
  readonly insuredRate: RateBp
}
const least = <T extends number>(value: T, limit: T | undefined): T => (limit !== undefined && limit < value ? limit : value)

function acceptedFactors({ line, limits, liftsListRate }: LineState): AcceptedFactors {
  const lifted = liftsListRate && line.scope !== '2' && line.insuredRateBp > 0 ? fullRate : line.insuredRateBp
  return {
    quantity: least(line.quantityMilli, limits.quantityMilli),
    hospitalPrice: least(line.unitPriceHospitalMilli, limits.unitPriceHospitalMilli),
    insuredPrice: least(line.unitPriceInsuredMilli, limits.unitPriceInsuredMilli),
    serviceRate: least(line.serviceRateBp, limits.serviceRateBp),
    insuredRate: line.scope === '2' ? (0 as RateBp) : least(lifted, limits.insuredRateBp),
  }
}

function factorsOf(state: LineState, context: Context): NonNullable<LineExplained['factors']> {
  const { line } = state
  const named = (factors: AcceptedFactors, rate: RateBp): Factors => ({
    SO_LUONG: plainMilli(factors.quantity),
    ...(line.table === 'XML2'
      ? { DON_GIA: plainMilli(factors.insuredPrice) }
      : {
          DON_GIA_BV: plainMilli(factors.hospitalPrice),
          DON_GIA_BH: plainMilli(factors.insuredPrice),
          TYLE_TT_DV: formatRate(factors.serviceRate),
        }),
    TYLE_TT_BH: formatRate(factors.insuredRate),
    MUC_HUONG: formatRate(rate),
  })
  const claimed: AcceptedFactors = {
    quantity: line.quantityMilli,
    hospitalPrice: line.unitPriceHospitalMilli,
    insuredPrice: line.unitPriceInsuredMilli,
    serviceRate: line.serviceRateBp,
    insuredRate: line.insuredRateBp,
  }
  const rate = state.denied === null && context.denied === null ? state.benefitRateBp : (0 as RateBp)
  return { claimed: named(claimed, line.benefitRateBp), accepted: named(acceptedFactors(state), rate) }
}

/** `THANH_TIEN_BV = 20 × 1.400 = 28.000,00` and so on to the patient's own part. */
function arithmeticOf(state: LineState): readonly Text[] {
  const { line, settled, computed, denied } = state
  if (denied === 'provider') {
    return [say('Không được thanh toán: mọi số tiền của dòng là 0.', 'Not paid: every amount of the line is 0.')]
  }
  const { quantity, hospitalPrice, insuredPrice, serviceRate, insuredRate } = acceptedFactors(state)
  const hospitalRate = computed.serviceRateCounts && line.table === 'XML3' ? serviceRate : fullRate
  const hospital = product('THANH_TIEN_BV', settled.hospitalAmount, amountOf(quantity, hospitalPrice, hospitalRate), [
    milliText(quantity),
    milliText(hospitalPrice),
    ...rates([hospitalRate]),
  ])
  const insured = product('THANH_TIEN_BH', settled.insuredAmount, amountOf(quantity, insuredPrice, serviceRate, insuredRate), [
    milliText(quantity),
    milliText(insuredPrice),
    ...rates([serviceRate, insuredRate]),
  ])
  return [hospital, insured, ...sharesOf(state)]
}
const rates = (of: readonly RateBp[]): Text[] => of.filter((rate) => rate !== fullRate).map(rateText)

/** The formula where it gives the amount, else the amount alone: a bound or a smaller claimed amount stands in its place. */
function product(field: string, amount: Money, byFormula: Money, factors: readonly Text[]): Text {
  const parts = { factors: joined(factors, ' × '), amount: moneyText(amount), formula: moneyText(byFormula) }
  if (amount === byFormula) return say(`${field} = {factors} = {amount}`, `${field} = {factors} = {amount}`, parts)
  return say(
    `${field} = {amount} (được chấp nhận; công thức {factors} = {formula})`,
    `${field} = {amount} (accepted; the formula {factors} = {formula})`,
    parts,
  )
}

function sharesOf({ settled, benefitRateBp, exempted, taken }: LineState): readonly Text[] {
  const { hospitalAmount, insuredAmount, fundPays, copay, selfPays, otherSources } = settled
  const parts = {
    insured: moneyText(insuredAmount),
    hospital: moneyText(hospitalAmount),
    rate: rateText(benefitRateBp),
    share: moneyText(shareOf(insuredAmount, benefitRateBp)),
    exempted: moneyText(exempted),
    takenFund: moneyText(taken.fund),
    takenSelf: moneyText(taken.self),
    takenCopay: moneyText(taken.copay),
    fund: moneyText(fundPays),
    copay: moneyText(copay),
    self: moneyText(selfPays),
    other: moneyText(otherSources),
  }
  const plusExempted = exempted > 0 ? ' + {exempted}' : ''
  const minusExempted = exempted > 0 ? ' − {exempted}' : ''
  const less = (part: Money, name: string) => (part > 0 ? ` − {${name}}` : '')
  const both = (text: string) => say(text, text, parts)
  return [
    both(`T_BHTT = {insured} × {rate}${plusExempted}${less(taken.fund, 'takenFund')} = {fund}`),
    both(`T_BNCCT = {insured} − {share}${minusExempted}${less(taken.copay, 'takenCopay')} = {copay}`),
    both(`T_BNTT = {hospital} − {insured}${less(taken.self, 'takenSelf')} = {self}`),
    ...(otherSources > 0 ? [say('T_NGUONKHAC = {other} (trừ sau cùng)', 'T_NGUONKHAC = {other} (taken last)', parts)] : []),
  ]
}
