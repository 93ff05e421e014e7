import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createEligibility } from '../../src/eligibility/create-eligibility.ts'
import { ImportRunning, importRegister } from '../../src/eligibility/import.ts'
import type { RegisterKind } from '../../src/eligibility/register-record.ts'
import { showMember } from '../../src/eligibility/show-member.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { makeMember } from '../support/make-member.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const cache = createMemoryCache({ entriesMax: 1_000, bytesMax: 10_000_000, clock: systemClock })
let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE register_member, register_member_key, register_facility, register_catalogue, register_referral, access_audit',
  )
  await database.pool.query('UPDATE register_state SET as_of = NULL, secret_mark = NULL')
  await cache.invalidate('')
})

async function* chunksOf(...lines: (object | string)[]): AsyncGenerator<string> {
  for (const line of lines) yield `${typeof line === 'string' ? line : JSON.stringify(line)}\n`
}
const deps = () => ({ pool: database.pool, cache, keyedHash, clock: systemClock })
const importLines = (kind: RegisterKind, lines: (object | string)[], partial = false) =>
  importRegister(kind, chunksOf(...lines), deps(), { partial })
const eligibility = () => createEligibility({ ...deps(), log: silentLogger })
const findBy = async (personalId: string | undefined, numbers: string[] = [], cards: string[] = []) =>
  (await eligibility().findMembers([{ personalId, socialInsuranceNumbers: numbers, cardNumbers: cards }]))[0]!
const asOf = (day: string) => ({ asOf: day })

describe('a register file', () => {
  test('of the sample members and facilities is found again as it was written', async () => {
    const folder = join(import.meta.dirname, '../fixtures/register')
    for (const kind of ['members', 'facilities'] as const) {
      const report = await importRegister(kind, createReadStream(join(folder, `${kind}.ndjson`)), deps())
      expect(report).toMatchObject({ committed: true, asOf: '2026-11-01', faultyLines: 0, cacheDropped: true })
    }
    expect(await findBy('001000000001')).toMatchObject({
      kind: 'known',
      asOf: '2026-11-01',
      stale: false,
      value: { fullName: 'NGUYEN VAN THU A', coverages: [{ cardNumber: 'DN4010000000001', registeredFacility: '01999' }] },
    })
    expect(await findBy(undefined, [], ['GD4790000000003'])).toMatchObject({
      kind: 'known',
      value: { personalId: '001000000003' },
    })
    expect(await findBy('001000000009')).toEqual({ kind: 'none', asOf: '2026-11-01' })
    const [facility, unknown] = await eligibility().findFacilities(['01999', '99999'])
    expect(facility).toMatchObject({
      kind: 'known',
      value: { name: 'Bệnh viện thử nghiệm', periods: [{ level: 'specialised' }] },
    })
    expect(unknown).toEqual({ kind: 'none', asOf: '2026-11-01' })
  })

  test('with bad lines is not applied, and every bad line is named by its number', async () => {
    const report = await importLines('members', [
      asOf('2026-03-01'),
      makeMember({ personalId: '001000000010' }),
      'not json',
      '',
      { ...makeMember({ personalId: '001000000011' }), sex: 'm', nickname: 'x' },
      { ...makeMember({ personalId: null }), socialInsuranceNumber: null },
      makeMember({ personalId: '001000000012', coverages: [{ validFrom: '2026-02-01', validTo: '2026-01-01' }] }),
      makeMember({ personalId: '001000000013', deceasedOn: '2026-02-30' }),
    ])
    expect(report).toMatchObject({ committed: false, applied: 0, lines: 6, faultyLines: 5, revision: undefined })
    expect(report.faults.map(({ text: _, ...fault }) => fault)).toEqual([
      { line: 3, pointer: '', code: 'json' },
      { line: 5, pointer: '/nickname', code: 'additionalProperties' },
      { line: 5, pointer: '/sex', code: 'enum' },
      { line: 6, pointer: '/personalId', code: 'identifier' },
      { line: 7, pointer: '/coverages/0/validTo', code: 'period' },
      { line: 8, pointer: '/deceasedOn', code: 'format' },
    ])
    expect(report.faults[0]?.text).toEqual({ vi: expect.any(String), en: 'the line is not JSON' })
    expect(await findBy('001000000010')).toEqual({ kind: 'none', asOf: null })
  })

  test('with bad lines is applied without them when partial, and does not make the register newer', async () => {
    const lines = [asOf('2026-03-01'), makeMember({ personalId: '001000000010' }), 'not json']
    const report = await importLines('members', lines, true)
    expect(report).toMatchObject({ committed: true, applied: 1, faultyLines: 1 })
    expect(await findBy('001000000010')).toMatchObject({ kind: 'known', asOf: '2026-03-01' })
    expect(await findBy('001000000099')).toEqual({ kind: 'none', asOf: null })
  })

  test('never puts a name or an identifier in the clear into the database', async () => {
    await importLines('members', [makeMember({ personalId: '001000000010', fullName: 'CANARY NAME' })])
    const { rows } = await database.pool.query<{ text: string }>(
      "SELECT encode(sealed, 'escape') || ref::text AS text FROM register_member UNION ALL SELECT key::text FROM register_member_key",
    )
    expect(rows.length).toBe(4)
    expect(rows.filter(({ text }) => /CANARY|001000000010|DN4010000000001/.test(text))).toEqual([])
  })
})

describe('versions of a member', () => {
  const id = '001000000020'
  test('a lower version is ignored', async () => {
    await importLines('members', [asOf('2026-03-01'), makeMember({ personalId: id, version: 3, fullName: 'NEW' })])
    const report = await importLines('members', [asOf('2026-04-01'), makeMember({ personalId: id, version: 2, fullName: 'OLD' })])
    expect(report).toMatchObject({ committed: true, applied: 0, ignored: 1 })
    expect(await findBy(id)).toMatchObject({ value: { fullName: 'NEW', version: 3 }, asOf: '2026-03-01' })
  })
  test('the same version with the same content makes it newer', async () => {
    await importLines('members', [asOf('2026-03-01'), makeMember({ personalId: id })])
    const report = await importLines('members', [asOf('2026-04-01'), makeMember({ personalId: id })])
    expect(report).toMatchObject({ committed: true, applied: 0, unchanged: 1 })
    expect(await findBy(id)).toMatchObject({ asOf: '2026-04-01' })
  })
  test('the same version with other content is an error with its line', async () => {
    await importLines('members', [makeMember({ personalId: id, fullName: 'ONE' })])
    const report = await importLines('members', [asOf('2026-04-01'), makeMember({ personalId: id, fullName: 'TWO' })])
    expect(report).toMatchObject({ committed: false, faults: [{ line: 2, pointer: '/version', code: 'version' }] })
    expect(await findBy(id)).toMatchObject({ value: { fullName: 'ONE' } })
  })
  test('within one file the highest counts', async () => {
    await importLines(
      'members',
      [2, 5, 3].map((version) => makeMember({ personalId: id, version, fullName: `V${version}` })),
    )
    expect(await findBy(id)).toMatchObject({ value: { fullName: 'V5' } })
  })
  test('a card that a newer version has no more finds nobody', async () => {
    const coverage = (cardNumber: string) => [{ cardNumber }]
    await importLines('members', [makeMember({ personalId: id, coverages: coverage('DN4010000000021') })])
    await importLines('members', [makeMember({ personalId: id, version: 2, coverages: coverage('DN4010000000022') })])
    expect(await findBy(undefined, [], ['DN4010000000021'])).toMatchObject({ kind: 'none' })
    expect(await findBy(undefined, [], ['DN4010000000022'])).toMatchObject({ kind: 'known' })
  })
  test('a child who gets a personal id stays one member', async () => {
    const child = { socialInsuranceNumber: '0000000021', coverages: [{ cardNumber: 'TE1010000000021' }] }
    await importLines('members', [makeMember({ ...child, personalId: null })])
    expect(await findBy(undefined, ['0000000021'])).toMatchObject({ value: { personalId: null } })
    await importLines('members', [makeMember({ ...child, personalId: id, version: 2 })])
    for (const fact of [
      await findBy(id),
      await findBy(undefined, ['0000000021']),
      await findBy(undefined, [], ['TE1010000000021']),
    ])
      expect(fact).toMatchObject({ kind: 'known', value: { personalId: id, version: 2 } })
    const { rows } = await database.pool.query('SELECT FROM register_member')
    expect(rows.length).toBe(1)
  })
  test('the order of coverages in the file does not matter', async () => {
    const coverages = [
      { cardNumber: 'DN4010000000031', validFrom: '2026-01-01' },
      { cardNumber: 'DN4010000000030', validFrom: '2025-01-01' },
    ]
    await importLines('members', [makeMember({ personalId: id, coverages })])
    const report = await importLines('members', [makeMember({ personalId: id, coverages: coverages.toReversed() })])
    expect(report).toMatchObject({ unchanged: 1, faultyLines: 0 })
  })
})

describe('an import', () => {
  test('makes running processes drop what they have cached', async () => {
    const id = '001000000040'
    const query = [{ personalId: id, socialInsuranceNumbers: [], cardNumbers: [] }]
    // A process with a cache of its own: nothing but the notification can tell it.
    const other = createEligibility({
      ...deps(),
      cache: createMemoryCache({ entriesMax: 100, bytesMax: 1_000_000, clock: systemClock }),
      log: silentLogger,
    })
    await other.start()
    try {
      await importLines('members', [makeMember({ personalId: id, fullName: 'BEFORE' })])
      expect((await other.findMembers(query))[0]).toMatchObject({ value: { fullName: 'BEFORE' } })
      await importLines('members', [makeMember({ personalId: id, version: 2, fullName: 'AFTER' })])
      await expect.poll(async () => (await other.findMembers(query))[0]).toMatchObject({ value: { fullName: 'AFTER' } })
    } finally {
      await other.stop()
    }
  })
  test('that runs beside another of the same kind is refused', async () => {
    let release = () => {}
    const held = new Promise<void>((done) => {
      release = done
    })
    let begin = () => {}
    const begun = new Promise<void>((done) => {
      begin = done
    })
    async function* slow() {
      // Lines are asked for only by an import that has the lock.
      begin()
      yield `${JSON.stringify(makeMember({ personalId: '001000000050' }))}\n`
      await held
    }
    const first = importRegister('members', slow(), deps())
    await begun
    await expect(importLines('members', [])).rejects.toBeInstanceOf(ImportRunning)
    release()
    expect(await first).toMatchObject({ committed: true })
  })
  test('under another member secret is refused, and the register is unavailable under it rather than empty', async () => {
    await importLines('members', [makeMember({ personalId: '001000000060' })])
    const other = createKeyedHash(Buffer.alloc(32, 8))
    await expect(importRegister('members', chunksOf(), { ...deps(), keyedHash: other })).rejects.toThrow('another member secret')
    const [fact] = await createEligibility({ ...deps(), keyedHash: other, log: silentLogger }).findMembers([
      { personalId: '001000000060', socialInsuranceNumbers: [], cardNumbers: [] },
    ])
    expect(fact).toEqual({ kind: 'unavailable' })
  })
  test('of a catalogue, of referrals, practitioners and relations keeps the newest file', async () => {
    const row = {
      list: 'drug',
      facilityCode: null,
      code: '40.0001',
      name: 'THUỐC',
      unitPrice: '1200.000',
      paymentRate: '50',
      scope: 1,
      validFrom: '2025-01-01',
    }
    expect(await importLines('catalogue', [asOf('2026-03-01'), row, { ...row, unitPrice: '1300.000' }])).toMatchObject({
      applied: 2,
    })
    expect(await importLines('catalogue', [asOf('2026-02-01'), row])).toMatchObject({ applied: 0, ignored: 1 })
    const { rows } = await database.pool.query<{ content: string }>('SELECT content FROM register_catalogue')
    expect(rows.map(({ content }) => JSON.parse(content).unitPrice)).toEqual(['1300.000'])
    const referral = {
      id: 'R1',
      kind: 'transfer',
      personalId: '001000000001',
      from: '01001',
      to: '01999',
      signedAt: '2026-03-01',
    }
    expect(await importLines('referrals', [referral])).toMatchObject({ applied: 1 })
    const practitioner = { code: '000001/CCHN', facilityCode: '01999', scopes: ['KBCB'], validFrom: '2025-01-01' }
    expect(await importLines('practitioners', [practitioner])).toMatchObject({ applied: 1 })
    expect(await importLines('relations', [{ kind: 'includes', code: 'A', other: 'B', validFrom: '2025-01-01' }])).toMatchObject({
      applied: 1,
    })
    expect(await importLines('catalogue', [{ ...row, inPackageCap: true }])).toMatchObject({
      faults: [{ pointer: '/paymentRate', code: 'rate' }],
    })
  })
})

test('who looks at a member leaves a trace', async () => {
  await importLines('members', [makeMember({ personalId: '001000000070' })])
  const shown = await showMember(deps(), '001000000070', 'operator-1')
  expect(shown).toMatchObject({ foundBy: 'personal', fact: { kind: 'known', value: { personalId: '001000000070' } } })
  expect(await showMember(deps(), '001000000079', 'operator-1')).toMatchObject({ foundBy: undefined, fact: { kind: 'none' } })
  const { rows } = await database.pool.query<{ actor: string; action: string; subject: string }>(
    'SELECT * FROM access_audit ORDER BY id',
  )
  expect(rows).toMatchObject([
    { actor: 'operator-1', action: 'register.show-member', subject: keyedHash.digest('audit-subject', '001000000070') },
    { actor: 'operator-1' },
  ])
})
