import { atMost, counted, decimalsForm, formOf, hasOtherLength, type Text, wereSent } from './fault-forms.ts'
import { decimals, type NationalField, type NationalTable } from './tables/table.ts'
import { ALTERNATIVES, CLAIM_TABLES, tableByName } from './tables/tables.ts'

/** What was measured of what was sent: sizes and types, never a value. */
export interface Measured {
  /** Characters of the value, or its decimals for `field.decimals`. */
  readonly length?: number
  /** The longest length that the schema allows. */
  readonly lengthMax?: number
  readonly sent?: JsonType
  readonly count?: number
  readonly countMax?: number
}

export type JsonType = 'null' | 'string' | 'number' | 'boolean' | 'object' | 'list'
export const jsonTypeOf = (value: unknown): JsonType =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : (typeof value as Exclude<JsonType, 'null' | 'list'>)

const typeTexts: Readonly<Record<JsonType, Text>> = {
  null: { vi: 'null', en: 'null' },
  string: { vi: 'một chuỗi', en: 'a string' },
  number: { vi: 'một số', en: 'a number' },
  boolean: { vi: 'true hoặc false', en: 'true or false' },
  object: { vi: 'một đối tượng (XML: có phần tử con)', en: 'an object (in XML: elements)' },
  list: { vi: 'một danh sách', en: 'a list' },
}
/** How a text ends that names the type of what was sent; empty where it is not known. */
export function sentType({ sent }: { readonly sent?: JsonType }): Text {
  const text = sent === undefined ? undefined : typeTexts[sent]
  return text === undefined ? { vi: '', en: '' } : { vi: `; đã gửi ${text.vi}`, en: `; ${text.en} was sent` }
}

/** What people read about a fault of one known field of a known table. */
type FieldText = (field: NationalField, table: NationalTable, measured: Measured) => Text

export const fieldTexts = {
  'field.required': (field, table) => {
    const [name, , , use] = field
    const alternatives = ALTERNATIVES[table.name]
    if (use === 'optional' && alternatives?.includes(name))
      return {
        vi: `Dòng của ${table.name} phải có ít nhất một trong các trường ${alternatives.join(', ')}.`,
        en: `A row of ${table.name} must have at least one of ${alternatives.join(', ')}.`,
      }
    const form = formOf(field)
    const until =
      use === 'until3176' ? { vi: ' (NGAY_RA trước 2025-01-01)', en: ' (NGAY_RA before 2025-01-01)' } : { vi: '', en: '' }
    return {
      vi: `Thiếu ${name}, bắt buộc trong ${table.name}${until.vi}: ${form.vi}.`,
      en: `${name} is required in ${table.name}${until.en}: ${form.en}.`,
    }
  },
  'field.type': (field, _, measured) => {
    const form = formOf(field)
    const sent = sentType(measured)
    const numeric = decimals(field[1]) !== undefined
    return {
      vi: `${field[0]} phải là ${numeric ? 'chuỗi hoặc số JSON' : 'chuỗi'}: ${form.vi}${sent.vi}.`,
      en: `${field[0]} must be ${numeric ? 'a string or a JSON number' : 'a string'}: ${form.en}${sent.en}.`,
    }
  },
  'field.length': ([name, , fieldLengthMax], _, { length = 0, lengthMax = fieldLengthMax ?? 0 }) => {
    const [most, sent] = [atMost(lengthMax), wereSent(length)]
    return { vi: `${name}: ${most.vi}, ${sent.vi}.`, en: `${name}: ${most.en}, ${sent.en}.` }
  },
  'field.format': (field, _, { length }) => {
    const form = formOf(field)
    const told = length !== undefined && hasOtherLength(field[1], length)
    return {
      vi: `${field[0]} phải là ${form.vi}${told ? `; đã gửi ${length} ký tự` : ''}.`,
      en: `${field[0]} must be ${form.en}${told ? `; ${counted(length, 'character')} ${length === 1 ? 'was' : 'were'} sent` : ''}.`,
    }
  },
  'field.decimals': ([name, kind], _, { length = 0 }) => {
    const { vi, en, only } = decimalsForm(kind)
    const sent = wereSent(length)
    return { vi: `${name}: ${vi}, ${sent.vi}; ${only.vi}.`, en: `${name}: ${en}, ${sent.en}; ${only.en}.` }
  },
  'field.characters': ([name]) => ({
    vi: `${name} có ký tự điều khiển, ký tự đổi chiều hoặc ký tự Unicode hỏng: chỉ nhận chữ, tab và xuống dòng.`,
    en: `${name} holds a control or direction character or a broken one: text, tab and line feed only.`,
  }),
} as const satisfies Record<string, FieldText>

/** Tables of few fields are listed in a text; for the others it leads to the page that has them. */
const FIELDS_LISTED_MAX = 15

/** A name of the sender's that the table does not have. Shown only where it is a national name. */
function unknownField(name: string, table: NationalTable): Text {
  const names = table.fields.map(([field]) => field)
  const inCapitals = name.toUpperCase()
  if (names.includes(inCapitals))
    return { vi: `Tên trường viết hoa: ${inCapitals}.`, en: `Field names are in capitals: ${inCapitals}.` }
  const others = CLAIM_TABLES.filter(({ fields }) => fields.some(([field]) => field === name)).map((one) => one.name)
  const list = names.length > FIELDS_LISTED_MAX ? undefined : names.join(', ')
  const listed = {
    vi: ` Các trường của ${table.name}: ${list ?? 'xem /docs'}.`,
    en: ` The fields of ${table.name}: ${list ?? 'see /docs'}.`,
  }
  return others.length === 0
    ? { vi: `${table.name} không có trường tên này.${listed.vi}`, en: `${table.name} has no field of this name.${listed.en}` }
    : {
        vi: `${name} là trường của ${others.join(', ')}, không phải của ${table.name}.${listed.vi}`,
        en: `${name} is a field of ${others.join(', ')}, not of ${table.name}.${listed.en}`,
      }
}

const arrangements: Readonly<Record<NationalTable['arrangement'], Text>> = {
  single: { vi: 'một đối tượng', en: 'one object' },
  many: { vi: 'một danh sách các đối tượng', en: 'a list of objects' },
  singleOrMany: { vi: 'một đối tượng hoặc một danh sách các đối tượng', en: 'one object or a list of objects' },
}

function elementsOf({ name, container }: NationalTable): Text {
  const elements = [container?.root, container?.list, container?.row].flatMap((one) => (one === undefined ? [] : [`<${one}>`]))
  return {
    vi: `XML của ${name} phải là ${elements.join('')}, bên trong là các trường.`,
    en: `The XML of ${name} must be ${elements.join('')} with the fields in it.`,
  }
}

/** What people read about a fault of a known table. */
type TableText = (table: NationalTable, measured: Measured, field: string) => Text

export const tableTexts = {
  'field.unknown': (table, _, field) => unknownField(field, table),
  'row.type': ({ name }, measured) => {
    const sent = sentType(measured)
    return {
      vi: `Mỗi dòng của ${name} phải là một đối tượng gồm các trường${sent.vi}.`,
      en: `Each row of ${name} must be an object of fields${sent.en}.`,
    }
  },
  'table.type': ({ name, arrangement }, measured) => {
    const { vi, en } = arrangements[arrangement]
    const sent = sentType(measured)
    return { vi: `${name} phải là ${vi}${sent.vi}.`, en: `${name} must be ${en}${sent.en}.` }
  },
  'table.structure': elementsOf,
  'table.repeated': ({ name }) => ({
    vi: `${name} chỉ có một dòng nhưng được gửi nhiều lần trong một HOSO.`,
    en: `${name} has one row and was sent more than once in one HOSO.`,
  }),
} as const satisfies Record<string, TableText>

const together = (vi: string, en: string, { count, countMax }: Measured): Text => ({
  vi: `${vi} có tối đa ${countMax} dòng cộng lại, đã gửi ${count}.`,
  en: `${en} may have ${counted(countMax ?? 0, 'row')} together, ${wereSent(count ?? 0).en}.`,
})

export const claimTexts = {
  'table.unknown': () => ({
    vi: 'Hồ sơ có các bảng XML1 đến XML15 (tên trong JSON; LOAIHOSO trong XML, trừ XML12 chỉ gửi bằng JSON), không có bảng tên khác. XML0 gửi riêng khi tiếp đón.',
    en: 'A claim has the tables XML1 to XML15 (names in JSON; LOAIHOSO in XML, but for XML12, which comes in JSON only) and no other. XML0 is a check-in and travels alone.',
  }),
  'table.required': () => ({
    vi: 'Thiếu XML1: mỗi hồ sơ phải có đúng một bảng XML1.',
    en: 'XML1 is missing: a claim has exactly one.',
  }),
  'claim.too_many_lines': (measured) => together('XML2 và XML3', 'XML2 and XML3', measured),
  'claim.too_many_rows': (measured) => together('Các bảng ngoài XML2 và XML3', 'The tables other than XML2 and XML3', measured),
  'facility.mismatch': () => ({
    vi: 'MACSKCB của phong bì (THONGTINDONVI) phải giống MA_CSKCB của XML1.',
    en: 'MACSKCB of the envelope (THONGTINDONVI) and MA_CSKCB of XML1 must be the same.',
  }),
} as const satisfies Record<string, (measured: Measured) => Text>

export type FaultCode = keyof typeof fieldTexts | keyof typeof tableTexts | keyof typeof claimTexts
export const FAULT_CODES = [fieldTexts, tableTexts, claimTexts].flatMap((texts) => Object.keys(texts)) as readonly FaultCode[]

/** What people read about a fault: the field or table and what is wanted of it, with sizes and types of what was sent. */
export function textOf(
  code: FaultCode,
  place: { readonly table?: string | undefined; readonly field?: string | undefined },
  measured: Measured,
): Text {
  if (code in claimTexts) return claimTexts[code as keyof typeof claimTexts](measured)
  const table = tableByName.get(place.table ?? '')
  if (table === undefined) throw new Error(`a fault ${code} without a table`)
  if (code in tableTexts) return tableTexts[code as keyof typeof tableTexts](table, measured, place.field ?? '')
  const field = table.fields.find(([name]) => name === place.field)
  if (field === undefined) throw new Error(`a fault ${code} of no field of ${table.name}`)
  return fieldTexts[code as keyof typeof fieldTexts](field, table, measured)
}
