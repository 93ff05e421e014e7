import { type Milli, parseMilli, type RateBp } from '../../domain/money.ts'
import { type Slice, sliceOn } from '../../domain/rulebook.ts'
import { type Context, inExecutionOrder, type LineState } from './context.ts'
import type { ClaimRule, LineRule, Proposal, Rule } from './rule.ts'
import { boundQuantity, boundRate, denyLine, isBilled, specialRate, timeOf } from './special.ts'

const emergency = '2'
const one = parseMilli('1') as Milli

const isExam = (state: LineState): boolean => state.line.kind === 'exam' && isBilled(state)

/** The exams of the visit that the fund is asked to pay, in the declared order. */
const examsOf = ({ lines }: Context): readonly LineState[] => inExecutionOrder(lines.filter(isExam))

/** The most that the n-th exam of a visit is paid. */
const rateOfExam = (context: Context, n: number): Slice<RateBp> | undefined =>
  specialRate(context, `exam-${n}`) ?? specialRate(context, 'exam-later')

const dayOf = (state: LineState): string => timeOf(state).slice(0, 10) || state.orderedOn

/** PRC-05: exams in one visit are paid 100/30/30/30/10/0, so never more than two prices. */
const examsInOneVisit: ClaimRule = {
  id: 'PRC-05',
  version: 1,
  on: 'claim',
  propose(context) {
    return examsOf(context).flatMap((state, index) => {
      const rate = rateOfExam(context, index + 1)
      const bound = rate === undefined ? [] : boundRate('later_exam', state, rate, { number: String(index + 1) })
      // Each exam has its own rate, so it has its own line.
      return [...bound, ...boundQuantity('one_exam_per_line', state, one)]
    })
  },
}

/** PRC-06: exams of a return on the same day, to the same facility, count on. */
const returnCountsOn: ClaimRule = {
  id: 'PRC-06',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, facts } = context
    const earlier = facts.visits
      .filter(({ facilityCode }) => facilityCode === claim.facilityCode)
      .flatMap(({ details }) => details.exams)
    if (earlier.length === 0) return undefined
    const days = new Set<string>()
    return examsOf(context).flatMap((state, index) => {
      days.add(dayOf(state))
      const time = timeOf(state)
      const before = earlier.filter(({ at }) => at < time && days.has(at.slice(0, 10))).length
      const rate = rateOfExam(context, before + index + 1)
      const withoutReturn = rateOfExam(context, index + 1)
      if (rate === undefined || withoutReturn === undefined || rate.value >= withoutReturn.value) return []
      return boundRate('counts_on', state, rate, { number: String(before + index + 1), before: String(before) })
    })
  },
}

/** PRC-07: from the 66th exam of a day at one table (a practitioner) half is paid. */
const overfullTable: ClaimRule = {
  id: 'PRC-07',
  version: 1,
  on: 'claim',
  propose(context) {
    const { parameters } = context.rulebook
    const full = sliceOn(parameters.examTableExams, context.endedOn)
    const rate = sliceOn(parameters.examTableRateBp, context.endedOn)
    if (full === undefined || rate === undefined) return undefined
    const seen = new Map<string, number>()
    const found: Proposal[] = []
    for (const state of examsOf(context)) {
      const practitioner = state.line.performedBy[0] ?? state.line.orderedBy[0]
      if (practitioner === undefined) continue
      const on = dayOf(state)
      const key = `${on} ${practitioner}`
      const number = (seen.get(key) ?? examsBefore(context, practitioner, on)) + 1
      seen.set(key, number)
      if (number > full.value)
        found.push(...boundRate('overfull', state, rate, { number: String(number), full: String(full.value), on }))
    }
    return found
  },
}
const examsBefore = ({ facts }: Context, practitioner: string, on: string): number =>
  facts.examTables.find((table) => table.practitioner === practitioner && table.on === on)?.before ?? 0

/** PRC-08: who is admitted straight to a ward has no exam fee on the day of admission. */
const admittedStraight: LineRule = {
  id: 'PRC-08',
  version: 1,
  on: 'line',
  propose(state, context) {
    if (!context.inpatient || !isExam(state)) return undefined
    const { arrivedAt, admittedAt, visitCategory } = context.claim
    if (admittedAt === undefined) return { code: 'admission_unknown', severity: 'pend' }
    if (dayOf(state) !== admittedAt.slice(0, 10)) return undefined
    if (admittedAt <= arrivedAt) return denyLine('straight_to_ward', state, { at: admittedAt })
    if (visitCategory === emergency) return { code: 'emergency', severity: 'pend', inputs: { arrivedAt, admittedAt } }
    return undefined
  },
}

/** Rules about whether an exam is paid at all (stage 6). */
export const admissionRules: readonly Rule[] = [admittedStraight]

/** Rules about the sequence of exams (stage 6), which counts what the rules before left. */
export const examRules: readonly Rule[] = [examsInOneVisit, returnCountsOn, overfullTable]
