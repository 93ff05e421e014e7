import type { NationalTable } from './table.ts'
import { xml0 } from './xml0.ts'
import { xml1 } from './xml1.ts'
import { xml2 } from './xml2.ts'
import { xml3 } from './xml3.ts'
import { xml4 } from './xml4.ts'
import { xml5 } from './xml5.ts'
import { xml6 } from './xml6.ts'
import { xml7 } from './xml7.ts'
import { xml8 } from './xml8.ts'
import { xml9 } from './xml9.ts'
import { xml10 } from './xml10.ts'
import { xml11 } from './xml11.ts'
import { xml12 } from './xml12.ts'
import { xml13 } from './xml13.ts'
import { xml14 } from './xml14.ts'
import { xml15 } from './xml15.ts'

/** XML0–XML15 in national order. */
export const TABLES: readonly NationalTable[] = [
  xml0,
  xml1,
  xml2,
  xml3,
  xml4,
  xml5,
  xml6,
  xml7,
  xml8,
  xml9,
  xml10,
  xml11,
  xml12,
  xml13,
  xml14,
  xml15,
]

/** The tables of a claim: XML0 travels alone. */
export const CLAIM_TABLES: readonly NationalTable[] = TABLES.filter(({ name }) => name !== 'XML0')

/** Its fields are in every order of the tables; the lookup of a table by its name. */
export const tableByName: ReadonlyMap<string, NationalTable> = new Map(TABLES.map((table) => [table.name, table]))

/** What a row must name at least one of: a line without any code cannot be looked up anywhere. By table. */
export const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  XML0: ['MA_DICH_VU', 'MA_THUOC', 'MA_VAT_TU'],
  XML3: ['MA_DICH_VU', 'MA_VAT_TU'],
}
