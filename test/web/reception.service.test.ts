import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browse, type KioskStage, openKioskStage, SIZES, signIn } from './support/kiosk-stage.ts'

/** The reception as a clerk meets it, behind check-ins that are real but for the people. */
let stage: KioskStage
beforeAll(async () => {
  stage = await openKioskStage()
  const bearer = await stage.desk.gateway.token('01999', 'kiosk')
  for (const [name, reason] of [
    ['NGUYỄN THỊ MỘT', 'emergency'],
    ['LÊ VĂN HAI', 'lost-card'],
  ] as const) {
    const { status } = await stage.desk.checkIn(bearer, {
      identity: { method: 'attested', reason, fullName: name, birthDate: '1980' },
    })
    expect(status).toBe(200)
  }
  const looker = { clientId: 'test', staff: undefined }
  const count = async () => (await stage.desk.checkIns.listOn('01999', stage.desk.today(), looker)).length
  await vi.waitFor(async () => expect(await count()).toBe(2), { timeout: 10_000 })
})
afterAll(() => stage?.stop())

describe.each([
  ['with script', true],
  ['without script', false],
])('%s', (_, javaScriptEnabled) => {
  test('a clerk signs in, sees the day with masked names, narrows it and confirms one', async () => {
    const context = await stage.browser.newContext({ viewport: SIZES.landscape, locale: 'vi-VN', javaScriptEnabled })
    const page = await context.newPage()
    const seen = { context, page, addresses: [], complaints: [] }
    await signIn(seen, stage, { role: 'facility', to: '/reception' })
    const tickets = () => page.locator('tbody th').allTextContents()
    expect(await tickets()).toHaveLength(2)
    expect(await page.locator('tbody').textContent()).toContain('NGUYỄN T** MỘT')
    expect(await page.locator('tbody').textContent()).not.toContain('NGUYỄN THỊ')
    await page.locator('.tools nav a').nth(1).click()
    const [open = ''] = await tickets()
    const before = (await tickets()).length
    await page.locator('tbody tr').first().locator('input[name=staffName]').fill('TRẦN THỊ LỄ TÂN')
    await page.locator('tbody tr').first().locator('button').click()
    await page.locator('.notice.good').waitFor()
    expect(await tickets()).toHaveLength(before - 1)
    expect(await tickets()).not.toContain(open)
    await page.locator('.bar form button').click()
    await page.waitForURL(`${stage.base}/sign-in`)
    await page.goto(`${stage.base}/reception`)
    expect(page.url()).toContain('/sign-in')
    await context.close()
  })
})

test('the list is read again by itself, but not while somebody writes in it', async () => {
  const seen = await browse(stage.browser, SIZES.landscape)
  const { page, context } = seen
  await page.clock.install()
  await signIn(seen, stage, { role: 'facility', to: '/reception' })
  const count = () => page.locator('tbody th').count()
  const before = await count()
  const bearer = await stage.desk.gateway.token('01999', 'facility')
  await stage.desk.checkIn(bearer, { identity: { method: 'attested', reason: 'newborn', fullName: 'BÉ BA', birthDate: '2026' } })
  await expect
    .poll(
      async () => (await stage.desk.checkIns.listOn('01999', stage.desk.today(), { clientId: 'test', staff: undefined })).length,
    )
    .toBe(before + 1)
  await page.clock.runFor(31_000)
  await expect.poll(count).toBe(before + 1)
  expect(await page.locator('#said').textContent()).toMatch(/B-\d{3}/)
  await page.locator('input[name=staffName]').first().fill('TRẦN')
  await page.clock.runFor(31_000)
  expect(await page.locator('input[name=staffName]').first().inputValue()).toBe('TRẦN')
  expect(seen.complaints).toEqual([])
  expect(seen.addresses.filter((one) => !one.startsWith(`${stage.base}/`))).toEqual([])
  await context.close()
})

test('another facility sees none of it', async () => {
  const seen = await browse(stage.browser, SIZES.landscape)
  const { clientId, secret } = stage.desk.gateway.register('79001')
  await seen.page.goto(`${stage.base}/reception`)
  await seen.page.locator('#client').fill(clientId)
  await seen.page.locator('#secret').fill(secret)
  await seen.page.locator('main button[type=submit]').click()
  await seen.page.locator('.empty').waitFor()
  await seen.context.close()
})

test('the page prints without its buttons, and no column is lost on A4', async () => {
  const seen = await browse(stage.browser, { width: 720, height: 1000 })
  await signIn(seen, stage, { role: 'facility', to: '/reception' })
  await seen.page.emulateMedia({ media: 'print' })
  expect(await seen.page.locator('td form:visible, .tools:visible').count()).toBe(0)
  expect(
    await seen.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  ).toBeLessThanOrEqual(0)
  await seen.context.close()
})
