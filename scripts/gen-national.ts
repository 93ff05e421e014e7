import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import type { Release } from '../src/domain/claim.ts'
import {
  decimals,
  type FieldKind,
  isRequired,
  type NationalField,
  type NationalTable,
  RELEASES,
} from '../src/national/tables/table.ts'
import { CLAIM_TABLES, TABLES } from '../src/national/tables/tables.ts'

type Schema = Readonly<Record<string, unknown>>
interface Generated {
  readonly path: string
  readonly content: string
}

/** As published: lines of XML2 and XML3 (the default of `claimLinesMax`) and rows of all other tables, each bound for the sum. */
const LINES_MAX = 5_000
const ROWS_MAX = 20_000

const month31 = '(0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])'
const month30 = '(0[469]|11)(0[1-9]|[12][0-9]|30)'
const february = '02(0[1-9]|1[0-9]|2[0-8])'
const leapDay = '(19|20)([02468][048]|[13579][26])0229'
const date8 = `((19|20)[0-9]{2}(${month31}|${month30}|${february})|${leapDay})`
const time = '([01][0-9]|2[0-3])[0-5][0-9]'
const birth8 = `(${date8}|(19|20)[0-9]{2}(0[0-9]|1[0-2])00)`
const patterns: Partial<Record<FieldKind, string>> = {
  date8,
  date12: date8 + time,
  date8or12: `${date8}(${time})?`,
  dates8: `${date8}?(;${date8}?)*`,
  birth8,
  birth12: birth8 + time,
  integer: '[0-9]+',
  // 13 and 12 digits before the point keep 1/100 and 1/1000 exact in a double.
  decimal2: '[0-9]{1,13}([.][0-9]{1,2})?',
  decimal3: '[0-9]{1,12}([.][0-9]{1,3})?',
  percent: '(100|[0-9]{1,2})',
  percent2: '(100|[0-9]{1,2}([.][0-9]{1,2})?)',
}
const DATES_LENGTH_MAX = 500

function fieldSchema([, kind, lengthMax, use, description]: NationalField, release: Release): Schema {
  const required = isRequired(use, release)
  const pattern = patterns[kind]
  const maxLength = lengthMax ?? (kind === 'dates8' ? DATES_LENGTH_MAX : undefined)
  return {
    description,
    type: decimals(kind) === undefined ? 'string' : ['string', 'number'],
    ...(pattern === undefined && required ? { minLength: 1 } : {}),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(pattern === undefined ? {} : { pattern: required ? `^${pattern}$` : `^(${pattern})?$` }),
  }
}

/** What a row must name at least one of: a line without any code cannot be looked up anywhere. */
const oneOf: Readonly<Record<string, readonly string[]>> = {
  XML0: ['MA_DICH_VU', 'MA_THUOC', 'MA_VAT_TU'],
  XML3: ['MA_DICH_VU', 'MA_VAT_TU'],
}

function rowSchema(table: NationalTable, release: Release): Schema {
  const alternatives = oneOf[table.name]
  return {
    type: 'object',
    properties: Object.fromEntries(table.fields.map((field) => [field[0], fieldSchema(field, release)])),
    required: table.fields.filter(([, , , use]) => isRequired(use, release)).map(([name]) => name),
    ...(alternatives ? { anyOf: alternatives.map((name) => ({ required: [name] })) } : {}),
    additionalProperties: false,
  }
}

const dialect = 'https://json-schema.org/draft/2020-12/schema'
const asFile = (schema: Schema) => `${JSON.stringify({ $schema: dialect, ...schema }, null, 2)}\n`

function publishedRow(table: NationalTable, release: Release): Schema {
  return {
    title: `${table.name} (${release}): ${table.title}`,
    description: 'An absent field and an empty one mean the same; lengths count without superfluous zeros.',
    ...rowSchema(table, release),
  }
}

function claimSchema(release: Release): Schema {
  const tables = CLAIM_TABLES.map(({ name, arrangement }) => {
    const row = { $ref: `${name}.json` }
    const rows = { type: 'array', items: row, maxItems: name === 'XML2' || name === 'XML3' ? LINES_MAX : ROWS_MAX }
    return [name, arrangement === 'single' ? row : arrangement === 'many' ? rows : { anyOf: [row, rows] }] as const
  })
  return {
    title: `A claim in the tables of release ${release}`,
    type: 'object',
    properties: Object.fromEntries(tables),
    required: ['XML1'],
    additionalProperties: false,
  }
}

function publishedSchemas(release: Release): Generated[] {
  const folder = `schemas/national/${release}`
  return [
    ...TABLES.map((table) => ({ path: `${folder}/${table.name}.json`, content: asFile(publishedRow(table, release)) })),
    { path: `${folder}/claim.json`, content: asFile(claimSchema(release)) },
  ]
}

/** The first release whose rows of this table are checked the same way: its validator serves all of them. */
function sameAs(table: NationalTable, release: Release): Release {
  const wanted = JSON.stringify(rowSchema(table, release))
  return RELEASES.find((earlier) => JSON.stringify(rowSchema(table, earlier)) === wanted)!
}

/** Without descriptions, and without the check for unknown fields: reading the row has made it already. */
function compiledSchema(table: NationalTable, release: Release): Schema {
  const { additionalProperties, properties, ...rest } = rowSchema(table, release)
  const bare = Object.entries(properties as Record<string, Schema>).map(([name, { description, ...schema }]) => [name, schema])
  return { ...rest, properties: Object.fromEntries(bare) }
}

const banner = '// Generated by scripts/gen-national.ts from src/national/tables. Do not edit: npm run gen.\n'

function validators(fast: boolean): string {
  const ajv = new Ajv2020({
    allErrors: !fast,
    messages: false,
    logger: false,
    // Lengths in UTF-16 units: the national sizes are far from any text outside the basic plane, and counting is linear otherwise.
    unicode: false,
    unicodeRegExp: false,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    inlineRefs: true,
    code: { source: true, esm: true, lines: true, optimize: 1 },
  })
  const names: Record<string, string> = {}
  const byRelease = RELEASES.map((release) => {
    const entries = TABLES.map((table) => {
      const name = `${table.name}_${sameAs(table, release)}`
      if (!(name in names)) {
        names[name] = name
        ajv.addSchema(compiledSchema(table, release), name)
      }
      return `${table.name}: ${name}`
    })
    return `  '${release}': { ${entries.join(', ')} },`
  })
  const code = standalone.default(ajv, names).replace(/^"use strict";/, '')
  return `${banner}${code}\nexport const byRelease = {\n${byRelease.join('\n')}\n}\n`
}

const validatorTypes = `${banner}import type { Release } from '../../domain/claim.ts'

export interface RowError {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
}
export interface RowValidator {
  (row: unknown): boolean
  errors?: readonly RowError[] | null
}
export const byRelease: Readonly<Record<Release, Readonly<Record<string, RowValidator>>>>
`

/**
 * Two functions per table that make a wire row, members in the order of RFC 8785: from an object (JSON), from values in national order
 * (XML). Literal names are what makes them fast: each store and load has one shape.
 */
function rowReaders(): string {
  const reader = (source: (field: string, position: number) => string) =>
    TABLES.map(({ name, fields }) => {
      const stores = fields
        .map(([field, kind], position) => ({ field, read: decimals(kind) === undefined ? 'text' : 'decimal', position }))
        .sort((a, b) => (a.field < b.field ? -1 : 1))
        .map(({ field, read, position }) => {
          const value = source(field, position)
          return `    if ((v = ${value}) !== undefined && (v = ${read}(v)) !== undefined) row.${field} = v`
        })
      return `  ${name}(source) {\n    const row = {}\n    let v\n${stores.join('\n')}\n    return row\n  },`
    }).join('\n')
  const fromObject = `export const rowFromObject = {\n${reader((field) => `source.${field}`)}\n}`
  const fromValues = `export const rowFromValues = {\n${reader((_, position) => `source[${position}]`)}\n}`
  return `${banner}import { decimal, text } from '../scalars.ts'\n\n${fromObject}\n\n${fromValues}\n`
}

const rowReaderTypes = `${banner}type Row = Record<string, unknown>
/** By table name, from an object with national names. */
export const rowFromObject: Readonly<Record<string, (source: Readonly<Row>) => Row>>
/** By table name, from values in national order. */
export const rowFromValues: Readonly<Record<string, (source: readonly unknown[]) => Row>>
`

/**
 * JSON Schema of XML0–XML15 and of a claim for each release, and the compiled code that reads and validates rows.
 * @returns paths relative to the project and their whole content; two runs give the same bytes
 */
export async function generateNational(): Promise<Generated[]> {
  const code = 'src/national/validators'
  return [
    ...RELEASES.flatMap(publishedSchemas),
    { path: `${code}/first-fault.js`, content: validators(true) },
    { path: `${code}/first-fault.d.ts`, content: validatorTypes },
    { path: `${code}/all-faults.js`, content: validators(false) },
    { path: `${code}/all-faults.d.ts`, content: validatorTypes },
    { path: `${code}/rows.js`, content: rowReaders() },
    { path: `${code}/rows.d.ts`, content: rowReaderTypes },
  ]
}
