import type { ClaimLine, Totals } from '../../domain/claim.ts'
import { formatMoney, type Money, shareOf, smaller, subtract, zero } from '../../domain/money.ts'
import { valueOn } from '../../domain/rulebook.ts'
import { type Context, compareRefs, type LineState } from './context.ts'
import { type ComputedLine, insuredBesideOther, sumOfParts } from './formula.ts'
import type { ClaimRule, LineRule, Proposal } from './rule.ts'
import { denyClaim } from './special.ts'
import { claimedTotals, totalFields } from './totals.ts'

/** INT-01: every row links to the header, and no two lines share table and `STT`. */
export const rowsLinkToHeader: ClaimRule = {
  id: 'INT-01',
  version: 1,
  on: 'claim',
  propose({ claim, lines }) {
    const stray = claim.strayRows[0]
    if (stray !== undefined) {
      const rows = claim.strayRows.map(({ table, stt }) => `${table}/${stt}`).sort()
      return denyClaim('stray_rows', claim, { count: String(rows.length), rows: rows.slice(0, 20).join(', ') })
    }
    const repeated = lines.filter(
      ({ ref }, index) =>
        (index > 0 && compareRefs(lines[index - 1]!.ref, ref) === 0) ||
        (index + 1 < lines.length && compareRefs(lines[index + 1]!.ref, ref) === 0),
    )
    return repeated.length === 0 ? undefined : { code: 'stt_repeated', severity: 'pend', lines: repeated }
  },
}

/** INT-02: the amounts of a line follow from its quantity, prices and rates; the smaller of claimed and computed stands. */
export const lineAmountsFollowFormula: LineRule = {
  id: 'INT-02',
  version: 1,
  on: 'line',
  propose({ line, computed }, { day, claim }) {
    const found: Proposal[] = []
    const check = (field: string, claimed: Money, expected: Money, fund?: Money, limits?: Proposal['limits']) => {
      if (claimed === expected) return
      const difference = Math.abs(claimed - expected)
      found.push({
        code: difference <= day.amountTolerance ? 'rounding' : 'amount_differs',
        severity: difference <= day.amountTolerance ? 'warn' : 'pend',
        inputs: { field, claimed: formatMoney(claimed), computed: formatMoney(expected) },
        ...(limits ? { limits } : {}),
        ...(fund !== undefined && fund !== 0
          ? {
              effect: {
                field,
                before: formatMoney(claimed),
                after: formatMoney(expected),
                money: fund,
                bearer: 'provider' as const,
              },
            }
          : {}),
      })
    }
    const { amounts } = line
    const insured = expectedInsured(line, computed)
    check(
      'THANH_TIEN_BV',
      amounts.hospitalAmount,
      computed.hospitalAmount,
      undefined,
      lowered(amounts.hospitalAmount, computed.hospitalAmount, 'hospitalAmount'),
    )
    const fundOf = (amount: Money) => shareOf(amount, line.benefitRateBp)
    const fundChange = subtract(fundOf(smaller(amounts.insuredAmount, insured)), fundOf(amounts.insuredAmount))
    check('THANH_TIEN_BH', amounts.insuredAmount, insured, fundChange, lowered(amounts.insuredAmount, insured, 'insuredAmount'))
    if (insured > computed.hospitalAmount) found.push({ code: 'insured_above_hospital', severity: 'pend' })
    for (const [field, claimed, expected] of shares(
      line,
      claim.copayExemptFrom !== undefined || claim.fiveYearsFrom !== undefined,
    )) {
      check(field, claimed, expected)
    }
    if (sumOfParts(line) !== amounts.otherSources) check('T_NGUONKHAC', amounts.otherSources, sumOfParts(line))
    return found.length === 0 ? undefined : found
  },
}

/** The insured amount as the claim may write it: by the formula, beside another source, or 0 where the visit is outside the scope. */
function expectedInsured(
  { amounts, benefitRateBp }: ClaimLine,
  { otherSource, hospitalAmount, insuredAmount }: ComputedLine,
): Money {
  if (otherSource === 'facility') return insuredBesideOther(hospitalAmount, insuredAmount, amounts.otherSources)
  const outsideScope = benefitRateBp === 0 && amounts.insuredAmount === 0 && amounts.selfPays === amounts.hospitalAmount
  return outsideScope ? zero : insuredAmount
}

function lowered(claimed: Money, computed: Money, key: 'hospitalAmount' | 'insuredAmount'): Proposal['limits'] {
  return claimed < computed ? { [key]: claimed } : undefined
}

/** The shares as the claim's own BV, BH and rate make them; where another source or an exemption reaches in, only their sum. */
function shares(line: ClaimLine, mayBeExempt: boolean): readonly (readonly [string, Money, Money])[] {
  const { hospitalAmount, insuredAmount, fundPays, copay, selfPays, otherSources } = line.amounts
  const rest = (hospitalAmount - fundPays - copay - otherSources) as Money
  if (otherSources !== 0) return selfPays === rest ? [] : [['T_BNTT', selfPays, rest]]
  const expectedSelf = subtract(hospitalAmount, insuredAmount)
  const expectedFund = shareOf(insuredAmount, line.benefitRateBp)
  const exempted = mayBeExempt && fundPays > expectedFund && fundPays <= insuredAmount
  const fund = exempted ? fundPays : expectedFund
  if (selfPays === expectedSelf && fundPays === fund && copay === insuredAmount - fundPays) return []
  return [
    ['T_BHTT', fundPays, fund],
    ['T_BNCCT', copay, subtract(insuredAmount, fundPays)],
    ['T_BNTT', selfPays, expectedSelf],
  ]
}

/** INT-03: the totals of the header are the sums of the lines as claimed. */
export const totalsAreSums: ClaimRule = {
  id: 'INT-03',
  version: 1,
  on: 'claim',
  propose({ claim, day }) {
    const sums = claimedTotals(claim.lines)
    const differing = totalFields.filter(([key]) => claim.totals[key as keyof Totals] !== sums[key as keyof Totals])
    if (differing.length === 0) return undefined
    return differing.map(([key, field]): Proposal => {
      const rounding = Math.abs(claim.totals[key] - sums[key]) <= day.amountTolerance
      return {
        code: rounding ? 'rounding' : 'total_differs',
        severity: rounding ? 'warn' : 'pend',
        inputs: { field, claimed: formatMoney(claim.totals[key]), computed: formatMoney(sums[key]) },
      }
    })
  },
}

/** Care types whose `NGAY_RA` is the last day of drug use and may lie after payment. */
const endsWithDrugUse = new Set(['02', '05', '07'])

/** INT-04, the header: birth ≤ in ≤ out ≤ paid. */
export const visitTimesInOrder: ClaimRule = {
  id: 'INT-04',
  version: 1,
  on: 'claim',
  propose({ claim, lines }) {
    const found: Proposal[] = []
    const order = (earlier: string, first: string | undefined, later: string, second: string | undefined) => {
      if (first === undefined || second === undefined || first <= second) return
      found.push({ code: 'out_of_order', severity: 'pend', inputs: { earlier, earlierAt: first, later, laterAt: second } })
    }
    order('NGAY_SINH', claim.patient.birthDate, 'NGAY_VAO', claim.arrivedAt.slice(0, claim.patient.birthDate.length))
    order('NGAY_VAO', claim.arrivedAt, 'NGAY_RA', claim.endedAt)
    if (!endsWithDrugUse.has(claim.careType)) order('NGAY_RA', claim.endedAt, 'NGAY_TTOAN', claim.paidAt)
    for (const line of lines) found.push(...lineTimes(line, claim.arrivedAt, claim.endedAt))
    return found.length === 0 ? undefined : found
  },
}

const inOrderTimes: readonly Proposal[] = []
function lineTimes(state: LineState, arrivedAt: string, endedAt: string): readonly Proposal[] {
  const { orderedAt, performedAt } = state.line
  const early = orderedAt !== undefined && orderedAt < arrivedAt
  const reversed = orderedAt !== undefined && performedAt !== undefined && performedAt < orderedAt
  const late = (performedAt ?? orderedAt ?? arrivedAt) > endedAt
  if (!early && !reversed && !late) return inOrderTimes
  const found: Proposal[] = []
  const lines = [state]
  if (early) found.push({ code: 'ordered_before_arrival', severity: 'warn', lines, inputs: { orderedAt, arrivedAt } })
  if (reversed) {
    const inputs = { earlier: 'NGAY_YL', earlierAt: orderedAt, later: 'NGAY_TH_YL', laterAt: performedAt }
    found.push({ code: 'out_of_order', severity: 'pend', lines, inputs })
  }
  if (late) {
    const [earlier, earlierAt] = performedAt === undefined ? ['NGAY_YL', orderedAt!] : ['NGAY_TH_YL', performedAt]
    found.push({
      code: 'out_of_order',
      severity: 'pend',
      lines,
      inputs: { earlier, earlierAt, later: 'NGAY_RA', laterAt: endedAt },
    })
  }
  return found
}

/** INT-07: sent after the visit and in time. */
export const sentInTime: ClaimRule = {
  id: 'INT-07',
  version: 1,
  on: 'claim',
  propose({ claim, facts: { receivedOn }, day, endedOn }) {
    if (receivedOn > day.filingDeadline)
      return { code: 'late', severity: 'warn', inputs: { receivedOn, deadline: day.filingDeadline } }
    if (receivedOn < endedOn && !endsWithDrugUse.has(claim.careType))
      return { code: 'early', severity: 'warn', inputs: { receivedOn, endedOn } }
    return undefined
  },
}

/** INT-09: codes exist on the date that selects their list. */
export const codesExist: ClaimRule = {
  id: 'INT-09',
  version: 1,
  on: 'claim',
  propose(context) {
    const { claim, endedOn, rulebook, lines } = context
    const found: Proposal[] = []
    const unknown = (list: string, field: string, code: string | undefined, of?: LineState) => {
      if (code === undefined || code === '' || valueOn(rulebook.codes.get(list)?.get(code), endedOn)) return
      found.push({ code: 'code_unknown', severity: 'pend', inputs: { field, code, on: endedOn }, ...(of ? { lines: [of] } : {}) })
    }
    unknown('care_type', 'MA_LOAI_KCB', claim.careType)
    unknown('sex', 'GIOI_TINH', claim.patient.sex)
    unknown('treatment_result', 'KET_QUA_DTRI', claim.outcome)
    unknown('discharge_type', 'MA_LOAI_RV', claim.dischargeType)
    unknown('area', 'MA_KHUVUC', claim.area)
    if (valueOn(rulebook.visitCategories.get(claim.visitCategory), endedOn) === undefined) {
      found.push({
        code: 'code_unknown',
        severity: 'pend',
        inputs: { field: 'MA_DOITUONG_KCB', code: claim.visitCategory, on: endedOn },
      })
    }
    for (const state of lines) {
      unknown('cost_group', 'MA_NHOM', state.line.costGroup, state)
      unknown('scope', 'PHAM_VI', state.line.scope, state)
      unknown('payment_method', 'MA_PTTT', state.line.paymentMethod, state)
      unknown('funding_source', 'NGUON_CTRA', state.line.fundingSource, state)
    }
    found.push(...unknownCardGroups(context))
    return found.length === 0 ? undefined : found
  },
}

function unknownCardGroups({ cards, rulebook, arrivedOn }: Context): readonly Proposal[] {
  return cards
    .filter(({ cardNumber }) => cardNumber.length === 15)
    .map(({ cardNumber }) => cardNumber.slice(0, 2))
    .filter((group) => valueOn(rulebook.cardGroups.get(group), arrivedOn) === undefined)
    .map((group) => ({ code: 'code_unknown', severity: 'pend', inputs: { field: 'MA_THE_BHYT', code: group, on: arrivedOn } }))
}
