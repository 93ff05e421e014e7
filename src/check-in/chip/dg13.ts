import { type Der, expectTag, readDer, TAG } from '../asn1/der.ts'

/** Citizen data of DG13, as the state that issued the card lays it out. Dates are ISO (YYYY-MM-DD). Absent where the card has none. */
export interface CitizenData {
  readonly personalId?: string
  readonly fullName?: string
  readonly birthDate?: string
  readonly sex?: 'male' | 'female'
  readonly nationality?: string
  readonly ethnicity?: string
  readonly religion?: string
  readonly homeTown?: string
  readonly address?: string
  readonly marks?: string
  readonly issuedOn?: string
  readonly expiresOn?: string
  readonly father?: string
  readonly mother?: string
  /** Tags that we give no meaning, from 14 on: sources disagree about them. */
  readonly others: Readonly<Record<number, readonly string[]>>
}

const DG13 = 0x6d

/** DG13 is each state's own: its reader is chosen by the issuing state of the machine-readable zone. */
const READERS: Readonly<Record<string, (root: Der) => CitizenData>> = { VNM: readVietnamese }

/**
 * Reads DG13. Tags and texts that are not known are kept or left out, never a fault.
 * @returns undefined where the layout of that state is not known
 * @throws DerFault when the group is no DG13 at all
 */
export function readCitizenData(dg13: Uint8Array, issuingState: string): CitizenData | undefined {
  const read = READERS[issuingState]
  return read?.(expectTag(readDer(dg13, { loose: true }), DG13))
}

/** SEQUENCE { INTEGER tag, value… } in a row, maybe inside one more SEQUENCE or SET; a value may be nested (13: father, mother). */
function readVietnamese(root: Der): CitizenData {
  const fields = new Map<number, readonly string[]>()
  collect(root, fields)
  const text = (tag: number) => fields.get(tag)?.[0]
  return withoutAbsent({
    personalId: text(1),
    fullName: text(2),
    birthDate: isoDate(text(3)),
    sex: sexOf(text(4)),
    nationality: text(5),
    ethnicity: text(6),
    religion: text(7),
    homeTown: text(8),
    address: text(9),
    marks: text(10),
    issuedOn: isoDate(text(11)),
    expiresOn: isoDate(text(12)),
    father: fields.get(13)?.[0],
    mother: fields.get(13)?.[1],
    others: Object.fromEntries([...fields].filter(([tag]) => tag > 13 || tag < 1)),
  })
}

function collect(element: Der, fields: Map<number, readonly string[]>): void {
  for (const child of element.children) {
    const tag = tagOf(child)
    if (tag === undefined) collect(child, fields)
    else if (!fields.has(tag)) fields.set(tag, child.children.slice(1).flatMap(textsOf))
  }
}

/** Fields up to this one are plain texts, so what begins with such a number and holds more structure is a wrapper with a version. */
const PLAIN_TAG_MAX = 12

/** The number of a field, or undefined for an element that only holds others. */
function tagOf(element: Der): number | undefined {
  const [number, ...values] = element.children
  if (element.tag !== TAG.sequence || number?.tag !== TAG.integer) return undefined
  const tag = number.content.length === 1 ? number.content[0]! : -1
  const isWrapper = tag <= PLAIN_TAG_MAX && values.some(({ children }) => children.length > 0)
  return isWrapper ? undefined : tag
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function textsOf(element: Der): string[] {
  if (element.children.length > 0) return element.children.flatMap(textsOf)
  if (element.tag === TAG.integer || element.tag === TAG.null) return []
  try {
    const text = decoder.decode(element.content).trim()
    return text === '' ? [] : [text]
  } catch {
    return []
  }
}

/** DD/MM/YYYY, as the card prints dates. */
function isoDate(text: string | undefined): string | undefined {
  const match = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text ?? '')
  return match === null ? undefined : `${match[3]}-${match[2]}-${match[1]}`
}

function sexOf(text: string | undefined): 'male' | 'female' | undefined {
  const folded = text?.normalize('NFC').toUpperCase()
  return folded === 'NAM' ? 'male' : folded === 'NỮ' ? 'female' : undefined
}

function withoutAbsent(data: { [Key in keyof CitizenData]: CitizenData[Key] | undefined }): CitizenData {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as unknown as CitizenData
}
