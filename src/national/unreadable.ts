import { counted, type Text } from './fault-forms.ts'
import { type JsonType, sentType } from './fault-texts.ts'
import { CLAIM_TABLES } from './tables/tables.ts'

/** Where and by how much a body is wrong. Sizes, places and national names alone reach a text. */
export interface UnreadableFacts {
  /** Offset in the document's characters, until a `place` is made of it. */
  readonly at?: number
  readonly place?: Place
  /** The byte, from 1, where UTF-8 ends. */
  readonly byte?: number
  /** A name that the sender wrote; shown only when it is a national one. */
  readonly name?: string
  /** The table in whose `NOIDUNGFILE` it is; the place is then one in the decoded table. */
  readonly table?: string
  readonly count?: number
  readonly countMax?: number
  readonly sent?: JsonType
}

/** Both from 1; columns in UTF-16 units, as editors count them. */
export interface Place {
  readonly line: number
  readonly column: number
}

export function placeOf(document: string, at: number): Place {
  let line = 1
  let start = 0
  for (let end = document.indexOf('\n'); end !== -1 && end < at; end = document.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  return { line, column: at - start + 1 }
}

/** The body cannot be read at all: 400, or 413 where a bound of size is passed. The detail never quotes content. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly reason: UnreadableReason
  readonly facts: UnreadableFacts
  constructor(reason: UnreadableReason, facts: UnreadableFacts = {}) {
    super(reason)
    this.reason = reason
    this.facts = facts
  }
  get code(): 'request.unreadable' | 'request.too_large' {
    return tooLarge.has(this.reason) ? 'request.too_large' : 'request.unreadable'
  }
  get detail(): Text {
    const { vi, en } = texts[this.reason](this.facts)
    const where = whereOf(this.facts)
    return { vi: `${vi}${where.vi}.`, en: `${en}${where.en}.` }
  }
  /** The same with more facts. */
  with(facts: UnreadableFacts): Unreadable {
    return new Unreadable(this.reason, { ...this.facts, ...facts })
  }
}

/** The cause with its place in the document; everything else as it is. */
export function placed(cause: unknown, document: string, otherwise?: number): unknown {
  if (!(cause instanceof Unreadable) || cause.facts.place !== undefined || cause.facts.byte !== undefined) return cause
  const at = cause.facts.at ?? otherwise
  return at === undefined ? cause : cause.with({ place: placeOf(document, at) })
}

function whereOf({ place, byte, table }: UnreadableFacts): Text {
  const within = table === undefined ? { vi: '', en: '' } : { vi: ` (trong bảng ${table})`, en: ` (in table ${table})` }
  if (place !== undefined)
    return {
      vi: `${within.vi}: dòng ${place.line}, cột ${place.column}`,
      en: `${within.en}: line ${place.line}, column ${place.column}`,
    }
  return byte === undefined ? within : { vi: `${within.vi}: byte thứ ${byte}`, en: `${within.en}: byte ${byte}` }
}

/** Names that reach the prototype of an object in careless code; no national field is called so. */
const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
export const isForbiddenName = (name: string): boolean => name === '__proto__' || name === 'constructor' || name === 'prototype'

/** Names that a text may show: those that a public document holds. */
const nationalNames: ReadonlySet<string> = new Set([
  ...['GIAMDINHHS', 'THONGTINDONVI', 'MACSKCB', 'THONGTINHOSO', 'DANHSACHHOSO', 'HOSO', 'FILEHOSO', 'LOAIHOSO', 'NOIDUNGFILE'],
  ...CLAIM_TABLES.flatMap(({ name, container, fields }) => [
    name,
    ...Object.values(container ?? {}),
    ...fields.map(([field]) => field),
  ]),
])
const shown = (name: string | undefined): string | undefined =>
  name !== undefined && (nationalNames.has(name) || forbiddenNames.has(name)) ? name : undefined

const grouped = (count: number, separator: string): string => String(count).replace(/\B(?=(\d{3})+$)/g, separator)
const vi = (count = 0): string => grouped(count, '.')
const en = (count = 0): string => grouped(count, ',')

const list = 'GIAMDINHHS/THONGTINHOSO/DANHSACHHOSO'
const always = (text: Text) => () => text

const texts = {
  bytes: ({ count, countMax }) => ({
    vi: `Nội dung lớn hơn giới hạn cho phép: đã gửi ${vi(count)} byte, tối đa ${vi(countMax)}`,
    en: `The body is larger than the limit: ${en(count)} bytes were sent, at most ${en(countMax)} are taken`,
  }),
  parts: ({ countMax }) => ({
    vi: `Nội dung có quá nhiều phần tử, tối đa ${vi(countMax)}`,
    en: `The body holds too many elements, at most ${en(countMax)} are taken`,
  }),
  claims: ({ count, countMax }) => ({
    vi: `Phong bì có quá nhiều HOSO: đã gửi ${vi(count)}, mỗi lần nhận tối đa ${vi(countMax)}`,
    en: `The envelope holds too many HOSO: ${en(count)} were sent, at most ${en(countMax)} are taken at once`,
  }),
  claimless: ({ countMax }) => ({
    vi: `Phong bì không có HOSO nào: cần từ 1 đến ${vi(countMax)} HOSO trong ${list}`,
    en: `The envelope holds no HOSO: 1 to ${en(countMax)} are wanted in ${list}`,
  }),
  utf8: always({ vi: 'Nội dung không phải là UTF-8', en: 'The body is not UTF-8' }),
  encoding: always({
    vi: 'Khai báo mã hóa XML không phải là UTF-8',
    en: 'The XML declaration names an encoding other than UTF-8',
  }),
  json: always({ vi: 'Nội dung không phải là JSON hợp lệ', en: 'The body is not well-formed JSON' }),
  object: (facts) => {
    const sent = sentType(facts)
    const form = '{"XML1": {…}, "XML2": […], …}'
    return {
      vi: `Nội dung JSON phải là một đối tượng các bảng, ${form}${sent.vi}`,
      en: `The JSON body must be one object of tables, ${form}${sent.en}`,
    }
  },
  depth: ({ countMax }) => ({
    vi: `Nội dung lồng quá sâu, tối đa ${countMax} cấp`,
    en: `The body is nested too deep, at most ${counted(countMax ?? 0, 'level')}`,
  }),
  duplicate: ({ name }) => {
    const known = shown(name)
    return known === undefined
      ? { vi: 'Một tên xuất hiện hai lần', en: 'A name occurs twice' }
      : { vi: `Tên ${known} xuất hiện hai lần`, en: `The name ${known} occurs twice` }
  },
  name: ({ name }) => {
    const known = shown(name)
    return known === undefined
      ? { vi: 'Có tên không được phép', en: 'A name is not allowed' }
      : { vi: `Tên ${known} không được phép`, en: `The name ${known} is not allowed` }
  },
  xml: always({ vi: 'Nội dung không phải là XML hợp lệ', en: 'The body is not well-formed XML' }),
  unclosed: ({ name }) => {
    const known = shown(name)
    return {
      vi: `Nội dung không phải là XML hợp lệ, cần ${known === undefined ? 'thẻ đóng của phần tử đang mở' : `thẻ đóng </${known}>`}`,
      en: `The body is not well-formed XML, ${known === undefined ? 'the closing tag of the open element' : `</${known}>`} is expected`,
    }
  },
  doctype: always({ vi: 'DOCTYPE và thực thể không được chấp nhận', en: 'DOCTYPE and entities are not accepted' }),
  envelope: ({ name }) => {
    const known = shown(name)
    return {
      vi: `XML không phải là phong bì GIAMDINHHS${known === undefined ? '' : `, phần tử gốc là ${known}`}`,
      en: `The XML is not a GIAMDINHHS envelope${known === undefined ? '' : `, its root is ${known}`}`,
    }
  },
  stranger: always({ vi: 'HOSO chỉ chứa các phần tử FILEHOSO', en: 'A HOSO holds FILEHOSO and nothing else' }),
  base64: always({ vi: 'NOIDUNGFILE không phải là base64 hợp lệ', en: 'A NOIDUNGFILE is not valid base64' }),
} as const satisfies Record<string, (facts: UnreadableFacts) => Text>
export type UnreadableReason = keyof typeof texts
const tooLarge: ReadonlySet<UnreadableReason> = new Set<UnreadableReason>(['bytes', 'parts', 'claims'])
