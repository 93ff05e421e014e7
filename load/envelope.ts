/** A claim as wire JSON: XML1 is one row, the others are lists of rows. */
export interface WireClaim {
  readonly XML1: Readonly<Record<string, string>>
  readonly XML2?: readonly Readonly<Record<string, string>>[]
  readonly XML3?: readonly Readonly<Record<string, string>>[]
  readonly XML4?: readonly Readonly<Record<string, string>>[]
}

/** Root, list and row tags of the national tables that the generator fills. */
const CONTAINERS = {
  XML2: ['CHITIEU_CHITIET_THUOC', 'DSACH_CHI_TIET_THUOC', 'CHI_TIET_THUOC'],
  XML3: ['CHITIEU_CHITIET_DVKT_VTYT', 'DSACH_CHI_TIET_DVKT', 'CHI_TIET_DVKT'],
  XML4: ['CHITIEU_CHITIET_DICHVUCANLAMSANG', 'DSACH_CHI_TIET_CLS', 'CHI_TIET_CLS'],
} as const

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const fields = (row: Readonly<Record<string, string>>) =>
  Object.entries(row)
    .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
    .join('')
const file = (table: string, document: string) =>
  `<FILEHOSO><LOAIHOSO>${table}</LOAIHOSO><NOIDUNGFILE>${Buffer.from(`<?xml version="1.0" encoding="utf-8"?>\n${document}`).toString('base64')}</NOIDUNGFILE></FILEHOSO>`

/** The national envelope GIAMDINHHS with one HOSO, tables in base64. `day` is yyyymmdd. */
export function envelopeOf(claim: WireClaim, facility: string, day: string): string {
  let files = file('XML1', `<TONG_HOP>${fields(claim.XML1)}</TONG_HOP>`)
  for (const table of ['XML2', 'XML3', 'XML4'] as const) {
    const rows = claim[table]
    if (!rows) continue
    const [root, list, tag] = CONTAINERS[table]
    const body = rows.map((row) => `<${tag}>${fields(row)}</${tag}>`).join('')
    files += file(table, `<${root}><${list}>${body}</${list}></${root}>`)
  }
  return `<?xml version="1.0" encoding="utf-8"?>\n<GIAMDINHHS><THONGTINDONVI><MACSKCB>${facility}</MACSKCB></THONGTINDONVI><THONGTINHOSO><NGAYLAP>${day}</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO>${files}</HOSO></DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>`
}
