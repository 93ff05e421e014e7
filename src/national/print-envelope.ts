import type { WireClaim, WireRow } from './reading.ts'
import type { NationalTable } from './tables/table.ts'
import { CLAIM_TABLES } from './tables/tables.ts'

export interface EnvelopeOptions {
  /** How a table travels in `NOIDUNGFILE`. */
  readonly tables: 'base64' | 'inline'
  /** `MACSKCB`; that of the first claim unless given. */
  readonly facilityCode?: string
}

/**
 * The national envelope of one or several claims; reading it gives the same wire forms. Absent fields are printed as empty elements, as
 * hospitals send them.
 * @throws Error for a table that never travels as XML (XML12)
 */
export function envelopeOf(claims: WireClaim | readonly WireClaim[], options: EnvelopeOptions): Buffer {
  const list = isList(claims) ? claims : [claims]
  const first = list[0]!.XML1
  return Buffer.from(`<?xml version="1.0" encoding="utf-8"?>
<GIAMDINHHS>
<THONGTINDONVI>
<MACSKCB>${escaped(options.facilityCode ?? first['MA_CSKCB'] ?? '')}</MACSKCB>
</THONGTINDONVI>
<THONGTINHOSO>
<NGAYLAP>${escaped((first['NGAY_RA'] ?? '').slice(0, 8))}</NGAYLAP>
<SOLUONGHOSO>${list.length}</SOLUONGHOSO>
<DANHSACHHOSO>
${list.map((claim) => claimElement(claim, options)).join('\n')}
</DANHSACHHOSO>
</THONGTINHOSO>
<CHUKYDONVI></CHUKYDONVI>
</GIAMDINHHS>
`)
}

const isList = (claims: WireClaim | readonly WireClaim[]): claims is readonly WireClaim[] => Array.isArray(claims)

function claimElement(claim: WireClaim, { tables }: EnvelopeOptions): string {
  const files = CLAIM_TABLES.flatMap((table) => {
    const content: WireRow | readonly WireRow[] | undefined = claim[table.name]
    return content === undefined ? [] : documentsOf(table, content).map((document) => fileElement(table.name, document, tables))
  })
  return `<HOSO>\n${files.join('\n')}\n</HOSO>`
}

function fileElement(kind: string, document: string, tables: EnvelopeOptions['tables']): string {
  const content =
    tables === 'inline' ? document : Buffer.from(`<?xml version="1.0" encoding="utf-8"?>\n${document}`).toString('base64')
  return `<FILEHOSO>\n<LOAIHOSO>${kind}</LOAIHOSO>\n<NOIDUNGFILE>${content}</NOIDUNGFILE>\n</FILEHOSO>`
}

/** One document per table; a discharge paper for each child has its own. */
function documentsOf(table: NationalTable, content: WireRow | readonly WireRow[]): readonly string[] {
  const { name, arrangement, container } = table
  if (container === null) throw new Error(`${name} is never sent as XML`)
  const rows = Array.isArray(content) ? (content as readonly WireRow[]) : [content as WireRow]
  if (arrangement !== 'many') return rows.map((row) => element(container.root, fieldsOf(table, row)))
  const list = rows.map((row) => element(container.row!, fieldsOf(table, row))).join('\n')
  return [element(container.root, element(container.list!, list))]
}

/** An element on lines of its own; `content` is XML already. */
export const element = (name: string, content: string) => `<${name}>\n${content}\n</${name}>`

/** A row's fields in national order. */
export const fieldsOf = ({ fields }: NationalTable, row: WireRow): string =>
  fields.map(([name]) => `<${name}>${escaped(row[name] ?? '')}</${name}>`).join('\n')

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
