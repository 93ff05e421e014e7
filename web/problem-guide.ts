import type { ProblemCode } from '../src/platform/problem.ts'

interface Guide {
  /** What happened. `code` and **strong** as in Markdown. */
  readonly meaning: { readonly vi: string; readonly en: string }
  /** What the hospital's system should do about it. */
  readonly action: { readonly vi: string; readonly en: string }
}

/** What those who write a HIS read about each refusal: the source of `docs/problems.md` and of `/problems`. */
export const PROBLEM_GUIDE: Readonly<Record<ProblemCode, Guide>> = {
  'request.unreadable': {
    meaning: {
      vi: 'Nội dung không phải JSON hay XML hợp lệ, hoặc có thứ không được nhận: tên trùng trong một đối tượng, `__proto__`, lồng quá 32 cấp, không phải UTF-8, DOCTYPE hay ENTITY, base64 hỏng. Kết nối không đúng HTTP cũng trả lời như vậy.',
      en: 'The body is not valid JSON or XML, or holds what is not taken: a name twice in one object, `__proto__`, more than 32 levels, bytes that are not UTF-8, DOCTYPE or ENTITY, broken base64. A connection that does not speak HTTP is answered so too.',
    },
    action: {
      vi: 'Đừng gửi lại nguyên văn. Xem `detail` để biết loại lỗi, sửa phần tạo tệp của HIS rồi gửi lại.',
      en: 'Do not send the same bytes again. `detail` names the kind of fault; correct what writes the file and send it again.',
    },
  },
  'request.timeout': {
    meaning: {
      vi: 'Nội dung ngừng đến giữa chừng quá 10 giây (hoặc cả yêu cầu kéo dài quá lâu). Kết nối bị đóng.',
      en: 'The body stopped coming for more than 10 seconds (or the request as a whole took too long). The connection is closed.',
    },
    action: {
      vi: 'Gửi lại từ đầu. Nếu lặp lại, kiểm tra đường truyền và proxy của bệnh viện.',
      en: 'Send it again from the start. If it happens often, look at the line and the proxy of the hospital.',
    },
  },
  'request.too_large': {
    meaning: {
      vi: 'Nội dung vượt 8 MiB, hoặc bản ghi của một hồ sơ vượt giới hạn của luồng.',
      en: 'The body is over 8 MiB, or the record of one claim is over the limit of the stream.',
    },
    action: {
      vi: 'Chia phong bì nhiều hồ sơ thành nhiều lần gửi. Một hồ sơ đơn lẻ hợp lệ không đạt tới cỡ này.',
      en: 'Split an envelope of several claims into several requests. One valid claim alone does not come near this size.',
    },
  },
  'request.headers_too_large': {
    meaning: { vi: 'Các tiêu đề HTTP cộng lại vượt 16 KB.', en: 'The HTTP headers together are over 16 KB.' },
    action: {
      vi: 'Bỏ tiêu đề thừa (cookie, tiêu đề do proxy thêm).',
      en: 'Drop headers that are not needed (cookies, what a proxy adds).',
    },
  },
  'request.media_type': {
    meaning: {
      vi: '`Content-Type` không phải `application/json` hay `application/xml` (UTF-8), hoặc nội dung bị nén (`Content-Encoding`).',
      en: '`Content-Type` is not `application/json` or `application/xml` (UTF-8), or the body is compressed (`Content-Encoding`).',
    },
    action: { vi: 'Gửi JSON hoặc XML, UTF-8, không nén.', en: 'Send JSON or XML in UTF-8, without compression.' },
  },
  'request.invalid': {
    meaning: {
      vi: 'Một tham số hoặc tiêu đề không hợp lệ: `limit`, `cursor`, `from`, `to`, `version`, `status`, `Idempotency-Key`; hoặc huỷ một hồ sơ mà phiên bản hiện tại đang bị giữ.',
      en: 'A parameter or header is not valid: `limit`, `cursor`, `from`, `to`, `version`, `status`, `Idempotency-Key`; or a void of a claim whose current version is held.',
    },
    action: { vi: 'Xem `detail` để biết tham số nào và dạng đúng.', en: '`detail` names it and the form it must have.' },
  },
  'request.method': {
    meaning: { vi: 'Địa chỉ đúng nhưng phương thức sai.', en: 'The address is right, the method is not.' },
    action: { vi: 'Dùng phương thức ghi ở tiêu đề `Allow`.', en: 'Use a method that the `Allow` header names.' },
  },
  'request.unauthenticated': {
    meaning: {
      vi: 'Không có mã truy cập, mã hết hạn (sau 10 phút), sai, hoặc tài khoản đã bị thu hồi.',
      en: 'There is no token, or it has expired (after ten minutes), is wrong, or its client was revoked.',
    },
    action: {
      vi: 'Lấy mã mới tại `POST /v1/oauth/token` rồi gửi lại cùng nội dung. Nếu vẫn 401 với mã mới, tài khoản đã bị thu hồi: hỏi đơn vị vận hành.',
      en: 'Get a new token at `POST /v1/oauth/token` and send the same content again. If a new token is refused too, the client was revoked: ask the operator.',
    },
  },
  'request.forbidden': {
    meaning: {
      vi: 'Vai trò của tài khoản không có quyền với địa chỉ này; ví dụ tài khoản của cơ quan bảo hiểm không gửi hồ sơ.',
      en: "The role of the client does not allow it; the insurer's client, for example, files no claims.",
    },
    action: { vi: 'Dùng tài khoản đúng vai trò.', en: 'Use a client of the right role.' },
  },
  'request.other_facility': {
    meaning: {
      vi: '`MA_CSKCB` trong hồ sơ không phải cơ sở của tài khoản đang gửi.',
      en: '`MA_CSKCB` of the claim is not the facility of the credential.',
    },
    action: {
      vi: 'Gửi bằng tài khoản của chính cơ sở đó, hoặc sửa `MA_CSKCB`. Mỗi cơ sở có tài khoản riêng.',
      en: 'Send it with the credential of that facility, or correct `MA_CSKCB`. Each facility has its own.',
    },
  },
  'route.not_found': {
    meaning: { vi: 'Không có gì ở địa chỉ này.', en: 'There is nothing at this address.' },
    action: {
      vi: 'Xem `/docs`. Đừng tự ghép địa chỉ: dùng nguyên `Location` của trả lời 202.',
      en: 'See `/docs`. Do not build addresses: use the `Location` of a 202 as it is.',
    },
  },
  'claim.not_found': {
    meaning: {
      vi: 'Không có hồ sơ (hoặc phiên bản) với mã này trong các hồ sơ của cơ sở. Hồ sơ của cơ sở khác cũng trả lời đúng như vậy. Hồ sơ đã nhận nhưng chưa quyết định chỉ thấy được qua `Location` đầy đủ, gồm cả `receipt`.',
      en: "No claim (or version) with this id among those of the facility. Another facility's claim is answered exactly so. A claim that is accepted and not decided yet is seen only through the whole `Location`, with its `receipt`.",
    },
    action: {
      vi: 'Kiểm tra mã; dùng nguyên `Location`. Nếu vừa nhận 202 mà chưa giữ `Location`, hãy gửi lại cùng nội dung: không bị tính hai lần.',
      en: 'Check the id; use `Location` as it is. If a 202 came and its `Location` was lost, send the same content again: it cannot count twice.',
    },
  },
  'idempotency.key_reused': {
    meaning: {
      vi: '`Idempotency-Key` này đã dùng với nội dung khác trong 24 giờ qua. Tiêu đề `Location`, nếu có, chỉ tới hồ sơ đầu.',
      en: 'This `Idempotency-Key` was used with another body within 24 hours. `Location`, where there is one, names the first claim.',
    },
    action: {
      vi: 'Mỗi nội dung một khoá, hoặc bỏ hẳn tiêu đề này: chính nội dung đã chống trùng.',
      en: 'One key for each content, or leave the header out: the content itself already guards against doubles.',
    },
  },
  'claim.invalid': {
    meaning: {
      vi: 'Đọc được nhưng không đúng lược đồ của phiên bản áp dụng theo `NGAY_RA`. `errors` liệt kê **mọi** lỗi (tối đa 200; `errorCount` là tổng số), mỗi lỗi có JSON Pointer, bảng, `STT`, trường. Tổng tiền sai hay mã lạ không phải lỗi loại này: hồ sơ vẫn được giám định.',
      en: 'It can be read but is not what the schema of the release in force on `NGAY_RA` says. `errors` lists **every** fault (200 at most; `errorCount` is the total), each with JSON Pointer, table, `STT` and field. Wrong sums and unknown codes are not faults of this kind: such a claim is decided.',
    },
    action: {
      vi: 'Sửa hết các lỗi trong danh sách rồi gửi lại một lần.',
      en: 'Correct all that is listed, then send it again once.',
    },
  },
  'check_in.invalid': {
    meaning: {
      vi: 'Lượt tiếp đón (hoặc yêu cầu thử thách, xác nhận) thiếu trường, có trường lạ hoặc giá trị sai dạng. Mọi lỗi nằm trong `errors`, mỗi lỗi có `pointer`. Giấy tờ giả hay thẻ hết hạn **không** trả lời như vậy: đó là `outcome` của một trả lời 200.',
      en: 'A check-in (or a wish for challenges, or a confirmation) lacks a field, has one that is not known or a value that is not well formed. All faults are in `errors`, each with its `pointer`. Forged evidence or an ended card are **not** answered so: that is the `outcome` of a 200.',
    },
    action: {
      vi: 'Sửa phần mềm của quầy hoặc kiosk rồi gửi lại. Trong lúc đó hãy tiếp đón người bệnh bằng giấy tờ khác.',
      en: 'Correct the software of the desk or kiosk and send it again. Until then take the patient in by other evidence.',
    },
  },
  'check_in.not_found': {
    meaning: {
      vi: 'Cơ sở không có lượt tiếp đón với mã này (của cơ sở khác cũng trả lời như vậy), hoặc nó vừa được ghi và chưa tới sổ.',
      en: 'The facility has no check-in of this id (that of another is answered so too), or it was made a moment ago and is not in the ledger yet.',
    },
    action: {
      vi: 'Kiểm tra `checkInId`. Nếu vừa tiếp đón xong, thử lại sau một giây.',
      en: 'Check the `checkInId`. Of one made just now, try again after a second.',
    },
  },
  'check_in.not_provisional': {
    meaning: {
      vi: 'Chỉ lượt có `outcome` là `provisional` mới được xác nhận; lượt này là `admitted` hoặc `refused`. Chưa ghi gì.',
      en: 'Only a check-in whose `outcome` is `provisional` is confirmed; this one is `admitted` or `refused`. Nothing was recorded.',
    },
    action: {
      vi: 'Đừng gửi lại. `admitted`: không cần làm gì thêm. `refused`: tiếp đón lại người bệnh bằng giấy tờ khác (xem `offers`); cấp cứu thì tiếp nhận ngay.',
      en: 'Do not send it again. `admitted`: nothing more is needed. `refused`: check the person in again with other evidence (see `offers`); an emergency is taken at once.',
    },
  },
  'caller.over_limit': {
    meaning: { vi: 'Cơ sở gửi nhanh hơn giới hạn của mình.', en: 'The facility sends faster than its limit.' },
    action: {
      vi: 'Chờ số giây ở `Retry-After` rồi gửi lại cùng nội dung. Giảm số yêu cầu song song.',
      en: 'Wait the seconds of `Retry-After`, then send the same content. Send less at the same time.',
    },
  },
  'gateway.overloaded': {
    meaning: {
      vi: 'Cổng đã tới một giới hạn (số yêu cầu đang chờ, dung lượng đang xử lý, hồ sơ tồn đọng). Chưa lưu gì.',
      en: 'The gateway has reached one of its bounds (requests that wait, bytes in work, claims not decided yet). Nothing was stored.',
    },
    action: {
      vi: 'Chờ số giây ở `Retry-After` rồi gửi lại cùng nội dung; lần sau chờ gấp đôi.',
      en: 'Wait the seconds of `Retry-After`, then send the same content; double the wait each time.',
    },
  },
  'stream.unavailable': {
    meaning: {
      vi: 'Hiện không thể lưu bền hồ sơ. Chắc chắn chưa lưu gì.',
      en: 'The claim cannot be made durable now. Nothing was stored, for certain.',
    },
    action: {
      vi: 'Chờ số giây ở `Retry-After` rồi gửi lại cùng nội dung; lần sau chờ gấp đôi.',
      en: 'Wait the seconds of `Retry-After`, then send the same content; double the wait each time.',
    },
  },
  'stream.unconfirmed': {
    meaning: {
      vi: 'Việc ghi đã bắt đầu nhưng không biết kết quả: hồ sơ có thể đã hoặc chưa được lưu. Đây là từ chối duy nhất không hứa "chưa lưu gì".',
      en: 'A write was begun and its outcome is not known: the claim may or may not have been stored. This is the only refusal that does not promise "nothing was stored".',
    },
    action: {
      vi: 'Gửi lại **đúng nội dung đó**. Nếu lần đầu đã lưu, trả lời là quyết định của chính hồ sơ ấy; không thể bị tính hai lần.',
      en: 'Send **the same content** again. If the first one landed, the answer is the decision of that very claim; it cannot count twice.',
    },
  },
  'ledger.unavailable': {
    meaning: {
      vi: 'Hiện không đọc được hồ sơ đã lưu. Hồ sơ đã nhận vẫn an toàn; gửi hồ sơ mới vẫn được nhận (202).',
      en: 'Stored claims cannot be read now. Claims that were accepted are safe; new ones are still taken (202).',
    },
    action: { vi: 'Hỏi lại sau số giây ở `Retry-After`.', en: 'Ask again after the seconds of `Retry-After`.' },
  },
  'referral.not_found': {
    meaning: {
      vi: 'Không có giấy với mã này, hoặc cơ sở không cấp và không nhận giấy đó.',
      en: 'There is no slip with this id, or this facility neither issued nor receives it.',
    },
    action: {
      vi: 'Kiểm tra mã; hoặc tìm theo người bệnh với `POST /v1/referrals/search`. Người bệnh vẫn được tiếp nhận, chỉ chưa có giấy.',
      en: 'Check the id, or look by patient with `POST /v1/referrals/search`. The patient is still taken in, only without a slip so far.',
    },
  },
  'referral.invalid': {
    meaning: {
      vi: 'Giấy đọc được nhưng có lỗi: mỗi lỗi nằm trong `errors`, có con trỏ đến chỗ sai.',
      en: 'The slip is readable but has faults: each is in `errors`, with a pointer to its place.',
    },
    action: { vi: 'Sửa các chỗ đó rồi gửi lại.', en: 'Correct those places and send it again.' },
  },
  'referral.used': {
    meaning: {
      vi: 'Giấy chuyển và giấy hẹn chỉ dùng một lần. `detail` cho biết dùng lúc nào, ở đây hay nơi khác.',
      en: 'A transfer or re-visit slip is used once. `detail` says when, and whether here or elsewhere.',
    },
    action: {
      vi: 'Đừng gửi lại. Xin giấy mới từ nơi cấp, hoặc tiếp nhận theo diện khác.',
      en: 'Do not send it again. Ask the issuing facility for another, or take the patient in on another ground.',
    },
  },
  'referral.not_valid': {
    meaning: {
      vi: 'Hôm nay nằm ngoài thời hạn của giấy: chưa đến hoặc đã quá (10 ngày làm việc; một năm với bệnh trong danh mục; ngày hẹn).',
      en: 'Today lies outside the time of the slip: not yet, or past it (10 working days; a year for listed diseases; the day to come back on).',
    },
    action: {
      vi: 'Xin giấy mới, hoặc tiếp nhận theo diện khác. Hồ sơ có giấy hết hạn sẽ chờ người xem xét.',
      en: 'Ask for another slip, or take the patient in on another ground. A claim with an expired slip waits for a person.',
    },
  },
  'gateway.internal': {
    meaning: {
      vi: 'Lỗi của cổng mà không ai lường trước. Không hứa gì về việc đã lưu hay chưa.',
      en: 'A fault of the gateway that nobody foresaw. It promises nothing about what was stored.',
    },
    action: {
      vi: 'Có thể gửi lại đúng nội dung đó: không bị tính hai lần. Nếu lặp lại, báo cho đơn vị vận hành kèm `instance` (mã yêu cầu).',
      en: 'The same content may be sent again: it cannot count twice. If it stays, tell the operator the `instance` (id of the request).',
    },
  },
}
