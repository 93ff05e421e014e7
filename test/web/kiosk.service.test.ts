import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  browse,
  cardNumberOf,
  type KioskStage,
  openKioskStage,
  type Person,
  type Seen,
  SIZES,
  signIn,
} from './support/kiosk-stage.ts'

/** The kiosk as a patient meets it: real check-ins and register behind, a simulated reader beside. */
let stage: KioskStage
let seen: Seen
beforeAll(async () => {
  stage = await openKioskStage()
})
afterAll(() => stage?.stop())
beforeEach(async () => {
  stage.reader.slow(0)
  stage.reader.lay(undefined)
  stage.mode.isDisaster = false
  seen = await browse(stage.browser, SIZES.portrait)
  await signIn(seen, stage, { role: 'kiosk', to: '/kiosk', staff: 'TRẦN THỊ PHỤ TRÁCH' })
  await seen.page.locator('[data-reader="ready"]').waitFor()
})
afterEach(() => seen?.context.close())

const end = (kind: string) => seen.page.locator(`[data-end="${kind}"]`)
async function ended(): Promise<string | null> {
  await seen.page.locator('[data-view="result"]').waitFor()
  return seen.page.locator('[data-end]:not([hidden])').getAttribute('data-end')
}
const ticket = () => seen.page.locator('[data-view="result"] [data-fill="ticket"]').textContent()
const text = () =>
  seen.page
    .locator('main')
    .allInnerTexts()
    .then((texts) => texts.join('\n'))
async function lay(person: Person): Promise<void> {
  stage.reader.lay(person)
  await seen.page.locator('[data-view="start"]').waitFor({ state: 'hidden' })
}
/** The gateway is gone; the program beside the reader is not. */
const cut = () => seen.page.route(`${stage.base}/**`, (route) => route.abort())

describe('a card on the reader', () => {
  test('begins by itself, shows number and steps before the answer, and ends admitted', async () => {
    stage.reader.slow(700)
    await lay('genuine')
    await seen.page.locator('[data-view="working"] .ticket').waitFor()
    const early = await seen.page.locator('[data-view="working"] [data-fill="ticket"]').textContent()
    expect(await seen.page.locator('[data-step="0"]').getAttribute('class')).toBe('now')
    await end('admitted').waitFor()
    expect(await ticket()).toBe(early)
    expect(early).toMatch(/^B-\d{3}$/)
    const shown = await text()
    expect(shown).toContain('80 %')
    expect(shown).toContain(stage.citizens.genuine.birthDate.slice(0, 4))
    expect(shown).toMatch(/\*\*/)
    expect(shown).not.toContain(stage.citizens.genuine.personalId)
  })
  test('of which the name differs sends nobody away', async () => {
    await lay('renamed')
    await end('provisional').waitFor()
    expect(await text()).toContain('Tên không khớp')
  })
  test('whose insurance has ended is refused with its reason and what can be done instead', async () => {
    await lay('expired')
    await end('refused').waitFor()
    expect(await seen.page.locator('#reasons').textContent()).not.toBe('')
    expect(await seen.page.locator('#offers li').count()).toBeGreaterThan(1)
  })
  test('that is a copy is refused, in words that a patient understands', async () => {
    await lay('cloned')
    await end('refused').waitFor()
    expect(await text()).not.toContain('**')
    expect(await seen.page.locator('#reasons li').allTextContents()).toEqual(['Chưa xác minh được thẻ căn cước này'])
  })
  test('that is taken away too early can be laid again', async () => {
    stage.reader.slow(2_000)
    await lay('more')
    stage.reader.lay(undefined)
    await end('unread').waitFor()
  })
})

describe('slowness and outages', () => {
  test('after 15 seconds there is a way out, and the answer still comes', async () => {
    await seen.page.clock.install()
    stage.reader.slow(4_000)
    await lay('slow')
    await seen.page.clock.runFor(10_500)
    expect(await seen.page.locator('#slow').isVisible()).toBe(true)
    await seen.page.clock.runFor(5_000)
    expect(await end('late').isVisible()).toBe(true)
    expect(await ticket()).toMatch(/^B-\d{3}$/)
    await end('admitted').waitFor()
  })
  test('without a connection the visit is kept by the reader and sent later, under the same number', async () => {
    await expect
      .poll(
        () =>
          seen.page.evaluate(`fetch('${stage.reader.url}/status', { headers: { 'X-Pairing-Code': 'pair-1234' } })
      .then((answer) => answer.json()).then(({ offline }) => offline.challenges)`),
        { timeout: 15_000 },
      )
      .toBeGreaterThan(5)
    await cut()
    await lay('offline')
    await end('kept').waitFor()
    const number = await ticket()
    expect(await seen.page.locator('#offline').isVisible()).toBe(true)
    expect(stage.reader.waiting()).toBe(1)
    await seen.page.unrouteAll()
    stage.reader.lay(undefined)
    await seen.page.locator('[data-view="result"] [data-do="wipe"]').click()
    await expect.poll(() => stage.reader.waiting(), { timeout: 15_000 }).toBe(0)
    await expect.poll(() => seen.page.locator('#offline').isVisible()).toBe(false)
    const bearer = await stage.desk.gateway.token('01999', 'facility')
    const list = async () =>
      (await (await stage.desk.gateway.get('/v1/check-ins', bearer)).json()) as { items: { ticket: string; offline: boolean }[] }
    await expect.poll(async () => (await list()).items.find((one) => one.ticket === number)?.offline).toBe(true)
  })
  test('in a disaster people are taken without a card', async () => {
    stage.mode.isDisaster = true
    await seen.page.reload()
    expect(await seen.page.locator('#disaster').isVisible()).toBe(true)
    await seen.page.locator('[data-do="typed"]').click()
    await seen.page.locator('#name').fill('PHẠM VĂN KHÔNG GIẤY TỜ')
    await seen.page.locator('#birth').fill('1970')
    await seen.page.locator('[type="submit"]').click()
    await end('provisional').waitFor()
    expect(await ticket()).toMatch(/^B-\d{3}$/)
  })
  test('without a session staff are asked to sign in again', async () => {
    await seen.context.clearCookies()
    await lay('more')
    await end('locked').waitFor()
    expect(await seen.page.locator('#sign-in').isVisible()).toBe(true)
  })
})

describe('other ways in', () => {
  test('typed: what is missing is said beside its field, and then it is taken', async () => {
    const { personalId, fullName, birthDate } = stage.citizens.typed
    await seen.page.locator('[data-do="typed"]').click()
    await seen.page.locator('[type="submit"]').click()
    expect(await seen.page.locator('.fault:visible').count()).toBe(3)
    expect(personalId).toHaveLength(12)
    await seen.page.locator('#number').fill(cardNumberOf(stage.citizens.typed))
    await seen.page.locator('#name').fill(fullName)
    await seen.page.locator('#birth').fill(birthDate.split('-').reverse().join('/'))
    await seen.page.keyboard.press('Enter')
    expect(await ended()).toBe('admitted')
  })
  test('a scanner that types like a keyboard: the QR of a citizen card', async () => {
    const { personalId, fullName, birthDate, address } = stage.citizens.typed
    const born = birthDate.split('-').reverse().join('')
    await seen.page.keyboard.type(`${personalId}||${fullName.normalize('NFC')}|${born}|Nam|${address}|01022021`)
    await seen.page.keyboard.press('Enter')
    expect(await ended()).toBe('admitted')
  })
  test('a scan that an input method garbled is completed by hand', async () => {
    const { personalId, birthDate } = stage.citizens.typed
    await seen.page.keyboard.type(`${personalId}||Nguy?n V?n|${birthDate.split('-').reverse().join('')}|Nam||01022021`)
    await seen.page.keyboard.press('Enter')
    expect(await seen.page.locator('#number').inputValue()).toBe(personalId)
    expect(await seen.page.locator('#birth').inputValue()).toBe(birthDate.split('-').reverse().join('/'))
    expect(await seen.page.evaluate('document.activeElement.id')).toBe('name')
  })
  test('a token that nobody trusts is told from the person', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    await seen.page.keyboard.type(`${part({ alg: 'ES256' })}.${part({ iss: 'test-vssid' })}.AAAA`)
    await seen.page.keyboard.press('Enter')
    expect(await ended()).toBe('provisional')
  })
  async function typeCard(number: string): Promise<void> {
    await seen.page.locator('[data-do="typed"]').click()
    await seen.page.locator('#number').fill(number)
    await seen.page.locator('#name').fill('NGUYỄN VĂN NHẦM')
    await seen.page.locator('#birth').fill('1985')
    await seen.page.keyboard.press('Enter')
  }
  test('a number that nobody has is said to be unknown, not to be without cover', async () => {
    await typeCard('DN4 01 99 9999 9999')
    expect(await ended()).toBe('refused')
    expect(await seen.page.locator('#reasons').textContent()).toContain('Không tìm thấy thẻ BHYT theo số này')
  })
  test('a number of a length that no card has is asked for again before it is sent', async () => {
    await typeCard('12345678901')
    expect(await seen.page.locator('#number-fault').isVisible()).toBe(true)
  })
  test('a code that is no card is told', async () => {
    await seen.page.keyboard.type('https://example.invalid/menu')
    await seen.page.keyboard.press('Enter')
    await end('foreign').waitFor()
  })
  test('the space bar presses the button that has the focus', async () => {
    await seen.page.locator('[data-do="typed"]').focus()
    await seen.page.keyboard.press('Space')
    await seen.page.locator('[data-view="typed"]').waitFor()
  })
  test('staff can be called at any time', async () => {
    await seen.page.locator('[data-do="call"]').click()
    await end('call').waitFor()
  })
})

describe('what is left behind', () => {
  test('nothing: the page clears itself, stores nothing and does not come back by the back button', async () => {
    await seen.page.clock.install()
    await seen.page.reload()
    // A card that lay there before the page first looked is not taken for a new one.
    await seen.page.locator('[data-reader="ready"]').waitFor()
    await lay('genuine')
    await end('admitted').waitFor()
    expect(await text()).toMatch(/\*\*/)
    await seen.page.clock.runFor(25_000)
    expect(await seen.page.locator('[data-view="start"]').isVisible()).toBe(true)
    const all = (await seen.page.content()).replaceAll(/data-staff="[^"]*"/g, '')
    expect(all).not.toMatch(/\*\*|B-\d{3}/)
    expect(await seen.page.evaluate('localStorage.length + sessionStorage.length + history.length')).toBeLessThan(6)
    expect(await seen.page.evaluate('document.cookie')).toBe('')
  })
  test('no address holds anything of a person, none is elsewhere, and no policy is broken', async () => {
    await lay('genuine')
    await end('admitted').waitFor()
    const elsewhere = seen.addresses.filter((one) => !one.startsWith(`${stage.base}/`) && !one.startsWith(`${stage.reader.url}/`))
    expect(elsewhere).toEqual([])
    expect(seen.addresses.filter((one) => /\d{9}|B-\d/.test(one.slice(stage.base.length)))).toEqual([])
    expect(seen.complaints).toEqual([])
  })
})

describe.each(Object.entries(SIZES))('%s', (_, size) => {
  test('the form with every fault under a banner needs no scrolling', async () => {
    const { page } = seen
    stage.mode.isDisaster = true
    await page.setViewportSize(size)
    await page.reload()
    await page.locator('[data-do="typed"]').click()
    await page.locator('#number').fill('1')
    await page.locator('[type="submit"]').click()
    expect(await page.locator('.fault:visible').count()).toBe(3)
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0)
  })
  test.each(['start', 'working', 'typed', 'qr', 'result'] as const)(
    '%s needs no scrolling and has targets of 64 px',
    async (view) => {
      const { page } = seen
      await page.setViewportSize(size)
      if (view === 'typed' || view === 'qr') await page.locator(`[data-do="${view}"]`).click()
      if (view === 'working') stage.reader.slow(1_500)
      if (view === 'working' || view === 'result') await lay(view === 'result' ? 'expired' : 'more')
      if (view === 'result') await end('refused').waitFor()
      const measured = (await page.evaluate(`({
      over: document.documentElement.scrollHeight - innerHeight,
      wide: document.documentElement.scrollWidth - innerWidth,
      small: [...document.querySelectorAll('button, a, input:not(#scan)')].filter((one) => one.offsetParent !== null)
        .map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width < 64 || height < 64).length,
    })`)) as { over: number; wide: number; small: number }
      expect(measured).toEqual({ over: 0, wide: 0, small: 0 })
    },
  )
})
