import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CheckIns } from '../../src/check-in/check-in.ts'
import type { CheckInListed } from '../../src/check-in/check-in-store.ts'
import { ROLES, type Role } from '../../src/ingest/access/access.ts'
import { createSessions, SESSION_LIFE_S } from '../../src/ingest/access/session.ts'
import { signInBounds } from '../../src/ingest/access/sign-in-routes.ts'
import { PostgresUnavailable } from '../../src/platform/postgres.ts'
import { makeClock } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

const listed: CheckInListed = {
  ...{
    checkInId: 'k_1',
    encounterId: null,
    at: '2026-03-10T01:02:00.000Z',
    ticket: 'B-001',
    method: 'chip',
    outcome: 'provisional',
  },
  ...{ assurance: 'C2', legacyCode: '101', offline: false, stale: false, member: null, alerts: [], reasons: [] },
  ...{ disasterId: null, confirmedAt: null },
}
const asked: { facilities: string[]; days: string[]; confirmed: unknown[]; challenges: unknown[]; down: boolean } = {
  ...{ facilities: [], days: [], confirmed: [], challenges: [], down: false },
}
const checkIns: CheckIns = {
  async openChallenges(facilityCode, caller, wish) {
    asked.challenges.push({ facilityCode, caller, wish })
    return [{ challengeId: 'c', nonce: 'AAAAAAAAAAA=', expiresAt: '2026-03-10T01:02:00.000Z', ticket: 'B-002' }]
  },
  checkIn: () => Promise.reject(new Error('not asked here')),
  async listOn(facilityCode, day) {
    if (asked.down) throw new PostgresUnavailable('down')
    asked.facilities.push(facilityCode)
    asked.days.push(day)
    return [listed]
  },
  async confirm(facilityCode, checkInId, staff) {
    asked.confirmed.push({ facilityCode, checkInId, staff })
    if (checkInId === 'k_3') return 'not-provisional'
    return checkInId === 'k_1' ? { checkInId, outcome: 'provisional', confirmedAt: '2026-03-10T01:30:00.000Z' } : undefined
  },
}

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ deps: { checkIns } })
})
afterAll(() => gateway.stop())
beforeEach(() => {
  asked.down = false
})

const cookieIn = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? ''
const csrfIn = (html: string) => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? /data-csrf="([^"]+)"/.exec(html)?.[1] ?? ''
const get = (path: string, cookie = '', headers: Record<string, string> = {}) =>
  fetch(gateway.base + path, { headers: { cookie, ...headers }, redirect: 'manual' })
const post = (path: string, form: Record<string, string>, cookie = '', headers: Record<string, string> = {}) =>
  fetch(gateway.base + path, {
    method: 'POST',
    headers: { cookie, ...headers },
    body: new URLSearchParams(form),
    redirect: 'manual',
  })

async function visit() {
  const response = await get('/sign-in?to=/reception')
  return { cookie: cookieIn(response), csrf: csrfIn(await response.text()) }
}
async function signIn(role: Role = 'facility', more: Record<string, string> = {}, facility = '01999') {
  const { clientId, secret } = gateway.register(facility, role)
  const { cookie, csrf } = await visit()
  const response = await post('/sign-in', { csrf, client_id: clientId, client_secret: secret, ...more }, cookie)
  return { response, session: cookieIn(response), clientId, secret }
}

describe('/sign-in', () => {
  test('exchanges a client and its secret for a session that no script reads and no other site sends', async () => {
    const { response, clientId, secret } = await signIn('facility', { to: '/kiosk' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/kiosk'])
    const cookie = response.headers.get('set-cookie')!
    expect(cookie).toMatch(new RegExp(`^bhyt-session=[\\w-]+; Path=/; Max-Age=${SESSION_LIFE_S}; HttpOnly; SameSite=Strict$`))
    expect(Buffer.from(cookie, 'base64url').toString('latin1')).not.toContain(clientId)
    expect(cookie).not.toContain(secret)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
  test('over TLS the cookie goes over nothing else', () => {
    const sessions = createSessions({
      ...{ secret: Buffer.alloc(32, 7), clients: gateway.clients, clock: makeClock().clock, secure: true },
      randomBytes: (count) => Buffer.alloc(count, 1),
    })
    const caller = { clientId: 'c', facilityCode: '01999', role: 'facility' } as const
    const cookie = sessions.begin({ caller, staff: undefined, pairing: undefined })
    expect(cookie).toMatch(/^__Host-bhyt-session=.*; Path=\/; .*; Secure$/)
  })
  test('a wrong secret and an unknown client are told alike', async () => {
    const { clientId } = gateway.register('01999')
    const { cookie, csrf } = await visit()
    const answers = await Promise.all(
      [clientId, 'client_nobody'].map((id) => post('/sign-in', { csrf, client_id: id, client_secret: 'wrong' }, cookie)),
    )
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    const [one, other] = await Promise.all(answers.map((answer) => answer.text()))
    expect(one).toBe(other)
    expect(one).toContain('role="alert"')
  })
  test('many tries are slowed, also those with the right secret', async () => {
    const { clientId, secret } = gateway.register('01999')
    const { cookie, csrf } = await visit()
    const attempt = (client_secret: string) => post('/sign-in', { csrf, client_id: clientId, client_secret }, cookie)
    for (let tries = 0; tries < signInBounds.triesMax; tries += 1) expect((await attempt('wrong')).status).toBe(401)
    expect((await attempt(secret)).status).toBe(429)
  })
  test('a form without its token, with another browser’s, or from another site is refused', async () => {
    const { clientId, secret } = gateway.register('01999')
    const [mine, other] = [await visit(), await visit()]
    const form = { client_id: clientId, client_secret: secret }
    expect((await post('/sign-in', form, mine.cookie)).status).toBe(403)
    expect((await post('/sign-in', { ...form, csrf: other.csrf }, mine.cookie)).status).toBe(403)
    expect((await post('/sign-in', { ...form, csrf: mine.csrf })).status).toBe(403)
    const crossSite = { 'sec-fetch-site': 'cross-site' }
    expect((await post('/sign-in', { ...form, csrf: mine.csrf }, mine.cookie, crossSite)).status).toBe(403)
    expect((await post('/sign-in', { ...form, csrf: mine.csrf }, mine.cookie)).status).toBe(303)
  })
  test.each(['https://elsewhere.example/', '//elsewhere.example', '/docs', 'javascript:alert(1)'])(
    'leads nowhere but to the desk: %s',
    async (to) => {
      const { response } = await signIn('facility', { to })
      expect(response.headers.get('location')).toBe('/reception')
      expect(await (await get(`/sign-in?to=${encodeURIComponent(to)}`)).text()).toContain('name="to" value="/reception"')
    },
  )
  test.each(ROLES)('%s: a kiosk comes to the kiosk, a hospital to its desk, others nowhere', async (role) => {
    const { response } = await signIn(role, { to: '/reception' })
    const expected = { facility: '/reception', kiosk: '/kiosk', insurer: null, operator: null }[role]
    expect(response.headers.get('location')).toBe(expected)
    if (expected === null) expect(response.status).toBe(403)
  })
})

describe('a session', () => {
  test('opens the pages, and none of the API', async () => {
    const { session } = await signIn()
    expect((await get('/reception', session)).status).toBe(200)
    expect((await get('/kiosk', session)).status).toBe(200)
    expect((await get('/v1/check-ins', session)).status).toBe(401)
    expect((await get('/v1/claims', session)).status).toBe(401)
  })
  test('is asked for where there is none, where it was changed, and where it is a visitor’s', async () => {
    const { session } = await signIn()
    const { cookie } = await visit()
    // Not its last character, of which not every bit counts.
    const flipped = `${session.slice(0, -9)}${session.at(-9) === 'A' ? 'B' : 'A'}${session.slice(-8)}`
    for (const bad of ['', flipped, 'bhyt-session=AAAA', cookie, cookie.replace('visitor', 'session')]) {
      const response = await get('/reception', bad)
      expect([response.status, response.headers.get('location')], bad).toEqual([303, '/sign-in?to=/reception'])
    }
  })
  test('ends with its client: revoked is revoked', async () => {
    const { session, clientId } = await signIn()
    const record = gateway.records.find((one) => one.clientId === clientId)!
    Object.assign(record, { revokedAt: new Date().toISOString() })
    await expect.poll(async () => (await get('/reception', session)).status, { timeout: 10_000 }).toBe(303)
    expect((await fetch(`${gateway.base}/kiosk/challenges`, { method: 'POST', headers: { cookie: session } })).status).toBe(401)
  })
  test('ends after eight hours', () => {
    const { clock, advance } = makeClock()
    const caller = { clientId: 'c', facilityCode: '01999', role: 'facility' } as const
    const sessions = createSessions({
      ...{ secret: Buffer.alloc(32, 7), clients: { find: () => caller }, clock, secure: false },
      randomBytes: (count) => Buffer.alloc(count, 1),
    })
    const cookie = sessions.begin({ caller, staff: 'A', pairing: 'B' }).split(';')[0]
    expect(sessions.find(cookie)).toMatchObject({ caller, staff: 'A', pairing: 'B' })
    void advance(SESSION_LIFE_S * 1000 + 1, SESSION_LIFE_S * 1000 + 1)
    expect(sessions.find(cookie)).toBeUndefined()
  })
  test('is ended by its own form alone', async () => {
    const { session } = await signIn()
    const csrf = csrfIn(await (await get('/reception', session)).text())
    expect((await post('/sign-out', {}, session)).status).toBe(403)
    const out = await post('/sign-out', { csrf }, session)
    expect([out.status, out.headers.get('location')]).toEqual([303, '/sign-in'])
    expect(out.headers.get('set-cookie')).toMatch(/^bhyt-session=; Path=\/; Max-Age=0/)
  })
})

describe('the kiosk', () => {
  test('calls the API as its client, with the token of its page', async () => {
    const { session, clientId } = await signIn('kiosk', {}, '79001')
    const csrf = csrfIn(await (await get('/kiosk', session)).text())
    const ask = (headers: Record<string, string>) =>
      fetch(`${gateway.base}/kiosk/challenges`, {
        method: 'POST',
        headers: { cookie: session, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ticket: true, kioskId: 'sim-1' }),
      })
    expect((await ask({})).status).toBe(403)
    expect((await ask({ 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    const answer = await ask({ 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin' })
    expect([answer.status, (await answer.json()) as object]).toEqual([200, expect.objectContaining({ ticket: 'B-002' })])
    expect(asked.challenges.at(-1)).toMatchObject({ facilityCode: '79001', caller: { clientId, kioskId: 'sim-1' } })
  })
  test('starts in Vietnamese whatever the machine prefers, and is kept nowhere', async () => {
    const { session } = await signIn('kiosk', { staff: 'TRẦN THỊ A', pairing: 'pair' })
    const page = await get('/kiosk', session, { 'accept-language': 'en' })
    expect(page.headers.get('cache-control')).toBe('no-store')
    const text = await page.text()
    expect(text).toContain('<html lang="vi">')
    expect(text).toContain('data-staff="TRẦN THỊ A"')
    expect(text).toContain('data-pairing="pair"')
    expect(await (await get('/kiosk?lang=en', session)).text()).toContain('<html lang="en">')
  })
  test('does not see the reception', async () => {
    const { session } = await signIn('kiosk')
    expect((await get('/reception', session)).headers.get('location')).toBe('/kiosk')
    const csrf = csrfIn(await (await get('/kiosk', session)).text())
    expect((await post('/reception/confirm', { csrf, checkInId: 'k_1', staffName: 'A' }, session)).status).toBe(403)
  })
})

describe('the reception', () => {
  test('shows the check-ins of its own facility, of the day asked for', async () => {
    const { session } = await signIn('facility', {}, '79002')
    expect((await get('/reception?date=2026-03-10', session)).status).toBe(200)
    await get('/reception?date=nonsense', session)
    expect(asked.facilities.slice(-2)).toEqual(['79002', '79002'])
    expect(asked.days.at(-2)).toBe('2026-03-10')
    expect(asked.days.at(-1)).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  })
  test('confirms with a named member of staff, and says what came of it', async () => {
    const { session } = await signIn()
    const csrf = csrfIn(await (await get('/reception', session)).text())
    const confirm = async (form: Record<string, string>) =>
      new URL(
        (await post('/reception/confirm', { csrf, date: '2026-03-10', ...form }, session)).headers.get('location')!,
        gateway.base,
      ).searchParams.get('notice')
    expect(await confirm({ checkInId: 'k_1', staffName: ' TRẦN THỊ A ' })).toBe('confirmed')
    expect(asked.confirmed.at(-1)).toEqual({
      facilityCode: '01999',
      checkInId: 'k_1',
      staff: { name: 'TRẦN THỊ A', personalId: undefined },
    })
    const before = asked.confirmed.length
    expect(await confirm({ checkInId: 'k_1', staffName: '  ' })).toBe('name')
    expect(await confirm({ checkInId: 'k_1', staffName: 'A', csrf: 'other' })).toBe('stale')
    expect(asked.confirmed).toHaveLength(before)
    expect(await confirm({ checkInId: 'k_2', staffName: 'A' })).toBe('missing')
    expect(await confirm({ checkInId: 'k_3', staffName: 'A' })).toBe('settled')
    expect(await (await get('/reception?notice=settled', session)).text()).toContain('Chỉ lượt tạm tiếp đón mới cần xác nhận')
  })
  test('says so when the ledger cannot be read', async () => {
    const { session } = await signIn()
    asked.down = true
    const page = await get('/reception', session)
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('lỗi phía hệ thống')
  })
})
