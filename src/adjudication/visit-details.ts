import type { Claim, ClaimLine } from '../domain/claim.ts'
import type { Decision } from '../domain/decision.ts'
import type { VisitDetails } from '../domain/facts.ts'

/** Care types whose `NGAY_RA` is the last day of drug use (`rules.md` 4.1). */
const drugsForHome: ReadonlySet<string> = new Set(['02', '05', '07'])

/**
 * What a decided claim tells the claims after it. A free-text dose (`LIEU_DUNG`) says too little to compute with, so a drug's last day is known only
 * where the visit's end is it.
 */
export function visitDetailsOf(claim: Claim, decision: Decision): VisitDetails {
  const isPaid = paidLines(decision)
  const exams = claim.lines
    .filter((line) => isCountedExam(line) && isPaid(line))
    .map((line) => ({ at: timeOf(line), code: line.code, unitPriceMilli: line.unitPriceInsuredMilli }))
    .sort((a, b) => compare(a.at, b.at) || compare(a.code, b.code) || a.unitPriceMilli - b.unitPriceMilli)
  const dispensed = drugsForHome.has(claim.careType) ? claim.lines.filter((line) => line.kind === 'drug' && isPaid(line)) : []
  const until = claim.endedAt.slice(0, 10)
  return {
    category: claim.visitCategory,
    exams,
    slip: claim.referralSlip ?? null,
    supply: [...new Set(dispensed.map(({ code }) => code))].sort(compare).map((code) => ({ code, until })),
  }
}

/** An exam that the fund is asked for and whose time is known. */
export const isCountedExam = (line: ClaimLine): boolean =>
  line.kind === 'exam' && line.scope !== '2' && timeOf(line) !== '' && line.quantityMilli > 0

/** `NGAY_TH_YL`, else `NGAY_YL`; empty where neither is given. */
export const timeOf = ({ performedAt, orderedAt }: ClaimLine): string => performedAt ?? orderedAt ?? ''

/** Lines that no rule denied; one that pends counts. */
export function paidLines({ outcome, lines, findings }: Decision): (line: Pick<ClaimLine, 'table' | 'stt'>) => boolean {
  if (outcome === 'deny') return () => false
  const denied = new Set(
    lines
      .filter((line) => line.findings.some((at) => findings[at]?.severity === 'deny'))
      .map(({ table, stt }) => `${table} ${stt}`),
  )
  return ({ table, stt }) => !denied.has(`${table} ${stt}`)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
