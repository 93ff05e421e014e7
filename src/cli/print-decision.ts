import type { BasisText } from '../domain/explanation.ts'
import { basisText } from '../domain/explanation-text.ts'
import { table } from './output.ts'

/** The parts of the contract's answer that people are shown. */
export interface ShownAnswer {
  readonly claimId: string
  readonly encounterId: string
  readonly version: number
  readonly status: string
  readonly replayed?: boolean
  readonly current?: boolean
  readonly currentVersion?: number
  readonly heldReason?: string
  readonly decision?: ShownDecision
}
export interface ShownDecision {
  readonly outcome: string
  readonly claimed: Readonly<Record<string, string>>
  readonly decided: Readonly<Record<string, string>>
  readonly benefits: readonly {
    readonly rate: string
    readonly cardRate: string
    readonly routeRate: string
    readonly rules: readonly string[]
  }[]
  readonly lines: readonly ShownLine[]
  readonly findings: readonly ShownFinding[]
  readonly rulebook: { readonly version: string }
  readonly sha256: string
}
interface ShownLine {
  readonly table: string
  readonly stt: number
  readonly decided: Readonly<Record<string, string>>
  readonly findings: readonly number[]
}
interface ShownFinding {
  readonly rule: string
  readonly severity: string
  readonly lines: readonly { readonly table: string; readonly stt: number }[]
  readonly effect?: { readonly field: string; readonly before: string; readonly after: string; readonly money: string }
  readonly legalBasis: readonly BasisText[]
  readonly message: { readonly vi: string; readonly en: string }
}

/** In the order in which people read them: what the fund pays, what the patient pays, then the sums. */
const TOTALS: readonly (readonly [string, string])[] = [
  ['T_BHTT', 'the fund pays'],
  ['T_BNCCT', "patient's co-pay"],
  ['T_BNTT', 'patient pays outside insurance'],
  ['T_NGUONKHAC', 'other sources'],
  ['T_TONGCHI_BV', 'all costs, hospital prices'],
  ['T_TONGCHI_BH', 'all costs, insured prices'],
  ['T_THUOC', 'drugs'],
  ['T_VTYT', 'supplies'],
  ['T_BHTT_GDV', 'the fund pays, fee for service'],
]

/** One decision for people: claim, outcome, the amounts as claimed and decided, then the reasons with their law. */
export function describeAnswer(answer: ShownAnswer): string {
  const head = `${answer.claimId}  ${answer.encounterId}  version ${answer.version}${answer.replayed ? '  (replayed)' : ''}${
    answer.current === false ? `  (superseded by version ${answer.currentVersion})` : ''
  }`
  const { decision } = answer
  if (!decision) return `${head}\n  ${answer.status}${answer.heldReason ? `: ${answer.heldReason}` : ''}`
  const amounts = table(
    ['field', 'meaning', 'claimed', 'decided'],
    TOTALS.map(([field, meaning]) => [field, meaning, decision.claimed[field] ?? '', decision.decided[field] ?? '']),
  )
  return [
    head,
    `  outcome: ${decision.outcome}   rulebook ${decision.rulebook.version}   decision ${decision.sha256.slice(0, 16)}…`,
    ...decision.benefits.map(
      ({ rate, cardRate, routeRate, rules }) =>
        `  benefit rate ${rate} % = card ${cardRate} % × route ${routeRate} %  (${rules.join(', ')})`,
    ),
    ...amounts.split('\n').map((line) => `  ${line}`),
    ...(decision.findings.length === 0 ? ['  no findings'] : decision.findings.flatMap(describeFinding)),
  ].join('\n')
}

function describeFinding({ rule, severity, lines, effect, legalBasis, message }: ShownFinding): string[] {
  const where = lines.length === 0 ? '' : ` ${lines.map(({ table: name, stt }) => `${name}#${stt}`).join(', ')}`
  const money = effect ? `  ${effect.field} ${effect.before} → ${effect.after} (fund ${effect.money})` : ''
  const law = legalBasis.map((basis) => basisText(basis, 'vi')).join('; ')
  return [
    `  ${severity.padEnd(6)} ${rule}${where}${money}`,
    `         ${message.vi}`,
    `         ${message.en}`,
    `         ${law}`,
  ]
}
