import type { ProblemCode } from '../platform/problem.ts'

export type Language = 'vi' | 'en'
interface ProblemText {
  /** The Vietnamese title; the English one is in the registry. */
  readonly title: string
  /** What happened and what to do, where the refusal itself says no more. */
  readonly detail: Readonly<Record<Language, string>>
}

export const PROBLEM_TEXTS: Readonly<Record<ProblemCode, ProblemText>> = {
  'request.unreadable': {
    title: 'Không đọc được yêu cầu',
    detail: {
      vi: 'Nội dung không phải JSON hoặc XML hợp lệ. Chưa lưu gì. Hãy sửa rồi gửi lại.',
      en: 'The body is not readable JSON or XML. Nothing was stored. Correct it and send it again.',
    },
  },
  'request.timeout': {
    title: 'Nội dung ngừng truyền giữa chừng',
    detail: {
      vi: 'Máy chủ chờ phần còn lại của nội dung quá lâu. Chưa lưu gì. Hãy gửi lại.',
      en: 'The rest of the body did not come in time. Nothing was stored. Send it again.',
    },
  },
  'request.too_large': {
    title: 'Yêu cầu quá lớn',
    detail: {
      vi: 'Nội dung vượt giới hạn dung lượng. Chưa lưu gì. Hãy chia nhỏ tệp gửi.',
      en: 'The body is over the size limit. Nothing was stored. Split the envelope.',
    },
  },
  'request.headers_too_large': {
    title: 'Tiêu đề của yêu cầu quá lớn',
    detail: { vi: 'Các tiêu đề vượt 16 KB. Chưa lưu gì.', en: 'The headers are over 16 KB. Nothing was stored.' },
  },
  'request.media_type': {
    title: 'Kiểu nội dung hoặc mã hoá không được chấp nhận',
    detail: {
      vi: 'Chỉ nhận application/json hoặc application/xml, UTF-8, không nén.',
      en: 'Only application/json or application/xml in UTF-8, without compression, is taken.',
    },
  },
  'request.invalid': {
    title: 'Tham số hoặc tiêu đề của yêu cầu không hợp lệ',
    detail: { vi: 'Hãy xem lại tham số và tiêu đề của yêu cầu.', en: 'Check the parameters and headers of the request.' },
  },
  'request.method': {
    title: 'Phương thức không được phép ở đây',
    detail: {
      vi: 'Xem tiêu đề Allow để biết các phương thức dùng được.',
      en: 'The Allow header names the methods that work here.',
    },
  },
  'request.unauthenticated': {
    title: 'Không có mã truy cập hợp lệ',
    detail: {
      vi: 'Hãy lấy mã mới tại POST /v1/oauth/token và gửi trong tiêu đề Authorization: Bearer.',
      en: 'Get a token at POST /v1/oauth/token and send it as Authorization: Bearer.',
    },
  },
  'request.forbidden': {
    title: 'Tài khoản này không được làm việc đó',
    detail: { vi: 'Vai trò của tài khoản không có quyền này.', en: 'The role of this client does not allow it.' },
  },
  'request.other_facility': {
    title: 'Nội dung ghi cơ sở khác với tài khoản',
    detail: {
      vi: 'MA_CSKCB của hồ sơ phải là cơ sở của tài khoản gửi. Chưa lưu gì.',
      en: 'MA_CSKCB of the claim must be the facility of the credential. Nothing was stored.',
    },
  },
  'route.not_found': {
    title: 'Không có gì ở địa chỉ này',
    detail: { vi: 'Xem /docs để biết các địa chỉ có sẵn.', en: 'See /docs for the addresses that exist.' },
  },
  'claim.not_found': {
    title: 'Không có hồ sơ này',
    detail: {
      vi: 'Không có hồ sơ với mã này trong các hồ sơ của cơ sở, hoặc chưa được quyết định.',
      en: 'No claim with this id among those of this facility, or it is not decided yet.',
    },
  },
  'idempotency.key_reused': {
    title: 'Idempotency-Key đã dùng với nội dung khác',
    detail: {
      vi: 'Mỗi nội dung cần một Idempotency-Key riêng. Chưa lưu gì.',
      en: 'Another body needs another Idempotency-Key. Nothing was stored.',
    },
  },
  'claim.invalid': {
    title: 'Hồ sơ đọc được nhưng có chỗ cần sửa',
    detail: {
      vi: 'Chưa lưu gì. Hãy sửa mọi lỗi trong danh sách rồi gửi lại.',
      en: 'Nothing was stored. Correct every fault listed and send it again.',
    },
  },
  'check_in.invalid': {
    title: 'Lượt tiếp đón đọc được nhưng không hợp lệ',
    detail: {
      vi: 'Có trường thiếu, lạ hoặc sai dạng. Chưa ghi gì. Hãy sửa mọi lỗi trong errors rồi gửi lại.',
      en: 'Fields are missing, unknown or not well formed. Nothing was recorded. Correct all of errors and send it again.',
    },
  },
  'check_in.not_found': {
    title: 'Không có lượt tiếp đón này',
    detail: {
      vi: 'Không có lượt tiếp đón với mã này tại cơ sở này.',
      en: 'This facility has no check-in of this id.',
    },
  },
  'check_in.not_provisional': {
    title: 'Chỉ lượt tạm tiếp đón mới được xác nhận',
    detail: {
      vi: 'Lượt này đã tiếp đón hoặc bị từ chối nên không có gì để xác nhận. Nếu bị từ chối, hãy tiếp đón lại bằng giấy tờ khác. Chưa ghi gì.',
      en: 'This one was admitted or refused, so nothing is to be confirmed. If refused, check the person in again with other evidence. Nothing was recorded.',
    },
  },
  'caller.over_limit': {
    title: 'Vượt giới hạn của tài khoản này',
    detail: {
      vi: 'Chưa lưu gì. Hãy gửi lại sau số giây ghi ở Retry-After.',
      en: 'Nothing was stored. Send it again after the seconds of Retry-After.',
    },
  },
  'gateway.overloaded': {
    title: 'Cổng đang quá tải; chưa lưu gì',
    detail: {
      vi: 'Chưa lưu gì. Hãy gửi lại sau số giây ghi ở Retry-After.',
      en: 'Nothing was stored. Send it again after the seconds of Retry-After.',
    },
  },
  'stream.unavailable': {
    title: 'Hiện chưa thể lưu bền hồ sơ; chưa lưu gì',
    detail: {
      vi: 'Chưa lưu gì. Hãy gửi lại sau số giây ghi ở Retry-After.',
      en: 'Nothing was stored. Send it again after the seconds of Retry-After.',
    },
  },
  'stream.unconfirmed': {
    title: 'Chưa rõ hồ sơ đã được lưu hay chưa; hãy gửi lại đúng nội dung đó',
    detail: {
      vi: 'Hồ sơ có thể đã hoặc chưa được lưu. Hãy gửi lại đúng nội dung đó: không thể bị tính hai lần.',
      en: 'The claim may or may not have been stored. Send the same bytes again: it cannot count twice.',
    },
  },
  'ledger.unavailable': {
    title: 'Hiện chưa đọc được hồ sơ đã lưu',
    detail: {
      vi: 'Hồ sơ đã nhận vẫn an toàn. Hãy hỏi lại sau số giây ghi ở Retry-After.',
      en: 'Claims that were accepted are safe. Ask again after the seconds of Retry-After.',
    },
  },
  'referral.not_found': {
    title: 'Không có giấy này',
    detail: {
      vi: 'Không có giấy chuyển hoặc giấy hẹn nào với mã này mà cơ sở cấp hoặc nhận.',
      en: 'There is no slip with this id that this facility issues or receives.',
    },
  },
  'referral.invalid': {
    title: 'Giấy chuyển hoặc giấy hẹn có chỗ cần sửa',
    detail: { vi: 'Chưa lưu gì. Xem từng lỗi trong errors.', en: 'Nothing was stored. See each fault in errors.' },
  },
  'referral.used': {
    title: 'Giấy đã được dùng',
    detail: { vi: 'Giấy này chỉ dùng một lần. Chưa lưu gì.', en: 'This slip is used once. Nothing was stored.' },
  },
  'referral.not_valid': {
    title: 'Giấy không có hiệu lực hôm nay',
    detail: {
      vi: 'Giấy chưa hoặc không còn hiệu lực. Chưa lưu gì.',
      en: 'The slip does not hold yet, or no more. Nothing was stored.',
    },
  },
  'gateway.internal': {
    title: 'Lỗi của cổng',
    detail: {
      vi: 'Lỗi phía chúng tôi. Có thể gửi lại đúng nội dung đó: không bị tính hai lần.',
      en: 'A fault of ours. The same content may be sent again: it cannot count twice.',
    },
  },
}
