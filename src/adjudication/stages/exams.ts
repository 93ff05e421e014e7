import { type Milli, parseMilli } from '../../domain/money.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, Proposal, Rule } from './rule.ts'
import { boundRate, isBilled, specialRate } from './special.ts'

const one = parseMilli('1') as Milli

/** The exams of the visit that the fund is asked to pay, in the declared order. */
const examsOf = ({ lines }: Context): readonly LineState[] =>
  inExecutionOrder(lines.filter((state) => state.line.kind === 'exam' && isBilled(state)))

/** The most that the n-th exam of a visit is paid. */
const rateOfExam = (context: Context, n: number) => specialRate(context, `exam-${n}`) ?? specialRate(context, 'exam-later')

/** PRC-05: exams in one visit are paid 100/30/30/30/10/0, so never more than two prices. */
const examsInOneVisit: ClaimRule = {
  id: 'PRC-05',
  version: 1,
  on: 'claim',
  propose(context) {
    return examsOf(context).flatMap((state, index) => {
      const rate = rateOfExam(context, index + 1)
      const bound = rate === undefined ? [] : boundRate('later_exam', state, rate, { number: String(index + 1) })
      return [...bound, ...oneExamPerLine(state)]
    })
  },
}

/** Each exam has its own rate, so it has its own line. */
function oneExamPerLine(state: LineState): readonly Proposal[] {
  const { quantityMilli } = state.line
  if (quantityMilli <= one) return []
  const quantity = formatQuantity(quantityMilli)
  return [
    {
      code: 'one_exam_per_line',
      severity: 'reduce',
      lines: [state],
      inputs: { quantity },
      limits: { quantityMilli: one },
      effect: { field: 'SO_LUONG', before: quantity, after: formatQuantity(one), bearer: 'provider' },
    },
  ]
}
const formatQuantity = (quantity: Milli): string => String(quantity / 1000)

/** Rules about examinations (stage 6), whose sequence counts what the rules before left. */
export const examRules: readonly Rule[] = [examsInOneVisit]
