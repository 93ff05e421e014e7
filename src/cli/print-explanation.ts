import type {
  BenefitExplained,
  ChangeOffered,
  ClaimAmounts,
  DecisionExplained,
  Explanation,
  LineAmountsText,
  LineExplained,
  NoteExplained,
  Step,
  Text,
} from '../domain/explanation.ts'
import { changeText, decimalText, rulesByBasis } from '../domain/explanation-text.ts'
import type { Language } from './print-check.ts'
import { createPaper, type Paper } from './text-paper.ts'

const words = {
  vi: {
    visit: 'Đợt khám',
    version: 'phiên bản',
    superseded: (version: number) => `đã được thay bằng phiên bản ${version}`,
    outcome: {
      accept: 'CHẤP NHẬN',
      adjust: 'ĐIỀU CHỈNH',
      pend: 'CHỜ XEM XÉT',
      deny: 'TỪ CHỐI',
      held: 'ĐANG GIỮ LẠI',
    },
    severity: { info: '', warn: 'lưu ý', pend: 'chờ', reduce: 'giảm', deny: 'từ chối' },
    claimed: 'đề nghị',
    decided: 'quyết định',
    difference: 'chênh',
    same: 'như đề nghị',
    byRule: 'Từ đề nghị đến quyết định, theo quy tắc (quỹ trả)',
    benefit: (rate: string, card: string) => `Mức hưởng ${rate} % · thẻ ${card}`,
    whole: 'Về cả hồ sơ',
    shadow: 'Quy tắc đang chạy thử (không có hiệu lực)',
    lines: 'Từng dòng',
    todo: 'Cần làm gì',
    again: 'Đã thử lại',
    basis: 'Căn cứ',
    bearer: { provider: 'cơ sở chịu', patient: 'người bệnh chịu', fund: 'quỹ chịu' },
    also: 'không đổi thêm số tiền nào',
    by: { facility: 'cơ sở', insurer: 'cơ quan BHXH', gateway: 'đơn vị vận hành cổng' },
    follows: (count: number) => `${count} số tiền tính theo (xem --json)`,
    rulebook: 'bộ quy tắc',
    fields: {
      T_BHTT: 'Quỹ trả',
      T_BNCCT: 'Cùng chi trả',
      T_BNTT: 'Tự trả',
      T_NGUONKHAC: 'Nguồn khác',
      T_TONGCHI_BV: 'Tổng chi phí',
      T_TONGCHI_BH: 'Trong bảo hiểm',
      THANH_TIEN_BV: 'Tổng (BV)',
      THANH_TIEN_BH: 'Trong BH',
    },
  },
  en: {
    visit: 'Visit',
    version: 'version',
    superseded: (version: number) => `superseded by version ${version}`,
    outcome: { accept: 'ACCEPTED', adjust: 'ADJUSTED', pend: 'WAITS FOR REVIEW', deny: 'DENIED', held: 'HELD' },
    severity: { info: '', warn: 'warning', pend: 'waits', reduce: 'reduced', deny: 'denied' },
    claimed: 'claimed',
    decided: 'decided',
    difference: 'difference',
    same: 'as claimed',
    byRule: 'From claimed to decided, by rule (the fund pays)',
    benefit: (rate: string, card: string) => `Benefit rate ${rate} % · card ${card}`,
    whole: 'About the claim as a whole',
    shadow: 'Rules on trial (without effect)',
    lines: 'Line by line',
    todo: 'What to do',
    again: 'Decided again',
    basis: 'Legal basis',
    bearer: { provider: 'borne by the hospital', patient: 'borne by the patient', fund: 'borne by the fund' },
    also: 'changes no amount of its own',
    by: { facility: 'the hospital', insurer: 'the insurer', gateway: 'the operator of the gateway' },
    follows: (count: number) => `${count} amount${count === 1 ? '' : 's'} follow (see --json)`,
    rulebook: 'rulebook',
    fields: {
      T_BHTT: 'The fund pays',
      T_BNCCT: 'Co-pay',
      T_BNTT: 'Own payment',
      T_NGUONKHAC: 'Other sources',
      T_TONGCHI_BV: 'All costs',
      T_TONGCHI_BH: 'Insured',
      THANH_TIEN_BV: 'Total (BV)',
      THANH_TIEN_BH: 'Insured',
    },
  },
} as const
type Words = (typeof words)[Language]

interface Voice {
  readonly say: Words
  readonly language: Language
  readonly text: (text: Text) => string
  readonly money: (plain: string) => string
  readonly change: (plain: string) => string
}

/**
 * An explanation for a terminal: what was decided, how each amount came about, and what to do.
 * @param width columns; amounts that do not fit are left out, what the fund pays last
 */
export function describeExplanation(explanation: Explanation, language: Language, width: number): string {
  const voice: Voice = {
    say: words[language],
    language,
    text: (text) => text[language],
    money: (plain) => decimalText(plain, language),
    change: (plain) => changeText(plain, language),
  }
  const paper = createPaper(width)
  head(explanation, voice, paper)
  const { decision } = explanation
  if (decision !== undefined) {
    totals(decision, voice, paper)
    byRule(decision, voice, paper)
    benefit(decision.benefit, voice, paper)
    notes(voice.say.whole, decision.notes, voice, paper)
    notes(voice.say.shadow, decision.shadow ?? [], voice, paper)
    lineByLine(decision.lines, voice, paper)
    todo(decision, voice, paper)
    bases(decision, voice, paper)
    const { version, sha256 } = decision.rulebook
    paper.line('')
    paper.line(
      `${voice.say.rulebook} ${version} (${sha256.slice(0, 12)}…) · ${voice.say.decided} ${decision.sha256.slice(0, 12)}…`,
    )
  }
  return paper.text()
}

function notes(heading: string, said: readonly NoteExplained[], { say, text }: Voice, paper: Paper): void {
  if (said.length === 0) return
  paper.heading(heading)
  for (const { rule, severity, message, lines = [] } of said) {
    const places = lines.map(({ table, stt }) => `${table}/${stt}`).join(', ')
    paper.item([rule, say.severity[severity], places].filter((part) => part !== '').join(' '), text(message))
  }
}

function head(explanation: Explanation, { say, text }: Voice, paper: Paper): void {
  const { encounterId, version, claimId, current, currentVersion, summary, decision } = explanation
  const place = [`${say.visit} ${encounterId}`, `${say.version} ${version}`, claimId].join(' · ')
  paper.box([
    `[${say.outcome[decision?.outcome ?? 'held']}]  ${place}`,
    ...(current ? [] : [say.superseded(currentVersion)]),
    text(summary),
    ...(decision?.derivation.message === undefined ? [] : [text(decision.derivation.message)]),
  ])
}

const TOTALS = [
  'T_BHTT',
  'T_BNCCT',
  'T_BNTT',
  'T_NGUONKHAC',
  'T_TONGCHI_BV',
  'T_TONGCHI_BH',
] as const satisfies readonly (keyof ClaimAmounts)[]

function totals({ claimed, decided }: DecisionExplained, { say, money, change }: Voice, paper: Paper): void {
  const rows = TOTALS.map((field) => {
    const difference = (Number(decided[field]) - Number(claimed[field])).toFixed(2)
    return { label: say.fields[field], cells: [money(claimed[field]), money(decided[field]), change(difference)] }
  })
  paper.table(['', say.claimed, say.decided, say.difference], rows, [0, 1, 2])
}

function byRule({ rules }: DecisionExplained, { say, text, change, money }: Voice, paper: Paper): void {
  const moving = rules.filter(({ change: { T_BHTT } }) => change(T_BHTT) !== '')
  if (moving.length === 0) return
  paper.heading(say.byRule)
  for (const { rule, name, change: moved, after } of moving) {
    paper.item(rule, `${change(moved.T_BHTT)} → ${money(after.T_BHTT)}  ${text(name)}`)
  }
}

function benefit({ rates, claim }: BenefitExplained, { say, text }: Voice, paper: Paper): void {
  for (const { rate, card, from, to, how } of rates) {
    paper.heading(`${say.benefit(rate, card)} · ${from} – ${to}`)
    for (const { rule, message } of how) paper.item(rule, text(message))
  }
  for (const { rule, message } of claim) paper.item(rule, text(message))
}

const FIELDS = ['THANH_TIEN_BV', 'THANH_TIEN_BH', 'T_BHTT', 'T_BNCCT', 'T_BNTT', 'T_NGUONKHAC'] as const
/** Which amounts are kept where the terminal is narrow, dearest first. */
const KEPT = [2, 3, 4, 0, 1, 5]

function lineByLine(lines: readonly LineExplained[], voice: Voice, paper: Paper): void {
  const { say } = voice
  if (lines.length === 0) return
  paper.heading(say.lines)
  const rows = lines.flatMap((line) => lineRows(line, voice))
  paper.table(['', ...FIELDS.map((field) => say.fields[field])], rows, KEPT)
}

type Row = Parameters<Paper['table']>[1][number]

function lineRows(line: LineExplained, voice: Voice): readonly Row[] {
  const { say, text, money } = voice
  const place = `${line.table}/${line.stt}`
  const name = [line.code, line.name].filter((part) => part !== undefined).join(' ')
  const cells = (amounts: LineAmountsText) => FIELDS.map((field) => money(amounts[field]))
  const steps = line.steps.filter((step) => isMoving(step) || step.severity !== 'info' || step.effect !== undefined)
  if (steps.length === 0) return [{ label: place, cells: cells(line.decided), under: [`${name} · ${say.same}`] }]
  return [
    { label: place, cells: [], beside: name },
    { label: `  ${say.claimed}`, cells: cells(line.claimed) },
    ...steps.map((step) => stepRow(step, voice)),
    { label: `  ${say.decided}`, cells: cells(line.decided), under: line.arithmetic.map(text) },
  ]
}

function stepRow(step: Step, { say, text, change }: Voice): Row {
  const { effect, severity, rule, message } = step
  const moved = isMoving(step)
  const bearer = effect && moved ? ` · ${say.bearer[effect.bearer]}` : ''
  const also = !moved && (severity === 'reduce' || severity === 'deny') ? ` (${say.also})` : ''
  return {
    label: `  ${[rule, say.severity[severity]].filter((part) => part !== '').join(' ')}`,
    cells: FIELDS.map((field) => change(step.change[field])),
    under: [
      text(message) + also,
      ...(effect === undefined ? [] : [`${effect.field}: ${effect.before} → ${effect.after}${bearer}`]),
    ],
  }
}
const isMoving = ({ change }: Step): boolean => FIELDS.some((field) => Number(change[field]) !== 0)

function todo({ changes, open }: DecisionExplained, { say, text }: Voice, paper: Paper): void {
  if (changes.length === 0 && open.length === 0) return
  paper.heading(say.todo)
  for (const [index, change] of changes.entries()) {
    paper.item(`${index + 1}.`, text(change.message))
    const [wanted, following] = [change.edits.filter(({ follows }) => !follows), change.edits.filter(({ follows }) => follows)]
    if (wanted.length > 1) for (const edit of wanted) paper.line(`     ${editText(edit)}`)
    if (following.length > 0) paper.line(`     ${say.follows(following.length)}`)
    paper.line(`     ${say.again}: ${say.outcome[change.result.outcome]}, T_BHTT ${change.result.T_BHTT}`)
  }
  for (const { rule, message, by, advice } of open) paper.item(rule, `${text(message)} → ${say.by[by]}: ${text(advice)}`)
}

function editText({ table, stt, field, from, to }: ChangeOffered['edits'][number]): string {
  return `${stt === undefined ? table : `${table}/${stt}`} ${field}: ${from === '' ? '–' : from} → ${to}`
}

function bases(decision: DecisionExplained, { say, language }: Voice, paper: Paper): void {
  const found = rulesByBasis(decision, language)
  if (found.length > 0) paper.heading(say.basis)
  for (const { text, rules } of found) paper.item('·', `${text} (${rules.join(', ')})`)
}
