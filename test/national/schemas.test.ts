import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { generateNational } from '../../scripts/gen-national.ts'
import { RELEASES } from '../../src/national/tables/table.ts'
import { TABLES } from '../../src/national/tables/tables.ts'
import { bytesOf, readOne, SAMPLES, sampleWire } from './support/claims.ts'

const root = join(import.meta.dirname, '../..')
const schemaOf = (release: string, name: string) =>
  JSON.parse(readFileSync(join(root, `schemas/national/${release}/${name}.json`), 'utf8')) as Record<string, unknown>

describe('generated files', () => {
  let files: Awaited<ReturnType<typeof generateNational>>
  beforeAll(async () => {
    files = await generateNational()
  })
  test('are what the field tables give', () => {
    const stale = files.filter(
      ({ path, content }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content,
    )
    expect(stale.map(({ path }) => path)).toEqual([])
  })
  test('are a schema for each table and the claim of each release', () => {
    const schemas = files.filter(({ path }) => path.startsWith('schemas/'))
    expect(schemas).toHaveLength(RELEASES.length * (TABLES.length + 1))
  })
})

describe('field tables', () => {
  const counts = Object.fromEntries(TABLES.map(({ name, fields }) => [name, fields.length]))
  test('have the fields of the decision, and three more in XML13', () => {
    expect(counts).toEqual({
      ...{ XML0: 26, XML1: 66, XML2: 39, XML3: 47, XML4: 12, XML5: 9, XML6: 47, XML7: 26 },
      ...{ XML8: 22, XML9: 35, XML10: 13, XML11: 23, XML12: 35, XML13: 39 + 3, XML14: 22, XML15: 20 },
    })
  })
  test('name every field once', () => {
    for (const { fields } of TABLES) expect(new Set(fields.map(([name]) => name)).size).toBe(fields.length)
  })
})

describe.each(RELEASES)('the published claim schema of %s', (release) => {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false, unicodeRegExp: false })
  for (const { name } of TABLES) ajv.addSchema(schemaOf(release, name), `${name}.json`)
  const validate = ajv.compile(schemaOf(release, 'claim'))
  const endedAt = { '4750': '202408011030', '3176': '202603101030', '1931': '202608011030' }[release]
  const claims = SAMPLES.map((name) => {
    const wire = sampleWire(name)
    return { ...wire, XML1: { ...wire.XML1, NGAY_RA: endedAt, MAHUYEN_CU_TRU: '001' } }
  })

  test('takes what the gateway takes', () => {
    for (const claim of claims) {
      expect(readOne(bytesOf(claim))).toMatchObject({ kind: 'valid', release })
      expect(validate(claim) || validate.errors).toBe(true)
    }
  })
  test('and refuses what it refuses (property)', () => {
    const [base] = claims
    const value = fc.constantFrom(
      '',
      'x',
      '0',
      '-1',
      '1.5',
      '1.2345',
      '20260310',
      '202603101030',
      '999999999999999999',
      'y'.repeat(5_000),
    )
    const place = fc.constantFrom(...Object.keys(base!)).chain((table) => {
      const fields = TABLES.find(({ name }) => name === table)!.fields.map(([name]) => name)
      return fc.record({ table: fc.constant(table), field: fc.constantFrom(...fields, 'LA') })
    })
    fc.assert(
      fc.property(place, value, ({ table, field }, text) => {
        // The release follows from this field; another one than the schema's would be asked.
        if (field === 'NGAY_RA') return
        const claim = structuredClone(base!) as Record<string, Record<string, string> | Record<string, string>[]>
        const rows = claim[table]!
        const row = Array.isArray(rows) ? rows[0]! : rows
        row[field] = text
        const taken = readOne(bytesOf(claim)).kind === 'valid'
        if (text === '') delete row[field]
        expect(validate(claim), `${table}.${field} = ${text.slice(0, 20)}`).toBe(taken || (text === '' && field === 'LA'))
      }),
      { numRuns: 400 },
    )
  })
})
