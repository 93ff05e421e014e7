import type { Release } from '../../domain/claim.ts'

/**
 * How a value travels. `code` and `text` are strings; `codes` is a string with `;`; `date8` yyyymmdd; `date12` yyyymmddHHMM; `birth8`,
 * `birth12` the same where month and day may be `00`; `dates8` several by `;`. The numeric kinds are decimal strings with a point.
 */
export type FieldKind =
  | 'code'
  | 'codes'
  | 'text'
  | 'date8'
  | 'date12'
  | 'date8or12'
  | 'dates8'
  | 'birth8'
  | 'birth12'
  | 'integer'
  | 'decimal2'
  | 'decimal3'
  | 'percent'
  | 'percent2'

/**
 * `required` where the portal's workbook says so and nothing relaxes it; what a field's own condition asks for is `optional` here and
 * left to the rules. `until3176`: required by 4750 alone (districts were abolished on 1 July 2025, under 3176).
 */
export type FieldUse = 'required' | 'optional' | 'until3176'

/** Name, kind, longest length in characters (the larger of the sizes printed; `null`: bounded by the body alone), use, meaning. */
export type NationalField = readonly [name: string, kind: FieldKind, lengthMax: number | null, use: FieldUse, description: string]

/**
 * A table of QĐ 4750/QĐ-BYT as amended by QĐ 3176 and QĐ 1931: field names in national order. The three releases have the same fields;
 * sizes are the larger ones everywhere (`MUC_HUONG` has four characters since 1931, and is accepted so before).
 */
export interface NationalTable {
  readonly name: string
  readonly title: string
  /** One row, a list of rows, or one row that a birth of several children repeats (XML7). */
  readonly arrangement: 'single' | 'many' | 'singleOrMany'
  /** Elements around the rows; `null`: never sent as XML. */
  readonly container: { readonly root: string; readonly list?: string; readonly row?: string } | null
  readonly fields: readonly NationalField[]
}

export const RELEASES: readonly Release[] = ['4750', '3176', '1931']

const decimalsOf: Partial<Record<FieldKind, number>> = { integer: 0, percent: 0, decimal2: 2, percent2: 2, decimal3: 3 }

/** Decimals that a numeric kind may have; `undefined` for every other kind. */
export const decimals = (kind: FieldKind): number | undefined => decimalsOf[kind]

export const isRequired = (use: FieldUse, release: Release): boolean =>
  use === 'required' || (use === 'until3176' && release === '4750')
