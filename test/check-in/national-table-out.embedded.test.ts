import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CheckInAnswer } from '../../src/check-in/check-in.ts'
import { createNationalRows } from '../../src/check-in/national-rows.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { readCheckInTable } from '../../src/national/check-in-table.ts'
import { printCheckInTable } from '../../src/national/print-check-in-table.ts'
import type { WireRow } from '../../src/national/reading.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { PostgresUnavailable } from '../../src/platform/postgres.ts'
import { makeMember } from '../support/make-member.ts'
import { openTestDesk, type TestDesk } from './support/desk.ts'

const bounds = { depthMax: 8, rowsMax: 500, faultsMax: 200 }
const sample = readFileSync(join(import.meta.dirname, '../fixtures/samples/10-check-in.xml'))
const read = (body: Buffer) => readCheckInTable(body, 'application/xml', bounds)
const [row] = (read(sample) as { rows: readonly WireRow[] }).rows as [WireRow]
const second = { ...row, MA_LK: 'TN-0002', STT: '2', MA_BN: 'BN & <2>' }
const card = { method: 'card', personalId: '001000000001', fullName: row['HO_TEN'], birthDate: '1985-01-01' }

let desk: TestDesk
let clerk: string
let sent: readonly (CheckInAnswer & { encounterId: string })[]
const xml = { accept: 'application/xml' }
const count = async () => (await desk.database.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM check_in')).rows[0]!.n
const table = (query = '', bearer = clerk) => desk.gateway.get(`/v1/check-ins?date=${desk.today()}${query}`, bearer, xml)
const rowsIn = (body: Buffer) => (read(body) as { rows: readonly WireRow[] }).rows
async function send(body: Buffer) {
  const response = await desk.gateway.post('/v1/check-ins', clerk, body.toString('utf8'), { 'content-type': 'application/xml' })
  expect(response.status).toBe(207)
  return ((await response.json()) as { results: typeof sent }).results
}

beforeAll(async () => {
  desk = await openTestDesk(makeAuthority({ signers: ['p256'], today: '2026-03-01' }))
  await desk.startRecorder()
  const coverages = [{ cardNumber: 'DN4010000000001' }]
  await desk.importLines('members', [
    { asOf: '2026-03-10' },
    makeMember({ personalId: '001000000001', socialInsuranceNumber: '0000000001', coverages }),
  ])
  clerk = await desk.gateway.token('01999', 'facility')
  sent = await send(printCheckInTable([row, second]))
  await vi.waitFor(async () => expect(await count()).toBe(2), 20_000)
}, 60_000)
afterAll(() => desk.stop())

test("a day's table goes out as it came in, and in again it is the same check-ins", async () => {
  const response = await table()
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/xml; charset=utf-8'])
  const out = Buffer.from(await response.arrayBuffer())
  const rows = rowsIn(out)
  const byVisit = (left: WireRow, right: WireRow) => (left['MA_LK']! < right['MA_LK']! ? -1 : 1)
  const plain = (all: readonly WireRow[]) => all.toSorted(byVisit).map(({ STT: _, ...fields }) => fields)
  expect(plain(rows)).toEqual(plain([row, second]))
  const again = await send(out)
  const idsOf = (answers: typeof sent) => new Map(answers.map((answer) => [answer.encounterId, answer.checkInId]))
  expect(idsOf(again)).toEqual(idsOf(sent))
  expect(await count()).toBe(2)
})

test('a visit checked in several times is one row, and one of a printed card has what is known of it', async () => {
  const staff = { name: 'TRAN THI TIEP DON' }
  await desk.checkIn(clerk, { encounterId: 'TN-0001', staff, identity: card })
  const visit = { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01' }
  await desk.checkIn(clerk, { encounterId: 'TN-0003', staff, identity: card, visit })
  await vi.waitFor(async () => expect(await count()).toBe(4), 20_000)
  const text = await (await table()).text()
  expect(text.match(/<MA_LK>.*?</g)?.toSorted()).toEqual(['<MA_LK>TN-0001<', '<MA_LK>TN-0002<', '<MA_LK>TN-0003<'])
  expect(text).toContain('<MA_BN>BN &amp; &lt;2&gt;</MA_BN>')
  const one = await (await table('&encounter=TN-0003')).text()
  for (const known of ['<STT>1<', `<HO_TEN>${row['HO_TEN']}<`, '<SO_CCCD>001000000001<', '<MA_DOITUONG_KCB>1.1<', '<MA_BN><'])
    expect(one).toContain(known)
  expect(one.match(/<TRANG_THAI_KCB>/g)).toHaveLength(1)
})

test('what is missing stops the way back in and nothing is counted; filled in, the visit is still one', async () => {
  const one = await (await table('&encounter=TN-0003')).text()
  const post = (body: string) => desk.gateway.post('/v1/check-ins', clerk, body, { 'content-type': 'application/xml' })
  const [before, refused] = [await count(), await post(one)]
  expect([refused.status, await count()]).toEqual([422, before])
  const filled = one
    .replace('<MA_BN></MA_BN>', '<MA_BN>BN3</MA_BN>')
    .replace('<GIOI_TINH></GIOI_TINH>', '<GIOI_TINH>1</GIOI_TINH>')
    .replace('<MA_DICH_VU></MA_DICH_VU>', '<MA_DICH_VU>01.1897</MA_DICH_VU>')
    .replace('<NGAY_YL></NGAY_YL>', '<NGAY_YL>202603100810</NGAY_YL>')
  expect((await post(filled)).status).toBe(200)
  await vi.waitFor(async () => expect(await count()).toBe(before + 1), 20_000)
  const text = await (await table('&encounter=TN-0003')).text()
  expect([text.match(/<TRANG_THAI_KCB>/g)?.length, text.includes('<MA_BN>BN3<')]).toEqual([1, true])
})

test('nobody else sees it: not another facility, not a kiosk; and each person in it is noted', async () => {
  const other = await desk.gateway.token('79999', 'facility')
  expect(await (await table('', other)).text()).not.toMatch(/<MA_LK>|001000000001/)
  expect((await table('&encounter=TN-0001', other)).status).toBe(404)
  expect((await table('', await desk.gateway.token('01999', 'kiosk'))).status).toBe(403)
  const looks = await desk.database.pool.query<{ facility: string; fields: string[] }>(
    "SELECT DISTINCT facility_code AS facility, fields FROM access_audit WHERE action = 'check-in.table'",
  )
  const fields = ['name', 'personal-id', 'birth-date', 'card', 'visit']
  expect(looks.rows).toEqual([{ facility: '01999', fields }])
})

test('a table that cannot be noted is not shown', async () => {
  const { keyedHash, database } = desk
  const down = new PostgresUnavailable('Postgres cannot be reached')
  const store = { note: () => Promise.reject(down) }
  const rowsOf = createNationalRows({ sql: database.pool, store, keyedHash, clock: systemClock })
  const asked = { facilityCode: '01999', day: desk.today(), encounterId: undefined }
  await expect(rowsOf(asked, { clientId: 'test', staff: undefined })).rejects.toBe(down)
  desk.faults.postgres = true
  const { status } = await table()
  desk.faults.postgres = false
  expect(status).toBe(503)
})

test('sent in by another client of the hospital it is no second visit', async () => {
  const out = await (await table('&encounter=TN-0002')).text()
  const other = await desk.gateway.token('01999', 'facility')
  const before = await count()
  const response = await desk.gateway.post('/v1/check-ins', other, out, { 'content-type': 'application/xml' })
  expect(response.status).toBe(200)
  await vi.waitFor(async () => expect(await count()).toBe(before + 1), 20_000)
  expect((await (await table()).text()).match(/<MA_LK>TN-0002</g)).toHaveLength(1)
})

test('without the wish for XML the list stays JSON, and a visit alone goes with XML', async () => {
  for (const accept of ['*/*', 'text/html,application/xhtml+xml,application/xml;q=0.9', 'application/json, application/xml']) {
    const response = await desk.gateway.get('/v1/check-ins', clerk, { accept })
    expect(response.headers.get('content-type')).toBe('application/json')
  }
  expect((await desk.gateway.get('/v1/check-ins?encounter=TN-0001', clerk)).status).toBe(400)
})
