import type { Decision, Finding } from '../../domain/decision.ts'
import type { ChangeOffered, OpenMatter } from '../../domain/explanation.ts'
import type { Rulebook, RuleCard } from '../../domain/rulebook.ts'
import { wordingOf } from '../adjudicate.ts'
import { ruleErrorCode } from '../stages/merge.ts'
import { codesInForce } from './candidates.ts'
import { say } from './words.ts'

type Advice = Pick<OpenMatter, 'by' | 'advice'>

/** Open matters told; the decision itself has every finding. */
const mattersMax = 1_000

/** What pends, reduces or denies and is settled by no change of the file: who settles it, and by what. */
export function openMatters(
  { findings }: Decision,
  changes: readonly ChangeOffered[],
  rulebook: Rulebook,
): readonly OpenMatter[] {
  const settled = new Set(changes.flatMap((change) => change.findings))
  const open = findings.flatMap((finding, at) => {
    const { severity } = finding
    return settled.has(at) || (severity !== 'pend' && severity !== 'reduce' && severity !== 'deny') ? [] : [at]
  })
  const groups = Map.groupBy(open, (at) => `${findings[at]!.rule} ${findings[at]!.severity} ${findings[at]!.message.en}`)
  return [...groups.values()].slice(0, mattersMax).map((group) => {
    const finding = findings[group[0]!]!
    const card = rulebook.rules.get(finding.rule)
    const { by, advice } = adviceOn(finding, card === undefined ? undefined : codeOf(finding, card), rulebook)
    return { findings: group, rule: finding.rule, severity: finding.severity, by, message: finding.message, advice }
  })
}

/** Which of its rule's wordings a finding has. */
function codeOf({ message, inputs }: Finding, card: RuleCard): string {
  for (const code of card.messages.keys()) {
    const wording = wordingOf(card, code, inputs)
    if (wording.vi === message.vi && wording.en === message.en) return code
  }
  return ruleErrorCode
}

const registers: ReadonlySet<string> = new Set(['register_unavailable', 'register_older', 'register_empty'])

function adviceOn(finding: Finding, code: string | undefined, rulebook: Rulebook): Advice {
  if (code === ruleErrorCode) return ofFault
  if (code !== undefined && registers.has(code)) return ofRegister
  if (finding.rule === 'INT-09') return ofCode(finding, rulebook)
  return byRule[`${finding.rule}.${code}`] ?? byRule[finding.rule] ?? byFamily[finding.rule.slice(0, 3)] ?? ofReview
}

const CODES_NAMED_MAX = 25

function ofCode({ inputs }: Finding, rulebook: Rulebook): Advice {
  const known = codesInForce({ rulebook }, inputs['field'] ?? '', inputs['on'] ?? '')
  const codes = known.slice(0, CODES_NAMED_MAX).join(', ') + (known.length > CODES_NAMED_MAX ? ' …' : '')
  if (known.length === 0) return facility('Chọn mã có trong danh mục hiện hành.', 'Choose a code that is in the list in force.')
  return {
    by: 'facility',
    advice: say('Chọn một trong các mã hiện hành: {codes}.', 'Choose one of the codes in force: {codes}.', { codes }),
  }
}

const facility = (vi: string, en: string): Advice => ({ by: 'facility', advice: { vi, en } })
const insurer = (vi: string, en: string): Advice => ({ by: 'insurer', advice: { vi, en } })

const ofFault: Advice = {
  by: 'gateway',
  advice: {
    vi: 'Lỗi của bộ giám định, không phải của hồ sơ; đơn vị vận hành sẽ xử lý.',
    en: 'A fault of the engine and not of the claim; the operator settles it.',
  },
}
const ofRegister: Advice = {
  by: 'gateway',
  advice: {
    vi: 'Không cần sửa hồ sơ. Khi dữ liệu đã được cập nhật, gửi lại phiên bản có nội dung đầy đủ hoặc chờ người xem xét.',
    en: 'The claim needs no change. Once the register is up to date a reviewer settles it.',
  },
}
const ofReview = insurer(
  'Người giám định xem xét; chuẩn bị hồ sơ bệnh án có liên quan.',
  'A reviewer looks at it; have the medical record at hand.',
)

const ofTimes = facility(
  'Đối chiếu với bệnh án, phiếu y lệnh và chứng từ thanh toán. Chỉ sửa khi nhập sai so với bản gốc; không sửa cho khớp.',
  'Compare with the medical record, the order and the receipt. Change it only where it was typed wrongly; never to make it fit.',
)
const ofSlip = facility(
  'Giấy chuyển tuyến hoặc giấy hẹn khám lại giải quyết việc này: kiểm tra số giấy và nơi cấp; nếu không có giấy, mã đối tượng phải theo thực tế.',
  'The transfer or re-visit slip settles it: check its number and who signed it; without a slip the visit category follows the facts.',
)

/** By rule and code, or by rule. */
const byRule: Readonly<Record<string, Advice>> = {
  'INT-01': facility(
    'Kiểm tra từng dòng thuộc đợt khám nào; đánh số lại các dòng trùng STT.',
    'See to which visit each row belongs; number rows again where a number stands twice.',
  ),
  'INT-02': facility(
    'Tính lại số lượng × đơn giá × tỷ lệ của dòng và sửa nơi nhập sai.',
    'Compute quantity × price × rates of the line again and correct what was typed wrongly.',
  ),
  'INT-03': facility('Cộng lại các dòng và sửa tổng.', 'Sum the lines again and correct the total.'),
  'INT-04': ofTimes,
  'ELG-05': facility(
    'Đối chiếu thẻ và căn cước của người bệnh; sửa nếu nhập sai. Nếu giấy tờ đúng, đề nghị cơ quan BHXH sửa dữ liệu thẻ.',
    'Compare with the card and the citizen card; correct what was typed wrongly. If the papers are right, ask the insurer to correct the register.',
  ),
  'ELG-02': facility(
    'Kiểm tra người bệnh có thẻ khác còn hạn vào ngày đó không; nếu có, ghi thẻ ấy.',
    'See whether the patient has another card that was valid on that day; if so, name it.',
  ),
  'ELG-03': facility(
    'Kiểm tra người bệnh đã gia hạn thẻ chưa; nếu có thẻ mới, ghi thêm thẻ ấy.',
    'See whether the card was renewed; if there is a new card, name it too.',
  ),
  'ELG-08': insurer(
    'Ngày tử vong trong dữ liệu cần đối chiếu với giấy báo tử và bệnh án.',
    'The recorded date of death is compared with the death notice and the medical record.',
  ),
  'BEN-05': facility(
    'Ghi chú cấp cứu (GHI_CHU) hoặc diễn biến của bác sĩ (XML5) đã có trong bệnh án thì gửi kèm.',
    "Where the record has the doctor's note of the emergency, send it along (GHI_CHU or XML5).",
  ),
  'BEN-03': ofSlip,
  'BEN-06': ofSlip,
  'BEN-07': ofSlip,
  'BEN-08': facility('Giấy xác nhận tạm trú giải quyết việc này.', 'The declaration of temporary residence settles it.'),
  'BEN-12': insurer(
    'Đối chiếu số cùng chi trả trong năm và giấy miễn cùng chi trả với dữ liệu của cơ quan BHXH.',
    "The co-pay counted this year and the exemption are compared with the insurer's data.",
  ),
  'BEN-15': facility(
    'Kiểm tra số tiền nguồn khác của dòng: không thể lớn hơn chi phí.',
    "Check the line's money of other sources: it cannot be above its cost.",
  ),
  'DUP-02': insurer(
    'Phiên bản mới đề nghị nhiều hơn: giải thích lý do sửa với người giám định.',
    'The new version claims more: tell the reviewer why it was corrected.',
  ),
  'PRV-04': insurer(
    'Hợp đồng khám chữa bệnh BHYT của cơ sở vào ngày đó cần được cơ quan BHXH xác nhận.',
    "The insurer confirms whether the facility's contract covers that day.",
  ),
}

const byFamily: Readonly<Record<string, Advice>> = {
  INT: facility('Kiểm tra và sửa nơi nhập sai.', 'Check it and correct what was typed wrongly.'),
  ELG: insurer(
    'Đối chiếu thẻ hoặc số định danh với dữ liệu của cơ quan BHXH; nếu nhập sai số thẻ thì sửa.',
    "Compare card or personal number with the insurer's data; correct the number if it was typed wrongly.",
  ),
  DUP: insurer(
    'Bệnh án và giấy ra viện của cả hai đợt cho biết đợt nào đúng.',
    'The records and discharge papers of both visits tell which is right.',
  ),
  BEN: insurer('Người giám định xem xét mức hưởng.', 'A reviewer settles the benefit rate.'),
  CAT: facility(
    'Kiểm tra mã với danh mục đã được duyệt của cơ sở vào ngày y lệnh. Nếu mã đúng mà danh mục thiếu, đề nghị cơ quan BHXH bổ sung danh mục.',
    "Check the code against the facility's approved list on the day of the order. If the code is right and the list lacks it, ask the insurer to complete the list.",
  ),
  PRC: facility(
    'Kiểm tra đơn giá, số lượng, tỷ lệ với danh mục và quy định; nếu danh mục sai, đề nghị cơ quan BHXH cập nhật.',
    'Check price, quantity and rate against the list and the rule; if the list is wrong, ask the insurer to update it.',
  ),
  PRV: facility(
    'Kiểm tra mã người hành nghề và đăng ký hành nghề tại cơ sở vào ngày đó.',
    "Check the practitioner's code and registration at the facility on that day.",
  ),
  CLN: ofReview,
  FRD: ofReview,
}
