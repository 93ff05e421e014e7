/** The body cannot be read at all: 400, or 413 where a bound of size is passed. The detail never quotes content. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly code: 'request.unreadable' | 'request.too_large'
  readonly detail: { readonly vi: string; readonly en: string }
  constructor(reason: UnreadableReason) {
    super(reason)
    this.code = tooLarge.has(reason) ? 'request.too_large' : 'request.unreadable'
    this.detail = details[reason]
  }
}

const details = {
  bytes: { vi: 'Nội dung lớn hơn giới hạn cho phép.', en: 'The body is larger than the limit.' },
  parts: { vi: 'Nội dung có quá nhiều phần tử.', en: 'The body holds too many elements.' },
  claims: { vi: 'Phong bì có quá nhiều HOSO.', en: 'The envelope holds too many HOSO.' },
  utf8: { vi: 'Nội dung không phải là UTF-8.', en: 'The body is not UTF-8.' },
  encoding: { vi: 'Khai báo mã hóa XML không phải là UTF-8.', en: 'The XML declaration names an encoding other than UTF-8.' },
  json: { vi: 'Nội dung không phải là JSON hợp lệ.', en: 'The body is not well-formed JSON.' },
  object: { vi: 'Nội dung JSON phải là một đối tượng các bảng.', en: 'The JSON body must be one object of tables.' },
  depth: { vi: 'Nội dung lồng quá sâu.', en: 'The body is nested too deep.' },
  duplicate: { vi: 'Một tên xuất hiện hai lần.', en: 'A name occurs twice.' },
  name: { vi: 'Có tên không được phép.', en: 'A name is not allowed.' },
  xml: { vi: 'Nội dung không phải là XML hợp lệ.', en: 'The body is not well-formed XML.' },
  doctype: { vi: 'DOCTYPE và thực thể không được chấp nhận.', en: 'DOCTYPE and entities are not accepted.' },
  envelope: { vi: 'XML không phải là phong bì GIAMDINHHS.', en: 'The XML is not a GIAMDINHHS envelope.' },
  base64: { vi: 'NOIDUNGFILE không phải là base64 hợp lệ.', en: 'A NOIDUNGFILE is not valid base64.' },
} as const
export type UnreadableReason = keyof typeof details
const tooLarge: ReadonlySet<UnreadableReason> = new Set<UnreadableReason>(['bytes', 'parts', 'claims'])

/** Names that reach the prototype of an object in careless code; no national field is called so. */
export const isForbiddenName = (name: string): boolean => name === '__proto__' || name === 'constructor' || name === 'prototype'
