import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createFindCheckIns } from '../../src/check-in/find-check-ins.ts'
import { listAccesses } from '../../src/check-in/list-accesses.ts'
import { makeAuthority, type TestAuthority } from '../../src/check-in/test-authority/authority.ts'
import { type Card, issueCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { pause, until } from '../e2e/support/gateway.ts'
import { P256_CHIP } from './make-question.ts'
import { chipIdentity, openTestDesk, type TestDesk } from './support/desk.ts'

const citizens: readonly Citizen[] = Array.from({ length: 35 }, (_, index) => ({
  ...makeCitizen('outage', index),
  expiresOn: '2040-12-28',
}))
const staff = { name: 'NGUYEN THI NHAN VIEN', personalId: '099000000099' }
let authority: TestAuthority
let desk: TestDesk
let clerk: string
let used = 0

beforeAll(async () => {
  authority = makeAuthority({ signers: ['p256'], today: new Date().toISOString().slice(0, 10) })
  desk = await openTestDesk(authority)
  await desk.register(citizens)
  await desk.startRecorder()
  clerk = await desk.gateway.token('01999', 'facility')
}, 60_000)
afterAll(() => desk.stop())
afterEach(() => {
  Object.assign(desk.faults, { postgres: false, cache: false, stream: false, registerMs: 0 })
})

const codes = (told: readonly { readonly code: string }[]) => told.map(({ code }) => code)
function card(): Card {
  return issueCard({ citizen: citizens[used++]!, signer: authority.signers['p256']!, form: P256_CHIP })
}
async function bodyOf(one: Card, more: object = {}) {
  return { facilityCode: '01999', identity: chipIdentity(one, await desk.challenge(clerk)), ...more }
}
const checkIn = async (body: object) => {
  const answer = await desk.checkIn(clerk, body)
  expect(answer.status).toBe(200)
  return answer.body
}
const stored = async (checkInId: string) => {
  const { rows } = await desk.database.pool.query<{ outcome: string; unpublished: object | null }>(
    'SELECT outcome, unpublished FROM check_in WHERE check_in_id = $1',
    [checkInId],
  )
  return rows[0]
}

describe('the record', () => {
  test('a check-in goes by the stream into the ledger, with who looked, and no name in the open', async () => {
    const one = card()
    const { checkInId } = await checkIn(await bodyOf(one, { encounterId: 'TN-1', staff }))
    await until('recorded', 10_000, () => stored(checkInId))
    const { rows } = await desk.database.pool.query<{ text: string }>(
      `SELECT row_to_json(k)::text || coalesce(row_to_json(a)::text, '-') AS text FROM check_in k LEFT JOIN access_audit a ON a.ref = k.check_in_id WHERE check_in_id = $1`,
      [checkInId],
    )
    expect(rows[0]!.text).toContain('"purpose":"check-in"')
    const { rows: records } = await desk.database.pool.query<{ text: string }>(
      `SELECT convert_from(value, 'UTF8') || headers || key AS text FROM log_record WHERE topic = 'check-ins.recorded.v1'`,
    )
    for (const text of [rows[0]!.text, ...records.map((row) => row.text)]) {
      for (const secret of [one.citizen.personalId, one.citizen.birthDate, staff.name, staff.personalId, 'TN-1']) {
        expect(text).not.toContain(secret)
      }
    }
  })
  test('the member is shown who looked, under whichever number is asked for', async () => {
    const one = card()
    const { checkInId } = await checkIn(await bodyOf(one, { staff }))
    await until('recorded', 10_000, () => stored(checkInId))
    await desk.gateway.get('/v1/check-ins', clerk)
    const cardNumber = `DN401${one.citizen.personalId.slice(-10)}`
    const deps = { pool: desk.database.pool, keyedHash: desk.keyedHash }
    const accesses = await listAccesses(deps, cardNumber, 'a test')
    expect(accesses).toMatchObject([
      { actor: 'a test', action: 'access.list', staff: null },
      { action: 'check-in.list', facilityCode: '01999', purpose: 'reception', staff: null },
      { action: 'check-in', facilityCode: '01999', purpose: 'check-in', staff },
    ])
    await desk.gateway.get('/v1/check-ins', clerk)
    const again = await listAccesses(deps, one.citizen.personalId, 'a test')
    expect(again.map(({ action }) => action)).toEqual(['access.list', 'access.list', 'check-in.list', 'check-in'])
  })
  test('a check-in that is sent twice is one, with the same answer', async () => {
    const body = await bodyOf(card())
    const [first, atOnce] = await Promise.all([checkIn(body), checkIn(body)])
    const later = await checkIn(body)
    expect(atOnce).toEqual(first)
    expect(later).toEqual(first)
    await until('recorded', 10_000, () => stored(first.checkInId))
    await desk.cache.delete([`check-in-answer:${first.checkInId}`])
    expect(await checkIn(body)).toEqual(first)
  })
  test("the reception sees its own day's check-ins and confirms one; another facility sees none", async () => {
    const { checkInId } = await checkIn({ identity: { method: 'attested', reason: 'emergency' }, encounterId: 'TN-CONFIRM' })
    await until('recorded', 10_000, () => stored(checkInId))
    const list = await desk.gateway.get(`/v1/check-ins?date=${desk.today()}`, clerk)
    const { items } = (await list.json()) as { items: { checkInId: string; encounterId: string; confirmedAt: string | null }[] }
    expect(items.find((item) => item.checkInId === checkInId)).toMatchObject({ encounterId: 'TN-CONFIRM', confirmedAt: null })
    const stranger = await desk.gateway.token('79999', 'facility')
    expect(((await (await desk.gateway.get('/v1/check-ins', stranger)).json()) as { items: unknown[] }).items).toEqual([])
    const path = `/v1/check-ins/${checkInId}/confirm`
    expect((await desk.gateway.post(path, stranger, { staff })).status).toBe(404)
    expect((await desk.gateway.post(path, await desk.gateway.token('01999', 'kiosk'), { staff })).status).toBe(403)
    const confirmed = (await (await desk.gateway.post(path, clerk, { staff })).json()) as { confirmedAt: string }
    const again = (await (await desk.gateway.post(path, clerk, { staff })).json()) as { confirmedAt: string }
    expect(confirmed.confirmedAt).toBe(again.confirmedAt)
    expect(confirmed).toMatchObject({ checkInId, outcome: 'provisional' })
  })
  test.each(['admitted', 'refused'])('who was %s is not confirmed, and nothing is written of who tried', async (expected) => {
    const unknown = { method: 'card', cardNumber: '001085999999', fullName: 'KHONG AI BIET', birthDate: '1985-01-01' }
    const body = expected === 'refused' ? { identity: unknown } : await bodyOf(card(), { encounterId: 'TN-ADMITTED' })
    const { checkInId, outcome } = await checkIn(body)
    expect(outcome).toBe(expected)
    await until('recorded', 10_000, () => stored(checkInId))
    const path = `/v1/check-ins/${checkInId}/confirm`
    const answer = await desk.gateway.post(path, clerk, { staff })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'check_in.not_provisional' })
    expect((await desk.gateway.post(path, await desk.gateway.token('79999', 'facility'), { staff })).status).toBe(404)
    const { items } = (await (await desk.gateway.get(`/v1/check-ins?date=${desk.today()}`, clerk)).json()) as {
      items: { checkInId: string; confirmedAt: string | null }[]
    }
    expect(items.find((item) => item.checkInId === checkInId)).toMatchObject({ confirmedAt: null })
  })
  test('the claim of the visit knows its check-in; a facility that never checked anyone in knows nothing', async () => {
    const answer = await checkIn(await bodyOf(card(), { encounterId: 'TN-BOUND' }))
    await until('recorded', 10_000, () => stored(answer.checkInId))
    const find = createFindCheckIns(desk.database.pool)
    const asked = (facilityCode: string, encounterId: string, arrivedAt = '2999-01-01T08:00') => ({
      ...{ facilityCode, arrivedAt, asOf: '2999-01-02' },
      claimId: desk.keyedHash.claimId(facilityCode, encounterId),
    })
    const facts = await find([
      asked('01999', 'TN-BOUND'),
      asked('01999', 'TN-OTHER'),
      asked('01999', 'TN-OTHER', '2020-01-01T08:00'),
      asked('79999', 'TN-BOUND'),
    ])
    const { checkInId, outcome, assurance } = answer
    expect(facts).toMatchObject([
      { kind: 'known', asOf: '2999-01-02', stale: false, value: { checkInId, outcome, assurance } },
      { kind: 'none', asOf: '2999-01-02' },
      { kind: 'none', asOf: null },
      { kind: 'none', asOf: null },
    ])
  })
  test('a body that names another facility is refused', async () => {
    const { status, body } = await desk.checkIn(clerk, { ...(await bodyOf(card())), facilityCode: '79999' })
    expect([status, body.code]).toEqual([403, 'request.other_facility'])
  })
  test('every fault of a body is told at once', async () => {
    const { status, body } = await desk.checkIn(clerk, {
      identity: { method: 'card', cardNumber: '?', extra: 1 },
      visit: { MA_LOAI_KCB: 'x' },
    })
    expect([status, body.code]).toEqual([422, 'check_in.invalid'])
    expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual([
      '/identity/birthDate',
      '/identity/cardNumber',
      '/identity/extra',
      '/identity/fullName',
      '/visit/MA_LOAI_KCB',
    ])
  })
})

describe('what is down denies nobody', () => {
  test('without the cache the answer is the same', async () => {
    desk.faults.cache = true
    expect(await checkIn(await bodyOf(card()))).toMatchObject({ outcome: 'admitted', assurance: 'C2' })
  })
  test('without the cache, one that is sent again before the ledger has it has the same ticket and answer', async () => {
    desk.faults.cache = true
    const bodies = await Promise.all(Array.from({ length: 5 }, () => bodyOf(card())))
    for (const body of bodies) {
      const first = await checkIn(body)
      expect(await checkIn(body)).toEqual(first)
    }
  })
  test('without the stream it is recorded in the ledger and said on the stream later', async () => {
    desk.faults.stream = true
    const answer = await checkIn(await bodyOf(card()))
    expect(answer.outcome).toBe('admitted')
    expect((await stored(answer.checkInId))?.unpublished).not.toBeNull()
    desk.faults.stream = false
    await until('said on the stream', 20_000, async () => (await stored(answer.checkInId))?.unpublished === null)
  }, 30_000)
  test('with a register that hangs it is provisional within the patience of the desk', async () => {
    desk.faults.registerMs = 5_000
    const body = await bodyOf(card())
    const startedAt = performance.now()
    const answer = await checkIn(body)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(answer).toMatchObject({ outcome: 'provisional', legacyCode: '101', eligibility: { source: 'none' } })
    expect(codes(answer.reasons)).toContain('register_unavailable')
  })
  test('with Postgres down, whoever was seen before is admitted from the last copy or the cache', async () => {
    const one = card()
    await checkIn(await bodyOf(one))
    desk.faults.postgres = true
    const answer = await checkIn(await bodyOf(one))
    expect(answer).toMatchObject({ outcome: 'admitted', assurance: 'C2', coverage: { status: 'active' } })
    expect(answer.ticket).toMatch(/^C-\d{3}$/)
  })
  test('with cache and Postgres down no challenge can be shown to be new: provisional, lower', async () => {
    const body = await bodyOf(card())
    Object.assign(desk.faults, { postgres: true, cache: true })
    const answer = await checkIn(body)
    expect(answer).toMatchObject({ outcome: 'provisional', assurance: 'C0' })
    expect(codes(answer.reasons)).toContain('challenge_not_checked')
  })
  test('with stream and Postgres down the desk is told to keep it and send it again, and then it is one', async () => {
    const body = await bodyOf(card())
    Object.assign(desk.faults, { postgres: true, stream: true })
    const answer = await checkIn(body)
    expect(answer.outcome).toBe('provisional')
    expect(codes(answer.alerts)).toContain('not_recorded')
    Object.assign(desk.faults, { postgres: false, stream: false })
    await pause(600)
    const again = await checkIn(body)
    expect(again).toMatchObject({ checkInId: answer.checkInId, outcome: 'admitted' })
    expect(codes(again.alerts)).not.toContain('not_recorded')
  })
  test('the list of the day says that it cannot be read now', async () => {
    desk.faults.postgres = true
    expect((await desk.gateway.get('/v1/check-ins', clerk)).status).toBe(503)
  })
})
