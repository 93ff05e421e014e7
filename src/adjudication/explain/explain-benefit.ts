import type { Benefit, Decision, LegalBasis } from '../../domain/decision.ts'
import type { BenefitExplained, Reason, Text } from '../../domain/explanation.ts'
import { formatRate, fullRate, type Money, rateOfRate, zero } from '../../domain/money.ts'
import { basisOn } from '../../domain/rulebook.ts'
import type { Context, LineState } from '../stages/context.ts'
import { moneyText, rateText, say } from './words.ts'

/** The benefit rates of the visit and how they came about, and what reaches beyond one line. */
export function explainBenefit(context: Context, decision: Decision): BenefitExplained {
  return {
    rates: decision.benefits.map((benefit) => ({
      card: maskedCard(benefit.cardNumber),
      from: benefit.from,
      to: benefit.to,
      cardRate: formatRate(benefit.cardRateBp),
      routeRate: formatRate(benefit.routeRateBp),
      rate: formatRate(benefit.rateBp),
      how: howOf(benefit, context),
    })),
    claim: [...waiverOf(context), ...exemptionOf(context), ...otherSourcesOf(context)],
  }
}

/** Enough to tell the cards of one visit apart. */
export function maskedCard(cardNumber: string): string {
  return cardNumber.length < 15 ? '…' : `${cardNumber.slice(0, 3)}…${cardNumber.slice(-3)}`
}

function howOf(benefit: Benefit, context: Context): readonly Reason[] {
  const state = context.lines.find(
    ({ card, benefitRateBp }) => (card.card?.cardNumber ?? '') === benefit.cardNumber && benefitRateBp === benefit.rateBp,
  )
  return state === undefined ? [] : [cardReason(state), routeReason(context), rateReason(state, context)]
}

function cardReason({ card: { reading, cover } }: LineState): Reason {
  if (reading === undefined) {
    const message = say(
      'Không đọc được ký tự quyền lợi của thẻ; tạm tính theo mức đề nghị.',
      "The card's benefit sign cannot be read; computed at the claimed rate for now.",
    )
    return { rule: 'BEN-01', message, legalBasis: [] }
  }
  const { sign, printed, group, terms, legalBasis } = reading
  const parts = { sign, printed, group, rate: rateText(terms.rateBp) }
  const covered: Text =
    cover === 'grace'
      ? say(' Thẻ hết hạn trong đợt điều trị, vẫn được hưởng.', ' The card expired during the stay and still counts.')
      : say('', '')
  const message =
    sign === printed
      ? say(
          'Thẻ nhóm {group}, ký tự {sign}: mức thẻ {rate}.{covered}',
          'Card group {group}, sign {sign}: card rate {rate}.{covered}',
          {
            ...parts,
            covered,
          },
        )
      : say(
          'Thẻ nhóm {group} in ký tự {printed}, tính như ký tự {sign}: mức thẻ {rate}.{covered}',
          'Card group {group} printed with sign {printed} counts as sign {sign}: card rate {rate}.{covered}',
          { ...parts, covered },
        )
  return { rule: sign === printed ? 'BEN-01' : 'BEN-02', message, legalBasis }
}

function routeReason({ route, inpatient, claim }: Context): Reason {
  if (route === undefined) {
    const message = say(
      'Không có mức hưởng cho mã đối tượng {category}; tạm tính theo mức đề nghị.',
      'There is no rate for visit category {category}; computed at the claimed rate for now.',
      { category: claim.visitCategory },
    )
    return { rule: 'BEN-03', message, legalBasis: [] }
  }
  const parts = {
    category: route.name,
    care: inpatient ? say('nội trú', 'inpatient') : say('ngoại trú', 'outpatient'),
    rate: rateText(route.rateBp),
  }
  const message = route.terms.flat
    ? say(
        'Mã {category}: quỹ trả 100 %, không theo mức thẻ.',
        'Category {category}: the fund pays 100 %, whatever the card.',
        parts,
      )
    : say('Mã {category}, {care}: {rate} của mức thẻ.', 'Category {category}, {care}: {rate} of the card rate.', parts)
  // A route without a rule of its own pays the card rate: what is asked is whether the category is right.
  return { rule: route.terms.rule === 'BEN-01' ? 'BEN-03' : route.terms.rule, message, legalBasis: route.legalBasis }
}

function rateReason({ card: { reading }, benefitRateBp, rateRule }: LineState, { route, waived }: Context): Reason {
  const rate = rateText(benefitRateBp)
  if (route === undefined || reading === undefined || route.terms.flat) {
    return { rule: rateRule, message: say('Mức hưởng: {rate}.', 'Benefit rate: {rate}.', { rate }), legalBasis: [] }
  }
  const plain = rateOfRate(reading.terms.rateBp, route.rateBp)
  const parts = { card: rateText(reading.terms.rateBp), route: rateText(route.rateBp), plain: rateText(plain), rate }
  const product = say('Mức hưởng: {card} × {route} = {plain}', 'Benefit rate: {card} × {route} = {plain}', parts)
  const lifted =
    waived && plain < fullRate
      ? say('; miễn cùng chi trả nên quỹ trả {rate}.', '; co-pay is waived: the fund pays {rate}.', parts)
      : say('.', '.')
  return { rule: rateRule, message: say('{product}{lifted}', '{product}{lifted}', { product, lifted }), legalBasis: [] }
}

const basisOf = ({ rulebook, endedOn }: Context, rule: string): readonly LegalBasis[] =>
  basisOn(rulebook.rules.get(rule)?.legalBasis ?? [], endedOn)
const sumOf = (lines: readonly LineState[], pick: (state: LineState) => Money): Money =>
  lines.reduce((sum, state) => sum + pick(state), 0) as Money

/** The low-cost waiver, told wherever the route has a rate at all: also why it does not apply. */
function waiverOf(context: Context): readonly Reason[] {
  const { route, day, lines, waived } = context
  if (route === undefined || route.terms.flat || route.rateBp === 0 || day.waiverBelow === zero) return []
  const total = sumOf(lines, ({ settled }) => settled.insuredAmount)
  if (total === 0) return []
  const parts = { total: moneyText(total), below: moneyText(day.waiverBelow), share: rateText(day.waiverRateBp) }
  const message = waived
    ? say(
        'Tổng chi phí được hưởng {total} dưới {below} ({share} lương cơ sở): được miễn cùng chi trả.',
        'The insured total {total} is below {below} ({share} of the base salary): co-pay is waived.',
        parts,
      )
    : total < day.waiverBelow
      ? say(
          'Tổng chi phí được hưởng {total} dưới {below} ({share} lương cơ sở), nhưng không đúng tuyến: không miễn cùng chi trả.',
          'The insured total {total} is below {below} ({share} of the base salary), but the route is not right: co-pay is not waived.',
          parts,
        )
      : say(
          'Tổng chi phí được hưởng {total} không dưới {below} ({share} lương cơ sở): không miễn cùng chi trả.',
          'The insured total {total} is not below {below} ({share} of the base salary): co-pay is not waived.',
          parts,
        )
  return [{ rule: 'BEN-11', message, legalBasis: day.waiverBasis }]
}

function exemptionOf(context: Context): readonly Reason[] {
  const { exemption, lines, day } = context
  if (exemption === undefined) return []
  const exempted = sumOf(lines, (state) => state.exempted)
  const parts = {
    from: exemption.from,
    counted: moneyText(exemption.countedBefore),
    threshold: moneyText(exemption.threshold),
    room: moneyText(Math.max(0, exemption.threshold - exemption.countedBefore) as Money),
    exempted: moneyText(exempted),
    months: String(day.exemptionMonths),
  }
  const message = say(
    'Đủ 5 năm liên tục từ {from}; cùng chi trả trong năm đã tính {counted}, ngưỡng {threshold} ({months} tháng lương cơ sở), còn {room}; đợt này được miễn {exempted}.',
    'Five continuous years since {from}; co-pay counted this year {counted}, threshold {threshold} ({months} months of base salary), room {room}; exempted in this visit {exempted}.',
    parts,
  )
  return [{ rule: 'BEN-12', message, legalBasis: day.exemptionBasis }]
}

function otherSourcesOf(context: Context): readonly Reason[] {
  const other = sumOf(context.lines, ({ settled }) => settled.otherSources)
  if (other === 0) return []
  const part = (pick: keyof LineState['taken']) => moneyText(sumOf(context.lines, ({ taken }) => taken[pick]))
  const message = say(
    'Nguồn khác {other}: trừ vào phần tự trả {self}, cùng chi trả {copay}, quỹ {fund}.',
    'Other sources {other}: taken from own payment {self}, co-pay {copay}, fund {fund}.',
    { other: moneyText(other), self: part('self'), copay: part('copay'), fund: part('fund') },
  )
  return [{ rule: 'BEN-15', message, legalBasis: basisOf(context, 'BEN-15') }]
}
