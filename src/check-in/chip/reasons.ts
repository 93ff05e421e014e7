/** Which entry of the answer's `checks` a reason belongs to. */
export type CheckName = 'challenge' | 'sod' | 'chain' | 'revocation' | 'dataGroups' | 'activeAuthentication' | 'consistency'

/**
 * What a reason does to a check-in. `refuse`: proof that something is forged, altered or another's. `C1` and `C0`: something is not proven, so the
 * check-in is no better than this level. `note`: told and counted, nothing else.
 */
export type Effect = 'refuse' | 'C1' | 'C0' | 'note'

interface ReasonEntry {
  readonly check: CheckName
  readonly effect: Effect
  readonly vi: string
  readonly en: string
}

const reason = (check: CheckName, effect: Effect, vi: string, en: string): ReasonEntry => ({ check, effect, vi, en })

/** Every reason that the verifier gives. A code is never reused for something else. No text holds anything of the card. */
export const CHIP_REASONS = {
  needs_earlier_check: reason(
    'sod',
    'note',
    'Chưa xét vì bước trước không đạt',
    'Not looked at, because an earlier check did not pass',
  ),

  challenge_unknown: reason(
    'challenge',
    'refuse',
    'Thử thách không do cổng này cấp cho thiết bị này',
    'The challenge was not given to this caller by this gateway',
  ),
  challenge_used: reason('challenge', 'refuse', 'Thử thách đã được dùng', 'The challenge was used before'),
  challenge_expired: reason('challenge', 'C0', 'Thử thách đã hết hạn', 'The challenge has expired'),
  challenge_not_nonce: reason('challenge', 'refuse', 'Thử thách phải dài đúng 8 byte', 'The challenge is not 8 bytes long'),
  challenge_not_checked: reason('challenge', 'C0', 'Chưa kiểm tra thử thách', 'The challenge was not checked'),

  sod_missing: reason('sod', 'C0', 'Không có đối tượng an ninh (SOD)', 'There is no security object (SOD)'),
  sod_too_large: reason('sod', 'refuse', 'SOD lớn hơn giới hạn', 'The SOD is larger than allowed'),
  sod_trailing_bytes: reason('sod', 'refuse', 'SOD có dữ liệu thừa ở cuối', 'The SOD has bytes behind its end'),
  sod_indefinite_length: reason('sod', 'refuse', 'SOD dùng độ dài không xác định', 'The SOD uses indefinite lengths'),
  sod_length_not_minimal: reason(
    'sod',
    'refuse',
    'SOD có độ dài không mã hóa tối giản',
    'The SOD has a length that is not in its shortest form',
  ),
  sod_not_der: reason('sod', 'refuse', 'SOD không phải DER hợp lệ', 'The SOD is not well-formed DER'),
  sod_not_signed_data: reason('sod', 'refuse', 'SOD không có cấu trúc CMS SignedData', 'The SOD is not a CMS SignedData'),
  sod_content_type: reason(
    'sod',
    'refuse',
    'Nội dung được ký không phải đối tượng an ninh LDS',
    'What is signed is not an LDS security object',
  ),
  sod_content: reason('sod', 'refuse', 'Đối tượng an ninh LDS không đọc được', 'The LDS security object cannot be read'),
  sod_signers: reason('sod', 'refuse', 'SOD phải có đúng một chữ ký', 'The SOD does not have exactly one signer'),
  sod_signed_attributes_missing: reason('sod', 'refuse', 'Thiếu thuộc tính được ký', 'The signed attributes are missing'),
  sod_signed_attributes: reason(
    'sod',
    'refuse',
    'Thuộc tính được ký sai hoặc lặp',
    'The signed attributes are wrong or repeated',
  ),
  sod_unsigned_parts: reason('sod', 'refuse', 'SOD có phần không được ký bảo vệ', 'The SOD has parts that no signature covers'),
  sod_digest_algorithm: reason('sod', 'refuse', 'Thuật toán băm không được phép', 'The digest algorithm is not allowed'),
  sod_signature_algorithm: reason('sod', 'refuse', 'Thuật toán ký không được phép', 'The signature algorithm is not allowed'),
  sod_message_digest: reason('sod', 'refuse', 'Nội dung SOD đã bị thay đổi', 'The content of the SOD was changed'),
  sod_signer_certificate: reason(
    'sod',
    'refuse',
    'Thiếu hoặc không đọc được chứng thư của bên ký',
    "The signer's certificate is missing or cannot be read",
  ),
  sod_signer_mismatch: reason(
    'sod',
    'refuse',
    'Chứng thư không phải của bên ký được nêu',
    'The certificate is not that of the signer named',
  ),
  sod_signer_key: reason('sod', 'refuse', 'Khóa của bên ký không được phép', "The signer's key is of a kind that is not allowed"),
  sod_signature: reason('sod', 'refuse', 'Chữ ký của SOD không đúng', 'The signature of the SOD does not verify'),

  chain_no_root: reason(
    'chain',
    'C1',
    'Chưa có chứng thư gốc của quốc gia này trong kho tin cậy',
    'The trust store has no root of this state',
  ),
  chain_signer_unknown: reason(
    'chain',
    'refuse',
    'Bên ký không do gốc tin cậy nào cấp',
    'The signer was issued by none of the pinned roots',
  ),
  chain_signature: reason(
    'chain',
    'refuse',
    'Chứng thư của bên ký không do gốc được nêu ký',
    "The signer's certificate was not signed by the root that it names",
  ),
  chain_algorithm: reason(
    'chain',
    'refuse',
    'Thuật toán hoặc khóa trong chuỗi chứng thư không được phép',
    'An algorithm or key of the certificate chain is not allowed',
  ),
  chain_key_usage: reason(
    'chain',
    'refuse',
    'Chứng thư không được dùng để ký thẻ',
    'The certificate is not one for signing documents',
  ),
  chain_state: reason('chain', 'refuse', 'Thẻ do quốc gia khác cấp', 'The card was issued by another state'),
  chain_signer_not_valid_then: reason(
    'chain',
    'refuse',
    'Chứng thư của bên ký không có hiệu lực lúc ký',
    "The signer's certificate was not valid when the card was signed",
  ),
  chain_root_not_valid_then: reason(
    'chain',
    'refuse',
    'Chứng thư gốc không có hiệu lực lúc ký',
    'The root was not valid when the card was signed',
  ),
  chain_signed_in_future: reason('chain', 'refuse', 'Thời điểm ký nằm ở tương lai', 'The signing time lies in the future'),

  revocation_no_list: reason(
    'revocation',
    'C1',
    'Chưa có danh sách thu hồi của gốc này',
    'There is no revocation list of this root',
  ),
  revocation_stale: reason('revocation', 'C1', 'Danh sách thu hồi đã cũ', 'The revocation list is out of date'),
  revocation_revoked: reason('revocation', 'refuse', 'Chứng thư của bên ký đã bị thu hồi', "The signer's certificate is revoked"),

  group_missing: reason('dataGroups', 'C0', 'Thiếu nhóm dữ liệu bắt buộc', 'A data group that must be there is missing'),
  group_too_large: reason('dataGroups', 'refuse', 'Nhóm dữ liệu lớn hơn giới hạn', 'A data group is larger than allowed'),
  group_not_signed: reason('dataGroups', 'refuse', 'Nhóm dữ liệu không có trong SOD', 'A data group is not in the SOD'),
  group_altered: reason('dataGroups', 'refuse', 'Nhóm dữ liệu khác với bản đã ký', 'A data group differs from what was signed'),

  aa_missing: reason('activeAuthentication', 'C0', 'Chip chưa trả lời thử thách', 'The chip did not answer a challenge'),
  aa_key_missing: reason(
    'activeAuthentication',
    'C0',
    'Không có khóa của chip được ký bảo vệ (DG15)',
    'There is no signed key of the chip (DG15)',
  ),
  aa_key: reason(
    'activeAuthentication',
    'C0',
    'Khóa của chip không đọc được hoặc không được phép',
    "The chip's key cannot be read or is not allowed",
  ),
  aa_algorithm: reason(
    'activeAuthentication',
    'C0',
    'Thuật toán trả lời của chip không được phép',
    "The algorithm of the chip's answer is not allowed",
  ),
  aa_signature: reason(
    'activeAuthentication',
    'refuse',
    'Câu trả lời của chip không đúng với thử thách: có thể là chip sao chép hoặc dùng lại',
    "The chip's answer does not fit our challenge: a copy or a replay",
  ),

  consistency_unread: reason('consistency', 'C0', 'Không đọc được dữ liệu trên thẻ', "The card's data cannot be read"),
  consistency_dg13_unread: reason(
    'consistency',
    'C1',
    'Không đọc được dữ liệu công dân (DG13)',
    "The citizen's data (DG13) cannot be read",
  ),
  consistency_dg13_issuer: reason(
    'consistency',
    'C1',
    'Chưa có cách đọc DG13 của quốc gia cấp thẻ',
    'DG13 of this issuing state cannot be read',
  ),
  consistency_mrz_check_digit: reason(
    'consistency',
    'refuse',
    'Số kiểm tra của vùng MRZ sai',
    'A check digit of the machine-readable zone is wrong',
  ),
  consistency_state: reason(
    'consistency',
    'refuse',
    'Quốc gia cấp thẻ khác với bên ký',
    'The issuing state is not that of the signer',
  ),
  consistency_number: reason(
    'consistency',
    'refuse',
    'Số định danh ở DG1 và DG13 khác nhau',
    'DG1 and DG13 have different personal numbers',
  ),
  consistency_birth_date: reason(
    'consistency',
    'refuse',
    'Ngày sinh ở DG1 và DG13 khác nhau',
    'DG1 and DG13 have different birth dates',
  ),
  consistency_name: reason('consistency', 'C1', 'Họ tên ở DG1 và DG13 khác nhau', 'DG1 and DG13 have different names'),
  consistency_expired: reason('consistency', 'C1', 'Thẻ đã hết hạn', 'The card has expired'),
  claimed_number: reason(
    'consistency',
    'refuse',
    'Thẻ là của người khác: số định danh không khớp',
    "The card is another person's: the personal number differs",
  ),
  claimed_birth_date: reason(
    'consistency',
    'refuse',
    'Thẻ là của người khác: ngày sinh không khớp',
    "The card is another person's: the birth date differs",
  ),
  claimed_name: reason(
    'consistency',
    'C1',
    'Họ tên trên thẻ khác với họ tên đã khai',
    'The name on the card differs from the name given',
  ),
  claimed_name_near: reason(
    'consistency',
    'note',
    'Họ tên gần giống: chỉ khác dấu hoặc thứ tự',
    'The name is nearly the same: marks or order differ',
  ),
} as const satisfies Record<string, ReasonEntry>

export type ChipReason = keyof typeof CHIP_REASONS
