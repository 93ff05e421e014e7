import type { CheckInReason } from './check-in.ts'

const text = (vi: string, en: string) => ({ vi, en })

/** Why a check-in is not plainly admitted, beside the reasons of a chip. No text holds anything of the person. */
export const REASONS = {
  token_unreadable: text('Mã định danh điện tử không đọc được', 'The token of the digital identity cannot be read'),
  token_issuer: text('Bên cấp mã định danh điện tử không được tin cậy', 'The issuer of the token is not trusted'),
  token_no_keys: text(
    'Chưa có khóa của bên cấp mã định danh trong kho tin cậy',
    'The trust store has no keys of this kind of issuer',
  ),
  token_signature: text('Chữ ký của mã định danh điện tử không đúng', 'The signature of the token does not verify'),
  token_expired: text(
    'Mã định danh điện tử đã hết hạn: mở ứng dụng và hiện mã mới',
    'The token has expired: open the app and show a new one',
  ),
  token_claims: text('Mã định danh điện tử thiếu hoặc sai nội dung', 'The token lacks content or says what it may not'),
  token_used: text('Mã định danh điện tử đã được dùng', 'The token was used before'),
  token_use_not_checked: text('Chưa kiểm tra được mã đã dùng hay chưa', 'Whether the token was used before could not be checked'),
  person_mismatch: text(
    'Người trước quầy không phải người trên giấy tờ',
    'The person at the desk is not the one on the evidence',
  ),
  attested: text('Nhân viên xác nhận, cần bổ sung giấy tờ sau', 'Attested by staff; evidence is to follow'),
  name_near: text(
    'Họ tên gần giống: chỉ khác dấu, thứ tự hoặc chữ đệm',
    'The name is nearly the same: marks, order or a middle name differ',
  ),
  name_family: text('Họ không khớp dữ liệu', 'The family name differs from the register'),
  name_middle: text('Chữ đệm không khớp dữ liệu', 'The middle name differs from the register'),
  name_given: text('Tên không khớp dữ liệu', 'The given name differs from the register'),
  birth_date: text('Ngày sinh không khớp dữ liệu', 'The birth date differs from the register'),
  other_person: text(
    'Họ tên và ngày sinh đều không khớp: là người khác',
    "Name and birth date both differ: another person's number",
  ),
  not_enough: text('Cần số thẻ, họ tên và ngày sinh', 'Card number, name and birth date are needed'),
  not_covered: text(
    'Theo dữ liệu thẻ mới nhất, hôm nay không có thẻ BHYT còn hiệu lực',
    'By the newest register there is no cover on this day',
  ),
  register_unavailable: text(
    'Chưa tra cứu được dữ liệu thẻ, lỗi phía hệ thống',
    'The register could not be asked: a fault on our side',
  ),
  register_stale: text(
    'Dữ liệu thẻ là bản lưu cũ, sẽ kiểm tra lại',
    'The answer is from the last copy and will be checked again',
  ),
  not_recorded: text('Chưa ghi nhận được lượt tiếp đón: hãy gửi lại', 'The check-in could not be recorded yet: send it again'),
  offline: text('Tiếp đón khi mất kết nối, sẽ đối chiếu', 'Checked in while offline; it will be reconciled'),
} as const
export type ReasonCode = keyof typeof REASONS

/** What the desk can do instead of sending somebody away. */
export const OFFERS = {
  other_evidence: text(
    'Dùng giấy tờ khác: VNeID, VssID hoặc thẻ BHYT giấy',
    'Use other evidence: VNeID, VssID or the printed card',
  ),
  desk: text('Mời tới quầy để nhân viên đối chiếu giấy tờ', 'Go to the desk: staff compare the papers'),
  self_pay: text(
    'Vẫn được khám: tự chi trả, thanh toán trực tiếp sau nếu có thẻ',
    'Care goes on: self-paid, reimbursed later if there is cover',
  ),
  emergency: text('Cấp cứu: được tiếp nhận ngay, bổ sung giấy tờ sau', 'An emergency is taken at once; papers may follow'),
} as const
export type OfferCode = keyof typeof OFFERS

export const reasonOf = (code: ReasonCode): CheckInReason => ({ code, message: REASONS[code] })
export const offerOf = (code: OfferCode): CheckInReason => ({ code, message: OFFERS[code] })
