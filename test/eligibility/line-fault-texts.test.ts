import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { patternTexts, textOf } from '../../src/eligibility/line-fault-texts.ts'
import { type RegisterKind, readRecord } from '../../src/eligibility/register-record.ts'
import { makeMember } from '../support/make-member.ts'

const secret = 'SECRET001000000001'
function textsOf(kind: RegisterKind, value: unknown): string[] {
  const read = readRecord[kind](value)
  if (read.ok) throw new Error('taken')
  const texts = read.faults.map((fault) => ({ pointer: fault.pointer, ...textOf(fault) }))
  for (const { vi, en } of texts) {
    expect(`${vi}${en}`).not.toMatch(/SECRET|undefined|\[object/)
    expect(vi).not.toBe(en)
  }
  return texts.map(({ pointer, en }) => `${pointer}  ${en}`)
}
const member = (changes: object) => ({ ...makeMember({ personalId: '001000000010' }), ...changes })
const coverage = { cardNumber: 'DN4010000000010', validFrom: '2026-01-01', registeredFacility: '01999', status: 'active' }

describe('a fault of a register line says what is wanted', () => {
  test.each([
    ['a word that no list has', { sex: secret }, '/sex  the value is not one of: male, female, unknown'],
    [
      'null among the words',
      { coverages: [{ ...coverage, area: secret }] },
      '/coverages/0/area  the value is not one of: K1, K2, K3, null',
    ],
    ['a name that is too long', { fullName: 'N'.repeat(300) }, '/fullName  at most 255 characters; 300 were sent'],
    ['a name without a letter', { fullName: '' }, '/fullName  at least 1 character'],
    [
      'a number of another form',
      { socialInsuranceNumber: secret },
      '/socialInsuranceNumber  wanted: 10 digits; 18 characters were sent',
    ],
    ['a number as a text', { version: '3' }, '/version  wrong type, wanted: integer'],
    ['a text as a number', { personalId: 1 }, '/personalId  wrong type, wanted: string or null'],
    ['a version below the first', { version: 0 }, '/version  the number is below 1'],
    [
      'more cards than are taken',
      { coverages: Array.from({ length: 201 }, () => coverage) },
      '/coverages  at most 200 items; 201 were sent',
    ],
    ['a member that is missing', { fullName: undefined }, '/fullName  the required member fullName is missing'],
    [
      'a day that no calendar has',
      { deceasedOn: '2026-02-30' },
      '/deceasedOn  the day is not yyyy-mm-dd or does not exist; for example 2026-03-10',
    ],
    [
      'a stranger',
      { nickname: secret },
      '/nickname  there is no such member; those are: personalId, socialInsuranceNumber, fullName, birthDate, sex, deceasedOn, version, coverages, copayCounted',
    ],
    [
      'a stranger in a coverage',
      { coverages: [{ ...coverage, nickname: secret }] },
      '/coverages/0/nickname  there is no such member; those are: cardNumber, validFrom, validTo, registeredFacility, fiveYearsFrom, area, status',
    ],
  ])('%s', (_, changes, text) => {
    expect(textsOf('members', member(changes))).toEqual([text])
  })
  test('a price', () => {
    const row = { list: secret, facilityCode: null, code: 'A', name: 'B', unitPrice: '1,5', paymentRate: '101', scope: 10 }
    expect(textsOf('catalogue', { ...row, validFrom: '2025-01-01' }).sort()).toEqual([
      '/list  the value is not one of: drug, service, supply, bed',
      '/paymentRate  wanted: a number in a string from 0 to 100, at most 2 decimals; 3 characters were sent',
      '/scope  the number is above 9',
      '/unitPrice  wanted: a number in a string, at most 12 digits before the point and 3 decimals; 3 characters were sent',
    ])
  })
})

test('every form that a register schema asks for has a text', () => {
  const folder = join(import.meta.dirname, '../../schemas/register')
  const schemas = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const patterns = schemas.flatMap((text) =>
    [...text.matchAll(/"pattern": ("[^\n]*")/g)].map(([, one]) => JSON.parse(one!) as string),
  )
  expect(patterns.length).toBeGreaterThan(5)
  expect([...new Set(patterns)].sort()).toEqual(Object.keys(patternTexts).sort())
})
