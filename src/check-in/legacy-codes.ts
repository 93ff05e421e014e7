import type { Text } from './coverage/coverage.ts'

/** What hospitals' systems do with a card-check code today. */
export type LegacyClass = 'pass' | 'note' | 'fail' | 'ask-again' | 'caller'
interface LegacyCode {
  readonly class: LegacyClass
  readonly text: Text
}
const row = (cls: LegacyClass, vi: string, en: string): LegacyCode => ({ class: cls, text: { vi, en } })

/** Result codes of the national card check, as hospitals' systems know them. */
export const LEGACY_CODES = {
  '000': row('pass', 'Thông tin thẻ chính xác', 'The card is right'),
  '001': row(
    'note',
    'Thẻ do BHXH Bộ Quốc phòng quản lý: đối chiếu thẻ và giấy tờ',
    'Managed by the Ministry of Defence: compare card and papers',
  ),
  '002': row(
    'note',
    'Thẻ do BHXH Bộ Công an quản lý: đối chiếu thẻ và giấy tờ',
    'Managed by the Ministry of Public Security: compare card and papers',
  ),
  '003': row('note', 'Thẻ cũ hết giá trị, đã được cấp thẻ mới', 'The old card has ended, a new one was issued'),
  '004': row('note', 'Thẻ cũ còn giá trị, đã được cấp thẻ mới', 'The old card still counts, a new one was issued'),
  '010': row('fail', 'Thẻ hết giá trị sử dụng', 'The card has expired'),
  '050': row('fail', 'Không thấy thông tin thẻ', 'There is no such card'),
  '051': row('fail', 'Mã thẻ không đúng', 'The card number is wrong'),
  '052': row('fail', 'Mã tỉnh cấp thẻ không đúng', 'The issuing province in the number is wrong'),
  '053': row('fail', 'Mã quyền lợi thẻ không đúng', 'The benefit level in the number is wrong'),
  '054': row('caller', 'Số CCCD của nhân viên không có trong danh sách', "The staff member's id is not on the facility's list"),
  '055': row('caller', 'Họ tên nhân viên không khớp số CCCD', "The staff member's name does not go with the id"),
  '060': row('fail', 'Sai họ tên', 'The name is wrong'),
  '061': row('fail', 'Sai họ tên, đúng ký tự đầu', 'The name is wrong, its first letter is right'),
  '070': row('fail', 'Sai ngày sinh', 'The birth date is wrong'),
  '100': row('ask-again', 'Lỗi khi đọc dữ liệu thẻ', 'The evidence could not be read'),
  '101': row('ask-again', 'Lỗi máy chủ', 'A fault of the server'),
  '110': row('fail', 'Thẻ đã thu hồi', 'The card was withdrawn'),
  '120': row('fail', 'Thẻ đã báo giảm', 'The card was reported terminated'),
  '121': row('fail', 'Báo giảm: chuyển ngoại tỉnh', 'Terminated: moved to another province'),
  '122': row('fail', 'Báo giảm: chuyển nội tỉnh', 'Terminated: moved within the province'),
  '123': row('fail', 'Báo giảm: tăng lại tại cùng đơn vị', 'Terminated: registered again at the same employer'),
  '124': row('fail', 'Báo giảm: ngừng tham gia', 'Terminated: stopped contributing'),
  '130': row('note', 'Trẻ em không xuất trình thẻ', 'A child without a card'),
  '205': row('caller', 'Lỗi định dạng tham số', 'A parameter is not well formed'),
  '401': row('caller', 'Lỗi xác thực tài khoản', 'The account could not be authenticated'),
  '500': row('ask-again', 'Lỗi máy chủ', 'A fault of the server'),
} as const satisfies Readonly<Record<string, LegacyCode>>
export type LegacyCodeName = keyof typeof LEGACY_CODES
