import type { Claim, ClaimLine } from '../../src/domain/claim.ts'
import type { Decision, LineRef } from '../../src/domain/decision.ts'
import { formatMoney, formatRate, type Milli, type RateBp, smaller, zero } from '../../src/domain/money.ts'
import { makeLine, totalsOf } from '../support/make-claim.ts'
import { byTheFormulaOf } from './any-lines.ts'

/**
 * The claim that a hospital would send after it has read the decision: lines that anything speaks against are left out, the rest carry the
 * decided rate and the amounts that follow from it. Several rounds, since a change may bring another rule about.
 */
export function asDecided(claim: Claim, decide: (claim: Claim) => Decision, rounds = 4): Claim {
  let corrected = claim
  for (let round = 0; round < rounds; round++) corrected = correct(corrected, decide(corrected))
  return corrected
}

const keyOf = ({ table, stt }: LineRef): string => `${table} ${stt}`

function correct(claim: Claim, { findings, benefits }: Decision): Claim {
  const against = new Set(
    findings.flatMap(({ severity, lines, rule, effect }) =>
      severity === 'info' || severity === 'warn' || effect?.field === 'MUC_HUONG' || rule === 'INT-02' ? [] : lines.map(keyOf),
    ),
  )
  const lines = claim.lines
    .filter((line) => !against.has(keyOf(line)))
    .map((line) => {
      const on = (line.orderedAt ?? claim.arrivedAt).slice(0, 10)
      const benefit = benefits.find(({ from, to }) => from <= on && on <= to) ?? benefits[0]
      return byTheFormulaOf(claim.endedAt, written(line, benefit?.rateBp ?? line.benefitRateBp))
    })
  return { ...claim, lines, totals: totalsOf(lines), rowCounts: { XML1: 1, XML3: lines.length } }
}

/** The line with its amounts by its own factors. */
function written(line: ClaimLine, rate: RateBp): ClaimLine {
  const text = (milli: Milli) => `${Math.floor(milli / 1000)}.${String(milli % 1000).padStart(3, '0')}`
  const insured = smaller(line.unitPriceInsuredMilli, line.unitPriceHospitalMilli)
  const { amounts } = makeLine({
    table: line.table,
    quantity: text(line.quantityMilli),
    price: text(line.unitPriceHospitalMilli),
    insuredPrice: text(insured),
    scope: line.scope,
    serviceRate: formatRate(line.serviceRateBp),
    listRate: formatRate(line.insuredRateBp),
    rate: formatRate(rate),
  })
  return {
    ...line,
    unitPriceInsuredMilli: insured,
    benefitRateBp: rate,
    amounts,
    otherSourceParts: { stateBudget: zero, foreignAid: zero, domesticAid: zero, rest: zero },
  }
}

/** For the print of a failing case. */
export const shortly = ({ outcome, findings, claimed, decided }: Decision): string =>
  `${outcome} ${formatMoney(claimed.fundPays)} → ${formatMoney(decided.fundPays)} ${findings.map(({ rule, severity, lines }) => `${rule} ${severity} ${lines.map(keyOf).join()}`).join('; ')}`
