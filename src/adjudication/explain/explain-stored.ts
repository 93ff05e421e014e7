import type { DecisionExplained, NoteExplained, Text } from '../../domain/explanation.ts'
import { maskedCard } from './explain-benefit.ts'
import { say } from './words.ts'

type Told = Omit<DecisionExplained, 'derivation' | 'rulebook' | 'engineSha256' | 'factsSha256' | 'sha256' | 'changes' | 'open'>

/** The parts of an encoded decision that are told. */
export interface StoredDecision {
  readonly outcome: DecisionExplained['outcome']
  readonly claimed: DecisionExplained['claimed']
  readonly decided: DecisionExplained['decided']
  readonly benefits: readonly {
    readonly cardNumber: string
    readonly from: string
    readonly to: string
    readonly cardRate: string
    readonly routeRate: string
    readonly rate: string
  }[]
  readonly lines: readonly {
    readonly table: 'XML2' | 'XML3'
    readonly stt: number
    readonly claimed: DecisionExplained['lines'][number]['claimed']
    readonly decided: DecisionExplained['lines'][number]['decided']
  }[]
  readonly findings: readonly (Omit<NoteExplained, 'finding'> & {
    readonly lines: readonly { table: 'XML2' | 'XML3'; stt: number }[]
  })[]
}

export const reasonTexts: Readonly<Record<NonNullable<DecisionExplained['derivation']['reason']>, Text>> = {
  void: say('Hồ sơ đã được huỷ theo yêu cầu của cơ sở.', 'The claim was withdrawn by the facility.'),
  other_engine: say(
    'Quyết định này do một phiên bản trước của bộ giám định đưa ra: dưới đây là kết luận đã lưu, không kèm từng bước tính.',
    'An earlier release of the engine made this decision: below are the findings as stored, without the steps of the computation.',
  ),
  rulebook_missing: say(
    'Không mở lại được bộ quy tắc của quyết định này: dưới đây là kết luận đã lưu, không kèm từng bước tính.',
    'The rulebook of this decision cannot be opened: below are the findings as stored, without the steps of the computation.',
  ),
  not_reproduced: say(
    'Tính lại không ra đúng quyết định đã lưu: dưới đây là kết luận đã lưu, không kèm từng bước tính; đơn vị vận hành cần kiểm tra.',
    'Deciding again did not give the stored decision: below are the findings as stored, without the steps; the operator has to look.',
  ),
}

/** What a stored decision says by itself: amounts and findings, no steps. */
export function tellStored({ outcome, claimed, decided, benefits, lines, findings }: StoredDecision): Told {
  return {
    outcome,
    claimed: sixOf(claimed),
    decided: sixOf(decided),
    rules: [],
    benefit: {
      rates: benefits.map(({ cardNumber, from, to, cardRate, routeRate, rate }) => ({
        card: maskedCard(cardNumber),
        ...{ from, to, cardRate, routeRate, rate },
        how: [],
      })),
      claim: [],
    },
    lines: lines.map((line) => ({
      table: line.table,
      stt: line.stt,
      claimed: line.claimed,
      decided: line.decided,
      arithmetic: [],
      pended: findings.some((finding) => finding.severity === 'pend' && names(finding.lines, line)),
      steps: [],
    })),
    notes: findings.map(({ rule, severity, message, legalBasis, lines: named }, finding) => ({
      ...{ rule, severity, message, legalBasis, finding },
      ...(named.length === 0 ? {} : { lines: named }),
    })),
  }
}

const sixOf = ({ T_TONGCHI_BV, T_TONGCHI_BH, T_BHTT, T_BNCCT, T_BNTT, T_NGUONKHAC }: DecisionExplained['claimed']) => ({
  ...{ T_TONGCHI_BV, T_TONGCHI_BH, T_BHTT, T_BNCCT, T_BNTT, T_NGUONKHAC },
})
const names = (lines: readonly { table: string; stt: number }[], { table, stt }: { table: string; stt: number }) =>
  lines.some((line) => line.table === table && line.stt === stt)
